//! Links between the documents: each leads to a file of the project, and to a heading that is in it.
//!
//! Links to the outside are not followed: no test asks the network.

use super::Finding;

/// Looks at all links of the documents (path and text); `exists` tells whether a path is in the project.
pub(super) fn check(documents: &[(String, String)], exists: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in documents {
        for (line, target) in links(text) {
            if let Some(what) = fault(path, target, documents, exists) {
                findings.push(Finding { path: path.clone(), line, what });
            }
        }
    }
    findings
}

/// The paths of the project to which the links of a document lead.
pub(crate) fn leads_to(path: &str, text: &str) -> Vec<String> {
    let files = links(text).into_iter().filter_map(|(_, target)| target.split('#').next());
    files.filter(|file| !file.is_empty() && !is_outside(file)).map(|file| resolve(path, file)).collect()
}

fn is_outside(target: &str) -> bool {
    target.contains("://") || target.starts_with("mailto:")
}

fn fault(from: &str, target: &str, documents: &[(String, String)], exists: &dyn Fn(&str) -> bool) -> Option<String> {
    if is_outside(target) {
        return None;
    }
    let (file, heading) = target.split_once('#').map_or((target, None), |(file, heading)| (file, Some(heading)));
    let path = if file.is_empty() { from.to_owned() } else { resolve(from, file) };
    if !exists(&path) {
        return Some(format!("the link to {target} leads nowhere: there is no {path}"));
    }
    let (_, text) = documents.iter().find(|(document, _)| *document == path)?;
    let heading = heading?;
    let is_there = headings(text).any(|name| name == heading);
    (!is_there).then(|| format!("the link to {target} leads nowhere: {path} has no heading #{heading}"))
}

/// The path that a link means, from the root of the project.
fn resolve(from: &str, target: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// The lines of a document that are prose, without those between fences.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        (!is_code && !is_fence).then_some((index + 1, line))
    })
}

/// The targets of `[words](target)` and `[word]: target`, with their lines.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    for (number, line) in prose(text) {
        let inline = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
        links.extend(inline.map(|target| (number, target)));
        if let Some((_, target)) = line.split_once("]: ").filter(|_| line.starts_with('[')) {
            links.push((number, target.trim()));
        }
    }
    links
}

/// The names by which a link can mean a heading, made as the usual viewers make them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    prose(text).filter(|(_, line)| line.starts_with('#')).map(|(_, line)| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_'));
        kept.map(|char| if char == ' ' { '-' } else { char }).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let other = ("docs/METRICS.md".to_owned(), "# Metrics\n\n## The exporter, itself\n".to_owned());
        let documents = [("docs/A.md".to_owned(), format!("# A b\n{text}")), other];
        let exists = |path: &str| ["docs/A.md", "docs/METRICS.md", "src/lib.rs", "docs"].contains(&path);
        check(&documents, &exists).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn links_that_lead_somewhere_are_fine() {
        let text = "[a](METRICS.md), [b](../src/lib.rs) [c](#a-b) [d](METRICS.md#the-exporter-itself) [e](https://x.example/y#z)
            \n```text\n[f](nowhere.md)\n```\n";
        assert_eq!(faults(text), [""; 0]);
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        assert_eq!(
            faults("[a](NOWHERE.md)"),
            ["docs/A.md:2: the link to NOWHERE.md leads nowhere: there is no docs/NOWHERE.md"]
        );
        assert_eq!(faults("[a](../lib.rs)").len(), 1);
        assert_eq!(faults("[a](#nowhere)").len(), 1);
        assert_eq!(faults("x\n[a](METRICS.md#nowhere)")[0].split(": ").next(), Some("docs/A.md:3"));
        assert_eq!(faults("[a]: NOWHERE.md").len(), 1);
    }
}

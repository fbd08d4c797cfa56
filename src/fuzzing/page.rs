//! A reader of the text format 0.0.4, strict, and apart from the code that writes it.
//!
//! Written from the description of the format: lines end in a line feed, a family has its HELP and TYPE before its
//! samples and comes once, a label's value escapes backslash, quote and line feed and nothing else.

use std::collections::{BTreeMap, HashSet};

/// One sample of a page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) value: f64,
}

/// The samples of a page in their order, or the line that is wrong.
pub(super) fn read(page: &[u8]) -> Result<Vec<Sample>, String> {
    let page = str::from_utf8(page).map_err(|error| error.to_string())?;
    let mut samples: Vec<Sample> = Vec::new();
    let (mut families, mut series) = (HashSet::new(), HashSet::new());
    let mut family = "";
    for line in page.split_terminator('\n') {
        let fault = |what: &str| format!("{what}: {line:?}");
        if let Some(help) = line.strip_prefix("# HELP ") {
            family = help.split(' ').next().unwrap_or_default();
            families.insert(family).then_some(()).ok_or_else(|| fault("a family comes twice"))?;
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').ok_or_else(|| fault("no kind"))?;
            let known = ["counter", "gauge", "histogram"].contains(&kind);
            (name == family && known).then_some(()).ok_or_else(|| fault("another family, or no kind"))?;
        } else {
            let sample = sample(line).ok_or_else(|| fault("no sample"))?;
            (sample.name == family).then_some(()).ok_or_else(|| fault("another family"))?;
            let key = (sample.name.clone(), sample.labels.clone());
            series.insert(key).then_some(()).ok_or_else(|| fault("a series comes twice"))?;
            samples.push(sample);
        }
    }
    if page.is_empty() || page.ends_with('\n') { Ok(samples) } else { Err("no line feed at the end".to_owned()) }
}

fn sample(line: &str) -> Option<Sample> {
    let end = line.find(['{', ' '])?;
    let (name, rest) = line.split_at(end);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (BTreeMap::new(), rest),
    };
    let value = rest.strip_prefix(' ')?.parse().ok()?;
    Some(Sample { name: name.to_owned(), labels, value })
}

/// The labels up to the closing brace, and what is behind it.
fn labels(mut rest: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    loop {
        let (name, quoted) = rest.split_once("=\"")?;
        let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let (value, behind) = value(quoted)?;
        if !plain || labels.insert(name.to_owned(), value).is_some() {
            return None;
        }
        match behind.strip_prefix(',') {
            Some(more) => rest = more,
            None => return behind.strip_prefix('}').map(|behind| (labels, behind)),
        }
    }
}

/// The value up to the closing quote, and what is behind it.
fn value(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((position, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &quoted[position + 1..])),
            '\\' => value.push(match letters.next()?.1 {
                'n' => '\n',
                letter @ ('"' | '\\') => letter,
                _ => return None,
            }),
            letter => value.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(page: &str, expected: Result<usize, &str>) {
        let read = read(page.as_bytes()).map(|samples| samples.len());
        assert_eq!(
            read.as_ref().map_err(|fault| fault.split(':').next().unwrap_or_default()),
            expected.as_ref().map_err(|it| *it)
        );
    }

    #[test]
    fn a_page_that_is_wrong_is_not_read() {
        let head = "# HELP a b\n# TYPE a gauge\n";
        check(&format!("{head}a{{b=\"\\\\\\\"\\n\"}} 1\na 2\n"), Ok(2));
        check(&format!("{head}a 1"), Err("no line feed at the end"));
        check(&format!("{head}a 1\na 2\n"), Err("a series comes twice"));
        check(&format!("{head}{head}"), Err("a family comes twice"));
        check(&format!("{head}b 1\n"), Err("another family"));
        for sample in [
            "a{b=\"c\"d\"} 1", "a{b=\"\\t\"} 1", "a{b=\"c} 1", "a{b=\"c\",b=\"d\"} 1", "a x", "a{} 1", "a{b=\"c\n\"} 1",
        ] {
            check(&format!("{head}{sample}\n"), Err("no sample"));
        }
    }
}

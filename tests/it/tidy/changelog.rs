//! The changelog: Prometheus's dialect, `[CHANGE]` before `[FEATURE]`, `[ENHANCEMENT]` and `[BUGFIX]` within each version.

use super::Finding;

/// The kinds of entries, in the order in which they stand.
const KINDS: [&str; 4] = ["CHANGE", "FEATURE", "ENHANCEMENT", "BUGFIX"];

/// Entries of no kind, and entries below one of a later kind.
pub(super) fn check(path: &str, text: &str) -> Vec<Finding> {
    let (mut findings, mut latest) = (Vec::new(), 0);
    for (number, line) in text.lines().enumerate() {
        if line.starts_with("## ") {
            latest = 0;
        }
        let Some(entry) = line.strip_prefix("- ") else { continue };
        let kind = entry.strip_prefix('[').and_then(|rest| rest.split_once("] ")).map(|(kind, _)| kind);
        let what = match kind.and_then(|kind| KINDS.iter().position(|known| *known == kind)) {
            Some(place) if place >= latest => {
                latest = place;
                continue;
            }
            Some(place) => format!("[{}] belongs before [{}]", KINDS[place], KINDS[latest]),
            None => format!("an entry begins with one of [{}]", KINDS.join("], [")),
        };
        findings.push(Finding { path: path.to_owned(), line: number + 1, what });
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_out_of_order_and_of_no_kind_are_found() {
        let faults = |text: &str| check("a.md", text).iter().map(ToString::to_string).collect::<Vec<_>>();
        let sorted = "## 0.2.0\n\n- [FEATURE] One,\n  and more.\n- [BUGFIX] Two.\n\n## 0.1.0\n\n- [FEATURE] Three.\n";
        assert_eq!(faults(sorted), [""; 0]);
        assert_eq!(
            faults("- [BUGFIX] One.\n- [FEATURE] Two.\n- Three.\n"),
            [
                "a.md:2: [FEATURE] belongs before [BUGFIX]",
                "a.md:3: an entry begins with one of [CHANGE], [FEATURE], [ENHANCEMENT], [BUGFIX]",
            ]
        );
    }
}

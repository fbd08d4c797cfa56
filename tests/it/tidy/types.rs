//! "Types to expect": the table of docs/ARCHITECTURE.md, held against the types that there are.
//!
//! What the table says of a type is for people; that it exists is checked.

use super::Finding;
use super::imports::quoted;
use super::source::Source;

const DOCUMENT: &str = "docs/ARCHITECTURE.md";
const HEADING: &str = "## Types to expect";

/// Types that the table names and that no file defines.
pub(super) fn missing(document: &str, sources: &[Source]) -> Vec<Finding> {
    let lines = document.lines().enumerate().skip_while(|(_, line)| *line != HEADING);
    let table = lines.skip_while(|(_, line)| !line.starts_with('|')).take_while(|(_, line)| line.starts_with('|'));
    let names = table.skip(2).flat_map(|(index, line)| {
        let cell = line.trim_matches('|').split('|').next().unwrap_or_default();
        quoted(cell).into_iter().map(move |name| (index + 1, name))
    });
    let mut names = names.peekable();
    assert!(names.peek().is_some(), "{DOCUMENT} has no table under {HEADING:?}");
    let is_defined = |name: &str| {
        sources.iter().any(|source| ["struct", "enum"].iter().any(|word| !source.find(&[word, name]).is_empty()))
    };
    let missing = names.filter(|(_, name)| !is_defined(name));
    let finding = |(line, name)| {
        let what = format!("no type of src/ is called `{name}`: name what there is");
        Finding { path: DOCUMENT.to_owned(), line, what }
    };
    missing.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "\
# A house

| `Ghost` | of another table |

## Types to expect

| type | what it is |
|---|---|
| `UserId`, `Field` | unlike a `Ghost` |
| `Counters` | |

| `Ghost` | of another table |
";

    #[test]
    fn a_type_that_nobody_defines_is_found() {
        let source = |text: &str| Source::new("src/domain/user.rs", text);
        let sources = [source("pub struct UserId([u8; 16]);"), source("// struct Counters\npub enum Field { Ghost }")];
        let findings: Vec<String> = missing(DOCUMENT, &sources).iter().map(ToString::to_string).collect();
        assert_eq!(findings, ["docs/ARCHITECTURE.md:10: no type of src/ is called `Counters`: name what there is"]);
        let [first, second] = sources;
        assert_eq!(missing(DOCUMENT, &[first, second, source("struct Counters {}")]), []);
    }
}

//! Every finding that a check has words for is provoked by a test of this folder: its words stand in one.

/// Findings that nobody can provoke from outside, each with its reason.
const NOT_PROVOKED: [(&str, &str); 2] = [
    ("failed_inside", "it is a fault of the check itself"),
    ("silent_dns", "there is no DNS server at hand that says nothing"),
];

const TESTS: [&str; 5] = [
    include_str!("credentials.rs"),
    include_str!("groups.rs"),
    include_str!("network.rs"),
    include_str!("process.rs"),
    include_str!("trouble.rs"),
];

/// The functions that make findings: the name, and the text of each.
fn findings(code: &str) -> Vec<(&str, &str)> {
    let functions = code.split("    pub fn ").skip(1);
    let named = functions.filter_map(|function| Some((function.split('(').next()?, function)));
    named.filter(|(_, function)| function.lines().any(|line| line.ends_with("-> Self {"))).collect()
}

/// A text of code with its strings on one line each.
fn joined(code: &str) -> String {
    let mut lines = code.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |joined, line| joined + line.trim_start())
}

/// What a function says: of each string that is a sentence what stands between its arguments, if that is more than a word
/// or two.
fn said(function: &str) -> Vec<String> {
    let body = joined(function.split("\n    }\n").next().unwrap_or_default());
    let strings = body.split('"').skip(1).step_by(2);
    let pieces = strings.flat_map(|string| string.split(['{', '}']).step_by(2).map(str::to_owned).collect::<Vec<_>>());
    pieces
        .map(|piece| piece.trim_matches([' ', ',', ':']).to_owned())
        .filter(|piece| piece.split(' ').count() > 2)
        .collect()
}

/// What of the code's findings no test says.
fn unprovoked(code: &str, tests: &str) -> Vec<String> {
    let tests = joined(tests);
    let findings = findings(code).into_iter().filter(|(name, _)| !NOT_PROVOKED.iter().any(|(it, _)| it == name));
    let unsaid = findings.flat_map(|(name, function)| {
        let missing = said(function).into_iter().filter(|piece| !tests.contains(piece.as_str()));
        missing.map(|piece| format!("{name}: {piece}")).collect::<Vec<_>>()
    });
    unsaid.collect()
}

#[test]
fn every_finding_is_provoked_by_a_test() {
    let code = include_str!("../../../src/domain/advice/check.rs");
    assert!(findings(code).len() > 25, "{}", findings(code).len());
    assert_eq!(unprovoked(code, &TESTS.concat()), Vec::<String>::new());
}

#[test]
fn a_finding_without_a_test_is_found() {
    let code = "    pub fn hungry(count: u32) -> Self {\n        Self::new(format!(\"there are {count} mouths to \\\n             feed\"))\n    }\n";
    assert_eq!(unprovoked(code, "nothing"), ["hungry: mouths to feed"]);
    assert_eq!(unprovoked(code, "\"2 mouths \\\n    to feed\""), Vec::<String>::new());
}

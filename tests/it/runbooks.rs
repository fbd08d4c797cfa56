//! docs/RUNBOOKS.md against the alerts, both ways: a section for each, and no section for none.

use std::collections::BTreeSet;

use crate::boards::nothing;
use crate::rules::rule::Rule;
use crate::tidy;

/// What every section tells.
const PARTS: [&str; 4] = ["**It means**", "**Check**", "**Do**", "**It is over**"];

/// What the document lacks, and what it has that no alert has.
fn lies(document: &str, rules: &[Rule]) -> Vec<String> {
    let alerts: BTreeSet<&str> = rules.iter().filter(|rule| rule.is_alert).map(|rule| rule.name.as_str()).collect();
    let sections: Vec<(&str, &str)> = document
        .split("\n## ")
        .skip(1)
        .map(|section| section.split_once('\n').unwrap_or((section, "")))
        .filter(|(heading, _)| heading.starts_with("TeamsPresence"))
        .collect();
    let headings: Vec<&str> = sections.iter().map(|(heading, _)| *heading).collect();
    let mut lies = Vec::new();
    for alert in &alerts {
        // A second heading of the same words has another anchor.
        if headings.iter().filter(|heading| heading == &alert).count() != 1 {
            lies.push(format!("not one section of {alert}"));
        }
    }
    lies.extend(headings.iter().filter(|it| !alerts.contains(*it)).map(|it| format!("there is no alert {it}")));
    for (heading, section) in &sections {
        let missing = PARTS.iter().filter(|part| !section.contains(*part));
        lies.extend(missing.map(|part| format!("{heading} has no {part}")));
    }
    lies
}

#[test]
fn there_is_a_runbook_for_every_alert_and_for_nothing_else() {
    nothing(&lies(&tidy::read("docs/RUNBOOKS.md"), &Rule::all()), "docs/RUNBOOKS.md");
}

#[test]
fn runbooks_that_lie_are_caught() {
    let document = tidy::read("docs/RUNBOOKS.md");
    let rules = Rule::all();
    let check = |truth: &str, lie: &str, expected: &[&str]| {
        assert!(document.contains(truth), "{truth}");
        assert_eq!(lies(&document.replacen(truth, lie, 1), &rules), expected, "{lie}");
    };
    check(
        "## TeamsPresenceThrottled\n",
        "## TeamsPresenceTrottled\n",
        &["not one section of TeamsPresenceThrottled", "there is no alert TeamsPresenceTrottled"],
    );
    let section = "## TeamsPresenceThrottled\n";
    let twice = format!("{section}**It means** **Check** **Do** **It is over**\n{section}");
    check(section, &twice, &["not one section of TeamsPresenceThrottled"]);
    let (before, after) = document.split_once(section).unwrap();
    let cut = format!("{before}{section}{}", after.replacen("**Check**", "", 1));
    assert_eq!(lies(&cut, &rules), ["TeamsPresenceThrottled has no **Check**"]);
}

//! The report: steps as people read them, and as machines do.
//!
//! Text is 80 columns of plain ASCII around the words, so that it reads on any terminal and in any ticket. JSON is one
//! object whose shape is documented in docs/OPERATIONS.md and only grows. It does not know what was looked at.

use serde::Serialize;

use super::step::{Mark, Section, Step};
use crate::cli::Reach;
use crate::domain::series::Counted;
use crate::domain::tenant::TenantName;
use crate::telemetry::VERSION;

/// How wide a terminal is taken to be.
const WIDTH: usize = 80;

/// Where the words of a step begin: after the margin, its mark and its name.
const WORDS: usize = 23;

/// What stands before what is to be done.
const ARROW: &str = "-> ";

/// The heading of what belongs to no tenant.
const PROCESS: &str = "the process";

/// One section as text, with an empty line at its end. Steps in a row that nobody tried for the same reason are one line.
pub(super) fn text(section: &Section) -> String {
    let mut text = section.tenant.as_ref().map_or(PROCESS, |tenant| tenant.as_str()).to_owned() + "\n";
    let is_alike =
        |one: &Step, other: &Step| one.mark == Mark::Skipped && one.mark == other.mark && one.what == other.what;
    for alike in section.steps.chunk_by(is_alike) {
        let names: Vec<String> = alike.iter().map(|step| step.name.replace('_', " ")).collect();
        match (alike, names.as_slice()) {
            ([Step { mark, what, action, .. }], [name]) => {
                put(&mut text, &head(*mark, name), "", what);
                if let Some(action) = action {
                    put(&mut text, &" ".repeat(WORDS), ARROW, action);
                }
            }
            ([Step { mark, what, .. }, ..], names) => {
                let name = format!("{} steps", names.len());
                put(&mut text, &head(*mark, &name), "", &format!("{what} ({})", names.join(", ")));
            }
            ([], _) => {}
        }
    }
    text + "\n"
}

/// What stands before the words of a step.
fn head(mark: Mark, name: &str) -> String {
    format!("  {:<4}  {name:<14} ", mark.text())
}

/// The last line of a report as text: what came of it.
pub(super) fn summary(sections: &[Section], reach: Reach) -> String {
    let tenants = sections.iter().filter(|section| section.tenant.is_some()).count();
    let of = |mark| sections.iter().map(|section| section.count(mark)).sum();
    let failures = Counted::of(of(Mark::Failure), "failure", "failures");
    let warnings = Counted::of(of(Mark::Warning), "warning", "warnings");
    let of_tenants = match tenants {
        0 => String::new(),
        _ => format!("{} checked: ", Counted::of(tenants, "tenant", "tenants")),
    };
    let found = match (failures.0, warnings.0) {
        (0, 0) => "nothing to mend".to_owned(),
        (0, _) => format!("nothing failed, {warnings}"),
        (_, 0) => failures.to_string(),
        _ => format!("{failures}, {warnings}"),
    };
    let offline = if reach == Reach::Offline { " Nothing was sent: --offline." } else { "" };
    format!("{of_tenants}{found}.{offline}\n")
}

/// All of a report as one JSON object.
pub(super) fn json(sections: &[Section], reach: Reach) -> String {
    let of = |mark| sections.iter().map(|section| section.count(mark)).sum();
    let document = Document {
        version: VERSION,
        offline: reach == Reach::Offline,
        verdict: verdict(sections.iter()),
        failures: of(Mark::Failure),
        warnings: of(Mark::Warning),
        tenants: sections.iter().filter(|section| section.tenant.is_some()).map(Part::of).collect(),
        process: sections.iter().filter(|section| section.tenant.is_none()).map(Part::of).collect(),
    };
    // Nothing in it can fail to be written.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

#[derive(Serialize)]
struct Document<'a> {
    version: &'a str,
    offline: bool,
    verdict: &'a str,
    failures: usize,
    warnings: usize,
    tenants: Vec<Part<'a>>,
    process: Vec<Part<'a>>,
}

#[derive(Serialize)]
struct Part<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'a str>,
    verdict: &'a str,
    steps: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    step: &'a str,
    mark: &'a str,
    what: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
}

impl<'a> Part<'a> {
    fn of(section: &'a Section) -> Self {
        let row = |step: &'a Step| Row {
            step: step.name,
            mark: step.mark.word(),
            what: &step.what,
            action: step.action.as_deref(),
        };
        Self {
            tenant: section.tenant.as_ref().map(TenantName::as_str),
            verdict: verdict(std::iter::once(section)),
            steps: section.steps.iter().map(row).collect(),
        }
    }
}

/// The gravest mark there is, as a word.
fn verdict<'a>(sections: impl Iterator<Item = &'a Section>) -> &'static str {
    let marks = sections.flat_map(|section| section.steps.iter().map(|step| step.mark));
    marks.max().unwrap_or(Mark::Ok).max(Mark::Ok).word()
}

impl Mark {
    /// As people see it.
    const fn text(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "WARN",
            Self::Failure => "FAIL",
            Self::Skipped => "skip",
        }
    }

    /// As machines read it.
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failure => "failure",
            Self::Skipped => "skipped",
        }
    }
}

/// Writes words behind a head, and what does not fit below its end. A word that is wider than the room is kept whole.
fn put(text: &mut String, head: &str, arrow: &str, words: &str) {
    let room = WIDTH - WORDS - arrow.len();
    let mut lines = vec![String::new()];
    // The name of a file may hold what a terminal obeys.
    let words: String = words.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let below = " ".repeat(WORDS + arrow.len());
    for (number, line) in lines.iter().enumerate() {
        let before = if number == 0 { [head, arrow].concat() } else { below.clone() };
        text.push_str(&[&before, line, "\n"].concat());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::advice::Advice;

    fn section() -> Section {
        let mut section = Section::of(TenantName::parse("contoso").ok());
        section.ok("configuration", "global cloud");
        section.fail("users", Advice::no_users());
        section.skip(&["teams_plan"], "not tried: nobody is listed");
        section.skip(&["presence", "properties"], "not tried: it is not known who is tracked");
        section
    }

    #[test]
    fn a_step_is_a_mark_a_name_and_words_that_are_wrapped_below_each_other() {
        let expected = "\
contoso
  ok    configuration  global cloud
  FAIL  users          0 users matched, so there is nobody whose presence could
                       be read
                       -> Check users.filter and users.groups, and grant
                          User.Read.All: without it the default filter matches
                          nobody
  skip  teams plan     not tried: nobody is listed
  skip  2 steps        not tried: it is not known who is tracked (presence,
                       properties)

";
        assert_eq!(text(&section()), expected);
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_shown() {
        let mut section = Section::of(None);
        section.ok("credential", "the file a\u{1b}[31mb\u{7}");
        assert_eq!(text(&section), "the process\n  ok    credential     the file a [31mb\n\n");
    }

    #[test]
    fn the_last_line_sums_up() {
        let check = |sections: &[Section], reach, expected| assert_eq!(summary(sections, reach), expected);
        check(&[section(), Section::of(None)], Reach::Network, "1 tenant checked: 1 failure.\n");
        check(&[Section::of(None)], Reach::Offline, "nothing to mend. Nothing was sent: --offline.\n");
    }

    #[test]
    fn what_was_skipped_makes_no_verdict() {
        let mut skipped = Section::of(None);
        skipped.skip(&["entra"], "not tried");
        assert_eq!(verdict([skipped].iter()), "ok");
        assert_eq!(verdict([section()].iter()), "failure");
    }
}

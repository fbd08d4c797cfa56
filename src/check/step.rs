//! A step: one thing that was looked at, how it stands, in plain words, and what to do about it.
//!
//! Plain values. How they are shown is in `report`; the words of what failed come from `domain::advice`.

use std::borrow::Cow;

use crate::domain::advice::Finding;
use crate::domain::tenant::TenantName;

/// How a step stands, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// Nobody looked, and the words say why.
    Skipped,
    /// It works.
    Ok,
    /// It works, but somebody should know or change something.
    Warning,
    /// It does not work.
    Failure,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// What it is called: a word in `snake_case` that stays.
    pub(super) name: &'static str,
    pub(super) mark: Mark,
    /// What was found.
    pub(super) what: String,
    /// What to do about it.
    pub(super) action: Option<Cow<'static, str>>,
}

/// What was looked at for one tenant, or for the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// Whose; nobody's for the process.
    pub(super) tenant: Option<TenantName>,
    pub(super) steps: Vec<Step>,
}

impl Section {
    pub(super) fn of(tenant: Option<TenantName>) -> Self {
        Self { tenant, steps: Vec::new() }
    }

    /// Notes that something works.
    pub(super) fn ok(&mut self, name: &'static str, what: impl Into<String>) {
        self.steps.push(Step { name, mark: Mark::Ok, what: what.into(), action: None });
    }

    /// Notes that something works, but not as it should.
    pub(super) fn warn(&mut self, name: &'static str, finding: impl Into<Finding>) {
        self.found(name, Mark::Warning, finding.into());
    }

    /// Notes that something does not work.
    pub(super) fn fail(&mut self, name: &'static str, finding: impl Into<Finding>) {
        self.found(name, Mark::Failure, finding.into());
    }

    /// Notes that nobody looked, and why.
    pub(super) fn skip(&mut self, names: &[&'static str], why: &str) {
        let skipped = names.iter().map(|name| Step { name, mark: Mark::Skipped, what: why.to_owned(), action: None });
        self.steps.extend(skipped);
    }

    fn found(&mut self, name: &'static str, mark: Mark, Finding { what, action }: Finding) {
        self.steps.push(Step { name, mark, what, action: Some(action) });
    }

    /// How many steps stand so.
    pub(super) fn count(&self, mark: Mark) -> usize {
        self.steps.iter().filter(|step| step.mark == mark).count()
    }
}

//! One tenant on the status page: its state, what ails it and what to do, who is available, and what the counts are worth.

use std::fmt::{self, Write};
use std::time::Duration;

use super::choice::Among;
use super::text::{Escaped, Percent, held_together, number};
use super::{groups, occupancy};
use crate::board::Tenant;
use crate::domain::advice::{Advice, permissions};
use crate::domain::moment::{Moment, Now, Span};
use crate::domain::permission::Review;
use crate::domain::snapshot::Snapshot;
use crate::telemetry::Access;

/// How a tenant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Up,
    Down,
    /// Its users could not be listed since the exporter began.
    Unlisted,
    Waiting,
}

impl State {
    pub(super) fn of(tenant: &Tenant, now: Moment) -> Self {
        match tenant.snapshot.cycle {
            None if tenant.directory.is_some() => Self::Unlisted,
            None => Self::Waiting,
            Some(_) if tenant.snapshot.up(now) => Self::Up,
            Some(_) => Self::Down,
        }
    }

    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down | Self::Unlisted => "down",
            Self::Waiting => "waiting",
        }
    }

    /// In a word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Up => "Up",
            Self::Down | Self::Unlisted => "Down",
            Self::Waiting => "Waiting",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Unlisted => "Down: users could not be listed yet",
            Self::Waiting => "Waiting for the first cycle",
            Self::Up | Self::Down => self.word(),
        }
    }
}

/// Writes the section of a tenant.
pub(super) fn write(html: &mut String, tenant: &Tenant, access: &Access, among: &Among, now: Now) -> fmt::Result {
    let (clocks, now) = (now, now.moment);
    let snapshot = &tenant.snapshot;
    let state = State::of(tenant, now);
    let (class, sentence, name) = (state.class(), state.sentence(), Escaped(snapshot.terms.tenant.as_str()));
    writeln!(html, r#"<section class="{class}">"#)?;
    writeln!(html, r#"<h2><bdi>{name}</bdi> <span class="state">{sentence}</span></h2>"#)?;
    write_faults(html, tenant, now)?;
    if let Some(advice) = &access.kept {
        write_fault(html, "Credential", &advice.what, &advice.action)?;
    }
    occupancy::write(html, snapshot, now)?;
    groups::write(html, snapshot, among, now)?;
    html.write_str("<h3>Freshness and cost</h3>\n<dl>\n")?;
    write_freshness(html, snapshot, now)?;
    write_work(html, snapshot, now)?;
    if let Some(expires) = access.expires {
        write_fact(html, "Credential", &expiry(expires, clocks))?;
    }
    write_fact(html, "Permissions", &permissions(access.review.as_deref()))?;
    html.write_str("</dl>\n</section>\n")
}

fn write_freshness(html: &mut String, snapshot: &Snapshot, now: Moment) -> fmt::Result {
    let freshness = snapshot.freshness(now);
    let counted = freshness.counted();
    let mut users = format!("{} tracked, {} answered", number(freshness.tracked()), number(counted));
    if freshness.held > 0 {
        write!(users, " ({} of them in an earlier cycle)", number(freshness.held))?;
    }
    if freshness.unanswerable > 0 {
        write!(users, ", {} unanswerable", number(freshness.unanswerable))?;
    }
    if snapshot.tally.quarantined > 0 {
        write!(users, " ({} of them rejected by Graph)", number(snapshot.tally.quarantined))?;
    }
    write_fact(html, "Users", &users)?;
    let answerable = freshness.tracked() - freshness.unanswerable;
    let coverage = if answerable == 0 {
        "no data: there is nobody to ask about".to_owned()
    } else {
        let (share, least) = (Percent { part: counted, whole: answerable }, snapshot.terms.min_coverage * 100.0);
        format!("{share} of {} have a fresh answer; {least:.0} % are needed", number(answerable))
    };
    write_fact(html, "Coverage", &coverage)?;
    let max_age = Span(snapshot.terms.max_age);
    let age = match snapshot.counts(now).map(|tally| tally.oldest) {
        Some(Some(oldest)) => {
            format!("the oldest answer is {} old; answers count for {max_age}", Span(now.since(oldest)))
        }
        Some(None) | None => format!("no data: no counts are shown; answers count for {max_age}"),
    };
    write_fact(html, "Data age", &age)
}

fn write_work(html: &mut String, snapshot: &Snapshot, now: Moment) -> fmt::Result {
    let read = snapshot.cycle.map_or("not yet".to_owned(), |cycle| {
        let (age, took) = (Span(now.since(cycle.ended)), Span(cycle.duration));
        format!("{age} ago, which took {took}; every {}", Span(snapshot.plan.interval))
    });
    write_fact(html, "Presence read", &read)?;
    let next = match (snapshot.next_cycle, snapshot.listed) {
        (Some(next), _) if next > now => format!("in {}", Span(next.since(now))),
        (None, None) => "once the users have been listed".to_owned(),
        _ => "now".to_owned(),
    };
    write_fact(html, "Next cycle", &next)?;
    let listed = snapshot.listed.map_or("not yet".to_owned(), |listed| {
        format!("{} ago; every {}", Span(now.since(listed)), Span(snapshot.terms.refresh_interval))
    });
    write_fact(html, "Users listed", &listed)?;
    if snapshot.listed.is_some() {
        write_fact(html, "Plan", &snapshot.plan.to_string())?;
    }
    let mut budget = format!("{} requests in any 30 s", number(snapshot.requests.budget));
    if snapshot.cycle.is_some() {
        write!(budget, "; the fullest 30 s of late held {}", number(snapshot.requests.fullest_window))?;
    }
    write_fact(html, "Request budget", &budget)
}

/// How long the credential in use is still good.
fn expiry(unix_seconds: f64, now: Now) -> String {
    let left = unix_seconds - now.unix_seconds(now.moment);
    match Duration::try_from_secs_f64(left) {
        Ok(left) => format!("expires in {}", Span(left)),
        Err(_) => "has expired".to_owned(),
    }
}

/// What the application may do. What is missing is a fault of those whom Graph refuses for want of it.
fn permissions(review: Option<&Review>) -> String {
    let Some(review) = review else { return "not known without a token that can be read".to_owned() };
    let excess = permissions::excess(review).map_or(String::new(), |excess| format!("; {excess}"));
    permissions::told(review) + &excess
}

fn write_faults(html: &mut String, tenant: &Tenant, now: Moment) -> fmt::Result {
    let snapshot = &tenant.snapshot;
    if let Some(remedy) = snapshot.plan.remedy(&snapshot.terms) {
        let what = "not everybody can be asked about before answers are too old";
        write_fault(html, "Plan", what, &remedy)?;
    }
    if let Some(advice) = &tenant.directory {
        let held = snapshot.listed.and_then(|listed| Advice::held(snapshot.plan.users, now.since(listed)));
        let what = [advice.what.as_str(), &held.unwrap_or_default()].concat();
        write_fault(html, "Listing users", &what, &advice.action)?;
    }
    for advice in &*tenant.groups {
        write_fault(html, "Listing members", &advice.what, &advice.action)?;
    }
    if let Some(advice) = &tenant.presence {
        write_fault(html, "Reading presence", &advice.what, &advice.action)?;
    }
    Ok(())
}

pub(super) fn write_fact(html: &mut String, name: &str, value: &str) -> fmt::Result {
    writeln!(html, "<div><dt>{name}</dt><dd>{}</dd></div>", Escaped(&held_together(value)))
}

fn write_fault(html: &mut String, task: &str, what: &str, action: &str) -> fmt::Result {
    let (what, action) = (Escaped(what), Escaped(action));
    writeln!(html, r#"<div class="fault"><p><strong>{task}:</strong> {what}.</p><p>What to do: {action}.</p></div>"#)
}

//! Presence: one batch, how much of it is answered, and what the answers carry.
//!
//! It is the daemon's own request, made once. What of it is somebody's state is counted here and forgotten.

use std::collections::VecDeque;

use super::people::People;
use super::questions;
use super::step::Section;
use super::tenant::Subject;
use crate::catalog;
use crate::clock;
use crate::domain::advice::{Advice, Finding, absent};
use crate::domain::batch::Batch;
use crate::domain::directory::Directory;
use crate::domain::plan::Means;
use crate::domain::presence::{Field, Presence, UNKNOWN};
use crate::domain::schedule;
use crate::domain::series::{Counted, Grouped};
use crate::graph::Graph;
use crate::graph::error::GraphError;
use crate::telemetry::Operation;

const STEPS: [&str; 2] = ["presence", "properties"];

/// How often a request that failed in passing is made.
const ATTEMPTS: u32 = 4;

/// How many parts of a batch are tried that is refused.
const MOST_PARTS: u32 = 12;

/// Unknown from one in this many on is worth a word.
const MANY: usize = 5;

/// Reads the presence of one batch. Returns what a cycle has to make do with, as measured.
pub(super) async fn batch(it: &mut Subject<'_>, graph: &Graph, people: &People) -> Option<Means> {
    let directory = Directory::new(people.some.clone(), clock::moment());
    let places: Vec<u32> = (0..).take(directory.users().len()).collect();
    let Some(batch) = Batch::new(&directory, &places) else {
        it.section.skip(&STEPS, "not tried: it is not known who is tracked");
        return None;
    };
    it.wait_for("reading presence");
    let asked = batch.ids().len();
    match questions::ask(graph, Operation::Presences, patiently(graph, batch)).await {
        Err(advice) => {
            it.section.fail(STEPS[0], advice);
            it.section.skip(&STEPS[1..], "not known: nobody was answered");
            None
        }
        Ok(answers) => {
            let part = answers.len();
            let answered: Vec<Presence> = answers.into_iter().flatten().collect();
            if part < asked {
                it.section.warn(STEPS[0], Finding::refused_batch(asked, part));
            }
            tell_answers(&mut it.section, part, &answered, it.tenant.min_group_size);
            tell_properties(&mut it.section, it.tenant.cloud.is_us_government(), &answered);
            Some(graph.means())
        }
    }
}

/// The presence of a batch, or of a part of it if the whole is refused. What fails in passing is tried again a few times,
/// as the daemon does with every cycle.
async fn patiently(graph: &Graph, batch: Batch) -> Result<Vec<Option<Presence>>, GraphError> {
    let (mut attempt, mut parts) = (1, VecDeque::from([batch]));
    let mut spare = MOST_PARTS;
    while let Some(part) = parts.pop_front() {
        match graph.presences(&part).await {
            Ok((_, answers)) => return Ok(answers),
            Err(error @ GraphError::Rejected { .. }) => match part.halves() {
                Some((lower, upper)) if spare > 0 => parts.extend([lower, upper]),
                _ if parts.is_empty() || spare == 0 => return Err(error),
                _ => {}
            },
            Err(error) if !error.passing() || attempt == ATTEMPTS => return Err(error),
            Err(_) => {
                clock::sleep(schedule::request_retry(attempt, fastrand::f64())).await;
                attempt += 1;
                parts.push_front(part);
            }
        }
        spare -= 1;
    }
    Ok(Vec::new())
}

/// Tells how many were answered, and of how many Graph knows how they are.
fn tell_answers(section: &mut Section, asked: usize, answered: &[Presence], least: u32) {
    let is_unknown = |presence: &&Presence| {
        presence.availability.as_ref().is_none_or(|word| *word == Field::Availability.parse(UNKNOWN))
    };
    let unknown = answered.iter().filter(is_unknown).count();
    let count = answered.len();
    if count < asked {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let advice = Advice::incomplete(number(count), number(asked), 0);
        if count == 0 {
            section.fail(STEPS[0], advice);
        } else {
            section.warn(STEPS[0], advice);
        }
    } else if u32::try_from(count).is_ok_and(|count| count < least) {
        section.ok(STEPS[0], "Graph answers; of so few users no more is told");
    } else if unknown == count {
        section.fail(STEPS[0], Finding::all_unknown(count));
    } else if unknown * MANY >= count {
        section.warn(STEPS[0], Finding::many_unknown(unknown, count));
    } else {
        let users = Counted::of(count, "user", "users");
        let unknown = Grouped::of(unknown);
        section.ok(STEPS[0], format!("Graph answers for all {users} of one batch, {unknown} of them PresenceUnknown"));
    }
}

/// Tells which properties the answers carry, and which families are absent without the others.
fn tell_properties(section: &mut Section, is_government: bool, answered: &[Presence]) {
    let carried = |has: fn(&Presence) -> bool| answered.iter().any(has);
    let properties = [
        ("availability", carried(|it| it.availability.is_some()), catalog::AVAILABILITY_USERS.name),
        ("activity", carried(|it| it.activity.is_some()), catalog::ACTIVITY_USERS.name),
        ("workLocation", carried(|it| it.work_location.is_some()), catalog::WORK_LOCATION_USERS.name),
        ("outOfOfficeSettings", carried(|it| it.out_of_office.is_some()), catalog::OUT_OF_OFFICE_USERS.name),
        ("statusMessage", carried(|it| it.status_message.is_some()), catalog::STATUS_MESSAGE_USERS.name),
    ];
    let those = |wanted: bool| properties.iter().filter(move |(_, carried, _)| *carried == wanted);
    let names: Vec<&str> = those(true).map(|(name, ..)| *name).collect();
    let missed: Vec<&str> = those(false).map(|(name, ..)| *name).collect();
    let families: Vec<&str> = those(false).map(|(_, _, family)| *family).collect();
    let step = STEPS[1];
    match (answered.is_empty(), missed.is_empty()) {
        (true, _) => section.skip(&[step], "not known: nobody was answered"),
        (_, true) => section.ok(step, format!("answers carry {}", names.join(", "))),
        // Those clouds have fewer, and nobody there can change that.
        _ if !is_government => section.warn(step, Finding::absent_properties(&missed, &families)),
        _ => section.ok(step, format!("answers carry {}; {}", names.join(", "), absent(&missed, &families))),
    }
}

//! The overview of several tenants: a row of each, with a link to a page of its own.

use std::borrow::Cow;
use std::fmt::{self, Write};

use super::choice::Choice;
use super::occupancy::Reach;
use super::tenant::State;
use super::text::{Escaped, share_of};
use crate::board::Tenant;
use crate::domain::moment::Moment;
use crate::domain::snapshot::Snapshot;

/// Writes the overview.
pub(super) fn write(html: &mut String, tenants: &[Tenant], choice: &Choice, now: Moment) -> fmt::Result {
    let states: Vec<&str> = tenants.iter().map(|tenant| State::of(tenant, now).word()).collect();
    let of = |word: &str| states.iter().filter(|state| **state == word).count();
    let (all, up, down, waiting) = (tenants.len(), of("Up"), of("Down"), of("Waiting"));
    write!(
        html,
        r#"<h2>{all} tenants: {up} up, {down} down, {waiting} waiting</h2>
<table class="tenants"><thead><tr><th scope="col">Tenant</th><th scope="col">State</th><th scope="col">Reachable</th></tr></thead>
<tbody>
"#
    )?;
    for tenant in tenants {
        let name = tenant.snapshot.terms.tenant.as_str();
        let link = Choice { tenant: Some(Cow::Borrowed(name)), ..choice.clone() }.link();
        let (name, state) = (Escaped(name), State::of(tenant, now));
        let (class, word, reach) = (state.class(), state.word(), reach(&tenant.snapshot, now));
        writeln!(
            html,
            r#"<tr class="{class}"><th scope="row"><a href="{link}"><bdi>{name}</bdi></a></th><td class="state">{word}</td><td>{}</td></tr>"#,
            Escaped(&reach)
        )?;
    }
    html.write_str("</tbody></table>\n")
}

/// Who can be reached, or that nobody knows.
fn reach(snapshot: &Snapshot, now: Moment) -> String {
    let words = snapshot.counts(now).and_then(|tally| tally.words[0].as_ref());
    match words.map(Reach::of) {
        Some(Reach { reachable, known, .. }) if known > 0 => share_of(reachable, known),
        _ => "no data".to_owned(),
    }
}

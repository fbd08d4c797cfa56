//! Groups on the status page: of each dimension what became of its groups, and of the chosen one how available each is.
//!
//! It names and counts the groups that the page of metrics names and counts at this moment, and no other.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};

use super::bars::Bar;
use super::choice::{Among, Choice};
use super::occupancy::{self, Reach};
use super::text::{Escaped, number, share_of};
use crate::domain::dimension::{Dimension, Duty, GroupMetric, Source};
use crate::domain::moment::Moment;
use crate::domain::series::Grouped;
use crate::domain::snapshot::Snapshot;
use crate::domain::tally::{DimensionTally, GroupCounts};

/// Writes what there is to say of groups, if users are counted apart and were listed.
pub(super) fn write(html: &mut String, snapshot: &Snapshot, among: &Among, now: Moment) -> fmt::Result {
    let tally = &snapshot.tally;
    if tally.dimensions.is_empty() {
        return Ok(());
    }
    let chosen = among.dimension(&snapshot.terms.dimensions);
    // Of one tenant, so that who chooses another dimension goes on reading here.
    let id = if among.tenants == 1 { r#" id="groups""# } else { "" };
    writeln!(html, "<h3{id}>Groups</h3>\n<p>{}:</p>\n<ul>", tally.series)?;
    let counted = snapshot.counts(now).is_some();
    for (number, (dimension, of)) in snapshot.terms.dimensions.iter().zip(&tally.dimensions).enumerate() {
        let choice = Choice {
            tenant: (among.choice.tenant.is_some() || among.tenants > 1)
                .then(|| Cow::Borrowed(snapshot.terms.tenant.as_str())),
            dimension: Some(Cow::Borrowed(dimension.name.as_str())),
            still: among.choice.still,
        };
        let (name, link) = (Escaped(dimension.name.as_str()), choice.link());
        let current = if chosen == Some(number) { r#" aria-current="true""# } else { "" };
        write!(html, r#"<li><a href="{link}#groups"{current}><bdi>{name}</bdi></a>: {}"#, told(of, counted))?;
        if let Some(why) = withheld(dimension, of) {
            write!(html, ". {}.", Escaped(why))?;
        }
        html.write_str("</li>\n")?;
    }
    html.write_str("</ul>\n")?;
    let chosen = chosen.and_then(|number| snapshot.terms.dimensions.get(number).zip(tally.dimensions.get(number)));
    match chosen {
        None => Ok(()),
        Some(_) if !counted => occupancy::write_no_data(html, &occupancy::absence(snapshot, now).unwrap_or_default()),
        Some((dimension, of)) => write_table(html, dimension, of),
    }
}

/// The groups of the chosen dimension, a row of each.
fn write_table(html: &mut String, dimension: &Dimension, of: &DimensionTally) -> fmt::Result {
    let mut named = of.named(dimension).peekable();
    if named.peek().is_none() {
        return occupancy::write_no_data(html, "no group of it is shown now");
    }
    let name = Escaped(dimension.name.as_str());
    write!(
        html,
        r#"<table class="bars groups"><caption>By <bdi>{name}</bdi></caption>
<thead><tr><th scope="col">Group</th><th scope="col">People</th><th scope="col">Reachable</th></tr></thead>
<tbody>
"#
    )?;
    for group in named {
        let people = group.counts.as_ref().map_or("not shown".to_owned(), |counts| number(counts.users).to_string());
        let (bar, reached) = match &group.counts {
            Some(counts) => reached(dimension, counts),
            None => (None, "no data: too few people, or too few answers".to_owned()),
        };
        let bar = bar.map_or(String::new(), |bar| bar.to_string());
        let name = Escaped(&group.name);
        write!(
            html,
            r#"<tr><th scope="row"><span class="word"><bdi>{name}</bdi></span>{bar}</th><td>{people}</td><td>"#
        )?;
        match dimension.duty() {
            Some(duty) if group.counts.is_none() => html.write_str(&on_duty(duty, group.reachable))?,
            Some(duty) => write!(html, "{}<br>{}", on_duty(duty, group.reachable), Escaped(&reached))?,
            None => write!(html, "{}", Escaped(&reached))?,
        }
        html.write_str("</td></tr>\n")?;
    }
    html.write_str("</tbody></table>\n")
}

/// How many of a group can be reached, and a bar of it if that is known.
fn reached(dimension: &Dimension, counts: &GroupCounts) -> (Option<Bar>, String) {
    let Some(words) = counts.words[0].as_ref().filter(|_| dimension.counts(GroupMetric::Availability)) else {
        return (None, "no data: not counted".to_owned());
    };
    let Reach { reachable: part, known: whole, answered } = Reach::of(words);
    if f64::from(answered) < GroupCounts::ENOUGH * f64::from(counts.users) {
        return (None, format!("no data: {} of {} answered", number(answered), number(counts.users)));
    }
    if whole == 0 {
        return (None, "no data: nobody's availability is known".to_owned());
    }
    (Some(Bar { class: "available", part, whole }), share_of(part, whole))
}

/// Whether enough of a group on duty can be reached.
fn on_duty(duty: Duty, reachable: Option<bool>) -> String {
    let least = Grouped(u64::from(duty.min_reachable));
    match reachable {
        Some(true) if least.0 == 1 => "Yes, somebody".to_owned(),
        Some(true) => format!("Yes, {least} or more"),
        Some(false) if least.0 == 1 => "<strong>No, nobody</strong>".to_owned(),
        Some(false) => format!("<strong>No, fewer than {least}</strong>"),
        // Few answers, or so many missing that they could change it; the metrics do not tell which, and nor does this.
        None => "no data: too few have an answer".to_owned(),
    }
}

/// What became of the groups of a dimension, and which of those that may be shown are not on the page now.
fn told(dimension: &DimensionTally, counted: bool) -> String {
    let visibility = dimension.visibility;
    let classes = [(visibility.shown, "shown"), (visibility.folded, "in (other)"), (visibility.withheld, "withheld")];
    let parts = classes.iter().filter(|(groups, _)| *groups > 0);
    let mut told = parts.map(|(groups, what)| numbered(*groups, what)).collect::<Vec<_>>().join(", ");
    if told.is_empty() {
        return "no groups".to_owned();
    }
    let shown = visibility.shown + u32::from(visibility.folded > 0);
    let present = dimension.groups.iter().filter(|group| group.counts.is_some()).count();
    let absent = shown.saturating_sub(u32::try_from(present).unwrap_or(u32::MAX));
    if counted && absent > 0 {
        told.push_str(&["; ", &numbered(absent, "absent"), " now, as too few answered"].concat());
    }
    told
}

fn numbered(groups: u32, what: impl Display) -> String {
    format!("{} {what}", Grouped(groups.into()))
}

/// What to do where nothing of a dimension can be shown, or not all of what was named.
fn withheld(dimension: &Dimension, of: &DimensionTally) -> Option<&'static str> {
    match &dimension.source {
        _ if of.visibility.withheld == 0 => None,
        Source::Attribute(_) => Some(
            "Its groups would tell about too few people; merge values with map, lower max_groups, or name it earlier in \
             group_by",
        ),
        Source::EntraGroups(by) if by.duty.is_some() => None,
        Source::EntraGroups(_) => {
            Some("Those have too few members, could not be read, or nearly the same members as something that is shown")
        }
    }
}

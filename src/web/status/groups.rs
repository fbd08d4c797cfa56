//! Groups on the status page: how many there are, and of each dimension what became of its groups.
//!
//! It does not name groups, and no dimension's counts: those are on the page of metrics.

use std::fmt::{self, Display, Write};

use super::Escaped;
use crate::domain::dimension::{Dimension, Source};
use crate::domain::moment::Moment;
use crate::domain::series::Grouped;
use crate::domain::snapshot::Snapshot;
use crate::domain::tally::DimensionTally;

/// Writes the fact about groups, if users are counted apart and were listed.
pub(super) fn write(html: &mut String, snapshot: &Snapshot, now: Moment) -> fmt::Result {
    let tally = &snapshot.tally;
    if tally.dimensions.is_empty() {
        return Ok(());
    }
    writeln!(html, "<div class=\"whole\"><dt>Groups</dt><dd>{}\n<ul>", tally.series)?;
    let counted = snapshot.counts(now).is_some();
    for (dimension, of) in snapshot.terms.dimensions.iter().zip(&tally.dimensions) {
        let name = Escaped(dimension.name.as_str());
        write!(html, "<li><bdi>{name}</bdi>: {}", told(of, counted))?;
        if let Some(why) = withheld(dimension, of) {
            write!(html, ". {}.", Escaped(why))?;
        }
        html.write_str("</li>\n")?;
    }
    html.write_str("</ul></dd></div>\n")
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

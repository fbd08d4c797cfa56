//! Scenes: tenants of every condition that the status page has to show.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use teams_presence_exporter::board::Place;
use teams_presence_exporter::domain::advice::Advice;
use teams_presence_exporter::domain::dimension::{
    Attribute, ByAttribute, ByEntraGroups, Dimension, Duty, EntraGroup, GroupId, GroupMetric, Label, Source,
};
use teams_presence_exporter::domain::grouping::Visibility;
use teams_presence_exporter::domain::moment::Now;
use teams_presence_exporter::domain::permission::{Grantee, Permission};
use teams_presence_exporter::domain::series::Made;
use teams_presence_exporter::domain::snapshot::{CycleEnd, Snapshot};
use teams_presence_exporter::domain::tally::{DimensionTally, Freshness, GroupCounts, GroupTally, WordCounts};

use super::served::{Served, ago, now, read, serve_at, unknown};

/// Names as long and as strange as they may be.
pub(super) const HOSTILE: [&str; 4] = [
    "<img src=x onerror='a()'> \"R & D\" \\ \u{1f30d}",
    "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaftsabteilungsleitung",
    "\u{202e}\u{5e9}\u{5dc}\u{5d5}\u{5dd} (\u{5e2}\u{5d5}\u{5dc}\u{5dd}) 123 \u{202b}abc",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} a+b=c&d#e?f%20 \u{0e2a}\u{0e27}\u{0e31}\u{0e2a}\u{0e14}\u{0e35}",
];

/// Counts of words.
pub(super) fn words(words: &[(&str, u32)]) -> WordCounts {
    words.iter().map(|(word, users)| (Arc::from(*word), *users)).collect()
}

/// A dimension made of a property.
pub(super) fn by_attribute(name: &str) -> Dimension {
    let by = ByAttribute { attribute: Attribute::Department, map: BTreeMap::new(), max_groups: 100 };
    let metrics = vec![GroupMetric::Availability];
    Dimension { name: Label::parse(name).unwrap(), source: Source::Attribute(by), metrics }
}

/// A dimension made of Entra groups.
pub(super) fn by_entra_groups(name: &str, groups: &[&str], duty: Option<Duty>) -> Dimension {
    let id = GroupId::parse("0f8fad5b-d9cb-469f-a165-70867728950e").unwrap();
    let groups = groups.iter().map(|group| EntraGroup { name: Label::parse(group).unwrap(), id }).collect();
    let source = Source::EntraGroups(ByEntraGroups { groups, duty });
    Dimension { name: Label::parse(name).unwrap(), source, metrics: vec![GroupMetric::Availability] }
}

/// A group of so many users, of whom so many are available and so many away.
pub(super) fn group(name: &str, [users, available, away]: [u32; 3]) -> GroupTally {
    let words = words(&[("Available", available), ("Away", away), ("PresenceUnknown", 0)]);
    let words = [Some(words), None, None];
    GroupTally { name: name.into(), counts: Some(GroupCounts { users, words, out_of_office: None }), reachable: None }
}

/// A group whose counts are not on the page.
pub(super) fn absent(name: &str, reachable: Option<bool>) -> GroupTally {
    GroupTally { name: name.into(), counts: None, reachable }
}

/// A tenant of 6,119 people on a weekday morning.
pub(super) fn morning(name: &str, now: Now) -> Snapshot {
    let mut snapshot = read(name, now);
    snapshot.tally.freshness = Freshness { current: 6_050, held: 12, unanswered: 40, unanswerable: 17 };
    snapshot.tally.words = [
        Some(words(&[
            ("Available", 1_904),
            ("AvailableIdle", 310),
            ("Away", 811),
            ("BeRightBack", 96),
            ("Busy", 1_390),
            ("BusyIdle", 64),
            ("DoNotDisturb", 205),
            ("Offline", 1_249),
            ("PresenceUnknown", 33),
        ])),
        Some(words(&[
            ("Available", 2_214),
            ("InAMeeting", 903),
            ("InACall", 250),
            ("Offline", 2_662),
            ("PresenceUnknown", 33),
        ])),
        Some(words(&[("office", 1_700), ("remote", 2_010), ("timeOff", 44), ("unspecified", 2_308)])),
    ];
    snapshot.tally.out_of_office = Some(401);
    snapshot.cycle = Some(CycleEnd { ended: ago(now, 8), duration: Duration::from_millis(4_200), covered: true });
    snapshot.next_cycle = Some(now.moment.plus(Duration::from_secs(48)));
    snapshot
}

/// The tenant with these dimensions.
pub(super) fn grouped(mut snapshot: Snapshot, dimensions: Vec<(Dimension, DimensionTally)>) -> Snapshot {
    let (dimensions, tallies): (Vec<_>, Vec<_>) = dimensions.into_iter().unzip();
    snapshot.terms.dimensions = dimensions.into();
    snapshot.tally.dimensions = tallies;
    snapshot.tally.series = Made { dimensions: 3, groups: 109, series: 1_846 };
    snapshot
}

/// Three dimensions: a hundred departments, offices of any name, teams on duty.
pub(super) fn three_dimensions() -> Vec<(Dimension, DimensionTally)> {
    let departments =
        (1..=100).map(|number| group(&format!("Department {number}"), [60, number % 60, 60 - number % 60]));
    let shown = |shown, folded, withheld| Visibility { shown, folded, withheld };
    let mut offices = vec![group("Berlin", [1_204, 399, 802]), group("New York", [90, 20, 40])];
    offices.extend(HOSTILE.map(|name| group(name, [12, 12, 0])));
    offices.push(group("(other)", [31, 0, 31]));
    let duty = Duty { min_reachable: 1 };
    let teams = vec![absent("sre", Some(true)), absent("support", Some(false)), absent("network", None)];
    vec![
        (by_attribute("department"), DimensionTally { visibility: shown(100, 0, 0), groups: departments.collect() }),
        (by_attribute("office"), DimensionTally { visibility: shown(6, 3, 0), groups: offices }),
        (
            by_entra_groups("on_call", &["sre", "support", "network"], Some(duty)),
            DimensionTally { visibility: shown(0, 0, 3), groups: teams },
        ),
    ]
}

/// A tenant whose answers are all too old.
pub(super) fn expired(name: &str, now: Now) -> Snapshot {
    let mut snapshot = morning(name, now);
    snapshot.terms.max_age = Duration::from_secs(20);
    snapshot.cycle = snapshot.cycle.map(|cycle| CycleEnd { ended: ago(now, 400), covered: false, ..cycle });
    snapshot
}

/// One tenant that is well, with three dimensions.
pub(super) fn calm() -> Served {
    let now = now();
    serve_at(now, [grouped(morning("contoso", now), three_dimensions())], 0)
}

/// Tenants that are well, waiting, down, and of whom the users cannot be listed, with all that can be complained of.
pub(super) fn troubled() -> Served {
    let now = now();
    let tenants = [
        morning("contoso", now),
        unknown("fabrikam"),
        expired("northwind", now),
        unknown("wingtip"),
        read("tiny", now),
    ];
    let served = serve_at(now, tenants, 0);
    let board = &served.site.board;
    board.report_listing(Place(0), Err(Advice::shrunk(4, 10)), now);
    board.publish(
        Place(2),
        expired("northwind", now),
        Some(Advice::forbidden(Permission::ALL[0], Grantee::Application)),
        now,
    );
    board.report_listing(Place(3), Err(Advice::no_users()), now);
    served
}

/// Tenants and groups of hostile names.
pub(super) fn hostile() -> Served {
    let now = now();
    let tenants = HOSTILE.map(|name| {
        let mut dimensions = three_dimensions();
        dimensions[1].0.name = Label::parse(name).unwrap();
        grouped(morning(name, now), dimensions)
    });
    serve_at(now, tenants, 0)
}

/// Fifty tenants, every seventh of which waits.
pub(super) fn fifty() -> Served {
    let now = now();
    let tenant = |number: u32| {
        let name = format!("tenant-{number:02}.onmicrosoft.com");
        if number.is_multiple_of(7) { unknown(&name) } else { grouped(morning(&name, now), three_dimensions()) }
    };
    serve_at(now, (1..=50).map(tenant), 0)
}

//! The status page of a tenant whose users are counted apart.

use std::collections::BTreeMap;

use teams_presence_exporter::domain::dimension::{
    Attribute, ByAttribute, ByEntraGroups, Dimension, Duty, EntraGroup, GroupId, Label, Source,
};
use teams_presence_exporter::domain::grouping::Visibility;
use teams_presence_exporter::domain::moment::Now;
use teams_presence_exporter::domain::series::Made;
use teams_presence_exporter::domain::snapshot::Snapshot;
use teams_presence_exporter::domain::tally::{DimensionTally, GroupCounts, GroupTally};

use super::served::{now, read, serve};

fn by_attribute(name: &str) -> Dimension {
    let by = ByAttribute { attribute: Attribute::Department, map: BTreeMap::new(), max_groups: 100 };
    Dimension { name: Label::parse(name).unwrap(), source: Source::Attribute(by), metrics: Vec::new() }
}

fn by_entra_groups(name: &str, duty: Option<Duty>) -> Dimension {
    let id = GroupId::parse("0f8fad5b-d9cb-469f-a165-70867728950e").unwrap();
    let groups = vec![EntraGroup { name: Label::parse("sre-oncall").unwrap(), id }];
    let source = Source::EntraGroups(ByEntraGroups { groups, duty });
    Dimension { name: Label::parse(name).unwrap(), source, metrics: Vec::new() }
}

/// A dimension of which so many groups are shown, folded and withheld, and so many of the shown ones are on the page.
fn tally([shown, folded, withheld]: [u32; 3], present: usize) -> DimensionTally {
    let group = |number| {
        let counts = GroupCounts { users: 9, words: Default::default(), out_of_office: None };
        GroupTally { name: format!("Canary {number}").into(), counts: Some(counts), reachable: None }
    };
    DimensionTally { visibility: Visibility { shown, folded, withheld }, groups: (0..present).map(group).collect() }
}

/// A tenant with these dimensions.
fn grouped(now: Now, dimensions: Vec<(Dimension, DimensionTally)>) -> Snapshot {
    let mut snapshot = read("contoso", now);
    let (dimensions, tallies): (Vec<_>, Vec<_>) = dimensions.into_iter().unzip();
    snapshot.terms.dimensions = dimensions.into();
    snapshot.tally.dimensions = tallies;
    snapshot.tally.series = Made { dimensions: 5, groups: 142, series: 1846 };
    snapshot
}

#[test]
fn the_status_page_says_what_became_of_the_groups_of_each_dimension() {
    let now = now();
    let dimensions = vec![
        (by_attribute("department <1>"), tally([1130, 12, 0], 1131)),
        (by_attribute("office"), tally([8, 1, 0], 7)),
        (by_attribute("title"), tally([0, 0, 4], 0)),
        (by_entra_groups("team", None), tally([0, 0, 1], 0)),
        (by_entra_groups("duty", Some(Duty { min_reachable: 1 })), tally([0, 0, 1], 0)),
    ];
    let page = serve([grouped(now, dimensions)], 0).get("/", "").text().to_owned();
    for expected in [
        "<dt>Groups</dt><dd>5 dimensions, 142 groups, 1,846 series\n",
        "<li><bdi>department &lt;1&gt;</bdi>: 1,130 shown, 12 in (other)</li>",
        "<li><bdi>office</bdi>: 8 shown, 1 in (other); 2 absent now, as too few answered</li>",
        "<li><bdi>title</bdi>: 4 withheld. Its groups would tell about too few people; merge values with map,",
        "<li><bdi>team</bdi>: 1 withheld. Those have too few members,",
        "<li><bdi>duty</bdi>: 1 withheld</li>",
    ] {
        assert!(page.contains(expected), "{expected} in {page}");
    }
    assert!(!page.contains("Canary"), "{page}");
}

#[test]
fn a_tenant_whose_users_are_not_counted_apart_says_nothing_of_groups() {
    assert!(!serve([read("contoso", now())], 0).get("/", "").text().contains("Groups"));
}

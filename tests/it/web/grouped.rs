//! The status page of a tenant whose users are counted apart.

use teams_presence_exporter::domain::dimension::{Dimension, Duty};
use teams_presence_exporter::domain::grouping::Visibility;
use teams_presence_exporter::domain::moment::Now;
use teams_presence_exporter::domain::series::Made;
use teams_presence_exporter::domain::snapshot::Snapshot;
use teams_presence_exporter::domain::tally::DimensionTally;

use super::scenes::{self, absent, by_attribute, by_entra_groups, calm, group, words};
use super::served::{now, read, serve};

/// A dimension of which so many groups are shown, folded and withheld, and so many of the shown ones are on the page.
fn tally([shown, folded, withheld]: [u32; 3], present: usize) -> DimensionTally {
    let groups = (0..present).map(|number| group(&format!("Group {number}"), [9, 3, 6]));
    DimensionTally { visibility: Visibility { shown, folded, withheld }, groups: groups.collect() }
}

/// A tenant with these dimensions.
fn grouped(now: Now, dimensions: Vec<(Dimension, DimensionTally)>) -> Snapshot {
    let mut snapshot = scenes::grouped(read("contoso", now), dimensions);
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
        (by_entra_groups("team", &["a"], None), tally([0, 0, 1], 0)),
        (by_entra_groups("duty", &["b"], Some(Duty { min_reachable: 1 })), tally([0, 0, 1], 0)),
    ];
    let page = serve([grouped(now, dimensions)], 0).get("/", "").text().to_owned();
    for expected in [
        "<h3 id=\"groups\">Groups</h3>\n<p>5 dimensions, 142 groups, 1,846 series:</p>\n",
        "<li><a href=\"?dimension=department+%3C1%3E#groups\" aria-current=\"true\"><bdi>department &lt;1&gt;</bdi></a>: 1,130 shown, \
         12 in (other)</li>",
        "<li><a href=\"?dimension=office#groups\"><bdi>office</bdi></a>: 8 shown, 1 in (other); 2 absent now, as too few \
         answered</li>",
        "<bdi>title</bdi></a>: 4 withheld. Its groups would tell about too few people; merge values with map,",
        "<bdi>team</bdi></a>: 1 withheld. Those have too few members,",
        "<bdi>duty</bdi></a>: 1 withheld</li>",
    ] {
        assert!(page.contains(expected), "{expected} in {page}");
    }
}

#[test]
fn a_tenant_whose_users_are_not_counted_apart_says_nothing_of_groups() {
    assert!(!serve([read("contoso", now())], 0).get("/", "").text().contains("Groups"));
}

/// The name and the people of each group in the table of a page, as on the page of metrics.
fn rows(page: &str) -> Vec<String> {
    let (_, table) = page.split_once("<caption>").expect("a table of groups");
    let rows = table.split("<tr><th scope=\"row\"><span class=\"word\"><bdi>").skip(1);
    let row = |row: &str| {
        let (name, rest) = row.split_once("</bdi>").unwrap();
        let people = rest.split("<td>").nth(1).and_then(|cell| cell.split('<').next()).unwrap();
        let name = name.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\\\"").replace("&#39;", "'");
        format!("{} {}", name.replace("&amp;", "&"), people.replace(',', ""))
    };
    rows.map(row).collect()
}

#[test]
fn the_groups_of_the_status_page_are_those_of_the_page_of_metrics() {
    let served = calm();
    let metrics = served.get("/metrics", "").text().to_owned();
    for dimension in ["department", "office"] {
        let begin = format!("teams_presence_group_users{{dimension=\"{dimension}\",group=\"");
        let series = metrics.lines().filter_map(|line| line.strip_prefix(&begin));
        let expected: Vec<String> = series.map(|line| line.replace("\",tenant=\"contoso\"}", "")).collect();
        let page = served.get(&format!("/?dimension={dimension}"), "");
        assert_eq!(rows(&page.text().replace('\\', r"\\")), expected);
    }
}

#[test]
fn a_group_says_how_many_can_be_reached_or_why_not() {
    let mut dimensions = scenes::three_dimensions();
    dimensions[1].1.groups.push(absent("Canary", None));
    let mut silent = group("Silent", [9, 9, 0]);
    silent.counts.as_mut().unwrap().words[0] = Some(words(&[("PresenceUnknown", 9)]));
    dimensions[1].1.groups.push(silent);
    let duty = Some(Duty { min_reachable: 3 });
    let teams = vec![absent("a", Some(true)), absent("b", Some(false)), group("c", [20, 10, 10])];
    let two = DimensionTally { groups: teams, ..DimensionTally::default() };
    dimensions.push((by_entra_groups("three", &["a", "b", "c"], duty), two.clone()));
    let mut uncounted = by_entra_groups("plain", &["a", "b", "c"], None);
    uncounted.metrics.clear();
    dimensions.push((uncounted, two));
    let served = serve([scenes::grouped(read("contoso", now()), dimensions)], 0);
    let page = |dimension: &str| served.get(&format!("/?dimension={dimension}"), "").words();
    let check = |page: String, expected: &str| assert!(page.contains(expected), "{expected} in {page}");
    check(
        page("office"),
        "By office Group People Reachable Berlin 1,204 33 %, 399 of 1,201 New York 90 no data: 60 of 90 answered",
    );
    check(page("office"), "(other) 31 0 %, 0 of 31 Silent 9 no data: nobody's availability is known Freshness");
    assert!(!page("office").contains("Canary"));
    check(
        page("on_call"),
        "By on_call Group People Reachable sre not shown Yes, somebody support not shown No, nobody network not shown no \
         data: too few have an answer",
    );
    check(
        page("three"),
        "a not shown Yes, 3 or more b not shown No, fewer than 3 c 20 no data: too few have an answer 50 %, 10 of 20",
    );
    check(page("plain"), "a not shown no data: too few people, or too few answers");
    check(page("plain"), "c 20 no data: not counted");
    check(page("nothing"), "By department");
}

//! Members: who is in the Entra groups by which users are counted apart, and what it costs where that cannot be read.

use std::sync::Arc;
use std::time::Duration;

use simulator::{Effect, Fault, Group, Occurrence, Operation, Settings};
use teams_presence_exporter::domain::advice::Reason;
use teams_presence_exporter::domain::dimension::{
    ByEntraGroups, Dimension, EntraGroup, GroupId, GroupMetric, Label, Source,
};
use teams_presence_exporter::domain::directory::Directory;

use crate::harness::{
    Census, Exporter, Keeping, MORNING, PRESENCE_FAMILIES, Tenant, assert_same_lines, enabled_member, frozen, ids,
};

fn tenant(name: &str, people: u32) -> Tenant {
    let roles = ["User.Read.All", "GroupMember.Read.All", "Presence.Read.All"].map(str::to_owned).to_vec();
    Tenant::start(name, Settings { roles, ..frozen(people, MORNING) })
}

fn group(tenant: &Tenant, name: &str) -> Group {
    tenant.simulator.groups().iter().find(|group| group.name == name).unwrap().clone()
}

/// A dimension of these groups, each with the text of its id.
fn dimension(name: &str, groups: &[(&str, String)]) -> Dimension {
    let group =
        |(name, id): &(&str, String)| EntraGroup { name: Label::parse(name).unwrap(), id: GroupId::parse(id).unwrap() };
    Dimension {
        name: Label::parse(name).unwrap(),
        source: Source::EntraGroups(ByEntraGroups { groups: groups.iter().map(group).collect(), duty: None }),
        metrics: vec![GroupMetric::Availability],
    }
}

/// How many users of the directory are in each group of each dimension.
fn sizes(directory: &Arc<Directory>) -> Vec<Vec<(String, usize)>> {
    let dimensions = directory.grouping().dimensions().iter();
    dimensions.map(|it| it.groups.iter().map(|it| (it.name.to_string(), it.users as usize)).collect()).collect()
}

/// How many users the default filter and the group select.
fn tracked(tenant: &Tenant, group: &Group) -> usize {
    ids(tenant, |person| enabled_member(person) && group.contains(person)).len()
}

#[test]
fn a_group_that_does_not_answer_keeps_nobody_else_waiting() {
    let tenant = tenant("contoso", 300);
    let team = group(&tenant, "Technology").id;
    let effect = Effect::Delay(Duration::from_hours(1));
    tenant.simulator.inject(Fault { operation: Operation::ListMembers, occurrence: Occurrence::Always, effect });
    let keys = format!("interval: 5s\ngroup_by:\n- {{dimension: team, entra_groups: {{engineers: {team}}}}}");
    let tenant = tenant.with(&keys);
    let exporter = Exporter::start(&[&tenant]);
    let page = exporter.wait_until("presence is read", |page| page.up("contoso"));
    assert_eq!(page.sum("contoso", "group_visible"), Some(0.0));
    assert_eq!(page.sum("contoso", "directory_failures_total"), Some(0.0), "it is waited for still");
}

#[test]
fn members_are_read_over_all_pages_and_once_for_all_dimensions() {
    let tenant = tenant("contoso", 2_500);
    let (all, technology) = (group(&tenant, "All accounts"), group(&tenant, "Technology"));
    let group_by = vec![
        dimension("one", &[("everybody", all.id.to_string()), ("engineers", technology.id.to_string())]),
        dimension("other", &[("all", all.id.to_string())]),
    ];
    let mut keeping = Keeping::start(&tenant, |config| config.group_by = group_by);
    let directory = keeping.next();
    let (everybody, engineers) = (directory.users().len(), tracked(&tenant, &technology));
    assert_eq!(
        sizes(&directory),
        [
            vec![("everybody".to_owned(), everybody), ("engineers".to_owned(), engineers)],
            vec![("all".to_owned(), everybody)],
        ]
    );
    let calls = tenant.simulator.calls();
    let calls: Vec<_> = calls.iter().filter(|call| call.operation == Operation::ListMembers).collect();
    // Three pages of everybody, one of engineers.
    assert_eq!(calls.len(), 4);
    for call in calls {
        assert!(call.path.ends_with("/transitiveMembers/microsoft.graph.user"), "{}", call.path);
        assert_eq!(call.consistency_level.as_deref(), Some("eventual"));
        assert!(call.query.contains("select=id&") && call.query.contains("count=true"), "{}", call.query);
    }
    assert_eq!(keeping.failures(), []);
}

#[test]
fn a_group_that_is_not_there_costs_its_own_counts_alone() {
    let tenant = tenant("contoso", 300);
    let technology = group(&tenant, "Technology");
    let unknown = "00000000-0000-4000-8000-000000000000";
    let group_by = vec![dimension("team", &[("gone", unknown.to_owned()), ("engineers", technology.id.to_string())])];
    let mut keeping = Keeping::start(&tenant, |config| config.group_by = group_by);
    let directory = keeping.next();
    assert!(directory.users() == ids(&tenant, enabled_member));
    let engineers = tracked(&tenant, &technology);
    assert_eq!(sizes(&directory), [vec![("gone".to_owned(), 0), ("engineers".to_owned(), engineers)]]);
    let shown = keeping.wait_until(|tenant| !tenant.groups.is_empty());
    let [advice] = &*shown.groups else { panic!("{:?}", shown.groups) };
    assert_eq!(advice.reason, Reason::NoGroup);
    assert_eq!(
        advice.what,
        "the members of the group gone of the dimension team could not be listed: Graph knows no such group"
    );
    assert_eq!((shown.directory, keeping.failures()), (None, vec![("no_group".to_owned(), 1.0)]));
}

#[test]
fn members_of_before_stay_while_a_group_cannot_be_read_and_go_with_the_group() {
    let status = |status, code: &str| Effect::Status {
        status,
        headers: Vec::new(),
        body: Some(format!(r#"{{"error":{{"code":"{code}","message":"x"}}}}"#)),
    };
    for (name, effect, reason, stay) in [
        ("unavailable", status(500, "UnknownError"), Reason::Unavailable, true),
        ("forbidden", status(403, "Authorization_RequestDenied"), Reason::Forbidden, true),
        ("rejected", status(400, "Request_UnsupportedQuery"), Reason::Rejected, true),
        ("elsewhere", Effect::NextLinkElsewhere("https://localhost:1".to_owned()), Reason::ForeignLink, true),
        ("loop", Effect::NextLinkLoop, Reason::Unintelligible, true),
        ("html", Effect::Html(200), Reason::Unintelligible, true),
        ("proxy", Effect::Html(404), Reason::Rejected, true),
        ("deleted", status(404, "Request_ResourceNotFound"), Reason::NoGroup, false),
    ] {
        // A link to the next page takes two pages.
        let tenant = tenant(name, 1_500);
        let all = group(&tenant, "All accounts");
        let group_by = vec![dimension("team", &[("all", all.id.to_string())])];
        let mut keeping = Keeping::start(&tenant, |config| config.group_by = group_by);
        let users = keeping.next().users().len();
        tenant.simulator.inject(Fault { operation: Operation::ListMembers, occurrence: Occurrence::Always, effect });
        let shown = keeping.wait_until(|tenant| !tenant.groups.is_empty());
        assert_eq!((shown.groups[0].reason, shown.directory), (reason, None), "{name}: {:?}", shown.groups);
        assert_eq!(keeping.failures(), [(reason.label().to_owned(), 1.0)], "{name}");
        let directory = keeping.latest();
        assert_eq!(directory.users().len(), users, "{name}");
        assert_eq!(sizes(&directory), [vec![("all".to_owned(), if stay { users } else { 0 })]], "{name}");

        tenant.simulator.clear_faults();
        let shown = keeping.wait_until(|tenant| tenant.groups.is_empty());
        assert_eq!(shown.directory, None, "{name}");
        assert_eq!(sizes(&keeping.latest()), [vec![("all".to_owned(), users)]], "{name}");
    }
}

#[test]
fn log_and_status_page_name_a_group_that_cannot_be_read() {
    let tenant = tenant("contoso", 300);
    let technology = group(&tenant, "Technology").id;
    let unknown = "00000000-0000-4000-8000-000000000000";
    let groups = format!("{{gone: {unknown}, engineers: {technology}}}");
    let tenant = tenant.with(&format!("interval: 5s\ngroup_by: [{{dimension: team, entra_groups: {groups}}}]"));
    let exporter = Exporter::start(&[&tenant]);
    let page = exporter.wait_until("up", |page| page.up("contoso"));
    let census = Census::usual(&tenant.simulator);
    assert_same_lines(&page.of("contoso", &PRESENCE_FAMILIES), &census.lines(), "contoso");
    let failures = r#"teams_presence_directory_failures_total{reason="no_group",tenant="contoso"}"#;
    assert_eq!(page.value(failures), Some(1.0));
    let what = "the members of the group gone of the dimension team could not be listed: Graph knows no such group";
    let status = exporter.get("/").body;
    assert!(status.contains(&format!("<strong>Listing members:</strong> {what}.</p>")), "{status}");
    let line = ["level=WARN", "tenant=contoso", "dimension=team", "group=gone", unknown, "reason=no_group", what];
    exporter.wait_for_log(&line);
}

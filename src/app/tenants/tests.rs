//! Configurations that take each other's place, and what that leaves of a tenant. Nothing runs: nobody waits for tasks here.

use std::time::Duration;

use super::*;
use crate::config::{Cloud, Credential, SecretSource};
use crate::domain::advice::Advice;
use crate::domain::budget::Permit;
use crate::domain::counters::{Counters, Credit};
use crate::domain::directory::Directory;
use crate::domain::moment::Moment;
use crate::telemetry::Build;

fn at(seconds: u64) -> Now {
    Now { moment: Moment::from_millis(seconds * 1000), unix_millis: seconds * 1000 }
}

/// A tenant of this name, whose id at Microsoft is another name.
fn tenant(name: &str, id: &str) -> Tenant {
    let source = SecretSource::File("/nowhere/secret".into());
    let credential = Credential::ClientSecret { source, expires: None };
    let name = TenantName::parse(name).expect("a name");
    Tenant::new(name, format!("{id}.example"), "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee".into(), credential)
}

fn tenants(tenants: impl Into<Vec<Tenant>>) -> Tenants {
    let telemetry = Arc::new(Telemetry::new(Build { revision: "abc", rust_version: "1.95" }));
    let config = Config { tenants: tenants.into(), web_users: None };
    let readiness = Readiness::new(config.tenants.len(), at(1_000).moment);
    Tenants::new(config, telemetry, &readiness, at(100))
}

fn apply(tenants: &mut Tenants, config: impl Into<Vec<Tenant>>) -> [usize; 4] {
    let Changes { added, changed, removed, unchanged } =
        tenants.apply(Config { tenants: config.into(), web_users: None }, at(200));
    [added, changed, removed, unchanged]
}

/// The names on the board, in its order.
fn shown(tenants: &Tenants) -> Vec<String> {
    tenants.board.shown().tenants.iter().map(|tenant| tenant.snapshot.terms.tenant.to_string()).collect()
}

/// How many cycles are counted for a tenant of this name, if any are.
fn cycles(tenants: &Tenants, name: &str) -> Option<String> {
    let families = tenants.telemetry.gather_of(name);
    let family = families.into_iter().find(|family| family.name() == "teams_presence_cycles_total")?;
    Some(family.get_metric().first()?.get_counter().get_value().to_string())
}

/// Somebody was available for a minute.
fn a_minute() -> Arc<Counters> {
    let credit = Credit { tenths: [vec![(Arc::from("Available"), 600)], Vec::new()], transitions: Vec::new() };
    Arc::new(Counters::default().plus(&credit))
}

#[tokio::test]
async fn a_tenant_whose_section_is_as_it_was_notices_nothing() {
    let [contoso, fabrikam] = ["contoso", "fabrikam"].map(|name| tenant(name, name));
    let mut tenants = tenants([contoso.clone(), fabrikam.clone()]);
    tenants.start();
    let latest = tenants.board.latest(Place(1)).expect("a tenant");
    let latest = Snapshot { counters: a_minute(), ..latest };
    tenants.board.publish(Place(1), latest.clone(), Some(Advice::no_users()), at(150));
    tenants.running[1].tasks.telemetry.cycle(None);
    let northwind = tenant("northwind", "northwind");
    assert_eq!(apply(&mut tenants, [northwind, fabrikam.clone()]), [1, 0, 1, 1]);
    assert_eq!(shown(&tenants), ["northwind", "fabrikam"]);
    assert_eq!(tenants.board.latest(Place(1)), Some(latest));
    assert_eq!(cycles(&tenants, "fabrikam").as_deref(), Some("1"));
    assert_eq!(cycles(&tenants, "contoso"), None, "its series are gone with it");
    assert_eq!(cycles(&tenants, "northwind").as_deref(), Some("0"));
    assert!(tenants.running.iter().all(|running| running.task.is_some()), "everybody runs");
    assert_eq!(tenants.in_force.load().tenants[1], fabrikam);
    assert_eq!(apply(&mut tenants, [fabrikam]), [0, 0, 1, 1]);
}

#[tokio::test]
async fn a_tenant_with_other_settings_starts_anew_with_what_was_counted_asked_and_listed() {
    let contoso = tenant("contoso", "contoso");
    let mut tenants = tenants([contoso.clone()]);
    let latest = tenants.board.latest(Place(0)).expect("a tenant");
    let latest = Snapshot { counters: a_minute(), listed: Some(at(120).moment), ..latest };
    tenants.board.publish(Place(0), latest, Some(Advice::no_users()), at(150));
    tenants.running[0].tasks.telemetry.cycle(None);
    let directory = Arc::new(Directory::new(Vec::new(), at(120).moment));
    tenants.running[0].tasks.directory.send_replace(Some(directory));
    assert_eq!(tenants.running[0].tasks.budget.lock().expect("whole").take(at(150).moment), Permit::Granted);

    let quicker = Tenant { interval: Duration::from_secs(30), request_budget: 1, ..contoso.clone() };
    assert_eq!(apply(&mut tenants, [quicker.clone()]), [0, 1, 0, 0]);
    let Running { tasks, .. } = &tenants.running[0];
    let now = tenants.board.latest(tasks.place).expect("it is shown");
    assert_eq!((now.counters, now.listed, now.terms.interval), (a_minute(), Some(at(120).moment), quicker.interval));
    assert!(tenants.board.shown().tenants[0].presence.is_none(), "what it met before it may not meet again");
    assert_eq!(cycles(&tenants, "contoso").as_deref(), Some("1"));
    assert!(tasks.directory.borrow().is_some(), "the same people are counted");
    assert_eq!(tasks.budget.lock().expect("whole").take(at(160).moment), Permit::Full, "one was asked already");

    let others = Tenant { min_group_size: 7, ..quicker };
    assert_eq!(apply(&mut tenants, [others]), [0, 1, 0, 0]);
    let Running { tasks, .. } = &tenants.running[0];
    assert!(tasks.directory.borrow().is_none(), "who is in a small group has to be judged again");
    assert_eq!(tenants.board.latest(tasks.place).expect("it is shown").listed, None);
}

#[tokio::test]
async fn a_name_is_not_the_tenant() {
    let mut tenants = tenants([tenant("one", "contoso"), tenant("two", "fabrikam")]);
    tenants.running[0].tasks.telemetry.cycle(None);
    assert_eq!(tenants.running[0].tasks.budget.lock().expect("whole").take(at(150).moment), Permit::Granted);
    // They swap their names, and one writes its id in capitals.
    let swapped = [tenant("two", "CONTOSO"), tenant("one", "fabrikam")];
    assert_eq!(apply(&mut tenants, swapped), [0, 2, 0, 0]);
    assert_eq!(["one", "two"].map(|name| cycles(&tenants, name)), [Some("0".to_owned()), Some("0".to_owned())]);
    let in_flight = |tenants: &Tenants, number: usize| {
        let mut budget = tenants.running[number].tasks.budget.lock().expect("whole");
        budget.allow(1_400, 1);
        budget.take(at(160).moment) == Permit::Full
    };
    assert_eq!([in_flight(&tenants, 0), in_flight(&tenants, 1)], [true, false], "Graph knows who asked");
    // Another organisation takes the name over, in another cloud, and another application asks.
    let authority = "https://login.microsoftonline.us".parse().expect("an address");
    let cloud = Cloud { authority, ..Cloud::global() };
    let government = Tenant { cloud, ..tenant("two", "contoso") };
    let other = Tenant { client_id: Some("bbbbbbbb-bbbb-cccc-dddd-eeeeeeeeeeee".into()), ..tenant("one", "fabrikam") };
    assert_eq!(apply(&mut tenants, [government, other]), [1, 1, 1, 0]);
    assert_eq!([in_flight(&tenants, 0), in_flight(&tenants, 1)], [false, false]);
}

#[tokio::test]
async fn readiness_waits_for_nobody_who_is_gone_or_came_later() {
    let telemetry = Arc::new(Telemetry::new(Build { revision: "abc", rust_version: "1.95" }));
    let [contoso, fabrikam] = ["contoso", "fabrikam"].map(|name| tenant(name, name));
    let readiness = Readiness::new(2, at(1_000).moment);
    let config = Config { tenants: vec![contoso.clone(), fabrikam.clone()], web_users: None };
    let mut tenants = Tenants::new(config, telemetry, &readiness, at(100));
    assert_eq!(apply(&mut tenants, [tenant("northwind", "northwind"), fabrikam.clone()]), [1, 0, 1, 1]);
    assert_eq!(readiness.waiting(at(200).moment), 1, "only the one that stayed");
    let slower = Tenant { interval: Duration::from_mins(2), ..fabrikam };
    assert_eq!(apply(&mut tenants, [slower]), [0, 1, 1, 0]);
    assert_eq!(readiness.waiting(at(200).moment), 1);
    tenants.running[0].tasks.readiness.concluded();
    assert_eq!(readiness.waiting(at(200).moment), 0);
}

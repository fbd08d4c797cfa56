//! Keeping the directory: which listing comes in force, and when.
//!
//! Whom it holds is for `selecting`, in which groups for `members`.

use simulator::{Effect, Fault, Occurrence, Operation, Settings};

use crate::harness::{Census, Keeping, MORNING, Tenant, frozen};

/// The sizes of directories that come in force, each with the number of listings that it took until then.
type InForce = Vec<(usize, usize)>;

/// The first `count` directories that come in force.
fn directories(tenant: &Tenant, count: usize) -> InForce {
    keep(tenant, count).0
}

/// The same, and how often a listing failed until then, for which reasons.
fn keep(tenant: &Tenant, count: usize) -> (InForce, Vec<(String, f64)>) {
    let mut keeping = Keeping::start(tenant, |_| ());
    let next = |_| {
        let users = keeping.next().users().len();
        let calls = tenant.simulator.calls();
        (users, calls.iter().filter(|call| call.operation == Operation::ListUsers).count())
    };
    let directories = (0..count).map(next).collect();
    (directories, keeping.failures())
}

/// A tenant of which these listings lack so many people, and how many people the others find.
fn lacking(people: usize, listings: std::ops::RangeInclusive<u32>) -> (Tenant, usize) {
    let (operation, occurrence) = (Operation::ListUsers, Occurrence::During(listings));
    let faults = vec![Fault { operation, occurrence, effect: Effect::OmitRows(people) }];
    let tenant = Tenant::start("contoso", Settings { faults, ..frozen(100, MORNING) });
    let people = Census::usual(&tenant.simulator).people;
    (tenant, people as usize)
}

const EVERYBODY: usize = 1_000;

#[test]
fn a_listing_of_nobody_leaves_the_directory_in_force_the_first_time() {
    let (tenant, people) = lacking(EVERYBODY, 2..=2);
    assert_eq!(directories(&tenant, 2), [(people, 1), (people, 3)]);
}

#[test]
fn a_listing_of_nobody_is_believed_when_it_comes_twice() {
    let (tenant, people) = lacking(EVERYBODY, 2..=3);
    assert_eq!(directories(&tenant, 3), [(people, 1), (0, 3), (people, 4)]);
}

#[test]
fn a_tenant_that_never_had_anybody_has_nobody_at_once() {
    let (tenant, people) = lacking(EVERYBODY, 1..=1);
    assert_eq!(directories(&tenant, 2), [(0, 1), (people, 2)]);
}

#[test]
fn a_listing_that_shrinks_by_more_than_half_is_believed_when_it_comes_twice() {
    let shrunk_once = vec![("shrunk".to_owned(), 1.0)];
    let (tenant, people) = lacking(60, 2..=2);
    assert_eq!(keep(&tenant, 2), (vec![(people, 1), (people, 3)], shrunk_once.clone()));
    let (tenant, people) = lacking(60, 2..=3);
    assert_eq!(keep(&tenant, 3), (vec![(people, 1), (people - 60, 3), (people, 4)], shrunk_once));
    // Fewer than half may leave at once.
    let (tenant, people) = lacking(30, 2..=2);
    assert_eq!(directories(&tenant, 3), [(people, 1), (people - 30, 2), (people, 3)]);
}

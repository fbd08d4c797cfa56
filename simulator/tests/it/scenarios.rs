//! Scenarios over the wire: the trouble comes when its scene does, goes with it, and tests have the last word.

use std::time::Duration;

use simulator::{Budget, Fault, Occurrence, Operation, Scenario, Settings, Switches};

use crate::house::{House, small};

/// A tenant in the midst of a scenario.
fn within(scenario: Scenario, seconds: u64) -> House {
    House::of(Settings { scenario, scenario_skipped: Duration::from_secs(seconds), ..small() })
}

#[test]
fn an_outage_begins_after_a_minute_and_is_ended_for_good_by_calm() {
    let mut house = within(Scenario::Outage, 0);
    let ids = house.ids(1);
    assert_eq!((house.simulator.scene().name(), house.presences(&ids).status), ("calm", 200));

    let mut house = within(Scenario::Outage, 60);
    assert_eq!(house.simulator.scene().name(), "all answers 503");
    assert_eq!(house.token(&[]).0, 503);
    assert_eq!(house.get("/v1.0/users").status, 503);
    assert_eq!(house.presences(&ids).status, 503);

    house.simulator.set_scenario(Scenario::Calm);
    house.sign_in();
    assert!(house.simulator.scene().is_calm());
    assert_eq!(house.presences(&ids).status, 200);
}

#[test]
fn what_a_test_injects_and_turns_wins_over_the_scenario() {
    let mut house = within(Scenario::Outage, 60);
    house.simulator.inject(Fault::status(Operation::GetPresences, Occurrence::Nth(1), 502));
    let ids = house.ids(1);
    assert_eq!([house.presences(&ids).status, house.presences(&ids).status], [502, 503]);
    house.simulator.clear_faults();
    assert_eq!(house.presences(&ids).status, 503, "the scenario's faults are not injected ones");

    let house = within(Scenario::CountsIds, 0);
    assert_eq!(house.simulator.switches(), Switches::default(), "the scenario's turns are not set ones");
    assert_eq!(Switches::default().budget, Budget::PerRequest);
}

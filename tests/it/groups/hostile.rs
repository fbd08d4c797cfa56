//! Hostile values: whatever a directory holds, the page is one that a strict reader takes, and says what is there.

use simulator::{Settings, Switches, Values};

use super::census::{assert_groups, by, fold, lines};
use super::configured;
use crate::harness::{Exporter, MORNING, Page, Tenant, frozen};
use crate::laws::said_by;

/// A tenant whose departments, offices and titles are hostile; counted by one of them.
pub(crate) fn hostile_tenant(attribute: &str) -> Tenant {
    let switches = Switches { values: Values::Hostile, ..Switches::default() };
    let tenant = Tenant::start(attribute, Settings { switches, ..frozen(2_000, MORNING) });
    configured(tenant, &format!("- {{dimension: it, attribute: {attribute}, metrics: [availability, out_of_office]}}"))
}

/// All of them.
pub(crate) fn hostile_tenants() -> [Tenant; 3] {
    ["department", "officeLocation", "jobTitle"].map(hostile_tenant)
}

#[test]
fn values_that_are_hostile_are_counted_like_others() {
    let tenants = hostile_tenants();
    let exporter = Exporter::start(&tenants.iter().collect::<Vec<_>>());
    let page = exporter.wait_until("all up", |page| tenants.iter().all(|tenant| page.up(&tenant.name)));
    for Tenant { name, simulator, .. } in &tenants {
        let groups = fold(by(simulator, name), 5, 100);
        for label in ["\"Quoted\"", "back\\slash\\", "Line one Line two", "(none)", "(none)_", "\u{202e}drawkcab"] {
            assert!(groups.contains_key(label), "{label:?} in {:?}", groups.keys());
        }
        assert!(groups.keys().all(|label| label.chars().count() <= 129), "{:?}", groups.keys());
        assert_groups(&page, name, lines(simulator, "it", &groups, &["availability", "out_of_office"]));
    }
    for promtool in ["promtool", "promtool-2"] {
        assert_eq!(said_by(promtool, &page), "");
    }
    let printable = |page: &Page| page.0.chars().all(|letter| letter == '\n' || !letter.is_control());
    assert!(printable(&page));
}

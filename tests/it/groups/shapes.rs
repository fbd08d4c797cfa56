//! Clouds whose answers carry less: of each group, too, what no answer carries is absent, and comes and goes with the answers.

use simulator::{Settings, Shape, Simulator, Switches};

use super::census::{METRICS, assert_groups, by, fold, lines, said};
use super::configured;
use crate::harness::{Exporter, MORNING, PRESENCE_FAMILIES, Page, Tenant, frozen};

/// What the answers of a shape tell of a group.
fn told(shape: Shape) -> &'static [&'static str] {
    match shape {
        Shape::Full | Shape::Typed => &METRICS,
        Shape::Bleu => &METRICS[..3],
        Shape::Government | Shape::Sparse => &METRICS[..2],
    }
}

/// A tenant whose departments are counted by all that can be counted.
fn tenant(shape: Shape) -> Tenant {
    let switches = Switches { shape, ..Switches::default() };
    let tenant = Tenant::start(&format!("{shape:?}"), Settings { switches, ..frozen(700, MORNING) });
    let metrics = METRICS.join(", ");
    configured(tenant, &format!("- {{dimension: department, attribute: department, metrics: [{metrics}]}}"))
}

fn expected(simulator: &Simulator, shape: Shape) -> Vec<String> {
    lines(simulator, "department", &fold(by(simulator, "department"), 5, 100), told(shape))
}

/// The families of the tenant as a whole that are there, and that not everybody's answers carry.
fn optional(page: &Page, tenant: &str) -> Vec<&'static str> {
    PRESENCE_FAMILIES[2..4].iter().copied().filter(|family| !page.of(tenant, &[family]).is_empty()).collect()
}

#[test]
fn of_groups_too_what_no_answer_carries_is_absent_and_not_zero() {
    let tenants: Vec<Tenant> = Shape::ALL.iter().map(|shape| tenant(*shape)).collect();
    let exporter = Exporter::start(&tenants.iter().collect::<Vec<_>>());
    for (Tenant { name, simulator, .. }, shape) in tenants.iter().zip(Shape::ALL) {
        let page = exporter.wait_until(name, |page| page.up(name));
        assert_groups(&page, name, expected(simulator, *shape));
        let counted = f64::from(page.assert_sums_agree(name));
        for metric in &told(*shape)[..told(*shape).len().min(3)] {
            let sum = page.sum(name, &format!("group_{metric}_users"));
            assert_eq!(sum, Some(counted), "{name}: the departments do not sum up to everybody by {metric}");
        }
    }
}

#[test]
fn a_property_that_comes_and_goes_takes_its_families_with_it_and_no_others() {
    let tenant = tenant(Shape::Government);
    let exporter = Exporter::start(&[&tenant]);
    let Tenant { name, simulator, .. } = &tenant;
    for (shape, families) in [
        (Shape::Government, &[][..]),
        (Shape::Full, &["work_location_users", "out_of_office_users"]),
        (Shape::Bleu, &["work_location_users"]),
        (Shape::Sparse, &[]),
        (Shape::Typed, &["work_location_users", "out_of_office_users"]),
        (Shape::Government, &[]),
    ] {
        simulator.set_switches(Switches { shape, ..Switches::default() });
        let mut expected = expected(simulator, shape);
        expected.sort();
        let is_so = |page: &Page| page.up(name) && said(page, name) == expected;
        let page = exporter.wait_until(&format!("groups as {shape:?} has them"), is_so);
        assert_eq!(optional(&page, name), families, "{shape:?}");
        page.assert_sums_agree(name);
    }
    let page = exporter.scrape();
    assert_eq!(page.sum(name, "cycle_failures_total"), Some(0.0), "a smaller answer is no failure");
}

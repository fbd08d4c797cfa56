//! What a check makes of a server that means it ill: it comes to its end, and says something that is true.

use simulator::{Effect, Fault, Occurrence, Operation};

use super::run;
use crate::harness::{MORNING, Tenant, frozen};

/// Graph says how many users there are, and nobody has to believe it.
#[test]
fn a_count_that_cannot_be_is_a_finding_like_any_other() {
    for count in ["18446744073709551615", "9223372036854775808", "-1", "1e400", "\"many\"", "null", "0.5"] {
        let tenant = Tenant::start("contoso", frozen(300, MORNING));
        let effect =
            Effect::Replace { from: "\"@odata.count\":263".to_owned(), to: format!("\"@odata.count\":{count}") };
        tenant.simulator.inject(Fault { operation: Operation::ListUsers, occurrence: Occurrence::Always, effect });
        let run = run::json(&tenant);
        assert!(run.steps().iter().all(|step| step.name != "check"), "{count}: {}", run.stdout);
        assert!(run.steps().iter().any(|step| step.name == "series"), "{count}: {}", run.stdout);
        assert_eq!(run.stderr, "", "{count}");
    }
}

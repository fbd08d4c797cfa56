//! What groups cost: memory for each user, and the processor time of a cycle, with dimensions and without.

use std::time::Duration;

use crate::process::{self, Exporter, Tenant};

/// Dimensions to count by, each one more entry of `group_by`.
const DIMENSIONS: [&str; 3] = [
    "{dimension: department, attribute: department}",
    "{dimension: office, attribute: officeLocation}",
    "{dimension: title, attribute: jobTitle}",
];

/// The limit on memory for each user with one dimension, in bytes, and for each dimension more.
const ONE: f64 = 40.0;
const MORE: f64 = 4.0;

/// The pause between looks while the second cycle is awaited, a minute in which little else is done.
const PAUSE: Duration = Duration::from_secs(1);

/// What was seen of a process.
struct Seen {
    /// At the end of the second cycle, the most so far.
    mebibytes: f64,
    /// Milliseconds of the processor that the second cycle took.
    cycle: f64,
    groups: usize,
}

/// Prints a table for so many users.
pub(crate) fn measure(users: u32) {
    println!(
        "\nGroups of {users} users: memory over that of a process that has nobody to count, and the second cycle\n"
    );
    println!(
        "{:>10} {:>8} {:>10} {:>11} {:>8} {:>10} {:>8} {:>8}",
        "dimensions", "groups", "peak MiB", "bytes/user", "limit", "cycle ms", "ratio", "limit"
    );
    let idle = idle();
    println!("{:>10} {:>8} {idle:>10.1}", "idle", "");
    let mut without = None;
    for dimensions in [0, 1, DIMENSIONS.len()] {
        let seen = look(users, &DIMENSIONS[..dimensions]);
        let before = *without.get_or_insert(seen.cycle);
        println!(
            "{dimensions:>10} {:>8} {:>10.1} {:>11.1} {:>8} {:>10.0} {:>8.3} {:>8}",
            seen.groups,
            seen.mebibytes,
            (seen.mebibytes - idle) * 1024.0 * 1024.0 / f64::from(users),
            memory_limit(dimensions),
            seen.cycle,
            seen.cycle / before,
            if dimensions == 0 { "-" } else { "1.10" },
        );
    }
}

/// The peak of a process whose tenant cannot be asked.
fn idle() -> f64 {
    let tenant = Tenant::unreachable();
    let exporter = Exporter::start(&tenant);
    exporter.scrape();
    exporter.peak_mebibytes()
}

fn memory_limit(dimensions: usize) -> String {
    let more = u32::try_from(dimensions).ok().and_then(|dimensions| dimensions.checked_sub(1));
    more.map_or_else(|| "-".to_owned(), |more| format!("{}", ONE + MORE * f64::from(more)))
}

/// A listing and two cycles. The first cycle meets new words and makes new connections; the second is one as all others.
fn look(users: u32, dimensions: &[&str]) -> Seen {
    // Where somebody is not answered about, each count looks at what groups would give away.
    let (_simulator, tenant) = process::simulated_in_part(users, "1m");
    tenant.add(&format!("    min_coverage: 0.5\n    group_by: [{}]\n", dimensions.join(", ")));
    let exporter = Exporter::start(&tenant);
    exporter.page_after_cycles(1, process::PAUSE);
    let before = exporter.cpu();
    let page = exporter.page_after_cycles(2, PAUSE);
    let cycle = exporter.cpu().saturating_sub(before);
    let groups = page.lines().filter(|line| line.starts_with("teams_presence_group_users{")).count();
    Seen { mebibytes: exporter.peak_mebibytes(), cycle: cycle.as_secs_f64() * 1e3, groups }
}

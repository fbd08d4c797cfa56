//! Nine days that have not been: a page of the exporter, written back over the time before it.
//!
//! Counters grow evenly up to what the page says, moments lie as far back as they do on the page, and all else is as it is
//! there. This is data for expressions to find, not for anybody to look at.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::harness::{DATA, Page};
use crate::promql::is_counter;
use crate::tools::tool;

/// How far back it goes: an hour of a week ago has an average, and a week of working days has all of them.
const SPAN: u64 = 9 * 86_400;

/// What lies at most this far back is told in short steps, for rates over times that do not go with the scrape interval.
const RECENT: u64 = 3 * 3600;

/// The times between two samples, in seconds. [`crate::boards::variables`] has intervals that fit the longer one.
const STEPS: [u64; 2] = [300, 3000];

/// How long ago each page of the past was.
fn moments() -> Vec<u64> {
    let recent = (1..RECENT / STEPS[0]).map(|step| step * STEPS[0]);
    let others = (RECENT / STEPS[1]..=SPAN / STEPS[1]).map(|step| step * STEPS[1]);
    let mut moments: Vec<u64> = recent.chain(others).collect();
    moments.sort_unstable();
    moments.dedup();
    moments
}

/// Writes the past of a page into the folder of a Prometheus.
pub(super) fn write(page: &Page, instance: SocketAddr, folder: &Path) {
    let end = page.value("teams_presence_config_last_reload_success_timestamp_seconds").unwrap();
    // A page whose seconds are no whole number or negative has no past.
    let end: u64 = format!("{end:.0}").parse().unwrap();
    let target = format!("job=\"teams-presence\",instance=\"{instance}\"");
    let mut text = String::new();
    for ago in moments().into_iter().rev() {
        // Of what the page has counted.
        let share = 1.0 - seconds(ago) / seconds(SPAN);
        writeln!(text, "up{{{target}}} 1 {}", end - ago).unwrap();
        for sample in page.samples() {
            let (series, value) = sample.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
            let value: f64 = value.parse().unwrap();
            let value = match name {
                _ if is_counter(name) => value * share,
                _ if name.starts_with("teams_presence_") && name.ends_with("_timestamp_seconds") => {
                    value - seconds(ago)
                }
                _ => value,
            };
            let comma = if labels == "}" { "" } else { "," };
            writeln!(text, "{name}{{{target}{comma}{labels} {value} {}", end - ago).unwrap();
        }
    }
    text.push_str("# EOF\n");
    let file = folder.join("history");
    std::fs::write(&file, text).unwrap();
    // In few large blocks; the default is one for every two hours.
    let arguments =
        ["tsdb", "create-blocks-from", "openmetrics", "--quiet", "--max-block-duration=720h", "history", DATA];
    let output = Command::new(tool("promtool")).current_dir(folder).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
}

/// A small whole number as the fraction that Prometheus counts in.
fn seconds(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}

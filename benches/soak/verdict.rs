//! The verdict over a run: a row for each simulated day, and whether memory was flat and every cycle there.
//!
//! What is flat is told by medians, of the second quarter of the run and of the last: in the first the process still grows
//! into its work. Where the machine itself stood still, the exporter is forgiven as many cycles, and no more.

use std::time::Duration;

use crate::sample::Sample;
use crate::{INTERVAL, REFRESH, RENEWAL};

/// The head of the table.
pub(crate) const HEADING: &str = " day  cycles  missed  failed  listings  tokens  median MiB     max  oldest list  descriptors  threads  stood still";

/// How much later than planned a listing or a token may come: the one is planned from the end of the one before, the other
/// is looked for once a second.
const LATE: Duration = Duration::from_mins(2);

/// How much memory may grow from the second quarter to the last: 5 % and 1 MiB. A leak of 350 bytes a cycle shows in a
/// simulated week; what the allocator keeps or gives back moves it by half of that within hours.
const GROWTH: (f64, f64) = (1.05, 1.0);

/// The row of the day that the last sample ends, if it ends one.
pub(crate) fn row(samples: &[Sample]) -> Option<String> {
    let hours = samples.len().saturating_sub(1);
    (hours > 0 && hours.is_multiple_of(24)).then(|| row_of(hours / 24, samples, &samples[hours - 24..]))
}

/// The row of what has begun of a day when the run ends, if anything has.
pub(crate) fn last_row(samples: &[Sample]) -> Option<String> {
    let hours = samples.len().saturating_sub(1);
    (!hours.is_multiple_of(24)).then(|| row_of(hours / 24 + 1, samples, &samples[hours - hours % 24..]))
}

fn row_of(day: usize, run: &[Sample], samples: &[Sample]) -> String {
    let [first, .., last] = samples else { return String::new() };
    let most = |of: fn(&Sample) -> f64| samples.iter().map(of).fold(0.0, f64::max);
    format!(
        "{day:>4} {:>7} {:>7} {:>7} {:>9.1} {:>7} {:>11.2} {:>7.2} {:>10.0} s {:>12} {:>8} {:>12}",
        last.cycles - first.cycles,
        missed(first, last),
        last.failed_cycles - first.failed_cycles,
        (last.pages - first.pages) / run[0].pages,
        last.tokens - first.tokens,
        median(&samples[1..], |sample| sample.mebibytes),
        most(|sample| sample.mebibytes),
        most(|sample| sample.directory_age),
        most(|sample| sample.descriptors),
        most(|sample| sample.threads),
        last.stood_still - first.stood_still,
    )
}

/// How many cycles there should have been between two looks and were not. Each look may fall just before the end of a
/// cycle or just after it.
fn missed(first: &Sample, last: &Sample) -> f64 {
    let planned = last.at.saturating_sub(first.at).as_secs_f64() / INTERVAL.as_secs_f64();
    (planned.floor() - 1.0 - (last.cycles - first.cycles)).max(0.0)
}

/// What was seen, in one sentence, or each thing that was wrong with it.
pub(crate) fn verdict(samples: &[Sample]) -> Result<String, Vec<String>> {
    let [first, .., last] = samples else { return Err(vec!["nothing was seen".to_owned()]) };
    let faults: Vec<String> = [
        cycles(samples),
        failures(samples),
        pages_shown(samples),
        came("listings", (last.pages - first.pages) / first.pages, REFRESH, last.at.saturating_sub(first.at)),
        came("tokens", last.tokens - first.tokens, RENEWAL, last.at.saturating_sub(first.at)),
        flat(samples, "MiB of memory", |sample| sample.mebibytes, GROWTH),
        flat(samples, "descriptors", |sample| sample.descriptors, (1.0, 1.0)),
        // A connection that is opened again takes a thread that looks a name up, for ten real seconds.
        flat(samples, "threads", |sample| sample.threads, (1.0, 3.0)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    let (second, fourth) = quarters(samples);
    Ok(format!(
        "soak: {} cycles, {} missed and {} late, where the machine stood still {} times; {:.2} MiB in the second quarter, \
         {:.2} MiB in the last",
        last.cycles - first.cycles,
        missed(first, last),
        last.failed_cycles - first.failed_cycles,
        last.stood_still - first.stood_still,
        median(second, |sample| sample.mebibytes),
        median(fourth, |sample| sample.mebibytes),
    ))
}

/// No cycle was missed, or failed, but for those that the machine itself cost by standing still.
fn cycles(samples: &[Sample]) -> Option<String> {
    let [first, .., last] = samples else { return None };
    let (missed, failed) = (missed(first, last), last.failed_cycles - first.failed_cycles);
    let forgiven = last.stood_still - first.stood_still;
    (missed.max(failed) > f64::from(forgiven)).then(|| {
        format!(
            "{missed} cycles were missed and {failed} failed, where the machine itself stood still {forgiven} times"
        )
    })
}

/// Nothing else went wrong: a machine that stands still makes a cycle late, and its requests with it.
fn failures(samples: &[Sample]) -> Option<String> {
    let last = samples.last()?;
    let late = |series: &&String| !series.contains("reason=\"deadline\"") && !series.contains("code=\"timeout\"");
    let other: Vec<&str> = last.failures.iter().filter(late).map(String::as_str).collect();
    (!other.is_empty()).then(|| format!("something went wrong in a tenant without faults: {}", other.join(", ")))
}

/// Everybody was current whenever somebody looked, but in an hour in which the machine stood still.
fn pages_shown(samples: &[Sample]) -> Option<String> {
    let dark = samples.windows(2).filter(|pair| !pair[1].all_current && pair[1].stood_still == pair[0].stood_still);
    let dark = dark.count();
    (dark > 0).then(|| format!("{dark} pages showed a tenant that was down, or people without an answer"))
}

/// As many came in `elapsed` as there ought to: one each `every`, each a little late.
fn came(what: &str, many: f64, every: Duration, elapsed: Duration) -> Option<String> {
    let (least, most) =
        (elapsed.div_duration_f64(every + LATE).floor() - 1.0, elapsed.div_duration_f64(every).ceil() + 1.0);
    (!(least..=most).contains(&many)).then(|| format!("{many:.1} {what} instead of {least} to {most}"))
}

/// What does not grow.
fn flat(samples: &[Sample], what: &str, of: fn(&Sample) -> f64, (times, plus): (f64, f64)) -> Option<String> {
    let (second, fourth) = quarters(samples);
    let (before, after) = (median(second, of), median(fourth, of));
    (after > before * times + plus)
        .then(|| format!("{what} grew: {before:.2} in the second quarter of the run, {after:.2} in the last"))
}

/// The second quarter of a run, and the last.
fn quarters(samples: &[Sample]) -> (&[Sample], &[Sample]) {
    let quarter = samples.len() / 4;
    (&samples[quarter..samples.len() / 2], &samples[samples.len() - quarter.max(1)..])
}

fn median(samples: &[Sample], of: fn(&Sample) -> f64) -> f64 {
    let mut values: Vec<f64> = samples.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

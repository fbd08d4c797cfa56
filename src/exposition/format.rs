//! The formats: Prometheus's text format 0.0.4, which everybody reads, and OpenMetrics 1.0.0, which says more.
//!
//! Samples look the same in both but for the bounds of buckets; what differs is what is said before them. Which one a client
//! wants is found out in `web`. There are no `_created` series: Prometheus would keep them as series of their own.

use std::io::Write;

use prometheus::proto::{Histogram, LabelPair, Metric, MetricFamily, MetricType};

use crate::catalog::Kind;

/// A format of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// The text format 0.0.4.
    Text,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

/// The units of the exporter's families, as their names end.
const UNITS: [&str; 2] = ["seconds", "bytes"];

impl Format {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::Text, Self::OpenMetrics];

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// What stands at the end of a page.
    #[must_use]
    pub const fn end(self) -> &'static [u8] {
        match self {
            Self::Text => b"",
            Self::OpenMetrics => b"# EOF\n",
        }
    }

    /// Appends families. Those without samples are left out, as a page has nothing to say of them.
    pub fn write(self, families: &[MetricFamily], page: &mut Vec<u8>) {
        for family in families.iter().filter(|family| !family.get_metric().is_empty()) {
            let kind = match family.get_field_type() {
                MetricType::COUNTER => Kind::Counter,
                MetricType::HISTOGRAM => Kind::Histogram,
                // There are no summaries, and of what is unknown nothing else is true.
                MetricType::GAUGE | MetricType::SUMMARY | MetricType::UNTYPED => Kind::Gauge,
            };
            self.head(family.name(), kind, family.help(), page);
            self.samples(family, page);
        }
    }

    /// Appends what is said of a family before its samples.
    pub(super) fn head(self, name: &str, kind: Kind, help: &str, page: &mut Vec<u8>) {
        match self {
            Self::Text => {
                words(page, &["# HELP ", name, " "]);
                escaped(page, help, &['\\', '\n']);
                words(page, &["\n# TYPE ", name, " ", kind.word(), "\n"]);
            }
            Self::OpenMetrics => {
                let (name, kind) = openmetrics(name, kind);
                words(page, &["# TYPE ", name, " ", kind, "\n"]);
                let unit = UNITS.into_iter().find(|unit| name.strip_suffix(unit).is_some_and(|it| it.ends_with('_')));
                if let Some(unit) = unit {
                    words(page, &["# UNIT ", name, " ", unit, "\n"]);
                }
                words(page, &["# HELP ", name, " "]);
                escaped(page, help, &['\\', '\n', '"']);
                words(page, &["\n"]);
            }
        }
    }

    /// Appends the samples of a family.
    pub(super) fn samples(self, family: &MetricFamily, page: &mut Vec<u8>) {
        for metric in family.get_metric() {
            let labels = metric.get_label();
            match family.get_field_type() {
                MetricType::COUNTER => {
                    sample(page, &[family.name()], labels, None, metric.get_counter().get_value());
                }
                MetricType::HISTOGRAM => self.histogram(family.name(), metric, page),
                MetricType::GAUGE | MetricType::SUMMARY | MetricType::UNTYPED => {
                    sample(page, &[family.name()], labels, None, metric.get_gauge().get_value());
                }
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "Prometheus counts in doubles; below 2^53 nothing is lost")]
    fn histogram(self, name: &str, metric: &Metric, page: &mut Vec<u8>) {
        let (histogram, labels): (&Histogram, _) = (metric.get_histogram(), metric.get_label());
        let count = histogram.get_sample_count() as f64;
        for bucket in histogram.get_bucket().iter().filter(|bucket| bucket.upper_bound().is_finite()) {
            let bound = match self {
                Self::Text => bucket.upper_bound().to_string(),
                // With a point wherever there is none.
                Self::OpenMetrics => format!("{:?}", bucket.upper_bound()),
            };
            sample(page, &[name, "_bucket"], labels, Some(&bound), bucket.cumulative_count() as f64);
        }
        sample(page, &[name, "_bucket"], labels, Some("+Inf"), count);
        sample(page, &[name, "_sum"], labels, None, histogram.get_sample_sum());
        sample(page, &[name, "_count"], labels, None, count);
    }
}

/// What a family is called in OpenMetrics, and what it is: the endings that tell a counter and an info are of their
/// samples only.
fn openmetrics(name: &str, kind: Kind) -> (&str, &'static str) {
    match kind {
        Kind::Counter => (name.strip_suffix("_total").unwrap_or(name), kind.word()),
        Kind::Gauge => name.strip_suffix("_info").map_or((name, kind.word()), |name| (name, "info")),
        Kind::Histogram => (name, kind.word()),
    }
}

/// Appends a sample with these labels and, of a bucket, its bound.
fn sample(page: &mut Vec<u8>, name: &[&str], labels: &[LabelPair], bound: Option<&str>, value: f64) {
    words(page, name);
    let labels = labels.iter().map(|label| (label.name(), label.value())).chain(bound.map(|bound| ("le", bound)));
    let mut before = "{";
    for (name, value) in labels {
        words(page, &[before, name, "=\""]);
        escaped(page, value, &['\\', '\n', '"']);
        words(page, &["\""]);
        before = ",";
    }
    let after = if before == "{" { "" } else { "}" };
    writeln!(page, "{after} {value}").expect("a vector takes everything");
}

fn words(page: &mut Vec<u8>, words: &[&str]) {
    for word in words {
        page.extend_from_slice(word.as_bytes());
    }
}

/// Appends a text with a backslash before each of these letters.
fn escaped(page: &mut Vec<u8>, mut text: &str, letters: &[char]) {
    while let Some(place) = text.find(letters) {
        let (plain, rest) = text.split_at(place);
        let letter = &rest[..1];
        words(page, &[plain, "\\", if letter == "\n" { "n" } else { letter }]);
        text = &rest[1..];
    }
    words(page, &[text]);
}

#[cfg(test)]
mod tests {
    use prometheus::{CounterVec, core::Collector};
    use prometheus::{Encoder, HistogramOpts, HistogramVec, Opts, TextEncoder};
    use proptest::prelude::*;

    use super::*;

    fn check(family: MetricFamily, format: Format, expected: &str) {
        let mut page = Vec::new();
        format.write(&[family], &mut page);
        assert_eq!(String::from_utf8_lossy(&page), expected);
    }

    fn counter(name: &str, help: &str, label: &str, value: f64) -> MetricFamily {
        let counters = CounterVec::new(Opts::new(name, help), &["of"]).expect("a counter");
        counters.with_label_values(&[label]).inc_by(value);
        counters.collect().remove(0)
    }

    fn histogram(seconds: &[f64]) -> MetricFamily {
        let buckets = HistogramOpts::new("took_seconds", "How long.").buckets(vec![0.05, 1.0, 30.0]);
        let histograms = HistogramVec::new(buckets, &["of"]).expect("a histogram");
        for seconds in seconds {
            histograms.with_label_values(&["a"]).observe(*seconds);
        }
        histograms.collect().remove(0)
    }

    #[test]
    fn openmetrics_names_a_counter_without_its_ending_and_says_its_unit() {
        let family = counter("waits_seconds_total", "Waits of \"all\" \\ sorts.", "\"a\\b\nc\"", 1.5);
        let expected = r#"# TYPE waits_seconds counter
# UNIT waits_seconds seconds
# HELP waits_seconds Waits of \"all\" \\ sorts.
waits_seconds_total{of="\"a\\b\nc\""} 1.5
"#;
        check(family.clone(), Format::OpenMetrics, expected);
        let expected = r#"# HELP waits_seconds_total Waits of "all" \\ sorts.
# TYPE waits_seconds_total counter
waits_seconds_total{of="\"a\\b\nc\""} 1.5
"#;
        check(family, Format::Text, expected);
    }

    #[test]
    fn openmetrics_writes_the_bounds_of_buckets_as_numbers_with_a_point() {
        let expected = r#"# TYPE took_seconds histogram
# UNIT took_seconds seconds
# HELP took_seconds How long.
took_seconds_bucket{of="a",le="0.05"} 0
took_seconds_bucket{of="a",le="1.0"} 1
took_seconds_bucket{of="a",le="30.0"} 1
took_seconds_bucket{of="a",le="+Inf"} 2
took_seconds_sum{of="a"} 40.5
took_seconds_count{of="a"} 2
"#;
        check(histogram(&[0.5, 40.0]), Format::OpenMetrics, expected);
    }

    #[test]
    fn openmetrics_knows_what_is_info() {
        let mut family = counter("build_info", "The build.", "a", 0.0);
        family.set_field_type(MetricType::GAUGE);
        let expected = "# TYPE build info\n# HELP build The build.\nbuild_info{of=\"a\"} 0\n";
        check(family, Format::OpenMetrics, expected);
    }

    #[test]
    fn a_family_without_samples_is_not_spoken_of() {
        let family = CounterVec::new(Opts::new("a_total", "A."), &["of"]).expect("a counter").collect().remove(0);
        check(family, Format::OpenMetrics, "");
    }

    proptest! {
        #[test]
        fn the_text_is_that_of_the_client_library(
            help in "\\PC{1,20}|[\\\\\"\n ax]{1,8}", label in "\\PC{0,20}|[\\\\\"\n ax]{0,8}",
            value in 0.0..f64::MAX, seconds in proptest::collection::vec(0.0..100.0, 1..9),
        ) {
            for family in [counter("a_total", &help, &label, value), histogram(&seconds)] {
                let mut expected = Vec::new();
                TextEncoder::new().encode(std::slice::from_ref(&family), &mut expected).expect("a page");
                check(family, Format::Text, &String::from_utf8(expected).expect("UTF-8"));
            }
        }
    }
}

//! A strict reader of the text format 0.0.4: it refuses what Prometheus would take in good part.
//!
//! A page is families, each of them HELP, TYPE and at least one sample, in one piece and once. It does not know a single
//! metric; what the numbers must be is said by whoever reads them. Prometheus's own judge, promtool, is asked elsewhere.

use std::collections::{BTreeMap, HashSet};

/// What one scrape gave, taken apart.
#[derive(Debug, Clone, Default)]
pub(crate) struct Exposition {
    /// In the page's order.
    pub(crate) families: Vec<Family>,
}

/// One metric family.
#[derive(Debug, Clone)]
pub(crate) struct Family {
    pub(crate) name: String,
    pub(super) kind: String,
    pub(crate) samples: Vec<Sample>,
}

/// One line of numbers.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    /// The family's name, and for a histogram its ending.
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

impl Exposition {
    /// Reads a page.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut page = Self::default();
        let lines = text.strip_suffix('\n').ok_or("the page does not end with a newline")?;
        let mut announced = None;
        for line in lines.split('\n') {
            let read = match line.strip_prefix("# HELP ") {
                Some(help) => page.help(help, &mut announced),
                None => match line.strip_prefix("# TYPE ") {
                    Some(kind) => page.kind(kind, announced.take().as_deref()),
                    None => page.sample(line, announced.as_deref()),
                },
            };
            read.map_err(|fault| format!("{fault}, in the line: {line}"))?;
        }
        page.families.iter().try_for_each(Family::check)?;
        page.no_series_twice()?;
        Ok(page)
    }

    fn help(&self, line: &str, announced: &mut Option<String>) -> Result<(), String> {
        let (name, text) = line.split_once(' ').ok_or("HELP without a text")?;
        if !is_name(name, true) || announced.is_some() {
            return Err("HELP where none may be".to_owned());
        }
        if text.trim().is_empty() || unescaped(text, "\\n").is_none() {
            return Err("a text that is empty or escaped wrongly".to_owned());
        }
        if self.families.iter().any(|family| family.name == name) {
            return Err("a family that has been before".to_owned());
        }
        *announced = Some(name.to_owned());
        Ok(())
    }

    fn kind(&mut self, line: &str, announced: Option<&str>) -> Result<(), String> {
        let (name, kind) = line.split_once(' ').ok_or("TYPE without a kind")?;
        if announced != Some(name) {
            return Err("TYPE without HELP right before it".to_owned());
        }
        if !["gauge", "counter", "histogram"].contains(&kind) || (kind == "counter") != name.ends_with("_total") {
            return Err("a kind that is none, or none of such a name".to_owned());
        }
        self.families.push(Family { name: name.to_owned(), kind: kind.to_owned(), samples: Vec::new() });
        Ok(())
    }

    fn sample(&mut self, line: &str, announced: Option<&str>) -> Result<(), String> {
        let sample = Sample::parse(line).ok_or("no sample of the format")?;
        let family = self.families.last_mut().filter(|_| announced.is_none());
        let family = family.filter(|family| family.may_hold(&sample)).ok_or("a sample that is not of this family")?;
        family.samples.push(sample);
        Ok(())
    }

    pub(super) fn no_series_twice(&self) -> Result<(), String> {
        let mut series = HashSet::new();
        let samples = self.families.iter().flat_map(|family| &family.samples);
        match samples.into_iter().find(|sample| !series.insert((&sample.name, &sample.labels))) {
            Some(twice) => Err(format!("{} {:?} is there twice", twice.name, twice.labels)),
            None => Ok(()),
        }
    }
}

impl Family {
    fn may_hold(&self, sample: &Sample) -> bool {
        let ending = sample.name.strip_prefix(&*self.name);
        match (self.kind.as_str(), ending) {
            ("histogram", Some("_bucket")) => sample.labels.contains_key("le"),
            ("histogram", Some("_sum" | "_count")) | ("counter" | "gauge", Some("")) => {
                !sample.labels.contains_key("le")
            }
            _ => false,
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.samples.is_empty() {
            return Err(format!("{} has no sample", self.name));
        }
        if self.kind != "gauge" && self.samples.iter().any(|sample| sample.value < 0.0) {
            return Err(format!("{} counts below zero", self.name));
        }
        if self.kind == "histogram" { self.check_buckets() } else { Ok(()) }
    }

    /// Buckets climb, in both their numbers, up to all that there is.
    fn check_buckets(&self) -> Result<(), String> {
        let mut histograms: BTreeMap<_, Vec<(f64, f64)>> = BTreeMap::new();
        let sums = self.samples.iter().filter(|sample| sample.name.ends_with("_sum")).count();
        for Sample { name, labels, value } in &self.samples {
            let mut labels = labels.clone();
            let bound =
                labels.remove("le").map_or(Some(f64::INFINITY), |le| number(&le)).ok_or("a bound that is none")?;
            if !name.ends_with("_sum") {
                histograms.entry(labels).or_default().push((bound, *value));
            }
        }
        if sums != histograms.len() {
            return Err(format!("{} has not one sum for each count", self.name));
        }
        let climbs = |pair: &[(f64, f64)]| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1;
        for (labels, mut buckets) in histograms {
            let count = buckets.pop();
            if count.is_none() || count != buckets.last().copied() || !buckets.windows(2).all(climbs) {
                return Err(format!("the buckets of {} {labels:?} do not add up", self.name));
            }
        }
        Ok(())
    }
}

impl Sample {
    pub(super) fn parse(line: &str) -> Option<Self> {
        let end = line.find(['{', ' '])?;
        let (name, mut rest) = line.split_at(end);
        let mut labels = BTreeMap::new();
        if let Some(inside) = rest.strip_prefix('{') {
            rest = inside;
            loop {
                let (label, value, after) = label(rest)?;
                if labels.insert(label.to_owned(), value).is_some() {
                    return None;
                }
                match after.split_at_checked(1)? {
                    (",", more) => rest = more,
                    ("}", more) => break rest = more,
                    _ => return None,
                }
            }
        }
        let value = number(rest.strip_prefix(' ')?).filter(|value| value.is_finite())?;
        is_name(name, true).then(|| Self { name: name.to_owned(), labels, value })
    }
}

/// The first label of `name="value",…`, and what comes after it.
fn label(text: &str) -> Option<(&str, String, &str)> {
    let (name, rest) = text.split_once("=\"")?;
    let mut end = rest.find('"')?;
    // An odd number of backslashes before it makes a quote a part of the value.
    while rest[..end].bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1 {
        end += 1 + rest[end + 1..].find('"')?;
    }
    let fits = is_name(name, false) && !name.starts_with("__");
    Some((name, unescaped(&rest[..end], "\\n\"").filter(|_| fits)?, &rest[end + 1..]))
}

/// A text without its escapes; `None` if there are others than these.
pub(super) fn unescaped(text: &str, escapes: &str) -> Option<String> {
    if !text.contains('\\') {
        return Some(text.to_owned());
    }
    let (mut letters, mut plain) = (text.chars(), String::new());
    while let Some(letter) = letters.next() {
        plain.push(match letter {
            '\\' => match letters.next().filter(|letter| escapes.contains(*letter))? {
                'n' => '\n',
                itself => itself,
            },
            plain => plain,
        });
    }
    Some(plain)
}

pub(super) fn is_name(text: &str, colons: bool) -> bool {
    let fits = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'_' || colons && letter == b':';
    text.bytes().all(fits) && text.starts_with(|first: char| !first.is_ascii_digit())
}

/// A number as Go writes it; NaN is none here, because nothing counts to it.
fn number(text: &str) -> Option<f64> {
    if text == "+Inf" {
        return Some(f64::INFINITY);
    }
    let digits = |letter: u8| letter.is_ascii_digit() || b"+-.e".contains(&letter);
    text.parse().ok().filter(|_| text.bytes().all(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
# HELP a_total Counted \\\\ well.
# TYPE a_total counter
a_total{x=\"a \\\"b\\\" \\\\ \\n c\"} 1
a_total{x=\"}, \",y=\"\"} 1.5e+06
# HELP b How much.
# TYPE b gauge
b -1
# HELP c_seconds How long.
# TYPE c_seconds histogram
c_seconds_bucket{le=\"0.5\"} 1
c_seconds_bucket{le=\"+Inf\"} 2
c_seconds_sum 3.5
c_seconds_count 2
";

    #[test]
    fn a_good_page_is_taken_apart() {
        let page = Exposition::parse(GOOD).unwrap();
        let names: Vec<&str> = page.families.iter().map(|family| family.name.as_str()).collect();
        assert_eq!(names, ["a_total", "b", "c_seconds"]);
        let [first, second] = page.families[0].samples.as_slice() else { panic!("{page:?}") };
        assert_eq!(first.labels["x"], "a \"b\" \\ \n c");
        assert_eq!((second.labels["x"].as_str(), second.labels["y"].as_str()), ("}, ", ""));
        assert!((second.value - 1_500_000.0).abs() < f64::EPSILON);
    }

    #[test]
    fn whatever_is_wrong_with_a_page_is_found() {
        for (good, bad) in [
            ("b -1\n", "b -1\n\n"),
            ("b -1\n", "b -1\nb -1\n"),
            ("b -1\n", ""),
            ("b -1\n", "b -1 1700000000\n"),
            ("b -1\n", "b  -1\n"),
            ("b -1\n", "b NaN\n"),
            ("b -1\n", "b inf\n"),
            ("b -1\n", "b 0x1\n"),
            ("b -1\n", "b{} -1\n"),
            ("b -1\n", "b{x=\"1\",} -1\n"),
            ("b -1\n", "b{x=\"1\" } -1\n"),
            ("b -1\n", "b{x=\"1\",x=\"2\"} -1\n"),
            ("b -1\n", "b{__x=\"1\"} -1\n"),
            ("b -1\n", "b{x-y=\"1\"} -1\n"),
            ("b -1\n", "b{x=\"\\t\"} -1\n"),
            ("b -1\n", "b{x=\"1} -1\n"),
            ("b -1\n", "b{le=\"1\"} -1\n"),
            ("b -1\n", "b -1\na_total 1\n"),
            ("b -1\n", "b -1\r\n"),
            ("b -1\n", "b -1\n# a comment\n"),
            ("b -1\n", "b -1\n# HELP d What.\n"),
            ("b -1\n", "b -1\n# HELP a_total Again.\n# TYPE a_total counter\na_total 1\n"),
            ("# TYPE b gauge\n", ""),
            ("# TYPE b gauge\n", "# TYPE b gauge\n# TYPE b gauge\n"),
            ("# TYPE b gauge\n", "# TYPE b counter\n"),
            ("# TYPE b gauge\n", "# TYPE b number\n"),
            ("# HELP b How much.\n", ""),
            ("# HELP b How much.\n", "# HELP b\n"),
            ("# HELP b How much.\n", "# HELP b How \\much.\n"),
            ("# HELP b How much.\n", "# HELP 1b How much.\n"),
            ("a_total{x=\"}, \",y=\"\"} 1.5e+06\n", "a_total -1\n"),
            ("le=\"0.5\"} 1", "le=\"0.5\"} 3"),
            ("le=\"0.5\"} 1", "le=\"half\"} 1"),
            ("c_seconds_bucket{le=\"+Inf\"} 2\n", ""),
            ("c_seconds_count 2\n", ""),
            ("c_seconds_sum 3.5\n", ""),
            ("c_seconds_count 2\n", "c_seconds_count 3\n"),
            ("c_seconds_count 2\n", "c_seconds 3\n"),
        ] {
            let page = GOOD.replacen(good, bad, 1);
            assert!(page != GOOD && Exposition::parse(&page).is_err(), "taken for good:\n{page}");
        }
        assert!(Exposition::parse(GOOD.trim_end()).is_err());
    }
}

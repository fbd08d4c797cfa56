//! A strict reader of OpenMetrics 1.0.0, written from its specification: it refuses what Prometheus would take in good part.
//!
//! A page is families, each of them TYPE, UNIT where its name has one, HELP and at least one sample, in one piece and once,
//! and then the end. What a sample is stands in `exposition`, for it is the same in the text format.

use super::exposition::{Exposition, Family, Sample, is_name, unescaped};

/// The kinds that there may be here, with the endings of their samples.
const KINDS: [(&str, &[&str]); 4] =
    [("gauge", &[""]), ("counter", &["_total"]), ("info", &["_info"]), ("histogram", &["_bucket", "_sum", "_count"])];

/// Whatever a family may be called by some ending of its samples, of any kind and in any format.
const ENDINGS: [&str; 8] = ["_total", "_created", "_info", "_bucket", "_sum", "_count", "_gsum", "_gcount"];

/// What a name ends in where its family has a unit.
const UNITS: [&str; 2] = ["seconds", "bytes"];

/// What has been said of the family that comes next.
#[derive(Default)]
struct Announced {
    name: String,
    kind: String,
    unit: Option<String>,
}

impl Exposition {
    /// Reads a page in OpenMetrics; its families are named as there.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub(crate) fn parse_openmetrics(text: &str) -> Result<Self, String> {
        let mut page = Self::default();
        let mut announced = None;
        let lines = text.strip_suffix("# EOF\n").ok_or("the page does not end with its end")?;
        if !lines.is_empty() && !lines.ends_with('\n') {
            return Err("the end is not a line of its own".to_owned());
        }
        for line in lines.split_terminator('\n') {
            let read = match line.strip_prefix("# ") {
                Some(words) => page.words(words, &mut announced),
                None => page.measured(line, announced.is_some()),
            };
            read.map_err(|fault| format!("{fault}, in the line: {line}"))?;
        }
        page.families.iter().try_for_each(Family::check)?;
        page.no_series_twice()?;
        page.no_name_for_two()?;
        Ok(page)
    }

    /// The page with the bounds of buckets as OpenMetrics writes them.
    pub(crate) fn with_bounds_as_numbers(&self) -> Self {
        let mut page = self.clone();
        for sample in page.families.iter_mut().flat_map(|family| &mut family.samples) {
            if let Some(bound) = sample.labels.get_mut("le").filter(|bound| !bound.contains(['.', 'I'])) {
                bound.push_str(".0");
            }
        }
        page
    }

    /// A line that says something of a family.
    fn words(&mut self, words: &str, announced: &mut Option<Announced>) -> Result<(), String> {
        let mut words = words.splitn(3, ' ');
        let (Some(word), Some(name), Some(text)) = (words.next(), words.next(), words.next()) else {
            return Err("a line that says nothing".to_owned());
        };
        match (word, announced.take()) {
            ("TYPE", None) => {
                let endings = KINDS.iter().find(|(kind, _)| *kind == text).ok_or("no kind")?.1;
                let ends = ENDINGS.into_iter().any(|ending| name.ends_with(ending) && endings.contains(&ending));
                if !is_name(name, false) || ends || self.families.iter().any(|family| family.name == name) {
                    return Err("a family that may not be called so".to_owned());
                }
                *announced = Some(Announced { name: name.to_owned(), kind: text.to_owned(), unit: None });
            }
            ("UNIT", Some(said)) if said.name == name && said.unit.is_none() => {
                if !UNITS.contains(&text) || !name.ends_with(&format!("_{text}")) {
                    return Err("a unit that is none, or not that of the name".to_owned());
                }
                *announced = Some(Announced { unit: Some(text.to_owned()), ..said });
            }
            ("HELP", Some(Announced { name: said, kind, unit })) if said == name => {
                if unit.is_none() && UNITS.iter().any(|unit| name.ends_with(unit)) {
                    return Err("a family whose unit is not said".to_owned());
                }
                let bare = text.replace(r"\\", "").replace("\\\"", "").contains('"');
                if text.trim().is_empty() || bare || unescaped(text, "\\n\"").is_none() {
                    return Err("a text that is empty or escaped wrongly".to_owned());
                }
                self.families.push(Family { name: said, kind, samples: Vec::new() });
            }
            _ => return Err("a line where none may be".to_owned()),
        }
        Ok(())
    }

    /// A sample.
    fn measured(&mut self, line: &str, announced: bool) -> Result<(), String> {
        let sample = Sample::parse(line).ok_or("no sample of the format")?;
        let family = self.families.last_mut().filter(|_| !announced).ok_or("a sample of no family")?;
        let ending = sample.name.strip_prefix(&*family.name);
        let endings = KINDS.iter().find(|(kind, _)| *kind == family.kind).map_or(&[][..], |(_, endings)| endings);
        let bound = sample.labels.get("le");
        let is_number = bound.is_none_or(|bound| bound.contains('.') || bound == "+Inf");
        if !ending.is_some_and(|ending| endings.contains(&ending)) || (ending == Some("_bucket")) != bound.is_some() {
            return Err("a sample that is not of this family".to_owned());
        }
        if !is_number || family.kind == "info" && sample.value.to_bits() != 1.0_f64.to_bits() {
            return Err("a bound without a point, or an info that is not 1".to_owned());
        }
        family.samples.push(sample);
        Ok(())
    }

    fn no_name_for_two(&self) -> Result<(), String> {
        let is_there = |name: &str| self.families.iter().any(|family| family.name == name);
        let clash = |family: &&Family| ENDINGS.iter().any(|ending| is_there(&[&family.name, *ending].concat()));
        match self.families.iter().find(clash) {
            Some(family) => Err(format!("a family is called as a sample of {} may be", family.name)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
# TYPE a counter
# HELP a Counted \\\"well\\\" \\\\.
a_total{x=\"a \\\"b\\\" \\\\ \\n c\"} 1
# TYPE b_bytes gauge
# UNIT b_bytes bytes
# HELP b_bytes How much.
b_bytes -1
# TYPE c_seconds histogram
# UNIT c_seconds seconds
# HELP c_seconds How long.
c_seconds_bucket{le=\"1.0\"} 1
c_seconds_bucket{le=\"+Inf\"} 2
c_seconds_sum 3.5
c_seconds_count 2
# TYPE d info
# HELP d Which.
d_info{x=\"1\"} 1
# EOF
";

    #[test]
    fn a_good_page_is_taken_apart() {
        let page = Exposition::parse_openmetrics(GOOD).unwrap();
        let names: Vec<&str> = page.families.iter().map(|family| family.name.as_str()).collect();
        assert_eq!(names, ["a", "b_bytes", "c_seconds", "d"]);
        assert_eq!(page.families[0].samples[0].labels["x"], "a \"b\" \\ \n c");
        assert!(Exposition::parse_openmetrics("# EOF\n").unwrap().families.is_empty());
    }

    #[test]
    fn whatever_is_wrong_with_a_page_is_found() {
        for (good, bad) in [
            ("# EOF\n", ""),
            ("# EOF\n", "# EOF"),
            ("# EOF\n", "# EOF\n\n"),
            ("# EOF\n", "# EOF\n# EOF\n"),
            ("# EOF\n", "\n# EOF\n"),
            ("} 1\n# EOF\n", "} 1# EOF\n"),
            ("d_info{x=\"1\"} 1\n", ""),
            ("d_info{x=\"1\"} 1\n", "d_info{x=\"1\"} 2\n"),
            ("d_info{x=\"1\"} 1\n", "d{x=\"1\"} 1\n"),
            ("d_info{x=\"1\"} 1\n", "d_info{x=\"1\"} 1\nd_info{x=\"1\"} 1\n"),
            ("d_info{x=\"1\"} 1\n", "d_info{x=\"1\"} 1\na_total 1\n"),
            ("# TYPE d info\n", "# TYPE d_info info\n"),
            ("# TYPE d info\n", "# TYPE d stateset\n"),
            ("# TYPE a counter\n", "# TYPE a_total counter\n"),
            ("# TYPE a counter\n", "# TYPE a counter\n# UNIT a seconds\n"),
            ("# TYPE a counter\n", "# HELP a Again.\n# TYPE a counter\n"),
            ("# TYPE a counter\n", ""),
            ("a_total{", "a{"),
            ("a_total{", "a_created 1\na_total{"),
            ("a_total{x=\"a", "a_total{x=\"\\t"),
            ("Counted \\\"", "Counted \""),
            ("Counted \\\"", "Counted \\t\\\""),
            ("# UNIT b_bytes bytes\n", ""),
            ("# UNIT b_bytes bytes\n", "# UNIT b_bytes seconds\n"),
            ("# UNIT b_bytes bytes\n", "# UNIT b_bytes bytes\n# UNIT b_bytes bytes\n"),
            ("# UNIT b_bytes bytes\n# HELP b_bytes How much.\n", "# HELP b_bytes How much.\n# UNIT b_bytes bytes\n"),
            ("# TYPE b_bytes gauge\n", "# TYPE b_bytes counter\n"),
            ("b_bytes -1\n", "b_bytes -1\n# a comment\n"),
            ("b_bytes -1\n", "b_bytes -1\n# TYPE a gauge\n# HELP a A.\na 1\n"),
            ("b_bytes -1\n", "b_bytes -1\n# TYPE a_total gauge\n# HELP a_total A.\na_total 1\n"),
            ("b_bytes -1\n", "b_bytes -1 \n"),
            ("b_bytes -1\n", "b_bytes NaN\n"),
            ("le=\"1.0\"", "le=\"1\""),
            ("le=\"1.0\"} 1", "le=\"1.0\"} 3"),
            ("c_seconds_sum 3.5\n", ""),
            ("c_seconds_count 2\n", "c_seconds_count{le=\"1.0\"} 2\n"),
        ] {
            let page = GOOD.replacen(good, bad, 1);
            assert!(page != GOOD && Exposition::parse_openmetrics(&page).is_err(), "taken for good:\n{page}");
        }
    }
}

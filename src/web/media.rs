//! Media types: which format of the metrics page a client likes best (RFC 9110, 12.5.1).
//!
//! On offer are the text format 0.0.4 and OpenMetrics 1.0.0. Who names neither, or nothing that can be read, gets the text:
//! it is right for everybody. A range with a version, a schema or an escaping that is not on offer is passed over.

use hyper::header::{self, HeaderMap};

use super::quality;
use crate::exposition::Format;

/// The answer to what a client likes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chosen {
    /// What the page is written in.
    pub(super) format: Format,
    /// What that is called.
    pub(super) media_type: &'static str,
}

/// What OpenMetrics is called where the client said how names are to be escaped: ours need none of it, so this is true
/// whatever it said.
const ESCAPED: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores";

/// A media range that names something on offer.
struct Range<'a> {
    /// The more the better does it know what it wants.
    exactness: usize,
    /// The type, or a `*`.
    types: [&'a str; 2],
    parameters: Vec<(&'a str, String)>,
    /// In thousandths.
    quality: u16,
}

/// The format that the client likes best; of two that it likes as well the one that it names more exactly, else the text.
pub(super) fn choose(headers: &HeaderMap) -> Chosen {
    let values: Vec<_> =
        headers.get_all(header::ACCEPT).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    let ranges: Vec<Range<'_>> = values.iter().flat_map(|value| parts(value, ',')).filter_map(Range::parse).collect();
    // The most exact range that fits decides, whatever the others say.
    let liked = |format| {
        let fitting = ranges.iter().filter(|range| range.fits(format));
        fitting.map(|range| (range.exactness, range.quality)).max().unwrap_or_default()
    };
    let ((text_exactness, text), (exactness, openmetrics)) = (liked(Format::Text), liked(Format::OpenMetrics));
    if openmetrics == 0 || (openmetrics, exactness) <= (text, text_exactness) {
        return Chosen { format: Format::Text, media_type: Format::Text.media_type() };
    }
    let is_escaping = |(name, _): &(&str, String)| name.eq_ignore_ascii_case("escaping");
    let escapes = ranges.iter().any(|range| range.parameters.iter().any(is_escaping));
    let media_type = if escapes { ESCAPED } else { Format::OpenMetrics.media_type() };
    Chosen { format: Format::OpenMetrics, media_type }
}

impl<'a> Range<'a> {
    /// The range in a part of the header; `None` if it makes no sense.
    fn parse(part: &'a str) -> Option<Self> {
        let mut parts = parts(part, ';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let (mut parameters, mut quality) = (Vec::new(), 1000);
        // An empty one is none.
        for parameter in parts.filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=')?;
            let value = unquoted(value)?;
            if name.eq_ignore_ascii_case("q") {
                quality = quality::thousandths(&value)?;
            } else {
                parameters.push((name, value));
            }
        }
        let wildcards = usize::from(kind == "*") + usize::from(subtype == "*");
        Some(Self { exactness: 3 - wildcards + parameters.len(), types: [kind, subtype], parameters, quality })
    }

    fn fits(&self, format: Format) -> bool {
        let types = match format {
            Format::Text => ["text", "plain"],
            Format::OpenMetrics => ["application", "openmetrics-text"],
        };
        let is_type = |(named, ours): (&&str, &str)| *named == "*" || named.eq_ignore_ascii_case(ours);
        let is_nonsense = self.types[0] == "*" && self.types[1] != "*";
        !is_nonsense
            && self.types.iter().zip(types).all(is_type)
            && self.parameters.iter().all(|(name, value)| is_ours(format, name, value))
    }
}

/// Whether the page in a format is such that a client may say this of it.
fn is_ours(format: Format, name: &str, value: &str) -> bool {
    match name.to_ascii_lowercase().as_str() {
        "version" => value == if format == Format::Text { "0.0.4" } else { "1.0.0" },
        "charset" => value.eq_ignore_ascii_case("utf-8"),
        // Our names have nothing to escape but for `dots`, which would double each underscore.
        "escaping" => ["allow-utf-8", "underscores", "values"].iter().any(|ours| value.eq_ignore_ascii_case(ours)),
        _ => false,
    }
}

/// The parts between these separators, where those do not stand in quotes.
fn parts(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |letter| {
        let separates = letter == separator && !quoted;
        (quoted, escaped) = match letter {
            _ if escaped => (quoted, false),
            '\\' => (quoted, quoted),
            '"' => (!quoted, false),
            _ => (quoted, false),
        };
        separates
    })
}

/// The value of a parameter, which may stand in quotes; `None` if these do not end, or something follows.
fn unquoted(value: &str) -> Option<String> {
    let Some(quoted) = value.strip_prefix('"') else { return Some(value.to_owned()) };
    let (mut letters, mut plain) = (quoted.chars(), String::new());
    loop {
        match letters.next()? {
            '"' => return letters.as_str().is_empty().then_some(plain),
            '\\' => plain.push(letters.next()?),
            letter => plain.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
    const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    #[track_caller]
    fn check(accepted: &[&'static str], expected: &str) {
        let mut headers = HeaderMap::new();
        for value in accepted {
            headers.append(header::ACCEPT, HeaderValue::from_static(value));
        }
        assert_eq!(choose(&headers).media_type, expected, "{accepted:?}");
    }

    #[test]
    fn each_prometheus_gets_the_openmetrics_that_it_asks_for_first() {
        let two = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                   text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        check(&[two], OPENMETRICS);
        let three = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                     application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
                     text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        check(&[three], ESCAPED);
        let with_protobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,\
                             application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                             application/openmetrics-text;version=0.0.1;q=0.4,\
                             text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        check(&[with_protobuf], ESCAPED);
    }

    #[test]
    fn each_prometheus_gets_the_text_when_told_to_ask_for_it_first() {
        check(&["text/plain;version=0.0.4;q=0.6,*/*;q=0.2"], TEXT);
        check(&["text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,*/*;q=0.2"], TEXT);
        check(&["application/openmetrics-text;version=0.0.1;q=0.6,*/*;q=0.2"], TEXT);
        check(
            &["application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6"],
            TEXT,
        );
        check(
            &["text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5"],
            TEXT,
        );
    }

    #[test]
    fn whoever_asks_for_nothing_or_anything_gets_the_text() {
        for accepted in ["", "*/*", "*", ",;,=", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"] {
            check(&[accepted], TEXT);
        }
        check(&[], TEXT);
        check(&["text/*"], TEXT);
        check(&["application/json"], TEXT);
        check(&["*/*;q=0"], TEXT);
        check(&["text/plain;q=0, application/openmetrics-text;q=0"], TEXT);
        check(&["*/openmetrics-text"], TEXT);
    }

    #[test]
    fn what_is_not_on_offer_is_passed_over() {
        check(&["application/openmetrics-text;version=2.0.0"], TEXT);
        check(
            &["application/openmetrics-text;version=0.0.1, application/openmetrics-text;version=1.0.0;q=0.1"],
            OPENMETRICS,
        );
        check(&["application/openmetrics-text;version=1.0.0;level=1"], TEXT);
        check(&["application/openmetrics-text;charset=utf-16"], TEXT);
        check(&["application/openmetrics-text;charset=UTF-8"], OPENMETRICS);
    }

    #[test]
    fn names_are_escaped_in_any_way_but_with_dots() {
        check(&["application/openmetrics-text;version=1.0.0;escaping=dots"], TEXT);
        check(&["application/openmetrics-text;version=1.0.0;escaping=dots, text/plain;version=0.0.4;q=0.1"], TEXT);
        check(&["application/openmetrics-text;version=1.0.0;escaping=nobody-knows"], TEXT);
        for accepted in [
            "application/openmetrics-text;version=1.0.0;escaping=underscores",
            "application/openmetrics-text;version=1.0.0;escaping=values",
            "application/openmetrics-text; Escaping=\"Allow-UTF-8\" ;version=1.0.0",
            "application/openmetrics-text;escaping=dots, application/openmetrics-text;q=0.5",
        ] {
            check(&[accepted], ESCAPED);
        }
    }

    #[test]
    fn the_best_liked_wins_wherever_it_stands() {
        check(&["application/openmetrics-text"], OPENMETRICS);
        check(&["APPLICATION/OpenMetrics-Text ; VERSION=1.0.0 ; Q=0.2 , text/plain ; q=0.1"], OPENMETRICS);
        check(&["text/plain;q=0.3", "application/openmetrics-text;version=1.0.0;q=0.301"], OPENMETRICS);
        check(&["application/*;q=0.5, text/*;q=0.4"], OPENMETRICS);
        check(&["application/openmetrics-text;q=0.4, text/plain;q=0.5"], TEXT);
        check(&["*/*, application/openmetrics-text"], OPENMETRICS);
        check(&["application/openmetrics-text, text/plain"], TEXT);
    }

    #[test]
    fn the_most_exact_range_decides() {
        check(&["*/*, text/plain;q=0"], OPENMETRICS);
        check(&["text/*;q=0.1, text/plain;q=0.5, text/plain;version=0.0.4;q=0.2, */*;q=0.3"], OPENMETRICS);
        check(&["application/openmetrics-text;version=1.0.0;q=0, application/openmetrics-text;q=0.9, */*;q=0.8"], TEXT);
    }

    #[test]
    fn quotes_hold_what_they_hold() {
        check(&["application/openmetrics-text;version=\"1.0.0\""], OPENMETRICS);
        check(&["application/openmetrics-text;version=\"1\\.0.0\""], OPENMETRICS);
        check(
            &["text/x;a=\"application/openmetrics-text, \\\", text/plain\", application/openmetrics-text"],
            OPENMETRICS,
        );
        check(&["text/x;a=\", application/openmetrics-text"], TEXT);
        check(&["application/openmetrics-text;version=\"1.0.0\"x"], TEXT);
        check(&["application/openmetrics-text;version=\"1.0.0"], TEXT);
    }

    #[test]
    fn a_weight_that_makes_no_sense_asks_for_nothing() {
        for accepted in ["q=", "q=yes", "q=1.5", "q=-1", "q=0.0001", "q", "q=0"] {
            let accepted = format!("application/openmetrics-text;version=1.0.0;{accepted}").leak();
            check(&[accepted], TEXT);
        }
        check(&["application/openmetrics-text;q=1.000;;"], OPENMETRICS);
    }
}

//! Content encoding: whether a client wants gzip (RFC 9110, 12.5.3).
//!
//! Only gzip and the plain text are on offer. What cannot be read in a header counts as not wanted: plain text is right
//! for everybody.

use hyper::header::{self, HeaderMap};

use super::quality;

/// Whether the client accepts gzip and does not like plain text better.
pub(super) fn prefers_gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut identity, mut any) = (None, None, None);
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    for choice in values.flat_map(|value| value.split(',')) {
        let mut parts = choice.split(';').map(str::trim);
        let coding = parts.next().unwrap_or_default();
        let weight = weight(parts);
        match coding.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => gzip = Some(weight),
            "identity" => identity = Some(weight),
            "*" => any = Some(weight),
            _ => {}
        }
    }
    let gzip = gzip.or(any).unwrap_or(0);
    gzip > 0 && gzip >= identity.unwrap_or(0)
}

/// The weight among a choice's parameters in thousandths: 1000 if there is none, 0 if it makes no sense.
fn weight<'a>(mut parameters: impl Iterator<Item = &'a str>) -> u16 {
    let value = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    value.map_or(1000, |value| quality::thousandths(value).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn check(accepted: &[&'static str], expected: bool) {
        let values = accepted.iter().map(|value| (header::ACCEPT_ENCODING, HeaderValue::from_static(value)));
        let mut headers = HeaderMap::new();
        headers.extend(values.map(|(name, value)| (Some(name), value)));
        assert_eq!(prefers_gzip(&headers), expected, "{accepted:?}");
    }

    #[test]
    fn gzip_is_for_those_who_ask_for_it() {
        check(&["gzip"], true);
        check(&["deflate, GZIP;q=0.5, br"], true);
        check(&["br", "x-gzip"], true);
        check(&["*"], true);
        check(&["identity;q=0.5, *;q=0.5"], true);
    }

    #[test]
    fn plain_text_is_for_everybody_else() {
        check(&[], false);
        check(&[""], false);
        check(&["br, zstd"], false);
        check(&["gzip;q=0"], false);
        check(&["gzip; Q=0.000, *"], false);
        check(&["*;q=0"], false);
        check(&["gzip;q=0.4, identity;q=0.5"], false);
    }

    #[test]
    fn a_weight_that_makes_no_sense_asks_for_nothing() {
        for choice in ["gzip;q=", "gzip;q=yes", "gzip;q=1.5", "gzip;q=-1", "gzip;q=0.0001", "gzip;q=1.0.0"] {
            check(&[choice], false);
        }
    }
}

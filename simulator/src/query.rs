//! Query strings and forms: percent-decoding and the order of parameters, nothing more.

/// The decoded pairs of `a=1&b=2`, in the order in which they stand; `+` is a space.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(&name.replace('+', " ")), decoded(&value.replace('+', " ")))
        })
        .collect()
}

/// Percent-decoded text; what is no UTF-8 then is replaced by U+FFFD.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let escaped = (*first == b'%').then(|| after.get(..2).and_then(hexadecimal)).flatten();
        bytes.push(escaped.unwrap_or(*first));
        if escaped.is_some() {
            rest = &after[2..];
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The query again without its skip token, exactly as it was sent otherwise.
pub(crate) fn without_skip_token(query: &str) -> String {
    let kept = |pair: &&str| {
        let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
        !pair.is_empty() && !decoded(name).eq_ignore_ascii_case("$skiptoken")
    };
    query.split('&').filter(kept).collect::<Vec<_>>().join("&")
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u8::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::{decoded, pairs, without_skip_token};

    #[test]
    fn parameters_are_decoded_once() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(pairs("%24filter=a+eq%20'b%26c'&x"), [pair("$filter", "a eq 'b&c'"), pair("x", "")]);
        assert_eq!(decoded("100%25%zz%+1%e4%bd%a0%"), "100%%zz%+1你%");
    }

    #[test]
    fn a_link_keeps_every_other_parameter_as_it_was() {
        assert_eq!(without_skip_token("$top=5&%24skiptoken=abc&$select=id"), "$top=5&$select=id");
    }
}

//! Single values: from what stands in the file to what it means, or what is wrong with it and what to write.
//!
//! Each function is handed a node and knows nothing of the key it belongs to. Its fault is a phrase that follows the
//! key's path. What was typed is shown unless it may be a secret.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use url::Url;

use super::tree::{Node, Value};
use super::{cloud, duration};
use crate::domain::dimension::GroupId;

/// What was typed, in quotes, without anything that could upset a terminal and not too much of it.
pub(super) fn quoted(typed: &str) -> String {
    format!("\"{}\"", shown(typed))
}

/// What was typed, without anything that could upset a terminal and not too much of it.
pub(super) fn shown(typed: &str) -> String {
    match typed.char_indices().nth(60) {
        Some((end, _)) => printable(&typed[..end]) + "...",
        None => printable(typed),
    }
}

/// A text in which whatever is no visible character is escaped.
pub(super) fn printable(text: &str) -> String {
    let mut printable = String::new();
    for letter in text.chars() {
        match letter {
            '\'' | '"' | '\\' => printable.push(letter),
            other => printable.extend(other.escape_debug()),
        }
    }
    printable
}

/// Any text; `what` tells what is expected.
pub(super) fn text<'n>(node: &'n Node, what: &str) -> Result<&'n str, String> {
    match &node.value {
        Value::Text(text) => Ok(text),
        Value::Truth(_) | Value::Whole(_) | Value::Fraction(_) => {
            Err(format!("expected {what}, found {}; put it into quotes", node.value.kind()))
        }
        other => Err(format!("expected {what}, found {}", other.kind())),
    }
}

/// Text that is not empty.
pub(super) fn filled<'n>(node: &'n Node, what: &str) -> Result<&'n str, String> {
    match text(node, what)? {
        blank if blank.trim().is_empty() => Err(format!("is empty; expected {what}")),
        text => Ok(text),
    }
}

/// A duration within a range.
pub(super) fn duration(node: &Node, range: &RangeInclusive<Duration>) -> Result<Duration, String> {
    let typed = match &node.value {
        Value::Whole(0) => "0",
        Value::Whole(number) => {
            return Err(format!("{number} has no unit; write {number}s for seconds"));
        }
        Value::Text(text) => text,
        other => {
            return Err(format!("expected a duration such as 60s, found {}", other.kind()));
        }
    };
    let Some(read) = duration::parse(typed) else {
        let typed = quoted(typed);
        return Err(format!("{typed} is not a duration; write it as Prometheus does, e.g. 90s or 1h30m"));
    };
    if range.contains(&read) {
        return Ok(read);
    }
    let least = duration::write(*range.start());
    Err(match *range.end() {
        Duration::MAX => format!("{} is too short; it must be at least {least}", shown(typed)),
        most => format!("{} is out of range; write {least} to {}", shown(typed), duration::write(most)),
    })
}

/// A whole number within a range.
pub(super) fn whole<T>(node: &Node, range: &RangeInclusive<T>) -> Result<T, String>
where
    T: TryFrom<i128> + PartialOrd + Display,
{
    let number = match &node.value {
        Value::Whole(number) => *number,
        Value::Fraction(number) => return Err(format!("expected a whole number, found {number}")),
        Value::Text(text) if text.parse::<i128>().is_ok() => {
            return Err(format!("expected a whole number, found the text {}; take the quotes off", quoted(text)));
        }
        other => return Err(format!("expected a whole number, found {}", other.kind())),
    };
    let (least, most) = (range.start(), range.end());
    let read = T::try_from(number).ok().filter(|read| range.contains(read));
    read.ok_or_else(|| format!("{number} is out of range; write {least} to {most}"))
}

/// True or false.
pub(super) fn truth(node: &Node) -> Result<bool, String> {
    match &node.value {
        Value::Truth(truth) => Ok(*truth),
        other => Err(format!("expected true or false, found {}", other.kind())),
    }
}

/// The same in the words that YAML 1.1 has for it, which other exporters read.
pub(super) fn truth_of_yaml_1_1(node: &Node) -> Result<bool, String> {
    match &node.value {
        Value::Text(typed) => match typed.to_ascii_lowercase().as_str() {
            "y" | "yes" | "on" => Ok(true),
            "n" | "no" | "off" => Ok(false),
            _ => truth(node),
        },
        _ => truth(node),
    }
}

/// A share: more than 0, at most 1.
#[expect(clippy::cast_precision_loss, reason = "a number so large that it loses digits is out of range anyway")]
pub(super) fn share(node: &Node) -> Result<f64, String> {
    let read = match &node.value {
        Value::Whole(number) => *number as f64,
        Value::Fraction(number) => *number,
        other => {
            return Err(format!("expected a number such as 0.95, found {}", other.kind()));
        }
    };
    if read > 0.0 && read <= 1.0 {
        return Ok(read);
    }
    let hint =
        if (2.0..=100.0).contains(&read) { format!("; {read} percent is {}", read / 100.0) } else { String::new() };
    Err(format!("{read} is out of range; write a share greater than 0 and at most 1{hint}"))
}

/// A GUID with its hyphens: `11111111-2222-3333-4444-555555555555`.
pub(super) fn is_guid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A tenant's id as Entra takes it in a path: a GUID or a verified domain. The same rule holds in file and environment.
pub(super) fn tenant_id(typed: &str) -> Result<String, String> {
    if ["common", "organizations", "consumers"].contains(&typed.to_lowercase().as_str()) {
        // Entra would answer AADSTS9001023.
        return Err(format!("{} names no single tenant; write its GUID or a verified domain", quoted(typed)));
    }
    if is_guid(typed) || is_domain(typed) {
        return Ok(typed.to_owned());
    }
    // Neither this nor the client id is shown: the secret is easily pasted one line too high.
    Err("neither a GUID nor a verified domain such as contoso.onmicrosoft.com".into())
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

/// An application's id. The same rule holds in file and environment.
pub(super) fn client_id(typed: &str) -> Result<String, String> {
    if is_guid(typed) {
        return Ok(typed.to_owned());
    }
    Err("not a GUID; copy \"Application (client) ID\" from the app registration's overview".into())
}

/// A group's id.
pub(super) fn group_id(node: &Node) -> Result<GroupId, String> {
    let typed = filled(node, "the object id of a group")?;
    GroupId::parse(typed).ok_or_else(|| "not a GUID; copy \"Object ID\" from the group's overview in Entra".into())
}

/// The name of an environment variable. It is not shown: people put the secret itself there.
pub(super) fn variable(node: &Node) -> Result<String, String> {
    let name = filled(node, "the name of an environment variable")?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !name.bytes().all(fits) || name.starts_with(|first: char| first.is_ascii_digit()) {
        return Err("not the name of an environment variable (letters, digits and _); \
                    the secret itself must not stand here"
            .into());
    }
    Ok(name.to_owned())
}

/// The root of a service: `https://host[:port]`.
pub(super) fn root_url(node: &Node) -> Result<Url, String> {
    let typed = filled(node, "a URL such as https://graph.microsoft.com")?;
    let url =
        Url::parse(typed).map_err(|error| format!("{} is not a URL: {error}; write https://host", quoted(typed)))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold a user name or password".into());
    }
    if url.scheme() != "https" {
        return Err(format!("{} is not safe for a token; it must begin with https://", quoted(typed)));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(format!("{} has more than a host; write {}", quoted(typed), url.origin().ascii_serialization()));
    }
    match cloud::no_presence_at(url.host_str().unwrap_or_default()) {
        Ok(()) => Ok(url),
        Err(reason) => Err(format!("{} {reason}", quoted(typed))),
    }
}

/// Where a proxy is: `http://host:port`.
pub(super) fn proxy(node: &Node) -> Result<Url, String> {
    let typed = filled(node, "the URL of a proxy such as http://proxy:3128")?;
    if typed.contains('@') {
        // What stands before it may be a password, so nothing of it is shown.
        return Err("must not hold a user name or password; HTTPS_PROXY in the environment may".into());
    }
    let url = Url::parse(typed);
    let Some(url) = url.ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) else {
        return Err(format!("{} is no proxy that can be used; write http://host:port", quoted(typed)));
    };
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        let origin = url.origin().ascii_serialization();
        return Err(format!("{} has more than a host and a port; write {origin}", quoted(typed)));
    }
    Ok(url)
}

/// A day, `2027-01-31`: the seconds from 1970 to its beginning in UTC.
pub(super) fn day(node: &Node) -> Result<u64, String> {
    const WHAT: &str = "a date such as 2027-01-31";
    let typed = filled(node, WHAT)?;
    let numbers: Option<Vec<u64>> = typed.split('-').map(|part| digits(part).then(|| part.parse().ok())?).collect();
    let read = match numbers.as_deref() {
        Some([year, month, day]) if typed.len() == 10 => seconds_until(*year, *month, *day),
        _ => None,
    };
    read.ok_or_else(|| format!("{} is not a day; expected {WHAT}", quoted(typed)))
}

fn digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The seconds from 1970 to the beginning of a day of the Gregorian calendar, if there is such a day.
fn seconds_until(year: u64, month: u64, day: u64) -> Option<u64> {
    let leap = |year: u64| u64::from(year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)));
    let lengths = [31, 28 + leap(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month = usize::try_from(month).ok()?.checked_sub(1)?;
    if year < 1970 || !(1..=*lengths.get(month)?).contains(&day) {
        return None;
    }
    let years: u64 = (1970..year).map(|year| 365 + leap(year)).sum();
    let months: u64 = lengths[..month].iter().sum();
    Some((years + months + day - 1) * 86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_utc() {
        let check = |year, month, day, expected| assert_eq!(seconds_until(year, month, day), expected);
        check(1970, 1, 1, Some(0));
        check(2000, 3, 1, Some(951_868_800));
        check(2027, 1, 31, Some(1_801_353_600));
        check(2028, 2, 29, Some(1_835_395_200));
        for (year, month, day) in
            [(2027, 2, 29), (2100, 2, 29), (2027, 0, 1), (2027, 13, 1), (2027, 4, 31), (2027, 1, 0), (1969, 12, 31)]
        {
            check(year, month, day, None);
        }
    }

    #[test]
    fn ids_are_told_from_other_texts() {
        let check = |text, expected| assert_eq!(tenant_id(text).is_ok(), expected, "{text:?}");
        check("11111111-2222-3333-4444-555555555555", true);
        check("AAAAAAAA-bbbb-cccc-dddd-eeeeeeeeeeee", true);
        check("contoso.onmicrosoft.com", true);
        check("xn--mnchen-3ya.example", true);
        for bad in [
            "contoso",
            "contoso.",
            ".com",
            "a..b",
            "a b.com",
            "-a.com",
            "{11111111-2222-3333-4444-555555555555}",
            "https://contoso.com",
            "Common",
            "",
        ] {
            check(bad, false);
        }
    }
}

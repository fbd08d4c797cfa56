//! What was given for a flag, on the command line or in the environment, and what it may be.
//!
//! All faults are collected. A value with a fault is replaced by its default, which nobody gets to see: in the end
//! the whole is refused.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

#[cfg(feature = "demo")]
use super::SCENARIOS;
use super::{Environment, MISTYPED, Refusal, ReportFormat};
#[cfg(feature = "demo")]
use crate::config::nearest;
use crate::config::{LONGEST_PATH, ListenAddress, LogFormat, LogLevel};

/// What was given, and what is wrong with it so far.
pub(super) struct Given<'e> {
    env: Environment<'e>,
    faults: Vec<String>,
}

impl<'e> Given<'e> {
    pub(super) fn new(env: Environment<'e>) -> Self {
        Self { env, faults: Vec::new() }
    }

    /// The result, if nothing was wrong.
    pub(super) fn conclude<T>(self, result: T, is_for_machines: bool) -> Result<T, Refusal> {
        if self.faults.is_empty() {
            return Ok(result);
        }
        let text = format!("error: {}\n\nFor more information, try '--help'.", self.faults.join("\nerror: "));
        Err(Refusal { text, exit_code: MISTYPED, for_machines: is_for_machines.then_some(self.faults) })
    }

    /// Notes a fault: what it is about, what is wrong, what to do.
    pub(super) fn fault(&mut self, text: impl Into<String>) {
        self.faults.push(text.into());
    }

    /// A single value: typed, or from the environment, or else the default.
    pub(super) fn one<T>(
        &mut self,
        flag: &str,
        typed: Option<String>,
        default: T,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> T {
        self.value(flag, typed, str::to_owned, default, |text| read(&text))
    }

    /// The value of a flag that may be repeated; in the environment its parts stand between commas.
    pub(super) fn list<T>(
        &mut self,
        flag: &str,
        typed: Vec<String>,
        default: T,
        read: impl Fn(Vec<String>) -> Result<T, String>,
    ) -> T {
        let split = |text: &str| text.split(',').map(|part| part.trim().to_owned()).collect();
        self.value(flag, (!typed.is_empty()).then_some(typed), split, default, read)
    }

    fn value<X, T>(
        &mut self,
        flag: &str,
        typed: Option<X>,
        from_variable: impl Fn(&str) -> X,
        default: T,
        read: impl Fn(X) -> Result<T, String>,
    ) -> T {
        let variable = twin(flag);
        let (origin, given) = match (typed, self.variable(&variable)) {
            (Some(typed), _) => (flag, typed),
            (None, Some(text)) => (variable.as_str(), from_variable(text.trim())),
            (None, None) => return default,
        };
        read(given).unwrap_or_else(|reason| {
            self.fault(format!("{origin}: {reason}"));
            default
        })
    }

    /// The path of a file: typed, or from the environment.
    pub(super) fn file(&self, flag: &str, typed: Option<PathBuf>) -> Option<PathBuf> {
        typed.or_else(|| self.variable(&twin(flag)).map(PathBuf::from))
    }

    /// Whether a flag without a value was typed, or its variable says so; typed with `no-`, it is not.
    pub(super) fn is_set(&mut self, flag: &str, typed: Option<bool>) -> bool {
        typed.unwrap_or_else(|| self.one(flag, None, false, said))
    }

    fn variable(&self, name: &str) -> Option<String> {
        (self.env)(name).filter(|text| !text.trim().is_empty())
    }
}

/// The variable of a flag: `--web.max-requests` is `TEAMS_PRESENCE_WEB_MAX_REQUESTS`.
fn twin(flag: &str) -> String {
    let words = flag.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.fold("TEAMS_PRESENCE".into(), |name, word| name + "_" + &word.to_uppercase())
}

/// Yes or no.
fn said(text: &str) -> Result<bool, String> {
    match text {
        "1" | "true" | "yes" => Ok(true),
        "0" | "false" | "no" => Ok(false),
        _ => Err(format!("{text:?} is neither yes nor no; write true or false")),
    }
}

/// Addresses to listen on, none twice.
pub(super) fn addresses(texts: Vec<String>) -> Result<Vec<ListenAddress>, String> {
    let mut addresses = Vec::new();
    for text in texts {
        let address = ListenAddress::parse(&text).ok_or_else(|| no_address(&text))?;
        if addresses.contains(&address) && !address.is_any() {
            return Err(format!("{text:?} is given twice"));
        }
        addresses.push(address);
    }
    Ok(addresses)
}

fn no_address(text: &str) -> String {
    if text.starts_with("unix:") {
        return format!(
            "{text:?} is not the path of a socket; write unix: and an absolute path of at most {LONGEST_PATH} bytes, \
             e.g. unix:/run/teams-presence/metrics.sock"
        );
    }
    format!("{text:?} is not an address; write :port, host:port, [::1]:port or unix:/path, e.g. :10068")
}

/// The path of the metrics page.
pub(super) fn path(text: &str) -> Result<String, String> {
    let reason = if !text.starts_with('/') {
        "does not begin with /"
    } else if text == "/" {
        "is the status page"
    } else if text == "/style.css" {
        "is the style sheet of the status page"
    } else if text == "/config" {
        "is kept for the configuration"
    } else if text.starts_with("/-/") {
        "is among the endpoints for health, /-/"
    } else if !text.chars().all(|c| c.is_ascii_graphic() && !"?#%\"<>\\^`{|}".contains(c)) {
        "holds a character that has no place in a path"
    } else {
        return Ok(text.to_owned());
    };
    Err(format!("{text:?} {reason}; write a path such as /metrics"))
}

pub(super) fn max_requests(text: &str) -> Result<usize, String> {
    number(text, &(0..=usize::MAX), "write a whole number, 0 for no limit")
}

pub(super) fn level(text: &str) -> Result<LogLevel, String> {
    match text {
        "debug" => Ok(LogLevel::Debug),
        "info" => Ok(LogLevel::Info),
        "warn" => Ok(LogLevel::Warn),
        "error" => Ok(LogLevel::Error),
        _ => Err(format!("{text:?} is not a level; write debug, info, warn or error")),
    }
}

pub(super) fn format(text: &str) -> Result<LogFormat, String> {
    match text {
        "logfmt" => Ok(LogFormat::Logfmt),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("{text:?} is not a format; write logfmt or json")),
    }
}

pub(super) fn report_format(text: &str) -> Result<ReportFormat, String> {
    match text {
        "text" => Ok(ReportFormat::Text),
        "json" => Ok(ReportFormat::Json),
        _ => Err(format!("{text:?} is not a format; write text or json")),
    }
}

#[cfg(feature = "demo")]
pub(super) fn users(text: &str) -> Result<u32, String> {
    number(text, &(1..=1_000_000), "write a whole number from 1 to 1000000")
}

#[cfg(feature = "demo")]
pub(super) fn seed(text: &str) -> Result<u64, String> {
    number(text, &(0..=u64::MAX), "write a whole number")
}

#[cfg(feature = "demo")]
pub(super) fn speed(text: &str) -> Result<f64, String> {
    number(text, &(f64::MIN_POSITIVE..=3600.0), "write a number greater than 0 and at most 3600")
}

/// The name of a scenario.
#[cfg(feature = "demo")]
pub(super) fn scenario(text: &str) -> Result<&'static str, String> {
    if let Some(name) = SCENARIOS.into_iter().find(|name| *name == text) {
        return Ok(name);
    }
    let (last, others) = SCENARIOS.split_last().unwrap_or((&"", &[]));
    let meant = nearest(text, SCENARIOS.into_iter()).map(|name| format!("did you mean {name}? Otherwise "));
    let meant = meant.unwrap_or_default();
    Err(format!("{text:?} is not a scenario; {meant}write {} or {last}", others.join(", ")))
}

fn number<T>(text: &str, range: &RangeInclusive<T>, advice: &str) -> Result<T, String>
where
    T: FromStr + PartialOrd + Display,
{
    let read = text.parse().ok().filter(|number| range.contains(number));
    read.ok_or_else(|| format!("{text:?} does not fit; {advice}"))
}

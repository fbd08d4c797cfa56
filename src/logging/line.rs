//! A line of the log: logfmt as Prometheus writes it, or JSON with the same keys.
//!
//! One event is one line whatever its fields hold, so nobody can forge a line or colour a terminal through a value.
//! Which events get here is decided in `logging`.

use std::fmt::{self, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

use crate::clock;
use crate::config::LogFormat;
use crate::domain::moment::Day;

/// Writes events as lines of one format.
pub(super) struct Line {
    format: LogFormat,
}

/// The fields of one event, as they are written after the message.
struct Fields {
    format: LogFormat,
    message: String,
    rest: String,
}

impl Line {
    pub(super) fn new(format: LogFormat) -> Self {
        Self { format }
    }
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields { format: self.format, message: String::new(), rest: String::new() };
        event.record(&mut fields);
        let Fields { format, message, rest } = fields;
        let level = event.metadata().level();
        let time = Utc(clock::now().unix_millis);
        match format {
            LogFormat::Logfmt => writeln!(writer, "time={time} level={level} msg={}{rest}", Logfmt(&message)),
            LogFormat::Json => {
                writeln!(writer, r#"{{"time":"{time}","level":"{level}","msg":{}{rest}}}"#, Quoted(&message))
            }
        }
    }
}

impl Fields {
    /// A value that needs no quotes in either format.
    fn bare(&mut self, field: &Field, value: impl fmt::Display) {
        let name = field.name();
        // Writing to a string does not fail.
        let _ = match self.format {
            LogFormat::Logfmt => write!(self.rest, " {name}={value}"),
            LogFormat::Json => write!(self.rest, r#","{name}":{value}"#),
        };
    }

    fn text(&mut self, field: &Field, text: &str) {
        if field.name() == "message" {
            text.clone_into(&mut self.message);
            return;
        }
        match self.format {
            LogFormat::Logfmt => self.bare(field, Logfmt(text)),
            LogFormat::Json => self.bare(field, Quoted(text)),
        }
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.bare(field, value);
        } else {
            self.text(field, &value.to_string());
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.bare(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.bare(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.bare(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, &format!("{value:?}"));
    }
}

/// A text in quotes if logfmt needs them.
struct Logfmt<'a>(&'a str);

impl fmt::Display for Logfmt<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let odd = |char: char| matches!(char, '=' | '"' | '\\') || char.is_whitespace() || unseen(char);
        if self.0.is_empty() || self.0.contains(odd) {
            Quoted(self.0).fmt(formatter)
        } else {
            formatter.write_str(self.0)
        }
    }
}

/// A text in quotes, escaped as JSON and logfmt both read it.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_char('"')?;
        for char in self.0.chars() {
            match char {
                '"' => formatter.write_str("\\\"")?,
                '\\' => formatter.write_str("\\\\")?,
                '\n' => formatter.write_str("\\n")?,
                '\r' => formatter.write_str("\\r")?,
                '\t' => formatter.write_str("\\t")?,
                char if unseen(char) => write!(formatter, "\\u{:04x}", u32::from(char))?,
                char => formatter.write_char(char)?,
            }
        }
        formatter.write_char('"')
    }
}

/// Control characters, and those that break lines, turn the direction of writing or show nothing.
fn unseen(char: char) -> bool {
    let hidden = '\u{200b}'..='\u{200f}';
    let separators_and_directions = '\u{2028}'..='\u{202e}';
    let joiners_and_isolates = '\u{2060}'..='\u{206f}';
    char.is_control()
        || hidden.contains(&char)
        || separators_and_directions.contains(&char)
        || joiners_and_isolates.contains(&char)
        || matches!(char, '\u{ad}' | '\u{61c}' | '\u{feff}')
}

/// Milliseconds since 1970, written as 2026-11-23T18:00:00.123Z.
struct Utc(u64);

impl fmt::Display for Utc {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.0 / 1000, self.0 % 1000);
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        write!(formatter, "{}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z", Day::of_unix_seconds(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(unix_millis: u64, expected: &str) {
        assert_eq!(Utc(unix_millis).to_string(), expected);
    }

    #[test]
    fn the_calendar_knows_leap_days_and_turns_of_the_year() {
        check(0, "1970-01-01T00:00:00.000Z");
        check(951_782_400_000, "2000-02-29T00:00:00.000Z");
        check(1_709_251_199_999, "2024-02-29T23:59:59.999Z");
        check(1_735_689_599_999, "2024-12-31T23:59:59.999Z");
        check(1_795_456_800_123, "2026-11-23T18:00:00.123Z");
        check(4_107_542_400_000, "2100-03-01T00:00:00.000Z");
    }
}

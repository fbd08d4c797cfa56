//! Logging: events of this crate, one line each, to stderr.
//!
//! Only this crate's own events are ever written. The crates beneath log requests, and a request of theirs can hold ids
//! of people and tokens, so no level lets them through. A line is logfmt or JSON with the same keys; how it is written
//! is in `line`.
//!
//! A panic is logged as one line with its place and thread. Its payload is left out: a payload is made of whatever value
//! was at hand, which could be somebody's, and the place is enough to find the fault.

mod line;

use std::panic::{self, PanicHookInfo};

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};

use crate::config::{Log, LogLevel};

/// The target of this crate's events: the library's, and the binary's, which has the same name.
const OWN: &str = env!("CARGO_CRATE_NAME");

/// Starts to log to stderr, for the whole process and once. A second call changes nothing.
pub fn install(log: Log) {
    if tracing::subscriber::set_global_default(subscriber(log, std::io::stderr)).is_ok() {
        panic::set_hook(Box::new(log_panic));
    }
}

/// Writes the lines of this crate's events to `writer`.
pub(crate) fn subscriber<W>(log: Log, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let level = match log.level {
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Error => LevelFilter::ERROR,
    };
    let lines = tracing_subscriber::fmt::layer()
        .event_format(line::Line::new(log.format))
        .with_writer(writer)
        // It would be printed to stderr, and a panic if that is closed.
        .log_internal_errors(false);
    let own = Targets::new().with_target(OWN, level);
    tracing_subscriber::registry().with(own.and_then(lines))
}

fn log_panic(info: &PanicHookInfo<'_>) {
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    tracing::error!(location, thread, "A task of the exporter failed inside; report this line");
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::process::Command;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::config::LogFormat;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("unpoisoned").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What `events` write, with the time replaced by `T`.
    fn check(level: LogLevel, format: LogFormat, events: impl FnOnce(), expected: &str) {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = subscriber(Log { level, format }, move || writer.clone());
        tracing::subscriber::with_default(subscriber, events);
        let text = String::from_utf8(written.0.lock().expect("unpoisoned").clone()).expect("UTF-8");
        let timeless = text.lines().map(|line| {
            let start = line.find("20").expect("a year");
            assert!(line[start..].starts_with("20") && &line[start + 23..=start + 23] == "Z", "{line}");
            format!("{}T{}\n", &line[..start], &line[start + 24..])
        });
        assert_eq!(timeless.collect::<String>(), expected);
    }

    #[test]
    fn a_line_is_logfmt_with_time_level_and_message_first() {
        check(
            LogLevel::Debug,
            LogFormat::Logfmt,
            || {
                tracing::info!(tenant = "contoso", users = 3, share = 0.5, up = true, "Cycle ended");
                tracing::debug!(took = ?std::time::Duration::from_millis(5), "");
            },
            "time=T level=INFO msg=\"Cycle ended\" tenant=contoso users=3 share=0.5 up=true\n\
             time=T level=DEBUG msg=\"\" took=5ms\n",
        );
    }

    #[test]
    fn a_json_line_has_the_same_keys() {
        check(
            LogLevel::Info,
            LogFormat::Json,
            || tracing::warn!(tenant = "R & \"D\"", users = 3, share = f64::NAN, up = false, "Cycle ended"),
            "{\"time\":\"T\",\"level\":\"WARN\",\"msg\":\"Cycle ended\",\"tenant\":\"R & \\\"D\\\"\",\"users\":3,\
             \"share\":\"NaN\",\"up\":false}\n",
        );
    }

    #[test]
    fn an_event_is_one_line_whatever_a_field_holds() {
        let hostile = "a\r\nlevel=ERROR \"x\\\u{1b}[31m\u{2028}\u{202e}\u{0}ü🌍";
        check(
            LogLevel::Info,
            LogFormat::Logfmt,
            || tracing::info!(hostile, debug = ?"\n", plain = "ü🌍", empty = "", "a\nb"),
            "time=T level=INFO msg=\"a\\nb\" hostile=\"a\\r\\nlevel=ERROR \\\"x\\\\\\u001b[31m\\u2028\\u202e\\u0000ü🌍\" \
             debug=\"\\\"\\\\n\\\"\" plain=ü🌍 empty=\"\"\n",
        );
    }

    #[test]
    fn no_other_crate_is_ever_heard() {
        check(
            LogLevel::Debug,
            LogFormat::Logfmt,
            || {
                tracing::error!(target: "azure_core::http", "Bearer");
                tracing::error!(target: "hyper", "Bearer");
                tracing::error!(target: "teams_presence_exporter::graph", "Ours");
            },
            "time=T level=ERROR msg=Ours\n",
        );
    }

    #[test]
    fn less_important_events_are_not_written() {
        let events = || {
            tracing::info!("Less");
            tracing::warn!("Enough");
        };
        check(LogLevel::Warn, LogFormat::Logfmt, events, "time=T level=WARN msg=Enough\n");
    }

    /// Set for the copy of this test that shall fail.
    const PANICKING: &str = "TEAMS_PRESENCE_TEST_PANICS";

    #[test]
    #[expect(clippy::disallowed_methods, reason = "how the copy is told that it is one")]
    fn a_panic_is_one_line_without_its_payload() {
        if std::env::var_os(PANICKING).is_some() {
            install(Log { level: LogLevel::Info, format: LogFormat::Logfmt });
            panic!("ada@contoso.example");
        }
        let myself = std::env::current_exe().expect("a path");
        let mut copy = Command::new(myself);
        copy.args(["--exact", "logging::tests::a_panic_is_one_line_without_its_payload"]).env(PANICKING, "1");
        let output = copy.output().expect("a run");
        assert!(!output.status.success());
        let written = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(written.lines().count(), 1, "{written}");
        assert!(written.contains("level=ERROR msg=\"A task of the exporter failed inside"), "{written}");
        assert!(written.contains("location=src/logging.rs:"), "{written}");
        assert!(!written.contains("ada"), "{written}");
    }
}

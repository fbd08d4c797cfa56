//! Progress: one line that says what is being waited for, written over by the next and wiped in the end.
//!
//! Only where somebody looks on: to a pipe nothing is written. It needs nothing of a terminal but that a carriage return
//! leads to the line's beginning.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use crate::domain::tenant::TenantName;

/// The longest line, in characters: one less than a terminal has, which might else begin a new one.
const LONGEST: usize = 79;

/// Where progress is shown, if anywhere.
pub struct Progress(Option<Mutex<Line>>);

struct Line {
    terminal: Box<dyn Write + Send>,
    /// How many characters of it are to be wiped.
    written: usize,
}

impl Progress {
    /// Progress on this terminal, or none.
    #[must_use]
    pub fn on(terminal: Option<Box<dyn Write + Send>>) -> Self {
        Self(terminal.map(|terminal| Mutex::new(Line { terminal, written: 0 })))
    }

    /// Says what is being waited for.
    pub(super) fn say(&self, tenant: &TenantName, what: &str) {
        let line: String = format!("{tenant}: {what} ...").chars().take(LONGEST).collect();
        self.write(&line);
    }

    /// Leaves the line as it was before.
    pub(super) fn wipe(&self) {
        self.write("");
    }

    fn write(&self, text: &str) {
        let Some(line) = &self.0 else { return };
        let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
        let length = text.chars().count();
        let rest = " ".repeat(line.written.saturating_sub(length));
        let back = if text.is_empty() { "\r" } else { "" };
        if length + line.written > 0 {
            // Where nobody can be told, nobody is.
            drop(write!(line.terminal, "\r{text}{rest}{back}").and_then(|()| line.terminal.flush()));
        }
        line.written = length;
    }
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(if self.0.is_some() { "Progress(shown)" } else { "Progress(not shown)" })
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use super::*;

    #[derive(Clone, Default)]
    struct Terminal(Arc<Mutex<Vec<u8>>>);

    impl Write for Terminal {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("unpoisoned").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_written_over_by_the_next_and_wiped() {
        let terminal = Terminal::default();
        let progress = Progress::on(Some(Box::new(terminal.clone())));
        let tenant = TenantName::parse("contoso").expect("a name");
        progress.wipe();
        progress.say(&tenant, "users");
        progress.say(&tenant, "me");
        progress.wipe();
        let written = String::from_utf8(terminal.0.lock().expect("unpoisoned").clone()).expect("UTF-8");
        assert_eq!(written, "\rcontoso: users ...\rcontoso: me ...   \r               \r");
    }

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        let terminal = Terminal::default();
        let progress = Progress::on(Some(Box::new(terminal.clone())));
        progress.say(&TenantName::parse(&"x".repeat(128)).expect("a name"), "listing users");
        assert_eq!(terminal.0.lock().expect("unpoisoned").len(), 80);
    }
}

//! OpenMetrics: pages of the text format 0.0.4 with their times, family by family, as promtool reads them.
//!
//! What OpenMetrics wants otherwise: a counter's family is named without `_total`, a family stands together, and the end is
//! said. Samples are left as they are but for their time.

use std::io::Write as _;

/// Pages on top of each other.
#[derive(Debug, Default)]
pub(crate) struct Book {
    families: Vec<Family>,
}

/// One family of all pages.
#[derive(Debug)]
struct Family {
    name: String,
    text: Vec<u8>,
}

impl Book {
    /// Adds the page of an instant, in seconds since 1970. Instants come in their order.
    pub(crate) fn add(&mut self, page: &str, instant: u64) {
        let (mut current, mut help) = (None, "");
        for line in page.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                help = rest.split_once(' ').map_or("", |(_, help)| help);
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap_or((rest, "unknown"));
                current = Some(self.family(name, kind, std::mem::take(&mut help)));
            } else if let Some(place) = current {
                let family: &mut Family = &mut self.families[place];
                // A vector takes everything.
                drop(writeln!(family.text, "{line} {instant}"));
            }
        }
    }

    /// All of it.
    pub(crate) fn into_text(self) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.families.iter().map(|family| family.text.len()).sum::<usize>() + 6);
        for family in self.families {
            text.extend_from_slice(&family.text);
        }
        text.extend_from_slice(b"# EOF\n");
        text
    }

    fn family(&mut self, name: &str, kind: &str, help: &str) -> usize {
        if let Some(place) = self.families.iter().position(|family| family.name == name) {
            return place;
        }
        let called = if kind == "counter" { name.strip_suffix("_total").unwrap_or(name) } else { name };
        let help = if help.is_empty() { String::new() } else { format!("# HELP {called} {help}\n") };
        let text = format!("# TYPE {called} {kind}\n{help}").into_bytes();
        self.families.push(Family { name: name.to_owned(), text });
        self.families.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_family_by_family_with_their_times() {
        let page = |busy, seconds| {
            format!(
                "# HELP users Users.\n# TYPE users gauge\nusers{{word=\"a b\"}} {busy}\n\
                 # HELP time_total Time.\n# TYPE time_total counter\ntime_total {seconds}\n"
            )
        };
        let mut book = Book::default();
        book.add(&page(3, 1.5), 60);
        book.add(&page(4, 2.5), 120);
        let text = String::from_utf8(book.into_text()).expect("text");
        assert_eq!(
            text,
            "# TYPE users gauge\n# HELP users Users.\nusers{word=\"a b\"} 3 60\nusers{word=\"a b\"} 4 120\n\
             # TYPE time counter\n# HELP time Time.\ntime_total 1.5 60\ntime_total 2.5 120\n# EOF\n"
        );
    }
}

//! A board as its file has it: panels, targets and variables, read and not judged.

use serde_json::{Map, Value};

use crate::tidy;

/// A file in `dashboards/`.
#[derive(Clone)]
pub(crate) struct Board {
    /// Its name without folder and ending, such as `occupancy`.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) json: Value,
}

/// A panel, and on which board it is.
#[derive(Clone, Copy)]
pub(crate) struct Panel<'b> {
    board: &'b Board,
    pub(crate) json: &'b Value,
}

/// A query of a panel.
#[derive(Clone, Copy)]
pub(crate) struct Target<'b> {
    pub(crate) panel: Panel<'b>,
    pub(crate) json: &'b Value,
}

impl Board {
    /// All that there are, sorted by name.
    pub(crate) fn all() -> Vec<Self> {
        let boards: Vec<Self> = tidy::files("dashboards", ".json")
            .iter()
            .map(|path| {
                let name = path.trim_start_matches("dashboards/").trim_end_matches(".json");
                Self::parse(name, &tidy::read(path))
            })
            .collect();
        assert!(!boards.is_empty(), "no board was found: this test has lost its way");
        boards
    }

    /// One of this text.
    pub(crate) fn parse(name: &str, text: &str) -> Self {
        let json = serde_json::from_str(text).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        Self { name: name.to_owned(), text: text.to_owned(), json }
    }

    /// Its panels, those in collapsed rows included.
    pub(crate) fn panels(&self) -> Vec<Panel<'_>> {
        let mut panels = Vec::new();
        for json in list(&self.json["panels"]) {
            panels.push(Panel { board: self, json });
            panels.extend(list(&json["panels"]).iter().map(|json| Panel { board: self, json }));
        }
        panels
    }

    /// Its variables.
    pub(crate) fn variables(&self) -> &[Value] {
        list(&self.json["templating"]["list"])
    }

    /// The variable of this name.
    pub(crate) fn variable(&self, name: &str) -> Option<&Value> {
        self.variables().iter().find(|variable| variable["name"] == name)
    }

    /// A fault of the board as a whole, told.
    pub(crate) fn fault(&self, what: &str) -> String {
        format!("{}: {what}", self.name)
    }
}

impl<'b> Panel<'b> {
    pub(crate) fn board(&self) -> &'b Board {
        self.board
    }

    /// Where it is, for whoever looks for it.
    pub(crate) fn place(&self) -> String {
        format!("{}: {}", self.board.name, self.title())
    }

    pub(crate) fn title(&self) -> &'b str {
        text(&self.json["title"])
    }

    pub(crate) fn kind(&self) -> &'b str {
        text(&self.json["type"])
    }

    /// Whether it shows data, as rows and texts do not.
    pub(crate) fn shows_data(&self) -> bool {
        !matches!(self.kind(), "row" | "text")
    }

    pub(crate) fn targets(self) -> Vec<Target<'b>> {
        list(&self.json["targets"]).iter().map(|json| Target { panel: self, json }).collect()
    }

    pub(crate) fn overrides(&self) -> &'b [Value] {
        list(&self.json["fieldConfig"]["overrides"])
    }

    /// A fault of the panel, told with its number where two could be called alike.
    pub(crate) fn fault(&self, what: &str) -> String {
        format!("{} (panel {}): {what}", self.place(), self.json["id"])
    }
}

impl<'b> Target<'b> {
    pub(crate) fn expression(&self) -> &'b str {
        text(&self.json["expr"])
    }

    /// Which of the panel's queries it is.
    pub(crate) fn letter(&self) -> &'b str {
        text(&self.json["refId"])
    }

    pub(crate) fn place(&self) -> String {
        format!("{}: {}", self.panel.place(), self.letter())
    }
}

/// The elements of a list, none if it is none.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The text, empty if it is none.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The members of an object, none if it is none.
pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

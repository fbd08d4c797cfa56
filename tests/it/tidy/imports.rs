//! "Who may import whom": the table of docs/ARCHITECTURE.md, held against the paths in the code.
//!
//! The document is the only place where the table stands; this file knows how to read it and what it means. A module is a
//! file or folder right below src/; what its files say to each other is their own affair. Code for tests keeps to the
//! first column too, but may use every dev-dependency.

use super::Finding;
use super::source::{Route, Source};

const DOCUMENT: &str = "docs/ARCHITECTURE.md";
const OWN_NAME: &str = "teams_presence_exporter";

/// Crates that every module but those of the domain may use without a word in the table.
const ANYWHERE: [&str; 3] = ["tracing", "bytes", "thiserror"];
const STANDARD: [&str; 3] = ["std", "core", "alloc"];

/// The table: its rows in reading order.
pub(super) struct Table {
    rows: Vec<Row>,
}

struct Row {
    line: usize,
    modules: Vec<String>,
    inside: Vec<String>,
    outside: Vec<String>,
}

/// The crates that a manifest names, as they are spelt in code.
pub(super) struct Crates {
    normal: Vec<String>,
    dev: Vec<String>,
}

impl Crates {
    pub(super) fn parse(manifest: &str) -> Self {
        let section = |title: &str| {
            let lines = manifest.lines().skip_while(|line| line.trim() != title).skip(1);
            lines
                .take_while(|line| !line.starts_with('['))
                .filter_map(|line| line.split(['.', '=', ' ']).next())
                .filter(|name| !name.is_empty() && !name.starts_with('#'))
                .map(|name| name.replace('-', "_"))
                .collect()
        };
        Self { normal: section("[dependencies]"), dev: section("[dev-dependencies]") }
    }
}

impl Table {
    /// Reads the first table after the heading. The words in backticks count, the rest is for people; "all above" stands
    /// for every module of the rows before.
    pub(super) fn parse(document: &str) -> Self {
        let lines = document.lines().enumerate();
        let mut rows: Vec<Row> = Vec::new();
        let after_heading = lines.skip_while(|(_, line)| *line != "## Who may import whom");
        let table =
            after_heading.skip_while(|(_, line)| !line.starts_with('|')).take_while(|(_, line)| line.starts_with('|'));
        for (index, line) in table.skip(2) {
            let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
            assert_eq!(cells.len(), 3, "{DOCUMENT}:{}: a row has three cells: module, inside, outside", index + 1);
            let mut inside = quoted(cells[1]);
            if cells[1].contains("all above") {
                inside.extend(rows.iter().flat_map(|row| row.modules.clone()));
            }
            rows.push(Row { line: index + 1, modules: quoted(cells[0]), inside, outside: quoted(cells[2]) });
        }
        assert!(!rows.is_empty(), "{DOCUMENT} has no table under \"## Who may import whom\"");
        Self { rows }
    }

    /// What a file uses and its row does not name.
    pub(super) fn check(&self, source: &Source, crates: &Crates) -> Vec<Finding> {
        let home = Home::of(&source.path);
        if home.module == "lib" {
            return Vec::new(); // the map names everything
        }
        let Some(row) = self.row(&home.module) else {
            let what = format!(
                "`{}` has no row in the table \"Who may import whom\": add one to {DOCUMENT} (a design decision, in a commit \
                 of its own)",
                home.module
            );
            return vec![Finding { path: source.path.clone(), line: 1, what }];
        };
        let mut findings = Vec::new();
        for route in source.routes() {
            let fault = match home.reaches(&route) {
                Some(target) => self.inside_fault(&home, row, target),
                None => outside_fault(&home, row, &route, crates),
            };
            findings.extend(fault.map(|what| Finding { path: source.path.clone(), line: route.line, what }));
        }
        findings.dedup();
        findings
    }

    /// Rows that name a module which comes later, or which is not there: with neither, there can be no circle.
    pub(super) fn circles(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            for name in &row.inside {
                let is_before = self.rows[..index].iter().any(|other| other.modules.contains(name));
                if !is_before && !row.modules.contains(name) {
                    let what =
                        format!("the row of `{}` imports `{name}`, which no row above has", row.modules.join("`, `"));
                    findings.push(Finding { path: DOCUMENT.to_owned(), line: row.line, what });
                }
            }
        }
        findings
    }

    /// Crates that the table names and the manifest does not: a row that speaks of yesterday.
    pub(super) fn strangers(&self, crates: &Crates) -> Vec<Finding> {
        let strangers = self.rows.iter().flat_map(|row| row.outside.iter().map(move |name| (row.line, name)));
        strangers
            .filter(|(_, name)| !crates.normal.contains(name))
            .map(|(line, name)| {
                let what = format!("Cargo.toml does not depend on `{name}`: take it out of the row");
                Finding { path: DOCUMENT.to_owned(), line, what }
            })
            .collect()
    }

    /// Crates that a row names and no file of its modules uses. A row whose modules are not there yet may name any.
    pub(super) fn unused(&self, sources: &[Source]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for row in &self.rows {
            let is_of_row = |source: &&Source| row.modules.contains(&Home::of(&source.path).module);
            let homes: Vec<&Source> = sources.iter().filter(is_of_row).collect();
            let routes: Vec<Route> = homes.iter().flat_map(|source| source.routes()).collect();
            let is_used =
                |name: &String| routes.iter().any(|route| route.leads_outside() && route.segments[0] == *name);
            for name in row.outside.iter().filter(|name| !homes.is_empty() && !is_used(name)) {
                let what = format!("`{}` does not use `{name}`: take it out of the row", row.modules.join("`, `"));
                findings.push(Finding { path: DOCUMENT.to_owned(), line: row.line, what });
            }
        }
        findings
    }

    /// Modules that lib.rs lists elsewhere than the table does.
    pub(super) fn order(&self, lib: &Source) -> Vec<Finding> {
        let reading: Vec<&String> = self.rows.iter().flat_map(|row| &row.modules).collect();
        let mut last = (0, "");
        let mut findings = Vec::new();
        for (line, name) in lib.declared() {
            let place = reading.iter().position(|module| *module == name);
            let what = match place {
                None => format!("`{name}` has no row in the table \"Who may import whom\" of {DOCUMENT}"),
                Some(place) if place < last.0 => {
                    format!("`mod {name}` comes before `mod {}` in the reading order, the table of {DOCUMENT}", last.1)
                }
                Some(place) => {
                    last = (place, name);
                    continue;
                }
            };
            findings.push(Finding { path: lib.path.clone(), line, what });
        }
        findings
    }

    fn row(&self, module: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.modules.iter().any(|name| name == module))
    }

    fn inside_fault(&self, home: &Home, row: &Row, target: &str) -> Option<String> {
        let is_permitted = target == home.module || row.inside.iter().any(|name| name == target);
        // What is not a module (a macro, a constant of lib.rs) is not in the table.
        (!is_permitted && self.row(target).is_some()).then(|| {
            format!(
                "`{}` may not import `{target}`: take what it needs as an argument, or change the table in {DOCUMENT} (a \
                 design decision, in a commit of its own)",
                home.module
            )
        })
    }
}

fn outside_fault(home: &Home, row: &Row, route: &Route, crates: &Crates) -> Option<String> {
    let first = &route.segments[0];
    let is_dev = crates.dev.contains(first);
    let is_known = crates.normal.contains(first) || is_dev || STANDARD.contains(&first.as_str());
    let is_permitted = STANDARD.contains(&first.as_str())
        || row.outside.contains(first)
        || (home.module != "domain" && ANYWHERE.contains(&first.as_str()))
        || (is_dev && (route.in_test || home.is_for_tests));
    (route.leads_outside() && is_known && !is_permitted).then(|| {
        format!(
            "`{}` may not use the crate `{first}`: leave that to a module whose row names it, or change the table in \
             {DOCUMENT} (a design decision, in a commit of its own)",
            home.module
        )
    })
}

impl Route {
    /// Whether its first word may be a crate: a word alone is a variable or the like.
    fn leads_outside(&self) -> bool {
        self.segments.len() > 1 || self.is_use
    }
}

/// Which module a file belongs to, and how deep in it.
struct Home {
    module: String,
    depth: usize,
    is_for_tests: bool,
}

impl Home {
    fn of(path: &str) -> Self {
        let path = path.trim_start_matches("src/").trim_end_matches(".rs");
        let parts: Vec<&str> = path.trim_end_matches("/mod").split('/').collect();
        Self {
            module: parts[0].to_owned(),
            depth: parts.len(),
            is_for_tests: parts.iter().any(|part| *part == "tests" || part.ends_with("_tests")),
        }
    }

    /// The module right below the root that a path leads to, if it passes the root.
    fn reaches<'a>(&self, route: &'a Route) -> Option<&'a str> {
        let segments = &route.segments;
        let ups = segments.iter().take_while(|segment| *segment == "super").count();
        let at = match segments[0].as_str() {
            "crate" | OWN_NAME => 1,
            // `super` in src/a.rs is the root; each folder and each inline module on the way is one step more.
            "super" if ups >= self.depth + route.depth => ups,
            _ => return None,
        };
        segments.get(at).map(String::as_str)
    }
}

/// The words in backticks.
pub(super) fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "\
# A house

## Who may import whom

| module | inside | outside |
|---|---|---|
| `domain` | `domain` only | `uuid` |
| `graph`, `entra` | `domain` | `reqwest` |
| `web` | `domain` | |
| `app` | all above | |
";
    const MANIFEST: &str = "[dependencies]\nreqwest = \"1\"\ntracing.workspace = true\nserde-json = \"1\"\nuuid = \"1\"\n\n\
        [dev-dependencies]\nproptest = \"1\"\n";

    fn faults(path: &str, text: &str) -> Vec<String> {
        let findings = Table::parse(DOCUMENT).check(&Source::new(path, text), &Crates::parse(MANIFEST));
        findings.iter().map(ToString::to_string).collect()
    }

    #[track_caller]
    fn refused(path: &str, text: &str, words: &str) {
        let faults = faults(path, text);
        assert!(faults.len() == 1 && faults[0].contains(words), "{text}: {faults:?}");
    }

    #[test]
    fn what_the_table_names_is_permitted() {
        let none: [&str; 0] = [];
        assert_eq!(faults("src/graph.rs", "use crate::domain::User;\nuse reqwest::Client;\nuse std::fmt;"), none);
        assert_eq!(faults("src/graph/users.rs", "use super::wire::Page;\nuse crate::graph::error::E;"), none);
        assert_eq!(faults("src/web.rs", "//! crate::graph\nfn f() { tracing::info!(\"crate::graph::f\") }"), none);
        assert_eq!(faults("src/app.rs", "use crate::{domain, graph::Client, web};"), none);
        assert_eq!(faults("src/web.rs", "#[cfg(test)]\nmod tests { use super::*; use proptest::prelude::*; }"), none);
        assert_eq!(faults("src/web.rs", "fn f() -> u8 { crate::SIZE }"), none);
    }

    #[test]
    fn a_scrape_cannot_reach_graph() {
        refused("src/web.rs", "\nuse crate::graph::Client;", "src/web.rs:2: `web` may not import `graph`");
        refused("src/web/routes.rs", "use crate::{domain, graph};", "`web` may not import `graph`");
        refused("src/web.rs", "fn f() { crate::graph::get() }", "`web` may not import `graph`");
        refused("src/web/routes.rs", "use super::super::graph::Client;", "`web` may not import `graph`");
        refused("src/web.rs", "use super::graph;", "`web` may not import `graph`");
        refused("src/web.rs", "mod inner { use super::super::graph; }", "`web` may not import `graph`");
        refused("src/domain/user.rs", "use teams_presence_exporter::graph::X;", "`domain` may not import `graph`");
    }

    #[test]
    fn a_crate_that_the_row_does_not_name_is_refused() {
        refused("src/web.rs", "use reqwest::Client;", "`web` may not use the crate `reqwest`");
        refused("src/web.rs", "fn f() -> reqwest::Client { g() }", "`web` may not use the crate `reqwest`");
        refused("src/graph/wire.rs", "use serde_json;", "`graph` may not use the crate `serde_json`");
        refused("src/domain/user.rs", "use tracing::info;", "`domain` may not use the crate `tracing`");
        refused("src/web.rs", "use proptest::prelude::*;", "`web` may not use the crate `proptest`");
    }

    #[test]
    fn a_module_without_a_row_is_refused() {
        refused("src/utils.rs", "", "`utils` has no row");
    }

    #[test]
    fn a_table_that_goes_in_circles_is_refused() {
        let document = DOCUMENT.replace("| `graph`, `entra` | `domain` |", "| `graph`, `entra` | `domain`, `web` |");
        assert_eq!(Table::parse(DOCUMENT).circles(), []);
        assert_eq!(Table::parse(&document).circles().len(), 1);
    }

    #[test]
    fn a_row_with_a_crate_of_yesterday_is_refused() {
        let strangers = |document: &str| Table::parse(document).strangers(&Crates::parse(MANIFEST));
        assert_eq!(strangers(DOCUMENT), []);
        assert_eq!(strangers(&DOCUMENT.replace("`reqwest`", "`reqwest`, `curl`"))[0].line, 8);
    }

    #[test]
    fn a_row_with_a_crate_that_nobody_uses_is_refused() {
        let unused = |path: &str, text: &str| Table::parse(DOCUMENT).unused(&[Source::new(path, text)]);
        assert_eq!(unused("src/entra/roles.rs", "fn f() -> reqwest::Client { g() }"), []);
        assert_eq!(unused("src/graph.rs", "use reqwest::Client;"), []);
        assert_eq!(unused("src/web.rs", ""), []);
        for text in ["use crate::domain;", "fn f(reqwest: u8) {}", "// reqwest::Client"] {
            let findings = unused("src/graph.rs", text);
            assert_eq!((findings.len(), findings[0].line), (1, 8), "{text}");
            assert!(findings[0].what.contains("`graph`, `entra` does not use `reqwest`"), "{}", findings[0]);
        }
    }

    #[test]
    fn modules_out_of_order_are_refused() {
        let order = |text: &str| Table::parse(DOCUMENT).order(&Source::new("src/lib.rs", text));
        assert_eq!(order("pub mod domain;\nmod graph;\nmod app;"), []);
        assert!(order("mod graph;\npub mod domain;")[0].what.contains("`mod domain` comes before `mod graph`"));
        assert!(order("mod utils;")[0].what.contains("`utils` has no row"));
    }
}

//! The status page: how each tenant is doing, for a person with a browser.
//!
//! Static HTML without a script, every foreign word escaped. It shows what the metrics show, in words, and what the last
//! faults were and what to do about them; it cannot show a person, as the board knows none.

use std::fmt::{self, Write};

use super::Site;
use crate::board::Tenant;
use crate::domain::advice::Advice;
use crate::domain::moment::{Moment, Span};
use crate::telemetry::VERSION;

mod groups;

/// The style sheet of the page.
pub(super) const STYLE: &str = include_str!("status.css");

/// The page at `now`.
pub(super) fn page(site: &Site, now: Moment) -> String {
    let mut html = String::with_capacity(8 * 1024);
    // Writing to a string does not fail.
    let _ = write_page(&mut html, site, now);
    html
}

fn write_page(html: &mut String, site: &Site, now: Moment) -> fmt::Result {
    let metrics = Escaped(site.telemetry_path.trim_start_matches('/'));
    write!(
        html,
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Teams Presence Exporter</title>
<link rel="stylesheet" href="style.css">
</head>
<body>
<header>
<h1>Teams Presence Exporter</h1>
<p>Version {VERSION}</p>
</header>
<main>
<p>Tells Prometheus how available an organisation is in Microsoft Teams, and nothing about a person.</p>
<nav aria-label="Endpoints">
<ul>
<li><a href="{metrics}">Metrics</a> for Prometheus to scrape</li>
<li><a href="-/healthy">Health</a>: whether the exporter runs</li>
<li><a href="-/ready">Readiness</a>: whether every tenant has been read once</li>
</ul>
</nav>
<h2>Tenants</h2>
"#
    )?;
    for tenant in &site.board.shown().tenants {
        write_tenant(html, tenant, now)?;
    }
    html.write_str("</main>\n</body>\n</html>\n")
}

fn write_tenant(html: &mut String, tenant: &Tenant, now: Moment) -> fmt::Result {
    let snapshot = &tenant.snapshot;
    let (class, state) = match snapshot.cycle {
        None if tenant.directory.is_some() => ("down", "Down: users could not be listed yet"),
        None => ("waiting", "Waiting for the first cycle"),
        Some(_) if snapshot.up(now) => ("up", "Up"),
        Some(_) => ("down", "Down"),
    };
    let name = Escaped(snapshot.terms.tenant.as_str());
    writeln!(html, r#"<section class="{class}">"#)?;
    writeln!(html, r#"<h3><bdi>{name}</bdi> <span class="state">{state}</span></h3>"#)?;
    html.write_str("<dl>\n")?;
    let freshness = snapshot.freshness(now);
    let mut users = format!("{} tracked, {} answered", freshness.tracked(), freshness.counted());
    if freshness.held > 0 {
        write!(users, " ({} of them in an earlier cycle)", freshness.held)?;
    }
    if freshness.unanswerable > 0 {
        write!(users, ", {} unanswerable", freshness.unanswerable)?;
    }
    if snapshot.tally.quarantined > 0 {
        write!(users, " ({} of them rejected by Graph)", snapshot.tally.quarantined)?;
    }
    write_fact(html, "Users", &users)?;
    let read = snapshot.cycle.map_or("not yet".to_owned(), |cycle| {
        let (age, took) = (Span(now.since(cycle.ended)), Span(cycle.duration));
        format!("{age} ago, which took {took}; every {}", Span(snapshot.plan.interval))
    });
    write_fact(html, "Presence read", &read)?;
    let counts = match snapshot.counts(now).map(|tally| tally.oldest) {
        Some(Some(oldest)) => format!("shown; the oldest answer is {} old", Span(now.since(oldest))),
        Some(None) => "shown".to_owned(),
        None if snapshot.cycle.is_none() => "not yet".to_owned(),
        None => "not shown: too few users have a fresh answer".to_owned(),
    };
    write_fact(html, "Counts", &counts)?;
    let listed = snapshot.listed.map_or("not yet".to_owned(), |listed| {
        format!("{} ago; every {}", Span(now.since(listed)), Span(snapshot.terms.refresh_interval))
    });
    write_fact(html, "Users listed", &listed)?;
    if snapshot.listed.is_some() {
        write_fact(html, "Plan", &snapshot.plan.to_string())?;
    }
    groups::write(html, snapshot, now)?;
    html.write_str("</dl>\n")?;
    if let Some(remedy) = snapshot.plan.remedy(&snapshot.terms) {
        let what = "not everybody can be asked about before answers are too old";
        write_fault(html, "Plan", what, &remedy)?;
    }
    if let Some(advice) = &tenant.directory {
        let held = snapshot.listed.and_then(|listed| Advice::held(snapshot.plan.users, now.since(listed)));
        let what = [advice.what.as_str(), &held.unwrap_or_default()].concat();
        write_fault(html, "Listing users", &what, &advice.action)?;
    }
    for advice in &*tenant.groups {
        write_fault(html, "Listing members", &advice.what, &advice.action)?;
    }
    if let Some(advice) = &tenant.presence {
        write_fault(html, "Reading presence", &advice.what, &advice.action)?;
    }
    html.write_str("</section>\n")
}

fn write_fact(html: &mut String, name: &str, value: &str) -> fmt::Result {
    writeln!(html, "<div><dt>{name}</dt><dd>{value}</dd></div>")
}

fn write_fault(html: &mut String, task: &str, what: &str, action: &str) -> fmt::Result {
    let (what, action) = (Escaped(what), Escaped(action));
    writeln!(html, r#"<div class="fault"><p><strong>{task}:</strong> {what}.</p><p>What to do: {action}.</p></div>"#)
}

/// A text that means itself in HTML, in attributes too.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.chars() {
            match char {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                '"' => formatter.write_str("&quot;")?,
                '\'' => formatter.write_str("&#39;")?,
                char => formatter.write_char(char)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_word_means_itself() {
        assert_eq!(Escaped(r#"<a href='x'>&"</a>"#).to_string(), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;");
    }
}

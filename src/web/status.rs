//! The status page: how available the tenants are and how each is doing, for a person with a browser.
//!
//! Static HTML without a script, every foreign word escaped. It shows what the metrics show, in words, and what the last
//! faults were and what to do about them; it cannot show a person, as the board knows none. What a reader chooses stands
//! in the address, so a page that refreshes itself stays the one that was chosen. Next: `choice`, then `tenant`.

mod choice;
mod overview;
mod tenant;
mod occupancy;
mod groups;
mod bars;
mod text;

use std::fmt::{self, Write};

use super::Site;
use super::address;
use crate::board::Tenant;
use crate::domain::moment::Now;
use crate::telemetry::{Access, VERSION};

pub(super) use choice::Choice;
use text::Escaped;

/// The style sheet of the page.
pub(super) const STYLE: &str = include_str!("status.css");

/// How often the page is asked for anew, in seconds, as the header `Refresh` says it. It is the shortest time that leaves
/// a reader alone for a while; presence is seldom read more often.
pub(super) const REFRESH: &str = "30";

/// The page at `now`.
pub(super) fn page(site: &Site, choice: &Choice, now: Now) -> String {
    let mut html = String::with_capacity(16 * 1024);
    // Writing to a string does not fail.
    let _ = write_page(&mut html, site, choice, now);
    html
}

fn write_page(html: &mut String, site: &Site, choice: &Choice, now: Now) -> fmt::Result {
    let shown = site.board.shown();
    let (all, chosen) = (&shown.tenants, choice.of(&shown.tenants));
    let choice = &choice.known(all);
    let title = match chosen {
        Some(tenant) => [tenant.snapshot.terms.tenant.as_str(), " \u{b7} "].concat(),
        None => String::new(),
    };
    write!(
        html,
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{}Teams Presence Exporter</title>
<link rel="stylesheet" href="style.css?{VERSION}">
</head>
<body>
"#,
        Escaped(&title)
    )?;
    write_header(html, site)?;
    html.write_str("<main>\n")?;
    write_time(html, choice, now)?;
    if choice.is_of_nobody(all) {
        html.write_str("<p class=\"none\">There is no such tenant; these are all.</p>\n")?;
    }
    if let Some(tenant) = chosen {
        let back = Choice { tenant: None, dimension: None, ..choice.clone() };
        let metrics = address::page(&site.telemetry_path, tenant.snapshot.terms.tenant.as_str());
        let metrics = Escaped(metrics.trim_start_matches('/'));
        let (back, tenants) = (back.link(), all.len());
        writeln!(
            html,
            r#"<p><a href="{back}">All {tenants} tenants</a> &middot; <a href="{metrics}">Its metrics</a></p>"#
        )?;
        tenant::write(html, tenant, &access(site, tenant), &choice.among(1), now)?;
    } else {
        if all.len() > 1 {
            overview::write(html, all, choice, now.moment)?;
        }
        for tenant in all {
            tenant::write(html, tenant, &access(site, tenant), &choice.among(all.len()), now)?;
        }
    }
    html.write_str(
        "</main>\n<footer>\n<p>How to read it: away is not absent, offline may be a closed laptop or somebody who chose to \
         appear offline, and available is not idle. These are counts; no person is shown.</p>\n</footer>\n</body>\n</html>\n",
    )
}

/// How a tenant's application gets in.
fn access(site: &Site, tenant: &Tenant) -> Access {
    site.telemetry.access(&tenant.snapshot.terms.tenant)
}

fn write_header(html: &mut String, site: &Site) -> fmt::Result {
    let metrics = Escaped(site.telemetry_path.trim_start_matches('/'));
    write!(
        html,
        r#"<header>
<h1>Teams Presence Exporter</h1>
<p>Tells Prometheus how available an organisation is in Microsoft Teams, and nothing about a person. Version&nbsp;{VERSION}</p>
<nav aria-label="Endpoints">
<ul>
<li><a href="{metrics}">Metrics</a> for Prometheus</li>
<li><a href="-/healthy">Health</a>: does it run?</li>
<li><a href="-/ready">Readiness</a>: was every tenant read once?</li>
<li><a href="config">Configuration</a>, without secrets</li>
</ul>
</nav>
</header>
"#
    )
}

/// When the page was made, and whether it is made anew by itself: who reads slowly can stop it.
fn write_time(html: &mut String, choice: &Choice, now: Now) -> fmt::Result {
    let seconds = now.unix_millis / 1000;
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let other = Choice { still: !choice.still, ..choice.clone() }.link();
    let (what, offer) = if choice.still {
        ("The page stands still.".to_owned(), "Refresh it by itself")
    } else {
        (format!("The page refreshes itself every {REFRESH}&nbsp;s."), "Stop refreshing")
    };
    writeln!(
        html,
        "<p class=\"time\">As of {hour:02}:{minute:02}:{second:02}&nbsp;UTC. {what} <a href=\"{other}\">{offer}</a></p>"
    )
}

//! The status page as people meet it: in Chromium, wide and on a phone, light and dark, with a keyboard and read aloud.
//!
//! Pictures of what was seen are left in `target/tmp`, for whoever changes the page to look at.

use std::path::Path;

use serde_json::Value;

use super::browser::{Browser, Window};
use super::scenes::{HOSTILE, calm, fifty, hostile, troubled};
use super::served::Served;
use crate::tools::tool;

const WINDOWS: [Window; 4] = [
    Window { width: 1280, scheme: "light" },
    Window { width: 1280, scheme: "dark" },
    Window { width: 360, scheme: "light" },
    Window { width: 360, scheme: "dark" },
];

/// What sticks out of a window of `WIDTH` to either side, by what it says. That is not asked of the browser: a phone makes
/// its window as wide as what is in it.
const OUTSIDE: &str = "[...document.body.querySelectorAll('*')].filter(element => {
    const box = element.getBoundingClientRect();
    return box.right > WIDTH + 0.5 || box.left < -0.5;
}).map(element => element.tagName + ': ' + element.textContent.slice(0, 80))
    .concat(document.documentElement.scrollWidth > WIDTH ? ['it scrolls sideways'] : [])";

/// The rules of axe-core that the page breaks, or may: each with where.
const BROKEN: &str = "axe.run(document, {preload: false}).then(found =>
    found.violations.concat(found.incomplete).map(rule =>
        rule.id + ' (' + rule.help + '): ' + rule.nodes.map(node => node.target + ' ' + (node.any[0] || {}).message).join(', ')))";

/// A text list that a script made.
fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// The address of a page that stands still: one that refreshes itself would go while a slow machine looks at it.
fn still(served: &Served, path: &str) -> String {
    let more = if path.contains('?') { "&" } else { "?" };
    format!("http://{}{path}{more}refresh=off", served.address)
}

/// Holds a page of a scene against everything that holds of every page.
fn check(browser: &mut Browser, served: &Served, path: &str, picture: &str) {
    check_in(&WINDOWS, browser, served, path, picture);
}

/// The same in these windows only, for pages that take long.
fn check_in(windows: &[Window], browser: &mut Browser, served: &Served, path: &str, picture: &str) {
    let axe = std::fs::read_to_string(tool("axe.min.js")).unwrap();
    for &window in windows {
        let Window { width, scheme } = window;
        let at = format!("{path} at {width}, {scheme}");
        browser.resize(window);
        browser.open(&still(served, path));
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("status-{picture}-{width}-{scheme}.png"));
        browser.draw(&file);
        assert_eq!(browser.complaints(), Vec::<String>::new(), "{at}");
        assert_eq!(texts(&browser.evaluate(&OUTSIDE.replace("WIDTH", &width.to_string()))), Vec::<&str>::new(), "{at}");
        browser.evaluate(&axe);
        assert_eq!(texts(&browser.evaluate(BROKEN)), Vec::<&str>::new(), "{at}");
    }
}

#[test]
fn the_page_of_a_calm_tenant_can_be_read_by_everybody() {
    let (mut browser, served) = (Browser::start(), calm());
    check(&mut browser, &served, "/?dimension=office", "calm");
    check(&mut browser, &served, "/?dimension=on_call", "duty");
    check_in(&[WINDOWS[1], WINDOWS[2]], &mut browser, &served, "/", "groups");
}

#[test]
fn the_page_of_tenants_in_trouble_can_be_read_by_everybody() {
    check(&mut Browser::start(), &troubled(), "/", "troubled");
}

#[test]
fn the_page_of_hostile_names_can_be_read_by_everybody() {
    let (mut browser, served) = (Browser::start(), hostile());
    check(&mut browser, &served, "/", "hostile");
    for (number, name) in HOSTILE.iter().enumerate() {
        browser.open(&still(&served, "/"));
        let link = browser.evaluate(&format!("document.querySelectorAll('.tenants a')[{number}].href"));
        browser.open(link.as_str().unwrap());
        let named = "[...document.querySelectorAll('h2 bdi')].map(name => name.textContent)";
        assert_eq!(texts(&browser.evaluate(named)), [*name]);
        let link = browser.evaluate("document.querySelectorAll('section li a')[1].href");
        let address = served.address.to_string();
        let path = link.as_str().unwrap().split_once(&address).unwrap().1.split('#').next().unwrap().to_owned();
        check_in(&WINDOWS[number..=number], &mut browser, &served, &path, "hostile-groups");
        assert_eq!(browser.evaluate("document.querySelector('caption bdi').textContent"), *name);
    }
}

#[test]
fn the_page_of_fifty_tenants_can_be_read_by_everybody() {
    let (mut browser, served) = (Browser::start(), fifty());
    check_in(&[WINDOWS[0], WINDOWS[3]], &mut browser, &served, "/", "fifty");
    check(&mut browser, &served, "/?tenant=tenant-01.onmicrosoft.com&dimension=office", "one-of-fifty");
}

#[test]
fn every_link_is_reached_by_the_keyboard_in_the_order_of_the_page_and_is_seen_to_be() {
    let (mut browser, served) = (Browser::start(), troubled());
    browser.resize(WINDOWS[0]);
    browser.open(&still(&served, "/"));
    let links = browser.evaluate("[...document.querySelectorAll('a')].map(link => link.textContent)");
    for link in texts(&links) {
        browser.press("Tab");
        let focused = browser.evaluate(
            "(() => { const style = getComputedStyle(document.activeElement);
                return [document.activeElement.textContent, style.outlineStyle, style.outlineWidth] })()",
        );
        assert_eq!(texts(&focused), [link, "solid", "3px"]);
    }
}

#[test]
fn the_page_asks_for_itself_anew_until_it_is_told_to_stand_still() {
    let (mut browser, served) = (Browser::start(), calm());
    let mut refreshes = |path: &str| {
        browser.open(&format!("http://{}{path}", served.address));
        let planned = browser.events("Page.frameScheduledNavigation");
        planned.iter().map(|it| format!("{} {} {}", it["reason"], it["delay"], it["url"])).collect::<Vec<_>>()
    };
    let address = format!("http://{}/?dimension=office", served.address);
    assert_eq!(refreshes("/?dimension=office"), [format!("\"httpHeaderRefresh\" 30 \"{address}\"")]);
    assert_eq!(refreshes("/?dimension=office&refresh=off"), Vec::<String>::new());
}

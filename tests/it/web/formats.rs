//! The metrics page in every format, of all tenants and of each alone.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use flate2::read::GzDecoder;
use teams_presence_exporter::board::Place;
use teams_presence_exporter::domain::tenant::TenantName;

use super::scenes::HOSTILE;
use super::served::{Reply, Served, now, read, serve, serve_at, unknown};
use super::without_process;
use crate::harness::{Exposition, Sample};

/// What Prometheus 3 says that it likes.
const OPENMETRICS: &str = "Accept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,*/*;q=0.2\r\n";

/// Several tenants, one of which is not read yet, and requests of two of them.
fn several() -> Served {
    let now = now();
    let served = serve_at(now, [read("contoso", now), read(HOSTILE[0], now), unknown("fabrikam")], 0);
    for (tenant, code) in [("contoso", "200"), ("fabrikam", "timeout")] {
        let name = TenantName::parse(tenant).unwrap();
        let telemetry = served.site.telemetry.tenant(&name, []);
        let operation = teams_presence_exporter::telemetry::Operation::Users;
        telemetry.request(operation, code, std::time::Duration::from_millis(700));
        telemetry.token(1_795_460_000.5, None);
    }
    served
}

fn unzipped(reply: &Reply) -> String {
    assert_eq!(reply.header("content-encoding"), "gzip");
    let mut page = String::new();
    GzDecoder::new(&*reply.body).read_to_string(&mut page).expect("gzip");
    page
}

/// The series of a page with their values, but for those of the process, which are the machine's.
fn series(page: &Exposition) -> BTreeMap<(String, BTreeMap<String, String>), u64> {
    let samples = page.families.iter().flat_map(|family| &family.samples);
    let lasting = samples.filter(|sample| !sample.name.starts_with("process_"));
    lasting.map(|Sample { name, labels, value }| ((name.clone(), labels.clone()), value.to_bits())).collect()
}

#[test]
fn both_formats_tell_the_same_series() {
    let served = several();
    let (text, openmetrics) = (served.get("/metrics", ""), served.get("/metrics", OPENMETRICS));
    assert_eq!(
        openmetrics.header("content-type"),
        "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"
    );
    assert_eq!(text.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let text = Exposition::parse(text.text()).expect("a page");
    let openmetrics = Exposition::parse_openmetrics(openmetrics.text()).expect("a page");
    assert_eq!(series(&openmetrics), series(&text.with_bounds_as_numbers()));
    let names = |page: &Exposition| page.families.iter().map(|family| family.name.clone()).collect::<BTreeSet<_>>();
    let expected: BTreeSet<String> = names(&text).iter().map(|name| stem(name).to_owned()).collect();
    assert_eq!(names(&openmetrics), expected);
}

fn stem(name: &str) -> &str {
    name.strip_suffix("_total").or(name.strip_suffix("_info")).unwrap_or(name)
}

#[test]
fn openmetrics_says_what_each_family_is_and_counts_in() {
    let page = several().get("/metrics", OPENMETRICS).text().to_owned();
    for expected in [
        "# TYPE teams_presence_build info\n# HELP teams_presence_build Constantly 1; the build is in the labels.\nteams_presence_build_info{",
        "# TYPE teams_presence_cycles counter\n# HELP teams_presence_cycles Cycles that ended, well or badly.\n\
         teams_presence_cycles_total{tenant=",
        "# TYPE teams_presence_availability_user_seconds counter\n# UNIT teams_presence_availability_user_seconds seconds\n",
        "# TYPE process_resident_memory_bytes gauge\n# UNIT process_resident_memory_bytes bytes\n",
        "# TYPE teams_presence_graph_request_duration_seconds histogram\n\
         # UNIT teams_presence_graph_request_duration_seconds seconds\n",
        "_bucket{operation=\"users\",tenant=\"contoso\",le=\"1.0\"} 1\n",
        "# TYPE teams_presence_availability_users gauge\n# HELP ",
    ] {
        assert!(page.contains(expected), "{expected} in {page}");
    }
    assert!(page.ends_with("\n# EOF\n") && !page.contains("_created"), "{page}");
}

#[test]
fn several_accept_headers_are_one() {
    let served = serve([], 0);
    let accept = "Accept: text/plain;q=0.3\r\nAccept: application/openmetrics-text;version=1.0.0;q=0.4\r\n";
    let reply = served.get("/metrics", accept);
    assert_eq!(reply.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert_eq!(reply.header("vary"), "Accept, Accept-Encoding");
    let mangled = served.get("/metrics", "Accept: \u{e9}\u{1f30d}/\"\\, application/openmetrics-text\r\n");
    assert_eq!(mangled.header("content-type"), "text/plain; version=0.0.4; charset=utf-8", "the quote has no end");
}

#[test]
fn what_changes_is_on_the_next_page_in_every_format() {
    let served = several();
    let name = TenantName::parse("contoso").unwrap();
    let telemetry = served.site.telemetry.tenant(&name, []);
    let pages = ["/metrics", "/metrics/contoso"].into_iter().flat_map(|path| ["", OPENMETRICS].map(|it| (path, it)));
    let pages: Vec<(&str, &str)> = pages.collect();
    for cycles in 1..4_u32 {
        telemetry.cycle(None);
        let mut snapshot = read("contoso", now());
        snapshot.tally.words[0] = Some(vec![("Busy".into(), cycles)]);
        served.site.board.publish(Place(0), snapshot, None, now());
        for (path, format) in &pages {
            // The second one is made of what is kept.
            for _ in 0..2 {
                let plain = served.get(path, format).text().to_owned();
                for expected in [
                    format!("\nteams_presence_cycles_total{{tenant=\"contoso\"}} {cycles}\n"),
                    format!(
                        "\nteams_presence_availability_users{{availability=\"Busy\",tenant=\"contoso\"}} {cycles}\n"
                    ),
                ] {
                    assert!(plain.contains(&expected), "{expected} on {path} {format}: {plain}");
                }
                let compressed = unzipped(&served.get(path, &format!("{format}Accept-Encoding: gzip\r\n")));
                assert_eq!(without_process(&compressed), without_process(&plain));
            }
        }
    }
}

#[test]
fn the_page_of_a_tenant_is_what_the_page_of_all_says_of_it() {
    let served = several();
    let whole = Exposition::parse(served.get("/metrics", "").text()).expect("a page");
    let whole = series(&whole);
    let hostile = "%3Cimg%20src%3Dx%20onerror%3D%27a%28%29%27%3E%20%22R%20%26%20D%22%20%5C%20%F0%9F%8C%8D";
    for (name, path) in [("contoso", "contoso"), ("fabrikam", "%66abrikam"), (HOSTILE[0], hostile)] {
        let of_it = whole.iter().filter(|((_, labels), _)| labels.get("tenant").is_some_and(|tenant| tenant == name));
        let of_it: BTreeMap<_, _> = of_it.map(|(series, value)| (series.clone(), *value)).collect();
        let path = format!("/metrics/{path}");
        let reply = served.get(&path, "");
        assert_eq!((reply.status, reply.header("content-type")), (200, "text/plain; version=0.0.4; charset=utf-8"));
        let page = Exposition::parse(reply.text()).expect("a page");
        assert_eq!(series(&page), of_it);
        assert!(!reply.text().contains("process_") && !reply.text().contains("_build_info"), "{}", reply.text());
        let samples = page.families.iter().map(|family| family.samples.len()).sum::<usize>();
        assert_eq!(samples, of_it.len(), "nothing else is on it");

        let openmetrics = served.get(&path, OPENMETRICS);
        let exposition = Exposition::parse_openmetrics(openmetrics.text()).expect("a page");
        assert_eq!(series(&exposition), series(&page.with_bounds_as_numbers()));
        let compressed = served.get(&path, &format!("{OPENMETRICS}Accept-Encoding: gzip\r\n"));
        assert_eq!(unzipped(&compressed), openmetrics.text());
        let head = served.ask(&format!("HEAD {path} HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n\r\n"));
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(head.header("content-length"), reply.header("content-length"));
    }
}

#[test]
fn nobody_has_the_page_of_a_tenant_that_there_is_not() {
    let served = several();
    for path in ["/metrics/Contoso", "/metrics/contoso%20", "/metrics/adatum", "/metrics/%20"] {
        let reply = served.get(path, "");
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(reply.text(), "No tenant has this name; the status page shows the names of all\n");
    }
    for path in ["/metrics/", "/metrics/contoso/", "/metrics/%zz", "/metrics/%ff", "/metricscontoso"] {
        let reply = served.get(path, "");
        assert_eq!(reply.status, 404, "{path}");
        assert!(reply.text().starts_with("Nothing is here. "), "{path}: {}", reply.text());
    }
    let posted = served.ask("POST /metrics/contoso HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n\r\n");
    assert_eq!((posted.status, posted.header("allow")), (405, "GET, HEAD"));
}

#[test]
fn the_status_page_of_a_tenant_leads_to_its_metrics() {
    let served = several();
    let choice = url::form_urlencoded::Serializer::new(String::new()).append_pair("tenant", HOSTILE[0]).finish();
    let page = served.get(&format!("/?{choice}"), "");
    let (_, link) = page.text().split_once("&middot; <a href=\"").expect("a link");
    let (link, rest) = link.split_once('"').expect("its end");
    assert!(rest.starts_with(">Its metrics</a>"), "{rest}");
    let metrics = served.get(&format!("/{link}"), "");
    assert_eq!(metrics.status, 200, "{link}");
    assert!(metrics.text().contains("onerror") && !metrics.text().contains("contoso"), "{}", metrics.text());
}

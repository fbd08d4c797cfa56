//! What the server answers, byte by byte, and how it ends.

mod browser;
mod formats;
mod grouped;
mod scenes;
mod seen;
pub(crate) mod served;
mod status;

use std::io::{Read, Write};

use flate2::read::GzDecoder;

use served::{Reply, ago, now, read, serve, serve_at, unknown, vast};

/// What the page says of a tenant's presence, whole.
const PRESENCE: &str = r#"# HELP teams_presence_availability_users Users by availability, as Microsoft Graph answered in the last cycles. Cached: read on a schedule, not by the scrape.
# TYPE teams_presence_availability_users gauge
teams_presence_availability_users{availability="Available",tenant="contoso"} 6
teams_presence_availability_users{availability="Away",tenant="contoso"} 3
# HELP teams_presence_activity_users Users by activity, as Microsoft Graph answered in the last cycles. Cached: read on a schedule, not by the scrape.
# TYPE teams_presence_activity_users gauge
teams_presence_activity_users{activity="InACall",tenant="contoso"} 9
# HELP teams_presence_out_of_office_users Users with an automatic out-of-office reply, as Microsoft Graph answered in the last cycles. Cached.
# TYPE teams_presence_out_of_office_users gauge
teams_presence_out_of_office_users{tenant="contoso"} 2
# HELP teams_presence_up 1 if the last cycle answered enough of the users and ended within two poll intervals, else 0.
# TYPE teams_presence_up gauge
teams_presence_up{tenant="contoso"} 1
# HELP teams_presence_tracked_users Users tracked, by how fresh their answer is; the presence counts cover current and held.
# TYPE teams_presence_tracked_users gauge
teams_presence_tracked_users{freshness="current",tenant="contoso"} 8
teams_presence_tracked_users{freshness="held",tenant="contoso"} 1
teams_presence_tracked_users{freshness="unanswered",tenant="contoso"} 0
teams_presence_tracked_users{freshness="unanswerable",tenant="contoso"} 1
# HELP teams_presence_last_success_timestamp_seconds When the last cycle that counts as up ended, in seconds since 1970.
# TYPE teams_presence_last_success_timestamp_seconds gauge
teams_presence_last_success_timestamp_seconds{tenant="contoso"} 1795456790
# HELP teams_presence_oldest_observation_timestamp_seconds When the oldest answer in the counts was given, in seconds since 1970.
# TYPE teams_presence_oldest_observation_timestamp_seconds gauge
teams_presence_oldest_observation_timestamp_seconds{tenant="contoso"} 1795456760
# HELP teams_presence_directory_timestamp_seconds When the users were last listed in full, in seconds since 1970.
# TYPE teams_presence_directory_timestamp_seconds gauge
teams_presence_directory_timestamp_seconds{tenant="contoso"} 1795456750
# HELP teams_presence_directory_refresh_interval_seconds How often the users are listed.
# TYPE teams_presence_directory_refresh_interval_seconds gauge
teams_presence_directory_refresh_interval_seconds{tenant="contoso"} 3600
# HELP teams_presence_cycle_duration_seconds How long the last cycle took.
# TYPE teams_presence_cycle_duration_seconds gauge
teams_presence_cycle_duration_seconds{tenant="contoso"} 4.2
# HELP teams_presence_poll_interval_seconds How often presence is read now: less often than configured where a cycle takes longer.
# TYPE teams_presence_poll_interval_seconds gauge
teams_presence_poll_interval_seconds{tenant="contoso"} 60
# HELP teams_presence_quarantined_users Users whom no batch can carry; they are tried again after the next listing.
# TYPE teams_presence_quarantined_users gauge
teams_presence_quarantined_users{tenant="contoso"} 1
# HELP teams_presence_min_group_size The fewest people of a tenant whose presence is counted; fewer show none.
# TYPE teams_presence_min_group_size gauge
teams_presence_min_group_size{tenant="contoso"} 5
# HELP teams_presence_graph_budget_requests Presence requests allowed in any 30 seconds, as learned: it falls on 429 and recovers slowly.
# TYPE teams_presence_graph_budget_requests gauge
teams_presence_graph_budget_requests{tenant="contoso"} 1200
# HELP teams_presence_graph_window_requests Presence requests in the fullest 30 seconds since the last cycle began.
# TYPE teams_presence_graph_window_requests gauge
teams_presence_graph_window_requests{tenant="contoso"} 3
# HELP teams_presence_planned_requests Presence requests that a cycle takes on the present directory.
# TYPE teams_presence_planned_requests gauge
teams_presence_planned_requests{tenant="contoso"} 1
"#;

/// The page without the families of the process, whose values are the machine's.
fn without_process(page: &str) -> String {
    let kept = page.lines().filter(|line| !line.contains("process_"));
    kept.flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn the_metrics_page_is_the_board_and_the_exporter_itself() {
    let now = now();
    let served = serve_at(now, [read("contoso", now)], 0);
    let reply = served.get("/metrics", "Accept: text/plain;version=0.0.4\r\n");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(reply.header("content-length"), reply.body.len().to_string());
    assert_eq!(reply.header("vary"), "Accept, Accept-Encoding");
    assert!(reply.header("date").ends_with(" GMT"));
    let (board, own) =
        reply.text().split_at(reply.text().find("# HELP teams_presence_build_info ").expect("the build"));
    // Person-time has a page of its own in `person_time`.
    let board: Vec<&str> = board.lines().filter(|line| !line.contains("_user_seconds_total")).collect();
    assert_eq!(board, PRESENCE.lines().collect::<Vec<_>>());
    for expected in ["teams_presence_cycles_total{tenant=\"contoso\"} 0", "# TYPE process_resident_memory_bytes gauge"]
    {
        assert!(own.lines().any(|line| line == expected), "{own}");
    }
}

#[test]
fn gzip_holds_the_same_page() {
    let served = serve([read("contoso", now())], 0);
    let reply = served.get("/metrics", "Accept-Encoding: deflate, gzip;q=0.8\r\n");
    assert_eq!((reply.status, reply.header("content-encoding")), (200, "gzip"));
    assert_eq!(reply.header("content-length"), reply.body.len().to_string());
    assert_eq!(reply.header("vary"), "Accept, Accept-Encoding");
    let mut page = String::new();
    GzDecoder::new(&*reply.body).read_to_string(&mut page).expect("gzip");
    assert_eq!(without_process(&page), without_process(served.get("/metrics", "").text()));
}

#[test]
fn gzip_that_is_refused_is_not_sent() {
    let served = serve([read("contoso", now())], 0);
    let reply = served.get("/metrics", "Accept-Encoding: gzip;q=0, *\r\n");
    assert_eq!((reply.status, reply.header("content-encoding")), (200, ""));
    assert!(reply.text().starts_with("# HELP teams_presence_availability_users "));
}

#[test]
fn a_fault_of_graph_is_no_fault_of_the_page() {
    let served = serve([unknown("contoso")], 0);
    let reply = served.get("/metrics", "");
    assert_eq!(reply.status, 200);
    assert!(reply.text().contains("teams_presence_up{tenant=\"contoso\"} 0\n"));
}

#[test]
fn head_is_answered_like_get_without_the_body() {
    let served = serve([read("contoso", now())], 0);
    for path in ["/", "/style.css", "/-/healthy", "/-/ready", "/nowhere"] {
        let get = served.get(path, "");
        let head = served.ask(&format!("HEAD {path} HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n\r\n"));
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        for name in ["content-length", "content-type", "cache-control", "content-security-policy", "refresh"] {
            assert_eq!(head.header(name), get.header(name), "{path}");
        }
    }
    let head = served.ask("HEAD /metrics HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n\r\n");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert!(head.header("content-length").parse::<usize>().expect("a length") > 1000);
}

#[test]
fn another_path_is_not_found_and_says_where_things_are() {
    let served = serve([], 0);
    for path in ["/metrics/", "//", "/Metrics", "/favicon.ico"] {
        let reply = served.get(path, "");
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(reply.text(), "Nothing is here. Metrics: /metrics; status: /; health: /-/healthy and /-/ready\n");
    }
}

#[test]
fn a_query_does_not_change_a_path() {
    assert_eq!(serve([], 0).get("/-/healthy?verbose=1", "").text(), "Healthy\n");
}

#[test]
fn another_method_is_told_which_ones_are_allowed() {
    let served = serve([], 0);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"] {
        let reply = served.ask(&format!(
            "{method} /metrics HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody"
        ));
        assert_eq!((reply.status, reply.header("allow")), (405, "GET, HEAD"), "{method}");
    }
}

#[test]
fn it_is_ready_after_the_first_cycle_of_every_tenant_and_healthy_all_along() {
    let served = serve([unknown("contoso"), unknown("fabrikam")], 0);
    let ready = || {
        let reply = served.get("/-/ready", "");
        (reply.status, reply.text().to_owned())
    };
    assert_eq!(served.get("/-/healthy", "").status, 200);
    assert_eq!(ready(), (503, "Not ready: 2 tenants have not ended their first cycle yet\n".to_owned()));
    served.site.readiness.of(1).concluded();
    assert_eq!(ready(), (503, "Not ready: 1 tenant has not ended its first cycle yet\n".to_owned()));
    served.site.readiness.of(0).concluded();
    assert_eq!(ready(), (200, "Ready\n".to_owned()));
    assert_eq!(served.get("/-/healthy", "").text(), "Healthy\n");
}

#[test]
fn a_thread_of_tenants_that_is_stuck_is_not_healthy() {
    let served = serve([unknown("contoso")], 0);
    let healthy = || served.get("/-/healthy", "");
    let silent_for = |seconds| served.site.heartbeat.beat(ago(now(), seconds));
    silent_for(20);
    assert_eq!(healthy().status, 200, "a cycle over many people takes a while");
    silent_for(100);
    let reply = healthy();
    let seconds = reply.text().strip_prefix("Not healthy: the tenants' thread has been stuck for ");
    let seconds = seconds.and_then(|rest| rest.strip_suffix(" seconds\n")).and_then(|it| it.parse::<u64>().ok());
    assert!(reply.status == 503 && seconds.is_some_and(|seconds| seconds >= 100), "{}", reply.text());
    assert_eq!(served.get("/metrics", "").status, 200, "what it knew is still shown until it is too old");
    silent_for(0);
    assert_eq!(healthy().status, 200);
}

#[test]
fn garbage_is_refused_and_the_server_lives_on() {
    let served = serve([], 0);
    for garbage in ["\u{16}\u{3}\u{1} TLS is not spoken here\r\n\r\n", "GET\r\n\r\n", "\0\0\0\0\r\n\r\n"] {
        refused(&served, garbage.as_bytes(), 400, "This is no request of HTTP\n");
    }
    assert_eq!(served.get("/-/healthy", "").status, 200);
}

/// Checks what is answered to this, which is no request or none that is read. It is answered with what every answer
/// carries, and the client gets to read that even if he was not done.
#[track_caller]
fn refused(served: &served::Served, bytes: &[u8], status: u16, text: &str) {
    let mut stream = served.connect();
    stream.write_all(bytes).expect("it is taken to its end");
    let reply = Reply::last(&mut stream);
    assert_eq!((reply.status, reply.text()), (status, text));
    assert_eq!(reply.header("content-length"), text.len().to_string());
    assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert!(reply.header("date").ends_with(" GMT"));
}

#[test]
fn heads_that_are_too_large_are_refused_and_the_server_lives_on() {
    let served = serve([], 0);
    let text = "The head of the request is larger than 16 KiB or has more than 100 lines; send less\n";
    let head = |lines: &str| format!("GET / HTTP/1.1\r\nHost: exporter\r\n{lines}\r\n");
    refused(&served, head(&"a: b\r\n".repeat(200)).as_bytes(), 431, text);
    refused(&served, head(&format!("a: {}\r\n", "b".repeat(1_000_000))).as_bytes(), 431, text);
    refused(&served, format!("GET /{} HTTP/1.1\r\n\r\n", "b".repeat(100_000)).as_bytes(), 431, text);
    assert_eq!(served.get("/-/healthy", "").status, 200);
}

#[test]
fn bodies_are_not_read_and_large_ones_refused() {
    let served = serve([], 0);
    let body = "b".repeat(1_000_000);
    let with = |headers: &str, body: &str| format!("GET /-/healthy HTTP/1.1\r\nHost: exporter\r\n{headers}\r\n{body}");
    let text = "No request needs a body, and none larger than 16 KiB is taken; send none\n";
    refused(&served, with(&format!("Content-Length: {}\r\n", body.len()), &body).as_bytes(), 413, text);
    let reply = served.ask(&with("Content-Length: 16385\r\nExpect: 100-continue\r\nConnection: close\r\n", ""));
    assert_eq!((reply.status, reply.text()), (413, text), "it need not be sent first");
    let reply = served.ask(&with("Content-Length: 4\r\nConnection: close\r\n", "body"));
    assert_eq!((reply.status, reply.text()), (200, "Healthy\n"));
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let reply = served.ask(&with("Transfer-Encoding: chunked\r\n", &chunked));
    assert_eq!((reply.status, reply.text()), (200, "Healthy\n"), "and the connection ends with it");
}

#[test]
fn requests_that_come_at_once_are_answered_in_their_order() {
    let served = serve([], 0);
    let paths = ["/-/healthy", "/nowhere", "/-/healthy", "/-/ready"];
    let requests = paths.repeat(25).into_iter().map(|path| format!("GET {path} HTTP/1.1\r\nHost: exporter\r\n\r\n"));
    let last = "GET / HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n\r\n".to_owned();
    let mut stream = served.connect();
    stream.write_all(requests.chain([last]).collect::<String>().as_bytes()).expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("the answers");
    let statuses: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("HTTP/1.1 ")).collect();
    let expected = ["200 OK", "404 Not Found", "200 OK", "200 OK"].repeat(25);
    assert_eq!(statuses[..100], expected);
}

/// A connection whose answer is under way, as it is not read.
fn unread(served: &served::Served) -> std::net::TcpStream {
    let mut slow = served.connect();
    slow.write_all(b"GET /metrics HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n\r\n").expect("sent");
    slow.read_exact(&mut [0]).expect("the answer is under way");
    slow
}

#[test]
fn one_scrape_more_than_allowed_is_asked_to_come_again() {
    let served = serve([vast(now())], 1);
    // Where the machine takes a second for it, the first has given way meanwhile.
    let attempt = || Some(unread(&served)).zip(Some(served.get("/metrics", "")).filter(|reply| reply.status != 200));
    let (mut slow, refused) = (0..20).find_map(|_| attempt()).expect("a second between two requests, each time");
    assert_eq!(refused.status, 503);
    assert_eq!(
        refused.text(),
        "As many scrapes as --web.max-requests allows (1) are being answered already; try again later\n"
    );
    assert_eq!(served.get("/-/healthy", "").status, 200, "health has no limit");
    let mut rest = Vec::new();
    slow.read_to_end(&mut rest).expect("the rest");
    assert_eq!(served.get("/metrics", "").status, 200, "there is room again");
}

#[test]
fn an_answer_that_is_not_read_gives_way_to_a_scrape() {
    let served = serve([vast(now())], 1);
    let mut slow = unread(&served);
    while served.get("/metrics", "").status != 200 {}
    let (mut read, whole) = (Vec::new(), served.get("/metrics", "").body.len());
    // What was not read may be taken back with the connection.
    drop(slow.read_to_end(&mut read));
    assert!(read.len() < whole, "it was given up");
}

#[test]
fn the_end_finishes_answers_under_way_and_closes_everything_else() {
    let mut served = serve([vast(now())], 0);
    let mut silent = served.connect();
    let mut idle = served.connect();
    idle.write_all(b"GET /-/healthy HTTP/1.1\r\nHost: exporter\r\n\r\n").expect("sent");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\nHealthy\n") {
        let mut byte = [0];
        idle.read_exact(&mut byte).expect("an answer");
        answer.extend(byte);
    }
    let mut busy = served.connect();
    busy.write_all(b"GET /metrics HTTP/1.1\r\nHost: exporter\r\n\r\n").expect("sent");
    // So far its answer is under way, as no buffer holds it whole.
    busy.peek(&mut [0]).expect("the answer is under way");

    served.request_end();
    let reply = Reply::last(&mut busy);
    assert_eq!((reply.status, reply.header("content-length")), (200, &*reply.body.len().to_string()));
    assert_eq!(idle.read(&mut [0]).expect("the end"), 0);
    assert_eq!(silent.read(&mut [0]).expect("the end"), 0);
    served.wait();
    assert!(std::net::TcpStream::connect(served.address).is_err(), "nobody listens any more");
}

#[test]
fn a_client_that_does_not_read_does_not_hold_up_the_end() {
    let mut served = serve([vast(now())], 0);
    let mut stalled = served.connect();
    stalled.write_all(b"GET /metrics HTTP/1.1\r\nHost: exporter\r\n\r\n").expect("sent");
    stalled.peek(&mut [0]).expect("the answer is under way");
    served.request_end();
    served.wait();
}

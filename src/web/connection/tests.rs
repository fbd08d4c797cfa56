//! Connections whose clients do what they should not, in time that passes at once, and both protocols side by side.

use bytes::Bytes;
use hyper::http::HeaderValue;
use hyper::{StatusCode, header};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::*;
use crate::board::Board;
use crate::clock;
use crate::config::Config;
use crate::heartbeat::Heartbeat;
use crate::readiness::Readiness;
use crate::shutdown::Trigger;
use crate::telemetry::{Build, Telemetry};
use crate::web::room::Room;
use crate::web::{Gate, Site};

/// A connection that is served, as its client has it.
struct Client {
    stream: DuplexStream,
    served: JoinHandle<()>,
    _trigger: Trigger,
}

/// What is kept on the way between the two.
const SMALL: usize = 64;

fn site() -> Site {
    let telemetry = Arc::new(Telemetry::new(Build { revision: "abc", rust_version: "1.95" }));
    let now = clock::now();
    Site {
        board: Arc::new(Board::new([], now)),
        readiness: Readiness::new(0, now.moment),
        heartbeat: Heartbeat::new(now.moment),
        gate: Arc::new(Gate::open(None, Arc::clone(&telemetry)).expect("a gate")),
        telemetry,
        config: Arc::new(arc_swap::ArcSwap::from_pointee(Config { tenants: Vec::new(), web_users: None })),
        reload: None,
        telemetry_path: "/metrics".to_owned(),
        max_requests: 1,
    }
}

async fn connection() -> (Connection, Trigger) {
    let (trigger, shutdown) = Shutdown::pair();
    let seat = Arc::new(Room::new(8)).enter(None).await;
    (Connection { from: None, seat, routes: Arc::new(Routes::new(site())), shutdown }, trigger)
}

impl Client {
    async fn connect(buffer: usize) -> Self {
        let (stream, other) = duplex(buffer);
        let (connection, trigger) = connection().await;
        Self { stream, served: tokio::spawn(connection.serve(other)), _trigger: trigger }
    }

    async fn says(&mut self, bytes: &str) {
        self.stream.write_all(bytes.as_bytes()).await.expect("somebody reads");
    }

    /// All that is answered until the connection is closed.
    async fn hears(&mut self) -> String {
        let mut text = String::new();
        self.stream.read_to_string(&mut text).await.expect("the end");
        text
    }
}

/// Checks that so many seconds passed, and not many more.
#[track_caller]
fn took(begun: Instant, seconds: u64) {
    let range = Duration::from_secs(seconds)..Duration::from_secs(seconds) + GLANCE + PARTING;
    assert!(range.contains(&begun.elapsed()), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_hears_nothing_and_is_cut_off() {
    let mut client = Client::connect(SMALL).await;
    let begun = Instant::now();
    assert_eq!(client.hears().await, "");
    took(begun, 30);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_end_is_told_so() {
    let mut client = Client::connect(SMALL).await;
    let begun = Instant::now();
    client.says("GET / HTTP/1.1\r\nHost: exp").await;
    let answer = client.hears().await;
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    assert!(answer.contains("x-content-type-options: nosniff\r\n"), "{answer}");
    assert!(answer.contains("content-security-policy: "), "{answer}");
    let text = "The head of the request did not come to its end in time; send it faster\n";
    assert!(answer.ends_with(&format!("\r\n\r\n{text}")), "{answer}");
    took(begun, 30);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_read_is_given_up() {
    let mut client = Client::connect(SMALL).await;
    let begun = Instant::now();
    client.says("GET / HTTP/1.1\r\n\r\n").await;
    client.served.await.expect("it ends");
    took(begun, 30);
}

#[tokio::test(start_paused = true)]
async fn so_is_one_of_which_a_byte_is_read_now_and_then() {
    let Client { mut stream, served, _trigger } = Client::connect(SMALL).await;
    let begun = Instant::now();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("somebody reads");
    tokio::spawn(async move {
        while stream.read_exact(&mut [0; 1]).await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    });
    served.await.expect("it ends");
    took(begun, 30);
}

#[tokio::test(start_paused = true)]
async fn a_connection_lives_for_minutes_and_no_longer() {
    let mut client = Client::connect(SMALL).await;
    let begun = Instant::now();
    client.says("GET /-/healthy HTTP/1.1\r\nHost: exporter\r\n\r\n").await;
    assert!(client.hears().await.ends_with("\r\n\r\nHealthy\n"));
    took(begun, 330);
}

#[tokio::test(start_paused = true)]
async fn who_has_to_give_up_a_seat_is_cut_off_at_once() {
    let begun = Instant::now();
    let room = Arc::new(Room::new(1));
    let (connection, _trigger) = connection().await;
    let seat = room.enter(None).await;
    let (mut client, other) = duplex(SMALL);
    tokio::spawn(Connection { seat, ..connection }.serve(other));
    let _next = room.enter(None).await;
    assert_eq!(client.read(&mut [0]).await.expect("the end"), 0);
    took(begun, 0);
}

#[tokio::test(start_paused = true)]
async fn a_slow_scrape_gives_way_to_a_scrape_of_somebody_who_was_let_in_and_to_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("web.yml");
    let hash = bcrypt::hash("right", 4).expect("a hash");
    std::fs::write(&file, format!("basic_auth_users: {{known: '{hash}'}}\n")).expect("written");
    let site = site();
    let gate = Arc::new(Gate::open(Some(&file), Arc::clone(&site.telemetry)).expect("a gate"));
    let (routes, room) = (Arc::new(Routes::new(Site { gate, ..site })), Arc::new(Room::new(8)));
    let (_trigger, shutdown) = Shutdown::pair();
    let begin = async |buffer: usize, path: &str, credentials: &str| {
        let (mut stream, other) = duplex(buffer);
        let seat = room.enter(None).await;
        let connection = Connection { from: None, seat, routes: Arc::clone(&routes), shutdown: shutdown.clone() };
        let served = tokio::spawn(connection.serve(other));
        let request = format!("GET {path} HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n{credentials}\r\n");
        stream.write_all(request.as_bytes()).await.expect("somebody reads");
        (stream, served)
    };
    let known = "Authorization: Basic a25vd246cmlnaHQ=\r\n";
    let (mut unread, slow) = begin(SMALL, "/metrics", known).await;
    unread.read_exact(&mut [0; 1]).await.expect("an answer begins");
    sleep(Duration::from_secs(2)).await;
    let asks = [("/metrics", "", "401"), ("/-/healthy", known, "200"), ("/nowhere", known, "404"), ("/", known, "200")];
    for (path, credentials, status) in asks.into_iter().chain([("/metrics", known, "200")]) {
        assert!(!slow.is_finished(), "before {path} {credentials}");
        let (mut stream, _) = begin(1 << 16, path, credentials).await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
    }
    slow.await.expect("it gave way");
}

/// A connection of HTTP/2, as TLS would have agreed on.
async fn http2() -> (h2::client::SendRequest<Bytes>, Trigger) {
    let (stream, other) = duplex(1 << 16);
    let (connection, trigger) = connection().await;
    tokio::spawn(async move { connection.http2(other).await });
    let (requests, driver) = h2::client::handshake(stream).await.expect("HTTP/2");
    // It ends with the connection, well or badly.
    tokio::spawn(async move { driver.await.ok() });
    (requests.ready().await.expect("ready"), trigger)
}

/// The status, the headers and the body that a request gets over HTTP/2.
async fn asked(
    requests: &mut h2::client::SendRequest<Bytes>,
    method: &Method,
    path: &str,
    headers: &[(&'static str, String)],
) -> (StatusCode, header::HeaderMap, String) {
    let mut request = Request::builder().method(method.clone()).uri(format!("https://exporter{path}"));
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let end = !headers.iter().any(|(name, _)| *name == "content-length");
    let request = request.body(()).expect("a request");
    let (answer, _body) = requests.send_request(request, end).expect("sent");
    let (head, mut body) = answer.await.expect("an answer").into_parts();
    let mut text = Vec::new();
    while let Some(data) = body.data().await {
        let data = data.expect("data");
        body.flow_control().release_capacity(data.len()).expect("a window");
        text.extend_from_slice(&data);
    }
    (head.status, head.headers, String::from_utf8(text).expect("UTF-8"))
}

/// The same over HTTP/1.1.
async fn asked_of_old(method: &Method, path: &str, headers: &[(&'static str, String)]) -> (String, String) {
    let mut client = Client::connect(1 << 16).await;
    client.says(&format!("{method} {path} HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n")).await;
    for (name, value) in headers {
        client.says(&format!("{name}: {value}\r\n")).await;
    }
    client.says("\r\n").await;
    let answer = client.hears().await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.to_owned(), body.to_owned())
}

#[tokio::test]
async fn both_protocols_answer_the_same() {
    let (mut requests, _trigger) = http2().await;
    let length = || vec![("content-length", "100000".to_owned())];
    let cases = [
        (Method::GET, "/-/healthy", vec![], 200),
        (Method::HEAD, "/-/healthy", vec![], 200),
        (Method::GET, "/nowhere", vec![], 404),
        (Method::HEAD, "/nowhere", vec![], 404),
        (Method::DELETE, "/metrics", vec![], 405),
        (Method::POST, "/", length(), 413),
        (Method::GET, "/", length(), 413),
    ];
    for (method, path, headers, expected) in cases {
        let (status, new, text) = asked(&mut requests, &method, path, &headers).await;
        let (old, old_text) = asked_of_old(&method, path, &headers).await;
        assert_eq!(status, expected, "{method} {path}");
        assert!(old.starts_with(&format!("HTTP/1.1 {expected} ")), "{old}");
        assert_eq!(text, old_text, "{method} {path}");
        assert_eq!(text.is_empty(), method == Method::HEAD, "{text}");
        for name in ["content-length", "content-type", "x-content-type-options", "content-security-policy", "allow"] {
            let value = new.get(name).map(HeaderValue::as_bytes);
            let line = old.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            assert_eq!(value, line.map(str::as_bytes), "{method} {path} {name}");
        }
        assert!(new.contains_key("content-length") && new.contains_key("date"), "{new:?}");
        assert!(!new.contains_key("connection"), "{new:?}");
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_in_http2_and_the_connection_lives_on() {
    let (mut requests, _trigger) = http2().await;
    let (status, ..) = asked(&mut requests, &Method::GET, "/", &[("x-large", "a".repeat(20_000))]).await;
    assert_eq!(status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    let (status, ..) = asked(&mut requests, &Method::GET, "/-/healthy", &[]).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_http2_has_no_window_for_is_given_up() {
    let (stream, other) = duplex(1 << 16);
    let (connection, _trigger) = connection().await;
    let begun = Instant::now();
    let served = tokio::spawn(async move { connection.http2(other).await });
    let mut builder = h2::client::Builder::new();
    let (requests, mut driver) = builder.initial_window_size(16).handshake::<_, Bytes>(stream).await.expect("HTTP/2");
    let mut pings = driver.ping_pong().expect("pings");
    // It seems alive.
    tokio::spawn(async move {
        while pings.ping(h2::Ping::opaque()).await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    });
    tokio::spawn(async move { driver.await.ok() });
    let request = Request::get("https://exporter/metrics").body(()).expect("a request");
    let (answer, _) = requests.ready().await.expect("ready").send_request(request, true).expect("sent");
    let body = answer.await.expect("an answer").into_body();
    served.await.expect("it ends");
    took(begun, 30);
    drop(body);
}

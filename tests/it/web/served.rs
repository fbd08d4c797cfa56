//! A site served on loopback, and a client that knows HTTP only as bytes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::ArcSwap;
use teams_presence_exporter::board::Board;
use teams_presence_exporter::clock;
use teams_presence_exporter::config;
use teams_presence_exporter::domain::moment::{Moment, Now};
use teams_presence_exporter::domain::plan::{Means, Plan};
use teams_presence_exporter::domain::snapshot::{CycleEnd, Requests, Snapshot};
use teams_presence_exporter::domain::tally::{Freshness, Tally};
use teams_presence_exporter::domain::tenant::TenantName;
use teams_presence_exporter::domain::terms::Terms;
use teams_presence_exporter::heartbeat::Heartbeat;
use teams_presence_exporter::readiness::Readiness;
use teams_presence_exporter::service_manager::Passed;
use teams_presence_exporter::shutdown::{Shutdown, Trigger};
use teams_presence_exporter::telemetry::{Build, Telemetry};
use teams_presence_exporter::web::{Gate, Server, Site};

/// How long a test waits for bytes before it fails: long enough for any machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server in a thread of its own, which ends with this value.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) site: Site,
    trigger: Trigger,
    thread: Option<JoinHandle<()>>,
}

/// An answer, taken apart.
pub(crate) struct Reply {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

/// A clock whose calendar says 2026-11-23T18:00:00Z, so that pages can be compared.
pub(super) fn now() -> Now {
    Now { moment: clock::moment(), unix_millis: 1_795_456_800_000 }
}

/// This long ago: no longer than the machine has been running.
pub(super) fn ago(now: Now, seconds: u64) -> Moment {
    Moment::from_millis(now.moment.millis().saturating_sub(seconds * 1000))
}

/// A tenant of which nothing is known yet.
pub(super) fn unknown(name: &str) -> Snapshot {
    Snapshot::unknown(terms(name), MEANS)
}

/// What a cycle has to make do with.
const MEANS: Means = Means { budget: 1200, latency: Some(Duration::from_millis(200)), concurrency: 8 };

fn terms(name: &str) -> Terms {
    Terms {
        tenant: TenantName::parse(name).expect("a name"),
        interval: Duration::from_mins(1),
        max_age: Duration::from_hours(1),
        min_coverage: 0.85,
        min_group_size: 5,
        refresh_interval: Duration::from_hours(1),
        dimensions: std::sync::Arc::default(),
    }
}

/// A tenant of ten whose cycle ended ten seconds before `now`.
pub(super) fn read(name: &str, now: Now) -> Snapshot {
    let words = |words: &[(&str, u32)]| Some(words.iter().map(|(word, users)| ((*word).into(), *users)).collect());
    let tally = Tally {
        freshness: Freshness { current: 8, held: 1, unanswered: 0, unanswerable: 1 },
        quarantined: 1,
        words: [words(&[("Available", 6), ("Away", 3)]), words(&[("InACall", 9)]), None],
        out_of_office: Some(2),
        status_message: None,
        oldest: Some(ago(now, 40)),
        ..Tally::default()
    };
    Snapshot {
        tally,
        cycle: Some(CycleEnd { ended: ago(now, 10), duration: Duration::from_millis(4_200), covered: true }),
        last_success: Some(ago(now, 10)),
        listed: Some(ago(now, 50)),
        plan: Plan::new(10, MEANS, &terms(name)),
        requests: Requests { budget: 1200, fullest_window: 3 },
        ..unknown(name)
    }
}

/// A tenant whose page is far larger than all buffers between a server and a client that does not read.
pub(super) fn vast(now: Now) -> Snapshot {
    let words = (0..40_000).map(|number| (format!("{number:0>150}").into(), 1)).collect();
    let mut snapshot = read("contoso", now);
    snapshot.tally.words[0] = Some(words);
    snapshot
}

/// Serves these tenants, answering at most `max_requests` scrapes at one time.
pub(super) fn serve(snapshots: impl IntoIterator<Item = Snapshot>, max_requests: usize) -> Served {
    serve_at(now(), snapshots, max_requests)
}

/// The same as of a time: that of the snapshots, where their timestamps are compared.
pub(super) fn serve_at(now: Now, snapshots: impl IntoIterator<Item = Snapshot>, max_requests: usize) -> Served {
    serve_behind(None, now, snapshots, max_requests)
}

/// Serves a tenant by a web configuration.
pub(crate) fn serve_by(web_config: &Path) -> Served {
    let now = now();
    serve_behind(Some(web_config), now, [read("contoso", now)], 0)
}

fn serve_behind(
    web_config: Option<&Path>,
    now: Now,
    snapshots: impl IntoIterator<Item = Snapshot>,
    max_requests: usize,
) -> Served {
    let board = Arc::new(Board::new(snapshots, now));
    let telemetry = Arc::new(Telemetry::new(Build { revision: "abc", rust_version: "1.95" }));
    telemetry.config_loaded(1_795_456_000.0);
    let tenants = board.shown().tenants.len();
    for tenant in &board.shown().tenants {
        drop(telemetry.tenant(&tenant.snapshot.terms.tenant, []));
    }
    let readiness = Readiness::new(tenants, now.moment.plus(Duration::from_hours(1)));
    let web = config::Web {
        listen_addresses: vec![config::ListenAddress::parse("127.0.0.1:0").expect("an address")],
        max_requests,
        ..config::Web::default()
    };
    let site = Site {
        board,
        telemetry: Arc::clone(&telemetry),
        readiness,
        heartbeat: Heartbeat::new(clock::moment()),
        gate: Arc::new(Gate::open(web_config, Arc::clone(&telemetry)).expect("a gate")),
        config: Arc::new(ArcSwap::from_pointee(config::Config { tenants: Vec::new(), web_users: None })),
        reload: None,
        telemetry_path: web.telemetry_path.clone(),
        max_requests,
    };
    let (trigger, shutdown) = Shutdown::pair();
    let (tell, told) = std::sync::mpsc::channel();
    let content = site.clone();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let server = Server::bind(&web, Passed::nothing()).await.expect("a port");
            tell.send(server.addresses()[0]).expect("somebody waits");
            server.run(content, shutdown).await;
        });
    });
    Served { address: told.recv().expect("an address"), site, trigger, thread: Some(thread) }
}

impl Served {
    /// A connection to the server.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream
    }

    /// What is answered to this request on a connection of its own.
    pub(crate) fn ask(&self, request: &str) -> Reply {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).expect("sent");
        Reply::last(&mut stream)
    }

    /// What is answered to a GET with these further header lines.
    pub(crate) fn get(&self, path: &str, headers: &str) -> Reply {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n{headers}\r\n"))
    }

    /// Asks for the end.
    pub(super) fn request_end(&self) {
        self.trigger.request();
    }

    /// Waits for the server to have ended.
    pub(super) fn wait(&mut self) {
        self.thread.take().expect("it was not waited for").join().expect("it ended well");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.trigger.request();
    }
}

impl Reply {
    /// The last answer of a connection, which ends with it.
    pub(crate) fn last(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer and the end");
        Self::parse(bytes)
    }

    /// An answer, as it came.
    pub(crate) fn parse(mut bytes: Vec<u8>) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
        let body = bytes.split_off(end);
        let head = String::from_utf8(bytes).expect("UTF-8");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Self { status, head, body }
    }

    /// The value of a header; empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(header, _)| header.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }

    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    /// A page as it is read: words without markup, one space between them.
    pub(super) fn words(&self) -> String {
        let mut words = String::new();
        for part in self.text().split('<') {
            words.push_str(part.split_once('>').map_or(part, |(_, text)| text));
            words.push(' ');
        }
        words.replace("&nbsp;", " ").replace("&#39;", "'").split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

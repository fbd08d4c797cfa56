//! Panics, and what the tenants, the page, the counters and the log make of them. Waiting is on tokio's paused clock.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use super::*;
use crate::config::{Log, LogFormat, LogLevel};
use crate::domain::counters::{Counters, Credit};
use crate::domain::directory::Directory;
use crate::domain::moment::{Moment, Now};
use crate::domain::observations::Observations;
use crate::domain::plan::Means;
use crate::domain::presence::{Presence, Word};
use crate::domain::snapshot::{CycleEnd, Snapshot};
use crate::domain::terms::Terms;
use crate::domain::user::UserId;
use crate::exposition::Format;
use crate::telemetry::{Build, Telemetry};

const MINUTE: Duration = Duration::from_mins(1);

/// A log that can be read.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

/// Ten people who are all available, and were for a minute, read at this moment, every minute and kept for five.
fn snapshot(tenant: &str, moment: Moment) -> Snapshot {
    let tenant = TenantName::parse(tenant).expect("a name");
    let (interval, max_age, refresh_interval) = (MINUTE, MINUTE * 5, MINUTE * 60);
    let dimensions = Arc::default();
    let terms =
        Terms { tenant, interval, max_age, min_coverage: 0.95, min_group_size: 5, refresh_interval, dimensions };
    let user = |number| UserId::parse(&format!("{number:08x}-0000-4000-8000-000000000000")).expect("a GUID");
    let directory = Directory::new((0..10).map(user).collect(), moment);
    let mut observations = Observations::new(Arc::new(directory));
    let batch = observations.begin(moment, max_age).next().expect("a batch");
    let available = Presence { availability: Some(Word::Known(0)), ..Presence::default() };
    observations.take(&batch, vec![Some(available); 10], moment);
    observations.conclude(true);
    let credit = Credit { tenths: [vec![(Arc::from("Available"), 6_000)], Vec::new()], transitions: Vec::new() };
    Snapshot {
        counters: Arc::new(Counters::default().plus(&credit)),
        tally: observations.tally(moment, max_age),
        cycle: Some(CycleEnd { ended: moment, duration: Duration::ZERO, covered: true }),
        ..Snapshot::unknown(terms, Means { budget: 1200, latency: None, concurrency: 8 })
    }
}

/// Two tenants on one board, their supervisors and what counts for both.
fn two_tenants(now: Now) -> (Arc<Board>, Arc<Telemetry>, [Supervisor; 2]) {
    let telemetry = Arc::new(Telemetry::new(Build { revision: "r", rust_version: "1" }));
    let snapshots = ["ailing", "healthy"].map(|tenant| snapshot(tenant, now.moment));
    let board = Arc::new(Board::new(snapshots.clone(), now));
    let mut places = (0..).map(Place);
    let supervisors = snapshots.map(|snapshot| Supervisor {
        telemetry: telemetry.tenant(&snapshot.terms.tenant, []),
        tenant: snapshot.terms.tenant,
        board: Arc::clone(&board),
        place: places.next().expect("a place"),
    });
    (board, telemetry, supervisors)
}

/// Failures by the reason `panic`: cycles and listings of the tenant.
fn panics(telemetry: &Telemetry, tenant: &str) -> [u32; 2] {
    let families = telemetry.gather();
    ["cycle", "directory"].map(|what| {
        let name = format!("teams_presence_{what}_failures_total");
        let family = families.iter().find(|family| family.name() == name).expect("a family");
        let wanted = [("tenant", tenant), ("reason", "panic")];
        let metric = family.get_metric().iter().find(|metric| {
            let has = |(label, value)| metric.get_label().iter().any(|it| it.name() == label && it.value() == value);
            wanted.into_iter().all(has)
        });
        let count = metric.expect("a counter from the start").get_counter().get_value();
        count.to_string().parse().expect("a whole number")
    })
}

/// As `tasks` has it: the task panics, and whoever joins it tells which it was.
async fn panicking(task: Task) -> Task {
    let mut running = JoinSet::new();
    running.spawn(async { panic!("ada@contoso.example") });
    running.join_next().await;
    task
}

fn later(now: Now, wait: Duration) -> Now {
    Now { moment: now.moment.plus(wait), ..now }
}

#[tokio::test(start_paused = true)]
async fn a_panic_costs_its_tenant_a_pause_and_the_others_nothing() {
    let log = Written::default();
    let writer = log.clone();
    let settings = Log { level: LogLevel::Info, format: LogFormat::Logfmt };
    let _logging = tracing::subscriber::set_default(crate::logging::subscriber(settings, move || writer.clone()));
    let now = clock::now();
    let (board, telemetry, [ailing, healthy]) = two_tenants(now);
    let (beat, mut beats) = tokio::sync::watch::channel(0);
    let mut running = JoinSet::new();
    running.spawn(async move { ailing.run(|| panicking(Task::Collector)).await });
    running.spawn(async move {
        let beating = || {
            let beat = beat.clone();
            async move {
                for second in 1.. {
                    clock::sleep(Duration::from_secs(1)).await;
                    beat.send_replace(second);
                }
                Task::Collector
            }
        };
        healthy.run(beating).await;
    });
    beats.wait_for(|beat| *beat == 2).await.expect("the other tenant goes on");

    assert_eq!((panics(&telemetry, "ailing"), panics(&telemetry, "healthy")), ([1, 0], [0, 0]));
    let told =
        board.shown().tenants.iter().map(|it| it.presence.as_ref().map(|it| it.what.clone())).collect::<Vec<_>>();
    assert_eq!(told, [Some("the collector failed inside and was started again".to_owned()), None]);
    let written = log.text();
    assert!(written.contains("msg=\"the collector failed inside and was started again\" tenant=ailing"), "{written}");
    assert_eq!((written.lines().count(), written.contains("ada")), (1, false), "{written}");

    // What was shown stays while it is true, and no longer, should nobody replace it.
    let page = |wait| String::from_utf8_lossy(&board.page(later(now, wait)).written(Format::Text)).into_owned();
    let counts = "\nteams_presence_availability_users{availability=\"Available\",tenant=\"ailing\"} 10\n";
    let time = "\nteams_presence_availability_user_seconds_total{availability=\"Available\",tenant=\"ailing\"} 600\n";
    let up = |value: u8| format!("\nteams_presence_up{{tenant=\"ailing\"}} {value}\n");
    for (wait, value, counted) in [(Duration::ZERO, 1, true), (MINUTE * 2, 0, true), (MINUTE * 5, 0, false)] {
        let page = page(wait);
        let right = page.contains(&up(value)) && page.contains(counts) == counted && page.contains(time);
        assert!(right, "after {wait:?}\n{page}");
    }
    beats.wait_for(|beat| *beat == 600).await.expect("the other tenant goes on for ten minutes");
    assert!(panics(&telemetry, "ailing")[0] > 5 && panics(&telemetry, "healthy") == [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn every_failure_is_counted_once_where_it_belongs() {
    for (task, expected) in
        [(Task::Start, [1, 0]), (Task::Collector, [1, 0]), (Task::Renewal, [1, 0]), (Task::Keeper, [0, 1])]
    {
        let (_, telemetry, [ailing, _]) = two_tenants(clock::now());
        let start =
            || async move { if task == Task::Start { panic!("what starts the tasks") } else { panicking(task).await } };
        let once = clock::timeout(Duration::from_secs(1), ailing.run(start)).await;
        assert!(once.is_err() && panics(&telemetry, "ailing") == expected, "{task:?}");
    }
}

#[tokio::test(start_paused = true)]
#[expect(clippy::disallowed_methods, reason = "tokio's clock is paused here, and it is what the supervisor sleeps by")]
async fn pauses_grow_while_failures_go_on_and_are_bounded() {
    let (_, _, [ailing, _]) = two_tenants(clock::now());
    let starts = Mutex::new(Vec::new());
    let start = || {
        starts.lock().unwrap_or_else(PoisonError::into_inner).push(tokio::time::Instant::now());
        panicking(Task::Keeper)
    };
    assert!(clock::timeout(MINUTE * 10, ailing.run(start)).await.is_err());
    let starts = starts.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(starts.len() > 9, "{}", starts.len());
    for (pair, longest) in starts.windows(2).zip([5, 10, 20, 40].into_iter().chain(std::iter::repeat(60))) {
        let (pause, longest) = (pair[1] - pair[0], Duration::from_secs(longest));
        assert!(pause >= longest / 2 && pause <= longest + Duration::from_secs(1), "{pause:?}, {longest:?}");
    }
}

#[test]
fn a_failure_after_a_long_time_is_the_first_one_again() {
    assert_eq!([Duration::ZERO, MINUTE, MINUTE * 10].map(|ran| failures_in_a_row(3, ran)), [4, 4, 4]);
    assert_eq!(failures_in_a_row(3, MINUTE * 11), 1);
}

//! What a service manager hears, on a socket of the test's own.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::task::JoinSet;

use super::*;
use crate::domain::moment::Moment;

/// A service manager that listens.
struct Listening {
    socket: UnixDatagram,
    path: PathBuf,
    _folder: TempDir,
}

impl Listening {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notify");
        Self { socket: UnixDatagram::bind(&path).expect("a socket"), path, _folder: folder }
    }

    async fn hears(&self) -> String {
        let mut message = [0; 256];
        let length = self.socket.recv(&mut message).await.expect("a message");
        String::from_utf8(message[..length].to_vec()).expect("text")
    }
}

fn manager(path: &Path, more: &[(&str, &str)]) -> ServiceManager {
    let socket = path.to_str().expect("text");
    let variables: Vec<(&str, &str)> = more.iter().copied().chain([("NOTIFY_SOCKET", socket)]).collect();
    ServiceManager::named(&|name| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

#[tokio::test]
async fn it_hears_what_the_exporter_is_about_to_do() {
    let listening = Listening::start();
    let manager = manager(&listening.path, &[]);
    manager.ready("1 tenant is watched").await;
    assert_eq!(listening.hears().await, "READY=1\nSTATUS=1 tenant is watched");
    let before = clock::monotonic_micros();
    manager.reloading().await;
    let reloading = listening.hears().await;
    let micros = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").expect(&reloading).parse::<u64>();
    assert!((before..=clock::monotonic_micros()).contains(&micros.expect("a number")), "{reloading}");
    manager.stopping().await;
    assert_eq!(listening.hears().await, "STOPPING=1");
}

#[tokio::test]
async fn a_name_without_a_path_is_reached_too() {
    let name = format!("teams-presence-test-{}", std::process::id());
    let socket = Socket::bind_addr(&SocketAddr::from_abstract_name(&name).expect("a name")).expect("a socket");
    manager(Path::new(&format!("@{name}")), &[]).stopping().await;
    let mut message = [0; 16];
    assert_eq!((socket.recv(&mut message).expect("a message"), &message[..10]), (10, &b"STOPPING=1"[..]));
}

#[tokio::test]
async fn it_hears_signs_of_life_for_as_long_as_the_heart_beats() {
    let listening = Listening::start();
    let manager = manager(&listening.path, &[("WATCHDOG_USEC", "3000")]);
    // It has never beaten since the machine started.
    let heartbeat = Heartbeat::new(Moment::from_millis(0));
    let mut attending = JoinSet::new();
    attending.spawn(manager.attend(heartbeat.clone(), || "Well".to_owned()));
    assert_eq!(listening.hears().await, "READY=1\nSTATUS=Well");
    assert_eq!(listening.hears().await, "STATUS=The tenants' thread is stuck", "and no sign of life before");
    heartbeat.beat(clock::moment());
    let expected = ["STATUS=Well", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"];
    for message in expected {
        assert_eq!(listening.hears().await, message);
    }
}

#[test]
fn signs_of_life_are_sent_where_the_environment_asks_this_process_for_them() {
    let watchdog = |variables: &[(&str, &str)]| manager(Path::new("/run/notify"), variables).watchdog;
    let ours = std::process::id().to_string();
    let half_a_minute = Some(Duration::from_secs(30));
    assert_eq!(watchdog(&[("WATCHDOG_USEC", "30000000")]), half_a_minute);
    assert_eq!(watchdog(&[("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", &ours)]), half_a_minute);
    for none in [
        &[][..],
        &[("WATCHDOG_USEC", "0")],
        &[("WATCHDOG_USEC", "soon")],
        &[("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", "1")],
    ] {
        assert_eq!(watchdog(none), None, "{none:?}");
    }
}

#[tokio::test]
async fn nothing_happens_where_nobody_wants_to_be_told_or_nobody_listens() {
    let nobody = ServiceManager::named(&|_| None);
    nobody.ready("Well").await;
    nobody.attend(Heartbeat::new(clock::moment()), || "Well".to_owned()).await;
    let folder = tempfile::tempdir().expect("a folder");
    for path in [folder.path().join("gone"), PathBuf::from("vsock:2:1234"), PathBuf::from("")] {
        manager(&path, &[]).ready("Well").await;
    }
}

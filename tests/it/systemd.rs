//! systemd: what it is told when it started the exporter, and whether the units in `examples/systemd` can be true.

mod units;

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use tempfile::TempDir;

use crate::harness::{Exporter, MORNING, Tenant, frozen};

/// A service manager that started the exporter.
struct Manager {
    socket: UnixDatagram,
    exporter: Exporter,
}

/// How long a message may take: far longer than anything here does, so that silence is a failed test.
const PATIENCE: Duration = Duration::from_secs(30);

impl Manager {
    fn start(tenant: &Tenant, variables: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let section = tenant.write(folder.path(), 0);
        fs::write(folder.path().join("exporter.yml"), format!("tenants:\n{section}")).unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut command = Exporter::command();
        command.env("NOTIFY_SOCKET", &path).envs(variables.iter().copied());
        command.arg("--config.file").arg(folder.path().join("exporter.yml"));
        command.args(["--web.listen-address", "127.0.0.1:0"]);
        Self { exporter: Exporter::launch(command, folder), socket }
    }

    /// The next message.
    #[track_caller]
    fn hears(&self) -> String {
        let mut message = [0; 1_024];
        let length = self.socket.recv(&mut message).unwrap_or_else(|error| panic!("{error}\n{}", self.exporter.log()));
        String::from_utf8(message[..length].to_vec()).unwrap()
    }

    /// The next message that is no sign of life.
    #[track_caller]
    fn hears_besides_life(&self) -> String {
        loop {
            let message = self.hears();
            if message != "WATCHDOG=1" {
                return message;
            }
        }
    }
}

#[test]
fn it_is_told_of_the_start_and_of_the_end_in_order() {
    let tenant = Tenant::start("contoso", frozen(10, MORNING));
    let manager = Manager::start(&tenant, &[]);
    assert_eq!(manager.hears(), "READY=1\nSTATUS=1 tenant is watched");
    assert_eq!(manager.exporter.get("/-/healthy").status, 200, "whoever was told so can connect");
    manager.exporter.signal("TERM");
    assert_eq!(manager.hears(), "STOPPING=1");
    let Manager { exporter, .. } = manager;
    assert_eq!(exporter.ended().status.code(), Some(0));
}

#[test]
fn it_is_told_when_a_reload_begins_and_that_it_is_over_well_or_badly() {
    let [contoso, fabrikam] = ["contoso", "fabrikam"].map(|name| Tenant::start(name, frozen(10, MORNING)));
    let manager = Manager::start(&contoso, &[]);
    assert_eq!(manager.hears(), "READY=1\nSTATUS=1 tenant is watched");
    manager.exporter.configure(&[&contoso, &fabrikam], "");
    for (further, status) in
        [("", "2 tenants are watched"), ("tenantz: 1\n", "2 tenants are watched, the last reload failed")]
    {
        manager.exporter.configure(&[&contoso, &fabrikam], further);
        manager.exporter.signal("HUP");
        let begun = manager.hears();
        let micros = begun.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").and_then(|micros| micros.parse::<u64>().ok());
        assert!(micros.is_some_and(|micros| micros > 0), "{begun}");
        assert_eq!(manager.hears(), format!("READY=1\nSTATUS={status}"));
    }
    manager.exporter.wait_for_log(&["reloading failed", "tenantz"]);
}

#[test]
fn it_gets_signs_of_life_if_it_waits_for_them() {
    let tenant = Tenant::start("contoso", frozen(10, MORNING));
    let manager = Manager::start(&tenant, &[("WATCHDOG_USEC", "30000")]);
    assert_eq!(manager.hears(), "READY=1\nSTATUS=1 tenant is watched");
    for _ in 0..10 {
        assert_eq!(manager.hears(), "WATCHDOG=1");
    }
    manager.exporter.signal("TERM");
    assert_eq!(manager.hears_besides_life(), "STOPPING=1");
    let Manager { exporter, .. } = manager;
    assert_eq!(exporter.ended().status.code(), Some(0));
}

#[test]
fn one_that_is_gone_disturbs_nobody_and_is_complained_of_once() {
    let tenant = Tenant::start("contoso", frozen(10, MORNING));
    let Manager { exporter, socket } = Manager::start(&tenant, &[("WATCHDOG_USEC", "30000")]);
    drop(socket);
    let complaint = ["level=WARN", "the service manager cannot be told", "Connection refused", "untold=\"WATCHDOG=1\""];
    exporter.wait_for_log(&complaint);
    exporter.wait_for_cycles(&tenant, 1);
    let stopped = exporter.stop();
    assert_eq!(stopped.status.code(), Some(0));
    assert_eq!(stopped.log.matches(complaint[3]).count(), 1, "{}", stopped.log);
}

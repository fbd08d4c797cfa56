//! The units in `examples/systemd`: their flags are the exporter's, their files those beside them, and what makes them
//! worth copying is still there.
//!
//! systemd is not asked, as few machines that test have one: its keys are held against a list made from the manuals of
//! systemd 252, where `systemd-analyze verify` found nothing to say.

use std::ffi::OsString;
use std::process::Output;

use teams_presence_exporter::cli::{self, Command};
use teams_presence_exporter::config::Config;

use crate::harness::Exporter;
use crate::tidy;

const FOLDER: &str = "examples/systemd";
const SERVICE: &str = "teams-presence-exporter.service";
const SOCKET: &str = "teams-presence-exporter.socket";
const DROP_IN: &str = "teams-presence-exporter.service.d/socket.conf";

/// The keys that there are in systemd 252, of those that anybody here uses.
const KEYS: [(&str, &[&str]); 4] = [
    ("Unit", &["After", "Description", "Requires", "StartLimitIntervalSec", "Wants"]),
    (
        "Service",
        &[
            "CapabilityBoundingSet", "DevicePolicy", "DynamicUser", "Environment", "EnvironmentFile", "ExecReload",
            "ExecStart", "LoadCredential", "LockPersonality", "MemoryDenyWriteExecute", "NoNewPrivileges",
            "PrivateDevices", "PrivateMounts", "PrivateTmp", "PrivateUsers", "ProtectClock", "ProtectControlGroups",
            "ProtectHome", "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables",
            "ProtectProc", "ProtectSystem", "RemoveIPC", "Restart", "RestartPreventExitStatus", "RestartSec",
            "RestrictAddressFamilies", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID",
            "SystemCallArchitectures", "SystemCallFilter", "TimeoutStopSec", "Type", "UMask", "WatchdogSec",
        ],
    ),
    ("Socket", &["ListenStream", "SocketMode", "SocketGroup"]),
    ("Install", &["WantedBy"]),
];

/// One assignment of a unit: its section, key and value.
type Line = (String, String, String);

/// The assignments of a unit; what is commented out to be chosen counts where `offered`.
fn lines(unit: &str, offered: bool) -> Vec<Line> {
    let text = tidy::read(&format!("{FOLDER}/{unit}"));
    let mut section = String::new();
    let mut lines = Vec::new();
    for line in text.lines() {
        let line =
            if offered { line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line) } else { line };
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
        } else if let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            lines.push((section.clone(), key.to_owned(), value.to_owned()));
        } else {
            assert!(line.is_empty() || line.starts_with('#'), "{unit}: {line}");
        }
    }
    lines
}

/// The values of a key, in their order.
fn values(unit: &str, key: &str) -> Vec<String> {
    lines(unit, false).into_iter().filter(|(_, known, _)| known == key).map(|(_, _, value)| value).collect()
}

/// What comes of these variables alone.
fn run_with(variables: &[&str]) -> Output {
    let mut command = Exporter::command();
    for variable in variables {
        let (name, value) = variable.split_once('=').unwrap();
        command.env(name, value);
    }
    let azure = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"];
    let values = ["contoso.example", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "secret"];
    command.envs(azure.into_iter().zip(values)).output().unwrap()
}

#[test]
fn the_keys_are_known_and_in_their_sections() {
    let used: Vec<Line> = [SERVICE, SOCKET, DROP_IN].iter().flat_map(|unit| lines(unit, true)).collect();
    for (section, key, value) in &used {
        let keys = KEYS.iter().find(|(known, _)| known == section).map(|(_, keys)| *keys).unwrap_or_default();
        assert!(keys.contains(&key.as_str()), "[{section}] {key}={value}");
    }
    let in_vain = KEYS.iter().flat_map(|(section, keys)| keys.iter().map(move |key| (*section, *key)));
    let in_vain: Vec<_> =
        in_vain.filter(|(section, key)| !used.iter().any(|(in_, known, _)| in_ == section && known == key)).collect();
    assert!(in_vain.is_empty(), "listed in vain: {in_vain:?}");
}

#[test]
fn the_service_starts_the_exporter_with_flags_that_there_are() {
    let [start] = &values(SERVICE, "ExecStart")[..] else { panic!("one ExecStart") };
    let words: Vec<&str> = start.split(' ').collect();
    assert!(words[0].starts_with('/') && words[0].ends_with("/teams-presence-exporter"), "{start}");
    let cli = cli::parse(words.into_iter().map(OsString::from)).unwrap();
    assert_eq!(cli.command, Command::Serve);
    assert_eq!(cli.config_file.unwrap().to_str(), Some("/etc/teams-presence/teams-presence.yml"));
}

#[test]
fn the_service_is_told_asked_for_life_reloaded_and_started_again() {
    let check = |key: &str, expected: &str| assert_eq!(values(SERVICE, key), [expected], "{key}");
    check("Type", "notify");
    check("ExecReload", "/bin/kill -HUP $MAINPID");
    check("Restart", "always");
    check("RestartPreventExitStatus", "64");
    let watchdog: u64 = values(SERVICE, "WatchdogSec")[0].parse().unwrap();
    assert!(watchdog >= 30, "a cycle over many people, or a busy machine, is no reason to start again");
    let stop: u64 = values(SERVICE, "TimeoutStopSec")[0].parse().unwrap();
    assert!(stop > 1, "the end takes up to a second");
}

#[test]
fn the_service_may_do_next_to_nothing() {
    let harden = [
        ("DynamicUser", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateDevices", "yes"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("MemoryDenyWriteExecute", "yes"),
        ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
        ("SystemCallArchitectures", "native"),
    ];
    for (key, expected) in harden {
        assert_eq!(values(SERVICE, key), [expected], "{key}");
    }
    assert_eq!(values(SERVICE, "SystemCallFilter"), ["@system-service", "~@privileged @resources"]);
}

#[test]
fn the_configuration_finds_the_key_where_the_service_puts_it() {
    let [credential] = &values(SERVICE, "LoadCredential")[..] else { panic!("one credential") };
    let (name, source) = credential.split_once(':').unwrap();
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER).join("teams-presence.yml");
    let config = Config::load(Some(&file), &|_| None).unwrap();
    let in_use = config.to_string();
    assert!(in_use.contains(&format!("\"/run/credentials/{SERVICE}/{name}\"")), "{in_use}");
    let document = tidy::read("docs/CONFIGURATION.md");
    let install = |what: &str, place: &str| {
        let line = document.lines().find(|line| line.starts_with("install ") && line.contains(what));
        assert!(line.is_some_and(|line| line.contains(place)), "{what}: {line:?}");
    };
    install("-m 600 teams-presence.pem", source.strip_suffix("teams-presence.pem").unwrap());
    install("teams-presence.yml", "/etc/teams-presence/");
    install(SERVICE, "/etc/systemd/system/");
}

#[test]
fn with_its_socket_the_service_wants_to_be_passed_one() {
    let [variable] = &values(DROP_IN, "Environment")[..] else { panic!("one variable") };
    let output = run_with(&[variable]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("--web.systemd-socket is set, but no socket was passed; "), "{said}");
    for key in ["Requires", "After"] {
        assert_eq!(values(DROP_IN, key), [SOCKET]);
    }
    assert_eq!(values(SOCKET, "ListenStream"), ["10068"]);
    // systemd opens the sockets of NAME.socket for NAME.service.
    assert_eq!(SERVICE.strip_suffix("service"), SOCKET.strip_suffix("socket"));
}

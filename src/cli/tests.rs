//! What is typed, and what comes of it: values, or the text and the exit code of a refusal.

use super::*;
use crate::config::ListenAddress;

fn address(text: &str) -> ListenAddress {
    ListenAddress::parse(text).expect(text)
}

fn parsed(line: &str, env: &[(&str, &str)]) -> Result<Cli, Refusal> {
    let args = std::iter::once("teams-presence-exporter").chain(line.split(' ').filter(|word| !word.is_empty()));
    let env = |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    parse_within(args.map(OsString::from), &env)
}

/// A line that is understood, with these variables; `change` turns the defaults into what is expected.
fn check(line: &str, env: &[(&str, &str)], change: impl Fn(&mut Cli)) {
    let mut expected = Cli {
        command: Command::Serve,
        config_file: None,
        web: Web::default(),
        log: Log { level: LogLevel::Info, format: LogFormat::Logfmt },
    };
    change(&mut expected);
    assert_eq!(parsed(line, env), Ok(expected), "{line} {env:?}");
}

/// A line that is refused with these faults.
fn check_refused(line: &str, env: &[(&str, &str)], faults: &[&str]) {
    let text = format!("error: {}\n\nFor more information, try '--help'.", faults.join("\nerror: "));
    assert_eq!(parsed(line, env), Err(Refusal { text, exit_code: 64, for_machines: None }), "{line} {env:?}");
}

#[test]
fn without_a_word_it_serves_with_the_defaults() {
    check("", &[], |_| {});
    check("serve", &[], |_| {});
    check("", &[("TEAMS_PRESENCE_LOG_LEVEL", ""), ("TEAMS_PRESENCE_CONFIG_FILE", " ")], |_| {});
}

#[test]
fn flags_stand_before_or_after_the_subcommand() {
    let change = |cli: &mut Cli| cli.config_file = Some("a.yml".into());
    check("--config.file a.yml serve", &[], change);
    check("serve --config.file=a.yml", &[], change);
}

#[test]
fn every_flag_has_a_twin_in_the_environment_and_wins_over_it() {
    let changed = |cli: &mut Cli| {
        cli.config_file = Some("a.yml".into());
        cli.web = Web {
            listen_addresses: vec![address("127.0.0.1:1"), address("[::1]:2")],
            telemetry_path: "/m".into(),
            max_requests: 0,
            config_file: Some("web.yml".into()),
            systemd_socket: true,
            health_listen_addresses: vec![address(":3"), address("unix:/run/health")],
            enable_lifecycle: true,
        };
        cli.log = Log { level: LogLevel::Debug, format: LogFormat::Json };
    };
    let line = "--config.file a.yml --web.listen-address 127.0.0.1:1 --web.listen-address [::1]:2 \
                --web.telemetry-path /m --web.max-requests 0 --web.config.file web.yml --web.systemd-socket \
                --web.health-listen-address :3 --web.health-listen-address unix:/run/health --web.enable-lifecycle \
                --log.level debug --log.format json";
    check(line, &[], changed);
    let twins = [
        ("TEAMS_PRESENCE_CONFIG_FILE", "a.yml"),
        ("TEAMS_PRESENCE_WEB_LISTEN_ADDRESS", "127.0.0.1:1, [::1]:2"),
        ("TEAMS_PRESENCE_WEB_TELEMETRY_PATH", "/m"),
        ("TEAMS_PRESENCE_WEB_MAX_REQUESTS", "0"),
        ("TEAMS_PRESENCE_WEB_CONFIG_FILE", "web.yml"),
        ("TEAMS_PRESENCE_WEB_SYSTEMD_SOCKET", "true"),
        ("TEAMS_PRESENCE_WEB_HEALTH_LISTEN_ADDRESS", ":3,unix:/run/health"),
        ("TEAMS_PRESENCE_WEB_ENABLE_LIFECYCLE", "yes"),
        ("TEAMS_PRESENCE_LOG_LEVEL", "debug"),
        ("TEAMS_PRESENCE_LOG_FORMAT", "json"),
    ];
    check("", &twins, changed);
    check(line, &twins.map(|(name, _)| (name, "nonsense")), changed);
}

#[test]
fn all_faults_are_told_together_each_with_where_it_was_given() {
    let addresses = "--web.listen-address 10068 --web.listen-address :1";
    check_refused(
        &format!("--web.max-requests -1 --log.level verbose --web.telemetry-path / {addresses}"),
        &[("TEAMS_PRESENCE_LOG_FORMAT", "text")],
        &[
            "--web.listen-address: \"10068\" is not an address; write :port, host:port, [::1]:port or unix:/path, e.g. :10068",
            "--web.telemetry-path: \"/\" is the status page; write a path such as /metrics",
            "--web.max-requests: \"-1\" does not fit; write a whole number, 0 for no limit",
            "--log.level: \"verbose\" is not a level; write debug, info, warn or error",
            "TEAMS_PRESENCE_LOG_FORMAT: \"text\" is not a format; write logfmt or json",
        ],
    );
}

#[test]
fn a_check_is_told_how_far_to_go_and_how_to_tell() {
    let asked = |reach, format| move |cli: &mut Cli| cli.command = Command::Check(Check { reach, format });
    check("check", &[], asked(Reach::Network, ReportFormat::Text));
    check("check --offline --format json", &[], asked(Reach::Offline, ReportFormat::Json));
    check("--log.format json check --format text", &[], |cli| {
        asked(Reach::Network, ReportFormat::Text)(cli);
        cli.log.format = LogFormat::Json;
    });
    let twins = [("TEAMS_PRESENCE_CHECK_OFFLINE", "true"), ("TEAMS_PRESENCE_CHECK_FORMAT", "json")];
    check("check", &twins, asked(Reach::Offline, ReportFormat::Json));
    let fault = "check --format: \"xml\" is not a format; write text or json";
    check_refused("check --format xml", &[], &[fault]);
    let refusal = parsed("check --format json --log.level loud", &[]).expect_err("no level");
    let fault = "--log.level: \"loud\" is not a level; write debug, info, warn or error".to_owned();
    assert_eq!(refusal.for_machines, Some(vec![fault]));
}

#[test]
fn addresses_are_a_port_and_perhaps_a_host() {
    for good in [":10068", ":0", "localhost:80", "0.0.0.0:10068", "[::1]:10068", "[::]:65535", "exporter_1.example:1"] {
        check(&format!("--web.listen-address {good}"), &[], |cli| cli.web.listen_addresses = vec![address(good)]);
    }
    for bad in ["10068", ":", "localhost", "::1:80", "[::1]", "[x]:1", ":65536", ":+1", "http://x:1", "a,b:1"] {
        let reason = "is not an address; write :port, host:port, [::1]:port or unix:/path, e.g. :10068";
        let fault = format!("--web.listen-address: {bad:?} {reason}");
        check_refused(&format!("--web.listen-address {bad}"), &[], &[&fault]);
    }
    let twice = [("TEAMS_PRESENCE_WEB_LISTEN_ADDRESS", ":1,:2,:1")];
    check_refused("", &twice, &["TEAMS_PRESENCE_WEB_LISTEN_ADDRESS: \":1\" is given twice"]);
}

#[test]
fn a_socket_in_the_file_system_has_an_absolute_path() {
    for bad in ["unix:", "unix:metrics.sock", "unix:@metrics", "unix:/run/"] {
        let reason = "is not the path of a socket; write unix: and an absolute path of at most 107 bytes, e.g. \
                      unix:/run/teams-presence/metrics.sock";
        check_refused(
            &format!("--web.listen-address {bad}"),
            &[],
            &[&format!("--web.listen-address: {bad:?} {reason}")],
        );
    }
}

#[test]
fn where_everything_is_served_health_alone_is_not() {
    let fault = |address: &str| {
        format!(
            "--web.health-listen-address: {address} is --web.listen-address too, where health is answered anyway; leave it \
             out or give it a port of its own"
        )
    };
    check_refused("--web.health-listen-address :10068", &[], &[&fault(":10068")]);
    let both = "--web.listen-address unix:/run/a --web.health-listen-address unix:/run/a";
    check_refused(both, &[], &[&fault("unix:/run/a")]);
    check("--web.listen-address :0 --web.health-listen-address :0", &[], |cli| {
        cli.web.listen_addresses = vec![address(":0")];
        cli.web.health_listen_addresses = vec![address(":0")];
    });
    check("--web.systemd-socket --web.health-listen-address :10068", &[], |cli| {
        cli.web.systemd_socket = true;
        cli.web.health_listen_addresses = vec![address(":10068")];
    });
}

#[test]
fn a_flag_that_is_yes_or_no_is_taken_back_with_no_and_the_last_one_counts() {
    let yes = |cli: &mut Cli| (cli.web.systemd_socket, cli.web.enable_lifecycle) = (true, true);
    let no = |_: &mut Cli| {};
    let variables = [("TEAMS_PRESENCE_WEB_SYSTEMD_SOCKET", "1"), ("TEAMS_PRESENCE_WEB_ENABLE_LIFECYCLE", "1")];
    check("", &variables, yes);
    check("--no-web.systemd-socket --no-web.enable-lifecycle", &variables, no);
    check("--no-web.systemd-socket serve --no-web.enable-lifecycle", &variables, no);
    let [socket, lifecycle] = ["web.systemd-socket", "web.enable-lifecycle"];
    check(&format!("--{socket} --{lifecycle} --no-{socket} --no-{lifecycle}"), &[], no);
    check(&format!("--no-{socket} --no-{lifecycle} --{socket} --{lifecycle}"), &[], yes);
    let fault = "TEAMS_PRESENCE_WEB_SYSTEMD_SOCKET: \"on\" is neither yes nor no; write true or false";
    check_refused("", &[("TEAMS_PRESENCE_WEB_SYSTEMD_SOCKET", "on")], &[fault]);
}

#[test]
fn the_metrics_have_a_path_of_their_own() {
    let check_path = |path, reason| {
        let fault = format!("--web.telemetry-path: {path:?} {reason}; write a path such as /metrics");
        check_refused(&format!("--web.telemetry-path={path}"), &[], &[&fault]);
    };
    check_path("metrics", "does not begin with /");
    check_path("", "does not begin with /");
    check_path("/", "is the status page");
    check_path("/style.css", "is the style sheet of the status page");
    check_path("/config", "is kept for the configuration");
    check_path("/-/healthy", "is among the endpoints for health, /-/");
    check_path("/-/ready", "is among the endpoints for health, /-/");
    check_path("/metrics?x", "holds a character that has no place in a path");
}

#[test]
fn what_a_later_version_will_have_is_refused_by_name() {
    check_refused("completions bash", &[], &["completions: not yet supported"]);
    check_refused(
        "--web.config.file",
        &[],
        &["a value is required for '--web.config.file <PATH>' but none was supplied"],
    );
}

#[cfg(feature = "demo")]
#[test]
fn the_demo_has_flags_of_its_own_and_no_configuration_file() {
    let usual = Demo { users: 5000, seed: 1, speed: 1.0, scenario: "calm" };
    let demo = |demo: Demo| move |cli: &mut Cli| cli.command = Command::Demo(demo);
    check("demo", &[], demo(usual));
    let line = "demo --users 20 --seed 7 --speed 60.5 --scenario outage";
    check(line, &[], demo(Demo { users: 20, seed: 7, speed: 60.5, scenario: "outage" }));
    let twins = [("TEAMS_PRESENCE_DEMO_USERS", "20"), ("TEAMS_PRESENCE_DEMO_SCENARIO", "slow")];
    check("demo", &twins, demo(Demo { users: 20, scenario: "slow", ..usual }));
    check("demo --log.level warn", &[], |cli| {
        demo(usual)(cli);
        cli.log.level = LogLevel::Warn;
    });
    check_refused(
        "demo --users 0 --seed -1 --speed nan --scenario night --config.file a.yml",
        &[],
        &[
            "--config.file: the demo brings a tenant of its own; leave the flag out",
            "demo --users: \"0\" does not fit; write a whole number from 1 to 1000000",
            "demo --seed: \"-1\" does not fit; write a whole number",
            "demo --speed: \"nan\" does not fit; write a number greater than 0 and at most 3600",
            "demo --scenario: \"night\" is not a scenario; write calm, throttled, counts-ids, flaky, outage, slow, hostile, \
             poisoned, systemic, token-trouble, refused, shrinking, long-listing or random",
        ],
    );
}

#[cfg(feature = "demo")]
#[test]
fn a_scenario_is_one_that_the_simulated_tenant_has_and_the_help_names_it() {
    assert_eq!(simulator::Scenario::ALL.map(simulator::Scenario::name), SCENARIOS);
    let help = parsed("demo --help", &[]).expect_err("the help").text;
    let document = include_str!("../../docs/CONFIGURATION.md");
    for name in SCENARIOS {
        check(&format!("demo --scenario {name}"), &[], |cli| {
            cli.command = Command::Demo(Demo { users: 5000, seed: 1, speed: 1.0, scenario: name });
        });
        assert!(help.contains(&format!(" {name}")), "{name} is missing in:\n{help}");
        assert!(document.contains(&format!("`{name}`")), "{name} is missing in docs/CONFIGURATION.md");
    }
    let fault = "\"outtage\" is not a scenario; did you mean outage? Otherwise write calm, throttled, counts-ids, flaky, \
                 outage, slow, hostile, poisoned, systemic, token-trouble, refused, shrinking, long-listing or random";
    let variable = [("TEAMS_PRESENCE_DEMO_SCENARIO", "outtage")];
    check_refused("demo --scenario outtage", &[], &[&format!("demo --scenario: {fault}")]);
    check_refused("demo", &variable, &[&format!("TEAMS_PRESENCE_DEMO_SCENARIO: {fault}")]);
}

#[test]
fn what_nobody_knows_is_refused_with_what_may_be_meant() {
    let check_text = |line, expected: &str| {
        let refusal = parsed(line, &[]).expect_err("nobody knows it");
        assert_eq!((refusal.text.as_str(), refusal.exit_code), (expected, 64));
    };
    check_text(
        "--web.listen-adress :1",
        "error: unexpected argument '--web.listen-adress' found\n\n  \
           tip: a similar argument exists: '--web.listen-address'\n\n\
         Usage: teams-presence-exporter --web.listen-address <ADDR>\n\n\
         For more information, try '--help'.",
    );
    check_text(
        "start",
        "error: unrecognized subcommand 'start'\n\n\
         Usage: teams-presence-exporter [OPTIONS] [COMMAND]\n\n\
         For more information, try '--help'.",
    );
}

#[test]
fn the_version_reads_like_that_of_prometheus() {
    for line in ["--version", "-V", "serve --version"] {
        let refusal = parsed(line, &[]).expect_err("the version");
        assert_eq!(refusal.exit_code, 0);
        assert!(refusal.text.starts_with("teams-presence-exporter, version 0."), "{refusal}");
        assert!(refusal.text.contains("\n  rust version:     "), "{refusal}");
    }
}

#[cfg(feature = "demo")]
#[test]
fn the_help_fits_eighty_columns() {
    let refusal = parsed("--help", &[]).expect_err("the help");
    assert_eq!(refusal.exit_code, 0);
    assert_eq!(refusal.text, include_str!("help.txt").trim_end());
    assert_eq!(parsed("-h", &[]), Err(refusal));
    for line in ["--help", "demo --help", "serve --help"] {
        let help = parsed(line, &[]).expect_err("the help").text;
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    }
}

#[cfg(feature = "demo")]
#[test]
fn the_document_names_the_flags_that_there_are_and_no_others() {
    let document = include_str!("../../docs/CONFIGURATION.md");
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `--")?.split(['`', ' ']).next());
    let mut documented: Vec<&str> = rows.collect();
    documented.sort_unstable();
    let mut typed = Typed::command();
    typed.build();
    let demo = typed.find_subcommand("demo").expect("the demo");
    let check = typed.find_subcommand("check").expect("the check");
    let all = demo.get_arguments().chain(check.get_arguments());
    let mut flags: Vec<&str> = all.filter(|flag| !flag.is_hide_set()).filter_map(clap::Arg::get_long).collect();
    flags.sort_unstable();
    flags.dedup();
    assert_eq!(documented, flags);
    let hidden = demo.get_arguments().filter(|flag| flag.is_hide_set()).filter_map(clap::Arg::get_long);
    for flag in hidden {
        assert!(document.contains(&format!("--{flag}`")), "{flag} should be named");
    }
}

#[test]
fn the_bundled_files_want_a_folder_and_spare_what_is_there_unless_told() {
    let assets =
        |existing| move |cli: &mut Cli| cli.command = Command::Assets(Assets { folder: "presence".into(), existing });
    check("assets presence", &[], assets(Existing::Keep));
    check("assets --force presence", &[], assets(Existing::Replace));
    check("assets presence", &[("TEAMS_PRESENCE_ASSETS_FORCE", "yes")], assets(Existing::Replace));
    check("assets presence", &[("TEAMS_PRESENCE_ASSETS_FORCE", "false")], assets(Existing::Keep));
    let fault = "TEAMS_PRESENCE_ASSETS_FORCE: \"maybe\" is neither yes nor no; write true or false";
    check_refused("assets presence", &[("TEAMS_PRESENCE_ASSETS_FORCE", "maybe")], &[fault]);
    let fault = "--config.file: assets are the same whatever the configuration; leave the flag out";
    check_refused("assets --config.file a.yml presence", &[], &[fault]);
    let refusal = parsed("assets", &[]).expect_err("no folder");
    assert!(refusal.text.contains("<DIR>") && refusal.exit_code == 64, "{refusal}");
}

//! What is typed wrongly ends the process with 64, and one run names every fault: the real binary, its texts in full.
//!
//! The wording of each single fault is tested where it is made (src/config/bad.txt, src/cli/tests.rs). Here it is the
//! whole way that counts: file or flag in, exit code and standard error out, 80 columns wide, and nothing served.

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

const TENANT: &str = "\
tenants:
  - name: contoso
    tenant_id: contoso.com
    client_id: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee
    credential: {client_secret_file: secret}
";

const SECOND: &str = "  - name: fabrikam
    tenant_id: fabrikam.com
    client_id: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee
    credential: {client_secret_file: secret}
";

/// Runs the binary to its end, in a folder with this `config.yml` and with no variables but these.
fn run(arguments: &[&str], variables: &[(&str, &str)], file: Option<&str>) -> Output {
    let folder = TempDir::new().unwrap();
    if let Some(text) = file {
        fs::write(folder.path().join("config.yml"), text).unwrap();
    }
    let mut exporter = Command::new(env!("CARGO_BIN_EXE_teams-presence-exporter"));
    exporter.args(arguments).env_clear().envs(variables.iter().copied()).current_dir(folder.path());
    exporter.output().unwrap()
}

/// The exit code of the binary when nothing that it writes is taken: the device is always full.
fn code_unheard(arguments: &[&str]) -> Option<i32> {
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut exporter = Command::new(env!("CARGO_BIN_EXE_teams-presence-exporter"));
    exporter.args(arguments).env_clear().stdout(full()).stderr(full()).status().unwrap().code()
}

/// The text on one of the outputs, which fits a terminal.
#[track_caller]
fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "more than 80 columns:\n{}", wide.join("\n"));
    text
}

/// What was typed is refused with 64 and these words.
#[track_caller]
fn check_refused(arguments: &[&str], variables: &[(&str, &str)], file: Option<&str>, expected: &str) {
    let output = run(arguments, variables, file);
    assert_eq!(text(&output.stderr), expected);
    assert_eq!(output.status.code(), Some(64));
    assert_eq!(text(&output.stdout), "");
}

#[track_caller]
fn check_file(file: &str, expected: &str) {
    check_refused(&["--config.file", "config.yml"], &[], Some(file), expected);
}

/// A good tenant with these lines more.
#[track_caller]
fn check_keys(keys: &str, expected: &str) {
    check_file(&format!("{TENANT}    {keys}\n"), expected);
}

#[track_caller]
fn check_flags(arguments: &[&str], expected: &str) {
    check_refused(arguments, &[], None, &format!("{expected}\nFor more information, try '--help'.\n"));
}

#[test]
fn one_run_names_every_fault_of_a_file_with_line_and_column() {
    check_file(
        r#"tenants:
  - name: contoso
    tenant_id: contoso.com
    client_id: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee
    credential: {client_secret_file: secret}
    intervall: 60s
    interval: 90x
    interval: 60s
    min_coverage: "high"
    proxy: http://me:hunter2@proxy:3128
  - name: contoso
    tenant_id: Contoso.com
    client_id: hunter2
    credential: {client_secret: hunter2}
    max_age: 1m
    users: {ids_file: people.txt, filter: x}
    cloud: mars
tenantz: 3
"#,
        r#"config.yml:6:5: tenants[0].intervall: unknown key; did you mean interval?
config.yml:7:15: tenants[0].interval: "90x" is not a duration; write it as
    Prometheus does, e.g. 90s or 1h30m
config.yml:8:5: tenants[0].interval: given twice, first on line 7; keep one of
    them
config.yml:9:19: tenants[0].min_coverage: expected a number such as 0.95, found
    text
config.yml:10:12: tenants[0].proxy: must not hold a user name or password;
    HTTPS_PROXY in the environment may
config.yml:11:11: tenants[1].name: "contoso" is also tenants[0].name; give each
    tenant a name of its own
config.yml:13:16: tenants[1].client_id: not a GUID; copy "Application (client)
    ID" from the app registration's overview
config.yml:14:18: tenants[1].credential.client_secret: secrets come from files
    or the environment; use client_secret_file or client_secret_env
config.yml:15:14: tenants[1].max_age: 1m is less than two intervals; it must be
    at least 2m
config.yml:16:43: tenants[1].users.filter: given besides ids_file, which alone
    says who is counted; keep one of them
config.yml:17:12: tenants[1].cloud: "mars" is not the name of a cloud; write
    global, us_gov, us_gov_dod or {authority: https://..., graph: https://...}
config.yml:18:1: tenantz: unknown key; did you mean tenants?
"#,
    );
}

#[test]
fn a_cloud_without_presence_is_refused_by_its_name_and_by_its_hosts() {
    const REASON: &str = "no presence API: Graph offers it in";
    let told = |file: &str| {
        let output = run(&["--config.file", "config.yml"], &[], Some(file));
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(64), String::new()), "{file}");
        text(&output.stderr).replace("\n    ", " ")
    };
    let global = ("https://login.microsoftonline.com", "https://graph.microsoft.com");
    for (cloud, expected) in [
        ("china".to_owned(), "cloud: \"china\" is the cloud in China"),
        ("AzureChinaCloud".to_owned(), "cloud: \"AzureChinaCloud\" is the cloud in China"),
        ("delos".to_owned(), "cloud: \"delos\" is the cloud Delos in Germany"),
        (
            format!("{{authority: 'https://login.chinacloudapi.cn/', graph: '{}'}}", global.1),
            "cloud.authority: \"https://login.chinacloudapi.cn/\" belongs to the cloud in China",
        ),
        (
            format!("{{authority: '{}', graph: 'https://microsoftgraph.chinacloudapi.cn'}}", global.0),
            "cloud.graph: \"https://microsoftgraph.chinacloudapi.cn\" belongs to the cloud in China",
        ),
        (
            format!("{{authority: '{}', graph: 'https://GRAPH.svc.sovcloud.sg:443'}}", global.0),
            "cloud.graph: \"https://GRAPH.svc.sovcloud.sg:443\" belongs to the government cloud in Singapore",
        ),
    ] {
        let told = told(&format!("{TENANT}    cloud: {cloud}\n"));
        assert!(told.contains(expected) && told.contains(REASON), "{expected} is not in:\n{told}");
    }
    for host in
        ["https://login.partner.microsoftonline.cn/", "login.chinacloudapi.cn", "https://login.chinacloudapi.cn:443"]
    {
        let variables = [
            ("AZURE_TENANT_ID", "contoso.com"),
            ("AZURE_CLIENT_ID", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"),
            ("AZURE_CLIENT_SECRET", "hunter2"),
            ("AZURE_AUTHORITY_HOST", host),
        ];
        let output = run(&[], &variables, None);
        let told = text(&output.stderr).replace("\n    ", " ");
        let expected = format!("AZURE_AUTHORITY_HOST: \"{host}\" belongs to the cloud in China, which has {REASON}");
        assert!(told.contains(&expected), "{expected} is not in:\n{told}");
        assert_eq!(output.status.code(), Some(64));
    }
}

#[test]
fn an_unknown_key_is_told_what_was_meant() {
    check_keys("maxage: 5m", "config.yml:6:5: tenants[0].maxage: unknown key; did you mean max_age?\n");
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    check_keys(
        "client_id: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        "config.yml:6:5: tenants[0].client_id: given twice, first on line 4; keep one of\n    them\n",
    );
}

#[test]
fn a_value_of_the_wrong_type_is_refused() {
    check_keys("concurrency: [8]", "config.yml:6:18: tenants[0].concurrency: expected a whole number, found a list\n");
}

#[test]
fn a_duration_without_a_unit_is_refused() {
    check_keys("interval: 60", "config.yml:6:15: tenants[0].interval: 60 has no unit; write 60s for seconds\n");
}

#[test]
fn a_maximum_age_below_two_intervals_is_refused() {
    check_keys(
        "max_age: 90s",
        "config.yml:6:14: tenants[0].max_age: 1m30s is less than two intervals; it must\n    be at least 2m\n",
    );
}

#[test]
fn a_file_without_a_tenant_is_refused() {
    check_file("tenants: []\n", "config.yml:1:10: tenants: is empty; the file needs at least one tenant\n");
    check_file("", "config.yml: the configuration file is empty; it needs at least one entry in\n    tenants\n");
}

#[test]
fn two_tenants_of_one_name_are_refused() {
    check_file(
        &format!("{TENANT}{}", SECOND.replace("name: fabrikam", "name: contoso")),
        "config.yml:6:11: tenants[1].name: \"contoso\" is also tenants[0].name; give each\n    tenant a name of its own\n",
    );
}

#[test]
fn one_tenant_twice_is_refused_however_its_id_is_written() {
    check_file(
        &format!("{TENANT}{}", SECOND.replace("tenant_id: fabrikam.com", "tenant_id: CONTOSO.com")),
        "config.yml:7:16: tenants[1].tenant_id: the same tenant as tenants[0].tenant_id;\n    a tenant may be asked by \
         one entry alone\n",
    );
}

#[test]
fn what_is_no_yaml_is_refused_where_it_stops_to_be() {
    let output = run(&["--config.file", "config.yml"], &[], Some("tenants:\n  - name: a: b\n"));
    assert_eq!(output.status.code(), Some(64));
    let said = text(&output.stderr);
    assert!(said.starts_with("config.yml:2:") && said.contains("no valid YAML"), "{said}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    check_refused(&["--config.file", "config.yml"], &[], None, "config.yml: the configuration file does not exist\n");
    let variables = [("TEAMS_PRESENCE_CONFIG_FILE", "other.yml")];
    check_refused(&[], &variables, None, "other.yml: the configuration file does not exist\n");
}

#[test]
fn who_gives_neither_file_nor_variables_is_shown_both() {
    check_refused(
        &[],
        &[],
        None,
        "\
no tenant is configured. Either write a file, teams-presence.yml,

    tenants:
      - name: contoso
        tenant_id: 11111111-2222-3333-4444-555555555555
        client_id: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee
        credential:
          client_certificate_file: /run/secrets/contoso.pem

and name it:

    teams-presence-exporter --config.file teams-presence.yml

(to try it out, client_secret_file and a file with the value of a client secret
will do) or, for a single tenant with the defaults, set three variables:

    AZURE_TENANT_ID                the directory (tenant) ID, or a domain
    AZURE_CLIENT_ID                the application (client) ID
    AZURE_CLIENT_CERTIFICATE_PATH  a PEM or PFX file with certificate and key;
                                   or AZURE_CLIENT_SECRET, a secret's value
",
    );
}

#[test]
fn a_variable_that_is_missing_is_named() {
    let variables = [("AZURE_TENANT_ID", "contoso.com"), ("AZURE_CLIENT_SECRET", "hunter2")];
    check_refused(
        &[],
        &variables,
        None,
        "AZURE_CLIENT_ID: not set; without a configuration file AZURE_TENANT_ID,\n    AZURE_CLIENT_ID and \
         a credential are needed\n",
    );
}

#[test]
fn an_unknown_flag_is_refused() {
    check_flags(
        &["--config.fil", "x"],
        "\
error: unexpected argument '--config.fil' found

  tip: a similar argument exists: '--config.file'

Usage: teams-presence-exporter --config.file <PATH>
",
    );
}

#[test]
fn one_run_names_every_fault_of_flags_and_variables() {
    let expected = "\
error: --web.listen-address: \"10068\" is not an address; write :port, host:port,
    [::1]:port or unix:/path, e.g. :10068
error: --log.level: \"loud\" is not a level; write debug, info, warn or error
error: TEAMS_PRESENCE_LOG_FORMAT: \"xml\" is not a format; write logfmt or json

For more information, try '--help'.
";
    let variables = [("TEAMS_PRESENCE_LOG_FORMAT", "xml")];
    check_refused(&["--web.listen-address", "10068", "--log.level", "loud"], &variables, None, expected);
}

#[test]
fn a_command_of_a_later_version_is_refused_by_name() {
    check_flags(&["completions"], "error: completions: not yet supported\n");
}

#[test]
fn help_and_version_are_answered_on_standard_output_with_exit_code_0() {
    let help = run(&["--help"], &[], None);
    let said = text(&help.stdout);
    assert!(said.starts_with("Exports to Prometheus how available an organisation is in Microsoft Teams"), "{said}");
    for flag in ["--config.file <PATH>", "--web.listen-address <ADDR>", "--log.level <LEVEL>", "CERTIFICATE_PATH"] {
        assert!(said.contains(flag), "{flag} is missing in:\n{said}");
    }
    assert_eq!((help.status.code(), text(&help.stderr).as_str()), (Some(0), ""));

    let version = run(&["--version"], &[], None);
    let said = text(&version.stdout);
    let first = format!("teams-presence-exporter, version {} (revision ", env!("CARGO_PKG_VERSION"));
    assert!(said.starts_with(&first) && said.lines().count() == 3, "{said}");
    assert_eq!((version.status.code(), text(&version.stderr).as_str()), (Some(0), ""));
}

#[test]
fn the_exit_code_is_told_even_to_those_who_cannot_be_told_anything_else() {
    assert_eq!(code_unheard(&["--help"]), Some(1));
    assert_eq!(code_unheard(&["--nonsense"]), Some(64));
    assert_eq!(code_unheard(&["--config.file", "nowhere.yml"]), Some(64));
}

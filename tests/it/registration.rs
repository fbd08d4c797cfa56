//! Registering the application: the script that does it, run against an Azure CLI that only notes what it is told, and the
//! document about it.
//!
//! That the real Azure CLI knows these commands and flags was looked at with its own help (2.91.0); PowerShell and Terraform
//! have not run here.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use teams_presence_exporter::config::Config;
use teams_presence_exporter::domain::advice::Advice;
use teams_presence_exporter::domain::permission::{Grantee, Permission};
use tempfile::TempDir;

const DOCUMENT: &str = include_str!("../../docs/REGISTRATION.md");
const SCRIPTS: [&str; 3] = [
    include_str!("../../examples/registration/register.sh"),
    include_str!("../../examples/registration/register.ps1"),
    include_str!("../../examples/registration/terraform/main.tf"),
];

/// Permissions that are named and that the exporter never needs: those of whoever registers it, one that is too little and one
/// that is too much.
const OF_OTHERS: [&str; 4] =
    ["Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", "User.ReadBasic.All", "Directory.Read.All"];

/// An Azure CLI that notes its arguments in `told`, and fails where a file `refused` says so.
const AZ: &str = r#"#!/bin/sh
echo "$*" >>told
grep -qsF "$1 $2 $3 $4" refused && exit 1
case "$*" in
"ad app create "*) echo aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee ;;
*"'Presence.Read.All'"*) echo a70e0c2d-e793-494c-94c4-118fa0a67f42 ;;
*"'User.Read.All'"*) echo df021288-bdef-4463-88db-98f22de89214 ;;
"account show "*) echo 11111111-2222-3333-4444-555555555555 ;;
esac
"#;

/// A folder in which the script is run, with an Azure CLI and a clock that never waits before all others on the path.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("az", AZ), ("sleep", "#!/bin/sh\n")] {
            let file = folder.path().join("bin").join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self(folder)
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, permissions: &[&str]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/registration/register.sh");
        let path = format!("{}:/usr/bin:/bin", self.folder().join("bin").display());
        let mut bash = Command::new("bash");
        bash.arg(script).args(permissions).current_dir(self.folder()).env_clear().env("PATH", path);
        bash.output().unwrap()
    }

    /// What the Azure CLI was told.
    fn told(&self) -> String {
        fs::read_to_string(self.folder().join("told")).unwrap_or_default()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_script_registers_with_a_certificate_and_prints_a_configuration_that_holds() {
    let desk = Desk::new();
    let output = desk.run(&[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let configuration = desk.folder().join("teams-presence.yml");
    fs::write(&configuration, &output.stdout).unwrap();
    let config = Config::load(Some(&configuration), &|_| None).unwrap();
    assert_eq!(config.tenants[0].tenant_id, "11111111-2222-3333-4444-555555555555");

    let told = desk.told();
    let app = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
    for expected in [
        "ad app create --display-name teams-presence-exporter --sign-in-audience AzureADMyOrg",
        &format!("ad sp create --id {app}"),
        &format!("ad app credential reset --id {app} --append --cert @teams-presence.crt"),
        "--api-permissions a70e0c2d-e793-494c-94c4-118fa0a67f42=Role",
        "--api-permissions df021288-bdef-4463-88db-98f22de89214=Role",
        &format!("ad app permission admin-consent --id {app}"),
    ] {
        assert!(told.contains(expected), "{expected} in {told}");
    }

    let pem = desk.folder().join("teams-presence.pem");
    assert_eq!(fs::metadata(&pem).unwrap().permissions().mode() & 0o777, 0o600);
    let pem = fs::read_to_string(pem).unwrap();
    assert!(pem.contains("BEGIN PRIVATE KEY") && pem.contains("BEGIN CERTIFICATE"));
    let public = fs::read_to_string(desk.folder().join("teams-presence.crt")).unwrap();
    assert!(pem.ends_with(&public) && !public.contains("PRIVATE"));
    assert!(!desk.folder().join("teams-presence.key").exists());
}

#[test]
fn the_script_says_what_it_cannot_do() {
    let desk = Desk::new();
    let output = desk.run(&["Presence.Reed.All"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no application permission Presence.Reed.All; is it spelled right?"));
    assert!(!desk.told().contains("create") && !desk.folder().join("teams-presence.pem").exists(), "nothing is left");

    assert!(desk.run(&[]).status.success());
    let output = desk.run(&[]);
    assert_eq!(output.status.code(), Some(1), "a key that is in use perhaps is not replaced");
    assert!(text(&output.stderr).contains("teams-presence.pem is there already"), "{}", text(&output.stderr));

    let desk = Desk::new();
    fs::write(desk.folder().join("refused"), "ad app permission admin-consent\n").unwrap();
    let output = desk.run(&["Presence.Read.All"]);
    assert!(output.status.success(), "all the rest is done");
    assert!(text(&output.stderr).contains("API permissions > Grant admin consent"), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("tenants:\n"));
    assert_eq!(desk.told().matches("admin-consent").count(), 6);
}

/// Advice is no use where it names commands that are not there.
#[test]
fn the_commands_that_advice_about_a_managed_identity_speaks_of_are_in_the_document() {
    let action = Advice::forbidden(Permission::PresenceReadAll, Grantee::ManagedIdentity).action;
    assert!(action.contains("the commands in docs/REGISTRATION.md under A managed identity"), "{action}");
    let (_, section) = DOCUMENT.split_once("\n## A managed identity\n").expect("the section");
    let section = section.split("\n## ").next().unwrap();
    for command in ["az rest --method POST", "az rest --method DELETE", "/appRoleAssignments"] {
        assert!(section.contains(command), "{command}");
    }
}

#[test]
fn no_permission_is_named_that_is_none() {
    let is_part = |letter: char| !letter.is_ascii_alphanumeric() && letter != '.';
    let known = |name: &str| Permission::ALL.iter().any(|it| it.name() == name) || OF_OTHERS.contains(&name);
    for text in SCRIPTS.iter().chain([&DOCUMENT]) {
        let mut named = text.split(is_part).filter(|word| word.ends_with(".All")).peekable();
        assert!(named.peek().is_some());
        named.for_each(|name| assert!(known(name), "{name}"));
    }
}

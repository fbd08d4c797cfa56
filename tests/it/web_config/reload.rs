//! A web configuration that changes while the exporter runs: what is taken up without a restart, and what becomes of a
//! broken one. The real binary, its log and its metrics.

use std::fs;
use std::os::unix::fs::symlink;

use super::certificates::{Authority, Folder, Pair, der, hash, names};
use super::client::{Client, Talk, ask, get, plain};
use super::users::credentials;
use crate::harness::{Exporter, MORNING, Tenant, frozen};

const TLS: &str = "tls_server_config: {cert_file: server.crt, key_file: server.key}\n";

/// An exporter on a tenant, by the web configuration of a folder.
struct Guarded {
    exporter: Exporter,
    _tenant: Tenant,
}

fn start(web_config: &std::path::Path) -> Guarded {
    let tenant = Tenant::start("contoso", frozen(10, MORNING));
    let exporter = Exporter::start_with(&[&tenant], &["--web.config.file", web_config.to_str().unwrap()]);
    Guarded { exporter, _tenant: tenant }
}

impl Guarded {
    fn ask(&self, client: Client, path: &str, headers: &str) -> Result<Talk, String> {
        ask(self.exporter.address(), &client.config(), &get(path, headers))
    }

    /// The metrics of the web configuration: whether it was read well, and when the certificate ends.
    fn metrics(&self, client: Client) -> Vec<String> {
        let talk = self.ask(client, "/metrics", "").unwrap();
        let lines = talk.reply.text().lines().filter(|line| line.starts_with("teams_presence_web_"));
        lines.map(|line| line.trim_start_matches("teams_presence_web_").to_owned()).collect()
    }

    /// Waits for a line of the log with these words.
    fn wait_for(&self, words: &[&str]) {
        self.exporter.wait_for_log(words);
    }

    fn status(&self, name: &str, password: &str) -> u16 {
        plain(self.exporter.address(), &get("/-/healthy", &credentials(name, password))).status
    }
}

/// Puts a file in the place of another one at once.
fn replace(folder: &Folder, name: &str, content: &str) {
    let new = folder.write("new", content);
    fs::rename(new, folder.path().join(name)).unwrap();
}

#[test]
fn a_renewed_certificate_is_shown_once_its_key_is_there_as_well() {
    let folder = Folder::new();
    let old = der(&folder.read("server.crt")).to_vec();
    let guarded = start(&folder.write("web.yml", TLS));
    let client = || Client::trusting(&folder.authority);
    assert_eq!(
        guarded.metrics(client()),
        ["certificate_expiry_timestamp_seconds 3976214400", "config_last_reload_successful 1"]
    );

    let renewed = folder.authority.server_until(2097);
    replace(&folder, "server.crt", &renewed.certificate);
    guarded.wait_for(&[
        "level=WARN",
        "stays so, as the new one is broken",
        "server.key is not the key of the certificate",
    ]);
    assert_eq!(guarded.ask(client(), "/", "").unwrap().certificate, old);
    assert_eq!(
        guarded.metrics(client()),
        ["certificate_expiry_timestamp_seconds 3976214400", "config_last_reload_successful 0"]
    );

    replace(&folder, "server.key", &renewed.key);
    guarded.wait_for(&["level=INFO", "read again and is in force", "tls=true", "users=0"]);
    assert_eq!(guarded.ask(client(), "/", "").unwrap().certificate, der(&renewed.certificate).to_vec());
    assert_eq!(
        guarded.metrics(client()),
        ["certificate_expiry_timestamp_seconds 4007836800", "config_last_reload_successful 1"]
    );
}

#[test]
fn a_folder_that_is_swapped_as_kubernetes_does_is_read_again() {
    let folder = Folder::new();
    let volume = |version: &str, user: &str, password: &str, pair: &Pair| {
        let path = folder.path().join(version);
        fs::create_dir(&path).unwrap();
        pair.write(&path, "server");
        fs::write(path.join("web.yml"), format!("{TLS}basic_auth_users: {{{user}: {}}}\n", hash(password))).unwrap();
    };
    let second = folder.authority.server();
    volume("..one", "alice", "wonderland", &folder.authority.server());
    volume("..two", "bob", "builder", &second);
    let mount = folder.path().join("mount");
    fs::create_dir(&mount).unwrap();
    symlink("../..one", mount.join("..data")).unwrap();
    for name in ["web.yml", "server.crt", "server.key"] {
        symlink(format!("..data/{name}"), mount.join(name)).unwrap();
    }
    let guarded = start(&mount.join("web.yml"));
    let status = |name, password| {
        let talk =
            guarded.ask(Client::trusting(&folder.authority), "/-/healthy", &credentials(name, password)).unwrap();
        (talk.reply.status, talk.certificate == der(&second.certificate).to_vec())
    };
    assert_eq!((status("alice", "wonderland"), status("bob", "builder")), ((200, false), (401, false)));

    symlink("../..two", mount.join("..data_tmp")).unwrap();
    fs::rename(mount.join("..data_tmp"), mount.join("..data")).unwrap();
    guarded.wait_for(&["read again and is in force", "users=1"]);
    assert_eq!((status("alice", "wonderland"), status("bob", "builder")), ((401, true), (200, true)));
}

#[test]
fn a_broken_file_leaves_the_users_as_they_are_until_it_is_mended() {
    let folder = Folder::new();
    let users = |users: &str| format!("basic_auth_users: {{{users}}}\n");
    let alice = format!("alice: {}", hash("wonderland"));
    let path = folder.write("web.yml", users(&alice));
    let guarded = start(&path);

    fs::write(&path, users("alice: hunter2")).unwrap();
    guarded.wait_for(&[
        "level=WARN",
        "stays so, as the new one is broken",
        "web.yml:1:27: basic_auth_users",
        "is no bcrypt",
    ]);
    assert_eq!((guarded.status("alice", "wonderland"), guarded.status("alice", "hunter2")), (200, 401));

    fs::remove_file(&path).unwrap();
    guarded.wait_for(&[
        "level=WARN",
        "stays so, as the new one is broken",
        "web.yml: the web configuration file does not exist",
    ]);
    assert_eq!((guarded.status("alice", "wonderland"), guarded.status("bob", "builder")), (200, 401));

    // As an editor that writes in two steps, or a full disk, leaves it.
    fs::write(&path, "# users\n").unwrap();
    guarded.wait_for(&["level=WARN", "stays so, as the new one is broken", "web.yml: says nothing any more"]);
    assert_eq!((guarded.status("alice", "wonderland"), guarded.status("bob", "builder")), (200, 401));

    fs::write(&path, users(&format!("{alice}, bob: {}", hash("builder")))).unwrap();
    guarded.wait_for(&["level=INFO", "read again and is in force", "tls=false", "users=2"]);
    assert_eq!((guarded.status("alice", "wonderland"), guarded.status("bob", "builder")), (200, 200));
    let stopped = guarded.exporter.stop();
    assert!(!stopped.log.contains("hunter2"), "{}", stopped.log);
}

#[test]
fn of_a_new_file_the_rate_limit_waits_for_a_restart_and_the_rest_does_not() {
    let folder = Folder::new();
    let path = folder.write("web.yml", TLS);
    let guarded = start(&path);
    let client = || Client::trusting(&folder.authority);
    let http = "http_server_config: {http2: false, headers: {X-Frame-Options: deny}}\n";
    let policy = TLS.replace('}', ", client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.crt}");
    let again = client().config();
    let visit = || ask(guarded.exporter.address(), &again, &get("/-/healthy", ""));
    assert_eq!(visit().unwrap().reply.status, 200);

    fs::write(&path, format!("{policy}{http}rate_limit: {{interval: 1h, burst: 1}}\n")).unwrap();
    guarded.wait_for(&["level=WARN", "rate_limit has changed", "takes effect at a restart"]);
    assert!(visit().is_err(), "a session of before does not stand in for a certificate");
    let good = folder.of_clients.client(names(&["prometheus.example"]));
    for _ in 0..3 {
        let talk = client().showing(&good).offering(&["h2", "http/1.1"]).get(guarded.exporter.address()).unwrap();
        assert_eq!(
            (talk.reply.status, talk.reply.header("x-frame-options"), &*talk.protocol),
            (200, "deny", "http/1.1")
        );
    }

    let other = Authority::new("New authority of clients");
    replace(&folder, "ca.crt", &other.pem());
    let late = other.client(Vec::new());
    let now = || client().showing(&late).get(guarded.exporter.address());
    guarded.exporter.wait_for_log_times(&["level=INFO", "read again and is in force"], 2);
    assert!(now().is_ok() && client().showing(&good).get(guarded.exporter.address()).is_err());
}

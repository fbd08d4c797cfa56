//! The clouds by their names: the exporter is given `cloud: us_gov` and nothing else, asks the hosts of that cloud for the
//! token and the presence of that cloud, and shows what its answers carry. A proxy leads every host to a simulated tenant,
//! so nothing leaves loopback.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use simulator::{Cloud, Operation, Presence, Settings, Shape, Switches};

use crate::harness::{
    Census, Exporter, MORNING, PRESENCE_FAMILIES, Seen, Tenant, assert_same_lines, enabled_member, frozen,
};

/// A proxy that leads everybody to one address, and remembers for whom they asked.
struct Guide {
    address: SocketAddr,
    asked: Arc<Mutex<BTreeSet<String>>>,
}

impl Guide {
    fn to(there: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::default());
        let remembered = Arc::clone(&asked);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let remembered = Arc::clone(&remembered);
                // Who hangs up meanwhile is led no further.
                thread::spawn(move || drop(lead(client, there, &remembered)));
            }
        });
        Self { address, asked }
    }

    /// The hosts and ports that it was asked for.
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().cloned().collect()
    }
}

fn lead(mut client: TcpStream, there: SocketAddr, asked: &Mutex<BTreeSet<String>>) -> io::Result<()> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let host = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    asked.lock().unwrap().insert(host.to_owned());
    let mut server = TcpStream::connect(there)?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        drop(io::copy(&mut from_client, &mut to_server));
        drop(to_server.shutdown(Shutdown::Write));
    });
    io::copy(&mut server, &mut client)?;
    client.shutdown(Shutdown::Both)
}

/// A tenant in a cloud, whose answers carry what that cloud's do.
fn tenant(cloud: Cloud, shape: Shape) -> Tenant {
    let switches = Switches { cloud, shape, ..Switches::default() };
    Tenant::start("contoso", Settings { switches, ..frozen(300, MORNING) })
}

/// The exporter on a tenant, told of its cloud by this text alone, and of a guide.
fn start(tenant: &Tenant, cloud: &str, guide: &Guide) -> Exporter {
    let folder = tempfile::tempdir().unwrap();
    let section = tenant.write(folder.path(), 0);
    let lines = section.lines().map(|line| match line.trim_start().strip_prefix("cloud: ") {
        Some(_) => format!("    cloud: {cloud}\n"),
        None => format!("{line}\n"),
    });
    let file = folder.path().join("exporter.yml");
    fs::write(&file, format!("tenants:\n{}", lines.collect::<String>())).unwrap();
    let mut command = Exporter::command();
    command.arg("--config.file").arg(&file).args(["--web.listen-address", "127.0.0.1:0"]);
    command.env("HTTPS_PROXY", format!("http://{}", guide.address));
    Exporter::launch(command, folder)
}

#[test]
fn a_name_of_a_cloud_leads_to_its_hosts_its_tokens_and_what_its_answers_carry() {
    let (commercial, government) = ("login.microsoftonline.com:443", "login.microsoftonline.us:443");
    for (name, cloud, shape, hosts) in [
        ("global", Cloud::Global, Shape::Full, ["graph.microsoft.com:443", commercial]),
        ("us_gov", Cloud::UsGov, Shape::Government, ["graph.microsoft.us:443", government]),
        ("us_gov_dod", Cloud::UsGovDod, Shape::Government, ["dod-graph.microsoft.us:443", government]),
    ] {
        let tenant = tenant(cloud, shape);
        let guide = Guide::to(tenant.simulator.address());
        let exporter = start(&tenant, name, &guide);
        let page = exporter.wait_until(name, |page| page.up("contoso"));
        let seen = |presence: Presence| match shape {
            Shape::Full => Seen::from(presence),
            _ => Seen { work_location: None, is_out_of_office: None, ..presence.into() },
        };
        let census = Census::of(&tenant.simulator, enabled_member, |_, presence| Some(seen(presence)));
        assert_same_lines(&page.of("contoso", &PRESENCE_FAMILIES), &census.lines(), name);
        page.assert_sums_agree("contoso");
        let mut expected = hosts.map(str::to_owned);
        expected.sort();
        assert_eq!(guide.asked(), expected, "{name}");
    }
}

#[test]
fn the_graph_of_another_cloud_is_told_before_it_is_asked() {
    let tenant = tenant(Cloud::Global, Shape::Full);
    let guide = Guide::to(tenant.simulator.address());
    let exporter = start(&tenant, "us_gov", &guide);
    let what = "Entra refused a token: Graph is not known in this tenant (AADSTS500011, invalid_resource, HTTP 400)";
    let advice = "advice=\"Check cloud: cloud.graph is the Graph of another cloud than the tenant's\"";
    exporter.wait_for_log(&["tenant=contoso", what, advice]);
    assert_eq!(guide.asked(), ["login.microsoftonline.us:443"], "nobody but Entra was asked");
    assert!(tenant.simulator.calls().iter().all(|call| call.operation == Operation::Token));
}

#[test]
fn a_tenant_that_lives_in_another_cloud_is_told() {
    for (code, what) in [
        (90_002, "the tenant is not known (AADSTS90002, "),
        (90_038, "the tenant lives in another cloud (AADSTS90038, "),
        (900_382, "the tenant lives in another cloud (AADSTS900382, "),
        (900_432, "the tenant lives in another cloud (AADSTS900432, "),
    ] {
        let tenant = tenant(Cloud::UsGov, Shape::Government);
        tenant.simulator.refuse_tokens(Some(code));
        let guide = Guide::to(tenant.simulator.address());
        let exporter = start(&tenant, "global", &guide);
        let line = exporter.wait_for_log(&["tenant=contoso", what]);
        assert!(line.contains("advice=\"Set cloud to the tenant's cloud") || line.contains("that cloud is"), "{line}");
    }
}

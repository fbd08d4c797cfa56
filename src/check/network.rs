//! The way to Entra and to Graph: DNS, TCP, TLS and whose certificate it is, and whether the clocks agree.
//!
//! The transport looks, here it is told. Where both are one server it is looked at once.

use std::time::Duration;

use url::Url;

use super::step::Section;
use super::tenant::Subject;
use crate::config::Credential;
use crate::domain::advice::{Advice, Finding, Obstacle};
use crate::domain::moment::Day;
use crate::domain::series::Counted;
use crate::transport::probe::{Answer, Certificate, Distrust, Probe, Unconnected, Unresolved};
use crate::transport::{self, Failure, Transport};

const DNS: &str = "dns";
const TCP: &str = "tcp";
const TLS: &str = "tls";
const CLOCK: &str = "clock";

/// A difference of clocks that is worth a word.
const NOTABLE: Duration = Duration::from_secs(30);

/// A difference beyond which Entra refuses what a certificate signs: it says from when until when it is good.
const HARMFUL: Duration = Duration::from_mins(5);

/// Which of the two can be asked.
pub(super) struct Reachable {
    pub(super) entra: bool,
    pub(super) graph: bool,
}

/// A server that is looked at.
struct Server {
    /// `Graph at graph.microsoft.com`
    name: String,
    probe: Probe,
}

/// Looks at the way to both.
pub(super) async fn look(it: &mut Subject<'_>, transport: &Transport) -> Reachable {
    let cloud = it.tenant.cloud.clone();
    let signs = matches!(it.tenant.credential, Credential::Certificate { .. });
    if matches!(it.tenant.credential, Credential::ManagedIdentity { .. }) {
        // Its tokens come from the machine.
        let graph = server(it, transport, "Graph", &cloud.graph).await;
        let reachable = Reachable { entra: true, graph: tell(&mut it.section, &graph) };
        clocks(&mut it.section, &[graph], signs);
        return reachable;
    }
    if cloud.authority.origin() == cloud.graph.origin() {
        let both = server(it, transport, "Entra and Graph", &cloud.authority).await;
        let reachable = tell(&mut it.section, &both);
        clocks(&mut it.section, &[both], signs);
        return Reachable { entra: reachable, graph: reachable };
    }
    let entra = server(it, transport, "Entra", &cloud.authority).await;
    let graph = server(it, transport, "Graph", &cloud.graph).await;
    let reachable = Reachable { entra: tell(&mut it.section, &entra), graph: tell(&mut it.section, &graph) };
    clocks(&mut it.section, &[graph, entra], signs);
    reachable
}

async fn server(it: &Subject<'_>, transport: &Transport, who: &str, url: &Url) -> Server {
    it.wait_for(&format!("looking for {who}"));
    Server { name: format!("{who} at {}", transport::place(url)), probe: transport.probe(url).await }
}

/// Tells of each step of the way. Returns whether it is worth going.
fn tell(section: &mut Section, Server { name, probe }: &Server) -> bool {
    let Probe { proxy, first, addresses, connected, certificate, answer } = probe;
    let next = proxy.as_ref().map_or_else(|| name.clone(), |proxy| format!("the proxy {proxy}, on the way to {name}"));
    match addresses {
        Ok(found) => {
            section.ok(DNS, format!("{next}: {}", Counted::of(found.len(), "address", "addresses")));
        }
        Err(why) => {
            section.fail(
                DNS,
                match why {
                    Unresolved::Silent => Finding::silent_dns(first, proxy.is_some()),
                    Unresolved::Unknown => Finding::no_address(first, proxy.is_some()),
                },
            );
            section.skip(&[TCP, TLS], &format!("not tried: {first} has no address"));
            return false;
        }
    }
    match connected {
        Some(Ok(_)) => section.ok(TCP, format!("{next}: connected")),
        Some(Err(Unconnected::Silent)) | None => {
            let what = "does not take connections in time; a firewall may drop them";
            section.fail(TCP, Finding::unconnected(first, proxy.is_some(), what));
            section.skip(&[TLS], "not tried: there is no connection");
            // A client that tries addresses side by side may get through.
            return true;
        }
        Some(Err(why)) => {
            let what = match why {
                Unconnected::Refused => "refuses connections: nobody listens there, or a firewall says so",
                _ => "cannot be reached: no way leads there",
            };
            section.fail(TCP, Finding::unconnected(first, proxy.is_some(), what));
            section.skip(&[TLS], "not tried: there is no connection");
            return false;
        }
    }
    tls(section, name, certificate.as_ref(), answer)
}

/// Tells whose certificate the server has. Returns whether it is trusted.
fn tls(section: &mut Section, name: &str, certificate: Option<&Certificate>, answer: &Result<Answer, Failure>) -> bool {
    let Some(Certificate { issuer, expires, distrust, tls }) = certificate else {
        match answer {
            Err(Failure::Obstacle(obstacle)) => section.fail(TLS, Advice::unreachable(name, obstacle)),
            _ => section.skip(&[TLS], "not known: no certificate was shown"),
        }
        return answer.is_ok();
    };
    let issuer =
        &issuer.as_deref().map(clean).filter(|name| !name.is_empty()).unwrap_or("somebody without a name".into());
    if let Some(distrust) = distrust {
        let finding = match distrust {
            Distrust::UnknownIssuer => Finding::unknown_issuer(name, issuer),
            Distrust::Expired => Finding::certificate_expired(name, issuer),
            Distrust::NotYetValid => Finding::certificate_too_young(name, issuer),
            Distrust::OtherName => Finding::other_name(name, issuer),
            Distrust::Other => Advice::unreachable(name, &Obstacle::Tls).into(),
        };
        section.fail(TLS, finding);
        return false;
    }
    if let Err(Failure::Obstacle(obstacle)) = answer {
        section.fail(TLS, Advice::unreachable(name, obstacle));
        return false;
    }
    let version = tls.map(|version| format!(" {version}")).unwrap_or_default();
    let until = expires.map(|at| format!(" until {}", Day::of_unix_seconds(at))).unwrap_or_default();
    section.ok(TLS, format!("{name}: TLS{version}, certificate by {issuer}{until}"));
    true
}

/// The name of an issuer without what could lead a reader astray, such as marks that turn the direction of writing.
fn clean(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric() || letter.is_ascii_punctuation() || *letter == ' ').collect()
}

/// Tells whether this machine's clock agrees with the first that was told.
fn clocks(section: &mut Section, servers: &[Server], signs: bool) {
    let told = servers.iter().find_map(|Server { name, probe }| {
        let Answer { server_unix_millis, own_unix_millis, .. } = probe.answer.as_ref().ok()?;
        // It was cut to whole seconds.
        Some((name, (*server_unix_millis)? + 500, *own_unix_millis))
    });
    let Some((name, theirs, ours)) = told else {
        return section.skip(&[CLOCK], "not known: nobody told the time");
    };
    let (apart, fast) = (Duration::from_millis(theirs.abs_diff(ours)), ours > theirs);
    if apart > HARMFUL && signs {
        section.fail(CLOCK, Finding::clock(name, apart, fast));
    } else if apart > NOTABLE {
        section.warn(CLOCK, Finding::clock(name, apart, fast));
    } else {
        section.ok(CLOCK, format!("this machine's agrees with that of {name}"));
    }
}

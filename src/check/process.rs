//! The process: who may see what it serves, and how many series it makes of all its tenants.
//!
//! The web configuration is read with the certificates that it names, as a start would. No address is listened on: the
//! daemon may be running.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::own::{DAY, SOON};
use super::questions;
use super::step::Section;
use crate::clock;
use crate::config::{Faults, WebUsers};
use crate::domain::advice::Finding;
use crate::domain::series::{Counted, Grouped};
use crate::telemetry::Telemetry;
use crate::web::Gate;

const WEB: &str = "web_config";
/// Looks at what belongs to no tenant; `sizes` are the series of each.
pub(super) async fn examine(
    file: Option<PathBuf>,
    web_users: Option<WebUsers>,
    telemetry: Arc<Telemetry>,
    sizes: &[u64],
) -> Section {
    let mut section = Section::of(None);
    match file {
        None => section.ok(WEB, "no --web.config.file: whoever reaches the port may read, without TLS"),
        Some(file) => {
            let place = format!("the web configuration {}", file.display());
            let open = move || Gate::open(Some(&file), telemetry);
            match questions::read(&place, open).await {
                Ok(Ok(gate)) => told(&mut section, &place, &gate, web_users.as_ref()),
                Ok(Err(faults)) => faulty(&mut section, &faults),
                Err(finding) => section.fail(WEB, finding),
            }
        }
    }
    section.skip(&["listening"], "not tried: the exporter may be running at the address");
    let tenants = Counted::of(sizes.len(), "tenant", "tenants");
    section.ok(
        "series",
        format!("about {} series of {tenants}, and those of the process itself", Grouped(sizes.iter().sum())),
    );
    section
}

fn faulty(section: &mut Section, faults: &Faults) {
    for fault in faults.iter() {
        section.fail(WEB, Finding::faulty(fault.to_string()));
    }
}

/// Tells how the web configuration guards what is served.
fn told(section: &mut Section, place: &str, gate: &Gate, web_users: Option<&WebUsers>) {
    let users = gate.users();
    let tls = gate.certificate_expires();
    let guard = match (tls, users.len()) {
        (Some(_), 0) => "TLS, no users".to_owned(),
        (None, 0) => "neither TLS nor users".to_owned(),
        (tls, count) => {
            let users = Counted::of(count, "user", "users");
            format!("{}, {users}", if tls.is_some() { "TLS" } else { "no TLS" })
        }
    };
    section.ok(WEB, format!("{place} holds: {guard}"));
    if let Some(expires) = tls {
        expiry(section, expires);
    }
    let strangers = web_users.into_iter().flatten().filter(|(name, _)| !users.contains(name)).count();
    if strangers > 0 {
        section.warn(WEB, Finding::strangers(strangers, users.is_empty()));
    }
}

/// Tells when the certificate expires, at so many seconds since 1970.
fn expiry(section: &mut Section, expires: f64) {
    let now = clock::now();
    let left = expires - now.unix_seconds(now.moment);
    // Whole days, without a fraction or a sign that could be lost.
    let days = Duration::try_from_secs_f64(left.abs()).unwrap_or_default().as_secs() / DAY;
    if left < 0.0 {
        section.fail(WEB, Finding::served_certificate_expired(days));
    } else if days < SOON {
        section.warn(WEB, Finding::served_certificate_expires_soon(days));
    }
}

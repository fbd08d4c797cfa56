//! Routes: what is answered on which path, and to whom.
//!
//! Paths are exact. An answer is a value made of what is known at this instant; only a reload is waited for, and that slow
//! answers make way. How pages are made is in `metrics` and `status`, what all answers have in common in `answer`.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::header;
use hyper::{Method, Request, StatusCode};

use super::Site;
use super::address;
use super::answer::{Answer, TEXT, answer, with};
use super::authentication::Visitor;
use super::gate::Gate;
use super::metrics::{Extent, Metrics};
use super::room::Seat;
use super::slots::Slots;
use super::status::{self, Choice};
use crate::clock;
use crate::config::{Config, Sight};
use crate::domain::tenant::TenantName;

/// Everything that can be asked for.
pub(super) struct Routes {
    site: Site,
    offer: Offer,
    metrics: Metrics,
    /// One for each status page that may be under way; scrapes have their own.
    pages: Slots,
}

/// What is there to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Offer {
    Everything,
    /// Health and readiness alone, for everybody.
    Health,
}

/// Where things are besides the metrics page.
const STATUS: &str = "/";
const STYLE: &str = "/style.css";
const HEALTHY: &str = "/-/healthy";
const READY: &str = "/-/ready";
const RELOAD: &str = "/-/reload";
const CONFIG: &str = "/config";

/// How many status pages are under way at one time: each is a text of its own, and large where there are thousands of groups.
const MOST_PAGES: usize = 16;

impl Routes {
    pub(super) fn new(site: Site) -> Self {
        let (metrics, pages) = (Metrics::new(site.max_requests), Slots::new(MOST_PAGES));
        Self { metrics, pages, offer: Offer::Everything, site }
    }

    /// Health and readiness of the site alone, without TLS and to everybody: what the gate keeps in or out is not here.
    pub(super) fn health(site: Site) -> Self {
        let gate = Arc::new(Gate::wide(Arc::clone(&site.telemetry)));
        Self { offer: Offer::Health, ..Self::new(Site { gate, ..site }) }
    }

    /// Who may come in.
    pub(super) fn gate(&self) -> &Arc<Gate> {
        &self.site.gate
    }

    /// What is answered to a request, whoever asks from that seat.
    pub(super) async fn respond<B>(&self, request: &Request<B>, from: Option<IpAddr>, seat: &Seat) -> Answer {
        let answer = match self.gate().admit(request, from).await {
            Ok(visitor) => self.answer(request, &visitor, seat).await,
            Err(refusal) => refusal,
        };
        self.gate().dress(answer)
    }

    /// The answer to a request of somebody who was let in. Its body is not read: no path wants one. Where as many answers
    /// of the kind are under way as may be, and only there, slow ones make way for it.
    async fn answer<B>(&self, request: &Request<B>, visitor: &Visitor, seat: &Seat) -> Answer {
        let path = request.uri().path();
        if self.offer == Offer::Health && ![HEALTHY, READY].contains(&path) {
            return no_health();
        }
        let extent = self.extent(path);
        let config = self.site.config.load_full();
        let sight = sight(&config, visitor);
        let refusal = sight.and_then(|sight| self.out_of_sight(sight, visitor, path, extent.as_ref()));
        if let Some(refusal) = refusal {
            return refusal;
        }
        if extent.is_none() && ![STATUS, STYLE, HEALTHY, READY, RELOAD, CONFIG].contains(&path) {
            return self.not_found();
        }
        if let Some(refusal) = refused_method(path, request.method()) {
            return refusal;
        }
        if let Some(extent) = extent {
            let page = self.metrics.answer(&self.site, &extent, request.headers(), seat).await;
            return page.unwrap_or_else(no_tenant);
        }
        match path {
            STATUS => self.status(request.uri().query().unwrap_or_default(), seat).await,
            STYLE => {
                let style = answer(StatusCode::OK, "text/css; charset=utf-8", status::STYLE);
                with(style, header::CACHE_CONTROL, "max-age=3600")
            }
            CONFIG => {
                let page = answer(StatusCode::OK, TEXT, config.to_string());
                with(page, header::CACHE_CONTROL, "no-store")
            }
            RELOAD => self.reload().await,
            HEALTHY => self.healthy(),
            _ => self.ready(sight),
        }
    }

    /// What is answered to somebody who is not to see what is asked for. It tells nothing of what there is besides.
    fn out_of_sight(
        &self,
        sight: &[TenantName],
        visitor: &Visitor,
        path: &str,
        asked: Option<&Extent>,
    ) -> Option<Answer> {
        let visible = match asked {
            Some(Extent::Everything) => false,
            Some(Extent::Tenant(asked)) => sight.iter().any(|tenant| tenant.as_str() == asked),
            None => [HEALTHY, READY].contains(&path),
        };
        if visible {
            return None;
        }
        let page = |tenant: &TenantName| address::page(&self.site.telemetry_path, tenant.as_str());
        let text = match (sight, visitor) {
            ([], Visitor::Anybody) => {
                "Only users may see this, as web_users in the configuration has it, and there are none\n".to_owned()
            }
            ([], Visitor::User(_)) => {
                "This user may see nothing; web_users in the configuration does not name it\n".to_owned()
            }
            (tenants, _) => {
                let pages: Vec<String> = tenants.iter().map(page).collect();
                format!("This user may see {}, and nothing else\n", pages.join(", "))
            }
        };
        Some(answer(StatusCode::FORBIDDEN, TEXT, text))
    }

    /// What the metrics page with this path is about; `None` if it is the path of something else.
    fn extent(&self, path: &str) -> Option<Extent> {
        match path {
            _ if path == self.site.telemetry_path => Some(Extent::Everything),
            STATUS | STYLE | HEALTHY | READY | RELOAD | CONFIG => None,
            _ => address::tenant(&self.site.telemetry_path, path).map(Extent::Tenant),
        }
    }

    async fn status(&self, query: &str, seat: &Seat) -> Answer {
        let choice = Choice::parse(query);
        let page = if let Some(slot) = self.pages.take(seat).await {
            let page = status::page(&self.site, &choice, clock::now());
            slot.answer("text/html; charset=utf-8", vec![page.into_bytes().into()])
        } else {
            // It says when to ask again, as the page does: a browser on a wall has nobody to ask for it.
            let text =
                format!("{MOST_PAGES} status pages are being sent already, which is the most; try again later\n");
            answer(StatusCode::SERVICE_UNAVAILABLE, TEXT, text)
        };
        let page = with(page, header::CACHE_CONTROL, "no-store");
        if choice.still { page } else { with(page, header::REFRESH, status::REFRESH) }
    }

    async fn reload(&self) -> Answer {
        let Some(asker) = &self.site.reload else {
            let text = "Nobody may ask for that here; start with --web.enable-lifecycle, or send the process SIGHUP\n";
            return answer(StatusCode::FORBIDDEN, TEXT, text);
        };
        match asker.ask().await {
            Some(Ok(())) => answer(StatusCode::OK, TEXT, "Reloaded\n"),
            Some(Err(faults)) => {
                let text = format!("Not reloaded, and what is in force stays so:\n{faults}\n");
                answer(StatusCode::INTERNAL_SERVER_ERROR, TEXT, text)
            }
            None => {
                let text = "Not reloaded: too many wait for that already; try again later\n";
                answer(StatusCode::SERVICE_UNAVAILABLE, TEXT, text)
            }
        }
    }

    fn healthy(&self) -> Answer {
        let Some(silence) = self.site.heartbeat.silent(clock::moment()) else {
            return answer(StatusCode::OK, TEXT, "Healthy\n");
        };
        let text = format!("Not healthy: the tenants' thread has been stuck for {} seconds\n", silence.as_secs());
        answer(StatusCode::SERVICE_UNAVAILABLE, TEXT, text)
    }

    /// Whoever sees a part is not told how many tenants there are.
    fn ready(&self, sight: Option<&[TenantName]>) -> Answer {
        match self.site.readiness.waiting(clock::moment()) {
            0 => answer(StatusCode::OK, TEXT, "Ready\n"),
            _ if sight.is_some() => answer(StatusCode::SERVICE_UNAVAILABLE, TEXT, "Not ready\n"),
            1 => {
                answer(StatusCode::SERVICE_UNAVAILABLE, TEXT, "Not ready: 1 tenant has not ended its first cycle yet\n")
            }
            tenants => {
                let text = format!("Not ready: {tenants} tenants have not ended their first cycle yet\n");
                answer(StatusCode::SERVICE_UNAVAILABLE, TEXT, text)
            }
        }
    }

    fn not_found(&self) -> Answer {
        let metrics = &self.site.telemetry_path;
        let text = format!("Nothing is here. Metrics: {metrics}; status: {STATUS}; health: {HEALTHY} and {READY}\n");
        answer(StatusCode::NOT_FOUND, TEXT, text)
    }
}

/// The tenants that somebody sees and no others; `None` for everything.
fn sight<'c>(config: &'c Config, visitor: &Visitor) -> Option<&'c [TenantName]> {
    let users = config.web_users.as_ref()?;
    match visitor {
        Visitor::User(name) => match users.get(name) {
            Some(Sight::Everything) => None,
            Some(Sight::Tenants(tenants)) => Some(tenants),
            None => Some(&[]),
        },
        // Passwords are asked for no more, by a slip perhaps: that shows nobody more.
        Visitor::Anybody => Some(&[]),
    }
}

/// What is answered to a method that a path does not know.
fn refused_method(path: &str, method: &Method) -> Option<Answer> {
    let (known, allowed, text): (&[Method], _, _) = match path {
        RELOAD => (&[Method::PUT, Method::POST], "PUT, POST", "Only PUT and POST are answered here.\n"),
        _ => (&[Method::GET, Method::HEAD], "GET, HEAD", "Only GET and HEAD are answered here.\n"),
    };
    let refusal = || with(answer(StatusCode::METHOD_NOT_ALLOWED, TEXT, text), header::ALLOW, allowed);
    (!known.contains(method)).then(refusal)
}

fn no_health() -> Answer {
    let text = format!("Nothing else is here than health: {HEALTHY} and {READY}\n");
    answer(StatusCode::NOT_FOUND, TEXT, text)
}

fn no_tenant() -> Answer {
    let text = "No tenant has this name; the status page shows the names of all\n";
    answer(StatusCode::NOT_FOUND, TEXT, text)
}

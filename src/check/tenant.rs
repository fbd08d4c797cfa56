//! One tenant: what is looked at, in which order, and what is not tried when something before it failed.
//!
//! Each step is a function of its own file that says what it found; here is only what follows from what.

use std::sync::Arc;

use super::progress::Progress;
use super::sizes;
use super::step::Section;
use super::{groups, network, own, people, presence, questions, token};
use crate::cli::Reach;
use crate::config::Tenant;
use crate::domain::advice::Finding;
use crate::domain::plan::Means;
use crate::domain::series::Made;
use crate::domain::tenant::TenantName;
use crate::entra::Tokens;
use crate::graph::Graph;
use crate::telemetry::TenantTelemetry;
use crate::transport::Transport;

/// The steps that need an answer of somebody.
const ASKED: [&str; 12] = [
    "dns", "tcp", "tls", "clock", "token", "roles", "users", "teams_plan", "presence", "properties", "groups",
    "dimensions",
];

/// Where these begin that need Entra, and those that need a token.
const TOKEN: usize = 4;
const USERS: usize = 6;

/// What was found of a tenant.
pub(super) struct Examined {
    pub(super) section: Section,
    /// How many series it makes.
    pub(super) series: u64,
}

impl Examined {
    /// Looking at it failed inside.
    pub(super) fn failed(tenant: TenantName) -> Self {
        let mut section = Section::of(Some(tenant));
        section.fail("check", Finding::failed_inside());
        Self { section, series: 0 }
    }
}

/// A tenant that is being looked at.
pub(super) struct Subject<'p> {
    pub(super) tenant: Tenant,
    pub(super) section: Section,
    progress: &'p Progress,
}

impl Subject<'_> {
    /// Says what is being waited for.
    pub(super) fn wait_for(&self, what: &str) {
        self.progress.say(&self.tenant.name, what);
    }
}

/// Looks at a tenant.
pub(super) async fn examine(tenant: Tenant, reach: Reach, telemetry: TenantTelemetry, progress: &Progress) -> Examined {
    let section = Section::of(Some(tenant.name.clone()));
    let mut it = Subject { tenant, section, progress };
    own::configuration(&mut it);
    let proves = own::credential(&mut it).await;
    let named = Transport::look_at_proxy(&it.tenant);
    let known = match (reach, named) {
        (_, Err(advice)) => {
            it.section.fail("proxy", advice);
            it.section.skip(&ASKED, "not tried: it is not known through which proxy");
            people::in_file(&mut it).await
        }
        (Reach::Offline, Ok(())) => {
            it.section.skip(&ASKED, "not tried: --offline sends nothing");
            people::in_file(&mut it).await
        }
        (Reach::Network, Ok(())) => ask(&mut it, telemetry, proves).await,
    };
    sizes::budget(&mut it, &known);
    let series = sizes::series(&mut it, &known);
    Examined { section: it.section, series }
}

/// What is known of a tenant when everybody was asked.
#[derive(Default)]
pub(super) struct Known {
    /// How many users are tracked.
    pub(super) tracked: Option<u64>,
    /// What a cycle has to make do with, as measured.
    pub(super) means: Option<Means>,
    /// How many series the groups make, where they were found.
    pub(super) groups: Option<Made>,
}

/// `proves`: whether there is a credential to ask for a token with.
async fn ask(it: &mut Subject<'_>, telemetry: TenantTelemetry, proves: bool) -> Known {
    let (of, own) = (it.tenant.clone(), telemetry.clone());
    let made = questions::read("the ca_file", move || Transport::new(&of, own)).await;
    let transport = match made.and_then(|made| made.map_err(Finding::from)) {
        Ok(transport) => transport,
        Err(finding) => {
            it.section.fail("trust", finding);
            it.section.skip(&ASKED, "not tried: without certificates to trust nobody can be asked");
            return people::in_file(it).await;
        }
    };
    let reachable = network::look(it, &transport).await;
    if !reachable.entra {
        it.section.skip(&ASKED[TOKEN..], "not tried: Entra cannot be reached");
        return people::in_file(it).await;
    }
    if !proves {
        it.section.skip(&ASKED[TOKEN..], "not tried: the credential cannot be used");
        return people::in_file(it).await;
    }
    let tokens = Arc::new(Tokens::new(it.tenant.clone(), transport.clone(), telemetry.clone()));
    if !token::get(it, &tokens).await {
        it.section.skip(&ASKED[TOKEN + 1..], "not tried: there is no token");
        return people::in_file(it).await;
    }
    let missing = token::roles(it, &tokens);
    if !reachable.graph {
        it.section.skip(&ASKED[USERS..], "not tried: Graph cannot be reached");
        return people::in_file(it).await;
    }
    let budget = sizes::fresh_budget(&it.tenant);
    let graph = Graph::new(&it.tenant, transport, tokens, budget, telemetry);
    let people = people::users(it, &graph, &missing).await;
    people::teams_plan(it, &graph, &people).await;
    let means = presence::batch(it, &graph, &people).await;
    let readable = groups::readable(it, &graph, &missing).await;
    let made = groups::dimensions(it, &graph, &people, &readable).await;
    Known { tracked: people.tracked, means, groups: made }
}

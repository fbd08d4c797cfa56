//! The tenant: everything that requests share.
//!
//! What is fixed by the seed is plain; what tests may change while it runs stands behind a lock each.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::assertion::Certificate;
use crate::clock::Ticking;
use crate::dice::Dice;
use crate::directory::{Changes, Directory};
use crate::faults::{Effect, Operation, Plan};
use crate::groups::Groups;
use crate::identity::Guid;
use crate::issuer::{Issuer, Trusted};
use crate::journal::{Crowd, Journal, Window};
use crate::organisation::{Organisation, Person};
use crate::scenario::{Play, Scenario};
use crate::settings::Settings;
use crate::switches::{Budget, Switches};
use crate::tokens::Mint;

/// One simulated tenant and its application.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) directory_id: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// What a call of the identity endpoint must bear.
    pub(crate) identity_header: String,
    /// The client ids of the two managed identities of the machine.
    pub(crate) system_assigned_id: String,
    pub(crate) user_assigned_id: String,
    pub(crate) issuer: Issuer,
    pub(crate) organisation: Organisation,
    pub(crate) groups: Groups,
    pub(crate) mint: Mint,
    pub(crate) presence_latency: Duration,
    pub(crate) listing_latency: Duration,
    pub(crate) token_latency: Duration,
    page_lifetime: Duration,
    clock: Mutex<Ticking>,
    roles: Mutex<Vec<String>>,
    switches: Mutex<Switches>,
    changes: Mutex<Arc<Changes>>,
    secret_expired: Mutex<bool>,
    registration: Mutex<Registration>,
    refused_code: Mutex<Option<u32>>,
    faults: Mutex<Plan>,
    play: Mutex<Play>,
    journal: Mutex<Journal>,
    window: Mutex<Window>,
    crowd: Mutex<Crowd>,
    requests: AtomicU64,
    presence_calls: AtomicU64,
    dice: Dice,
}

/// What the application may prove itself with, besides its first secret.
#[derive(Debug, Default)]
pub(crate) struct Registration {
    /// Client secrets that were made later.
    pub(crate) secrets: Vec<String>,
    pub(crate) certificates: Vec<Certificate>,
    /// Federated credentials.
    pub(crate) trusted: Vec<Trusted>,
}

impl Tenant {
    pub(crate) fn new(settings: Settings) -> io::Result<Self> {
        let dice = Dice::new(settings.seed).on(20);
        let organisation = Organisation::new(settings.seed, settings.people);
        Ok(Self {
            directory_id: Guid::thrown(dice.on(1)).to_string(),
            client_id: Guid::thrown(dice.on(2)).to_string(),
            client_secret: secret(dice.on(3)),
            identity_header: Guid::thrown(dice.on(5)).to_string().to_uppercase().replace('-', ""),
            system_assigned_id: Guid::thrown(dice.on(6)).to_string(),
            user_assigned_id: Guid::thrown(dice.on(7)).to_string(),
            issuer: Issuer::new()?,
            organisation,
            groups: Groups::new(settings.seed, &organisation),
            mint: Mint::new(settings.token_lifetime),
            page_lifetime: settings.page_lifetime,
            presence_latency: settings.presence_latency,
            listing_latency: settings.listing_latency,
            token_latency: settings.token_latency,
            clock: Mutex::new(Ticking::start(settings.clock)),
            roles: Mutex::new(settings.roles),
            switches: Mutex::new(settings.switches),
            changes: Mutex::default(),
            secret_expired: Mutex::new(settings.secret_expired),
            registration: Mutex::default(),
            refused_code: Mutex::default(),
            faults: Mutex::new(Plan::new(settings.faults)),
            play: Mutex::new(Play::begin(settings.scenario, organisation, settings.scenario_skipped)),
            journal: Mutex::new(Journal::new(settings.record_calls)),
            window: Mutex::new(Window::new(settings.presence_limit)),
            crowd: Mutex::default(),
            requests: AtomicU64::new(0),
            presence_calls: AtomicU64::new(0),
            dice,
        })
    }

    /// What time it is for the people.
    pub(crate) fn now(&self) -> SystemTime {
        self.clock().now()
    }

    pub(crate) fn clock(&self) -> MutexGuard<'_, Ticking> {
        hold(&self.clock)
    }

    pub(crate) fn roles(&self) -> MutexGuard<'_, Vec<String>> {
        hold(&self.roles)
    }

    /// The switches as they were set.
    pub(crate) fn own_switches(&self) -> MutexGuard<'_, Switches> {
        hold(&self.switches)
    }

    /// The switches in force.
    pub(crate) fn switches(&self) -> Switches {
        let mut switches = *self.own_switches();
        if switches.budget == Budget::default() {
            switches.budget = self.play().conditions().budget;
        }
        switches
    }

    /// The directory as it is now.
    pub(crate) fn directory(&self) -> Directory {
        Directory { changes: Arc::clone(&hold(&self.changes)), values: self.own_switches().values }
    }

    /// Changes the directory; requests that are being answered keep the one before.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Changes)) {
        change(Arc::make_mut(&mut hold(&self.changes)));
    }

    /// The account with this object id, if it is in the directory.
    pub(crate) fn find(&self, id: Guid) -> Option<Person> {
        self.organisation.find(id).filter(|person| hold(&self.changes).has(person))
    }

    pub(crate) fn secret_expired(&self) -> MutexGuard<'_, bool> {
        hold(&self.secret_expired)
    }

    /// Whether the secret has expired, by a test's word or the scenario's.
    pub(crate) fn is_secret_expired(&self) -> bool {
        *self.secret_expired() || self.play().conditions().secret_expired
    }

    pub(crate) fn registration(&self) -> MutexGuard<'_, Registration> {
        hold(&self.registration)
    }

    /// Sets with which code every request for a token is refused, if any.
    pub(crate) fn refuse(&self, code: Option<u32>) {
        *hold(&self.refused_code) = code;
    }

    /// With which code a request for a token is refused, by a test's word or the scenario's.
    pub(crate) fn refused_code(&self) -> Option<u32> {
        let set = *hold(&self.refused_code);
        set.or_else(|| self.play().conditions().refused_code)
    }

    /// How long tokens that are issued now live.
    pub(crate) fn token_lifetime(&self) -> Duration {
        self.play().conditions().token_lifetime.unwrap_or(self.mint.lifetime())
    }

    /// How long a nextLink that is made now can be followed.
    pub(crate) fn page_lifetime(&self) -> Duration {
        self.play().conditions().page_lifetime.unwrap_or(self.page_lifetime)
    }

    /// Counts a call and tells what strikes it, what was injected before what the scenario does.
    pub(crate) fn strike(&self, operation: Operation, group: Option<Guid>) -> Vec<Effect> {
        let mut effects = self.faults().strike(operation, group);
        effects.extend(self.play().strike(operation, group));
        effects
    }

    /// The scenario, at the scene of now.
    pub(crate) fn play(&self) -> MutexGuard<'_, Play> {
        let mut play = hold(&self.play);
        if play.advance() {
            self.mint.revoke();
        }
        play
    }

    pub(crate) fn set_scenario(&self, scenario: Scenario) {
        *hold(&self.play) = Play::begin(scenario, self.organisation, Duration::ZERO);
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Plan> {
        hold(&self.faults)
    }

    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        hold(&self.journal)
    }

    pub(crate) fn window(&self) -> MutexGuard<'_, Window> {
        hold(&self.window)
    }

    pub(crate) fn crowd(&self) -> MutexGuard<'_, Crowd> {
        hold(&self.crowd)
    }

    /// Counts a request for presence among those that are being answered, until the guest is dropped.
    pub(crate) fn receive(&self, operation: Operation) -> Option<Guest<'_>> {
        matches!(operation, Operation::GetPresences | Operation::GetPresence).then(|| {
            self.crowd().enter();
            Guest(self)
        })
    }

    /// An id for the next request.
    pub(crate) fn next_request_id(&self) -> Guid {
        Guid::thrown(self.dice.on(4).on(self.requests.fetch_add(1, Ordering::Relaxed)))
    }

    /// The number of this presence call, the first being 1.
    pub(crate) fn presence_call(&self) -> u64 {
        self.presence_calls.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Guest<'a>(&'a Tenant);

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        self.0.crowd().leave();
    }
}

/// A secret value in the shape of Entra's: 40 characters with `~`, `.`, `-` and `_` among them.
fn secret(dice: Dice) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    let mut text: String = (0..40).map(|at| char::from(*dice.on(at).pick(LETTERS))).collect();
    text.replace_range(3..5, "8Q");
    text.replace_range(5..6, "~");
    text
}

/// A panic while a lock was held leaves nothing half done here, so what it guards is still good.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

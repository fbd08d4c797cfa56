//! The simulator as its callers hold it: start, ask, change, drop.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::net::TcpSocket;
use tokio_rustls::rustls::ServerConfig;

use crate::certificate;
use crate::clock::{Clock, Ticking};
use crate::day;
use crate::directory::Value;
use crate::faults::Fault;
use crate::groups::Group;
use crate::journal::Call;
use crate::machine::Machine;
use crate::organisation::{Organisation, Person};
use crate::places::Moment;
use crate::presence::Presence;
use crate::scenario::{Scenario, Scene};
use crate::server::{self, Server};
use crate::settings::Settings;
use crate::spent::Spent;
use crate::switches::Switches;
use crate::tenant::Tenant;

/// A running simulated tenant; it stops when dropped.
#[derive(Debug)]
pub struct Simulator {
    pub(crate) tenant: Arc<Tenant>,
    address: SocketAddr,
    ca_pem: String,
    tls: Arc<ServerConfig>,
    threads: usize,
    door: Mutex<Door>,
    pub(crate) machine: Mutex<Option<Machine>>,
}

/// Whether anybody is at the address.
#[derive(Debug)]
enum Door {
    /// Held for its `Drop`.
    Open { _server: Server },
    /// The socket keeps the address, so that nobody else takes it meanwhile.
    Closed(Option<TcpSocket>),
}

impl Simulator {
    /// Makes a tenant and serves it on threads of its own; it answers when this returns.
    ///
    /// # Errors
    /// If the address cannot be bound, or threads or certificates cannot be made.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let (ca_pem, tls) = certificate::issue()?;
        let socket = server::bind(settings.listen)?;
        let address = socket.local_addr()?;
        let threads = settings.threads;
        let tenant = Arc::new(Tenant::new(settings)?);
        let door = Mutex::new(Door::Closed(Some(socket)));
        let simulator = Self { tenant, address, ca_pem, tls, threads, door, machine: Mutex::default() };
        simulator.go_online()?;
        Ok(simulator)
    }

    /// Cuts all connections; from now on they are refused.
    ///
    /// # Errors
    /// If the address cannot be kept.
    pub fn go_offline(&self) -> io::Result<()> {
        let mut door = self.door();
        if matches!(*door, Door::Open { .. }) {
            // The server ends here, for two cannot hold one address.
            *door = Door::Closed(None);
            *door = Door::Closed(Some(server::bind(self.address)?));
        }
        Ok(())
    }

    /// Answers again where it answered before, with the same certificate.
    ///
    /// # Errors
    /// If the address was not kept, or threads cannot be made.
    pub fn go_online(&self) -> io::Result<()> {
        let mut door = self.door();
        if let Door::Closed(socket) = &mut *door {
            let socket = socket.take().map_or_else(|| server::bind(self.address), Ok)?;
            let server = Server::start(socket, Some(Arc::clone(&self.tls)), &self.tenant, self.threads)?;
            *door = Door::Open { _server: server };
        }
        Ok(())
    }

    fn door(&self) -> MutexGuard<'_, Door> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `https://localhost:PORT`: the authority of Entra and the host of Graph, both.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// The address that is listened on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of the authority that clients must trust, in PEM; another at each start.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The tenant's id, a UUID; a function of the seed.
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.tenant.directory_id
    }

    /// The application's id, a UUID; a function of the seed.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.tenant.client_id
    }

    /// The application's secret, 40 characters; a function of the seed.
    #[must_use]
    pub fn client_secret(&self) -> &str {
        &self.tenant.client_secret
    }

    /// The people.
    #[must_use]
    pub fn organisation(&self) -> &Organisation {
        &self.tenant.organisation
    }

    /// The groups.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        self.tenant.groups.all()
    }

    /// The group of this name, such as `On call SRE`.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn group(&self, name: &str) -> &Group {
        self.groups().iter().find(|group| group.name == name).unwrap_or_else(|| panic!("there is no group {name:?}"))
    }

    /// Everybody who is in the directory now, in its order.
    #[must_use]
    pub fn people(&self) -> Vec<Person> {
        let directory = self.tenant.directory();
        self.organisation().people().filter(|person| directory.has(person)).collect()
    }

    /// The members of a group now, direct or not, in the directory's order.
    #[must_use]
    pub fn members(&self, group: &Group) -> Vec<Person> {
        let directory = self.tenant.directory();
        let is_member = |person: &Person| directory.has(person) && directory.is_member(group, person);
        self.organisation().people().filter(is_member).collect()
    }

    /// What the directory says of a person now, by the property's name (`department`, `officeLocation`, `extensionAttribute1`
    /// to `15`, ...); `None` for null.
    ///
    /// # Panics
    /// If it has no such property.
    #[must_use]
    pub fn attribute(&self, person: &Person, property: &str) -> Option<String> {
        self.tenant.directory().account(person).text(value(property)).map(Into::into)
    }

    /// What time it is for the people.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.tenant.now()
    }

    /// What the service answers about a person at a simulated instant with the switches in their default
    /// positions: a pure function of the seed, the person and the instant, unless the person was removed.
    #[must_use]
    pub fn presence_of(&self, person: &Person, instant: SystemTime) -> Presence {
        let is_there = self.tenant.directory().has(person);
        if is_there { day::presence(person, &Moment::new(instant)) } else { Presence::UNKNOWN }
    }

    /// How a person's time is spent from one simulated instant until another, to the second: [`Self::presence_of`] added up
    /// over time. Sum several with `+=`.
    ///
    /// ```no_run
    /// # use simulator::{Availability, Settings, Simulator, Spent};
    /// # let tenant = Simulator::start(Settings::default())?;
    /// let (from, until) = (tenant.now(), tenant.now() + std::time::Duration::from_hours(1));
    /// let mut spent = Spent::default();
    /// for person in tenant.organisation().people() {
    ///     spent += &tenant.seconds(&person, from, until);
    /// }
    /// let busy = spent.availability.get(&Availability::Busy).copied().unwrap_or_default();
    /// println!("{} s busy, {} changes", busy.as_secs_f64(), spent.availability_changes());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn seconds(&self, person: &Person, from: SystemTime, until: SystemTime) -> Spent {
        Spent::between(person, from, until)
    }

    /// The calls that were recorded, oldest first, as far as [`Settings::record_calls`] keeps them.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.tenant.journal().calls()
    }

    /// Forgets the recorded calls.
    pub fn forget_calls(&self) {
        self.tenant.journal().clear();
    }

    /// The greatest number of presence requests (of ids, with [`crate::Budget::PerId`]) that arrived within any
    /// 30 seconds, however they were answered.
    #[must_use]
    pub fn fullest_window(&self) -> u32 {
        self.tenant.window().fullest()
    }

    /// Which scene of the scenario is on.
    #[must_use]
    pub fn scene(&self) -> Scene {
        self.tenant.play().scene().clone()
    }

    /// Plays this scenario from its beginning, in place of the one before; [`Scenario::Calm`] ends its trouble for good.
    /// Tokens that a scene revoked stay revoked, and faults and switches that were set stay set.
    pub fn set_scenario(&self, scenario: Scenario) {
        self.tenant.set_scenario(scenario);
    }

    /// The greatest number of presence requests that were being answered at one time; one that the client gave up is no
    /// longer.
    #[must_use]
    pub fn most_at_once(&self) -> u32 {
        self.tenant.crowd().most()
    }

    /// Plans a fault; its calls are counted from now.
    pub fn inject(&self, fault: Fault) {
        self.tenant.faults().add(fault);
    }

    /// Forgets all faults but those of the scenario.
    pub fn clear_faults(&self) {
        self.tenant.faults().clear();
    }

    /// The positions of all switches, as they were set; what the scenario turns meanwhile is not among them.
    #[must_use]
    pub fn switches(&self) -> Switches {
        *self.tenant.own_switches()
    }

    /// Sets all switches. What is not in its default position wins over the scenario.
    pub fn set_switches(&self, switches: Switches) {
        *self.tenant.own_switches() = switches;
    }

    /// Sets the people's clock.
    pub fn set_clock(&self, clock: Clock) {
        *self.tenant.clock() = Ticking::start(clock);
    }

    /// From now on the directory says this of a person, under a property as [`Self::attribute`] names it. Nothing else moves:
    /// neither groups nor the days of a person follow a department or an office.
    ///
    /// # Panics
    /// If it has no such property.
    pub fn set_attribute(&self, person: &Person, property: &str, text: Option<&str>) {
        let (value, text) = (value(property), text.map(str::to_owned));
        self.tenant.change(|changes| changes.set(person, value, text));
    }

    /// A person leaves: is listed no more, is in no group, and has no presence.
    pub fn remove(&self, person: &Person) {
        self.tenant.change(|changes| changes.remove(person));
    }

    /// A person who left is there again, with everything as it was. Whoever is to join later leaves before the first listing.
    pub fn restore(&self, person: &Person) {
        self.tenant.change(|changes| changes.restore(person));
    }

    /// From now on these are the members of a group, and nobody else is.
    pub fn set_members(&self, group: &Group, members: &[Person]) {
        self.tenant.change(|changes| changes.set_members(group, members));
    }

    /// Grants these application roles and no others. As with Entra, tokens keep the roles with which they were
    /// issued; [`Self::revoke_tokens`] makes clients ask for new ones.
    pub fn set_roles(&self, roles: &[&str]) {
        *self.tenant.roles() = roles.iter().map(|role| (*role).to_owned()).collect();
    }

    /// Whether the client secret has expired from now on.
    pub fn set_secret_expired(&self, expired: bool) {
        *self.tenant.secret_expired() = expired;
    }

    /// Refuses all tokens issued so far (401; with a claims challenge if the client declared that it understands
    /// them).
    pub fn revoke_tokens(&self) {
        self.tenant.mint.revoke();
    }
}

fn value(property: &str) -> Value {
    Value::named(property).unwrap_or_else(|| panic!("users have no property {property:?}"))
}

//! A tenant for a test, a client of it, and the few requests that every test makes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use simulator::{Clock, Settings, Simulator};

use crate::client::{Client, Reply};

/// 2026-11-16T10:00:00Z, a Monday at work.
pub(crate) fn monday() -> SystemTime {
    UNIX_EPOCH + Duration::from_hours(498_562)
}

/// 300 people of seed 1 whose clock stands still.
pub(crate) fn small() -> Settings {
    Settings { people: 300, clock: Clock::Frozen(monday()), ..Settings::default() }
}

/// A running tenant and a connection to it, with a token.
pub(crate) struct House {
    pub(crate) simulator: Simulator,
    pub(crate) client: Client,
    pub(crate) authorization: String,
}

impl House {
    pub(crate) fn of(settings: Settings) -> Self {
        let simulator = Simulator::start(settings).expect("a simulator starts");
        let client = Client::connect(&simulator).expect("a connection");
        let mut house = Self { simulator, client, authorization: String::new() };
        house.sign_in();
        house
    }

    pub(crate) fn with_roles(roles: &[&str]) -> Self {
        Self::of(Settings { roles: roles.iter().map(|role| (*role).to_owned()).collect(), ..small() })
    }

    /// A token with the roles of now.
    pub(crate) fn sign_in(&mut self) {
        let (status, body) = self.token(&[]);
        if status == 200 {
            self.authorization = format!("Bearer {}", body["access_token"].as_str().expect("a token"));
        }
    }

    /// A token request in which these fields replace the right ones (an empty value removes a field).
    pub(crate) fn token(&mut self, changes: &[(&str, &str)]) -> (u16, Value) {
        let tenant = self.simulator.tenant_id().to_owned();
        self.token_of(&tenant, changes)
    }

    pub(crate) fn token_of(&mut self, tenant: &str, changes: &[(&str, &str)]) -> (u16, Value) {
        let scope = format!("{}/.default", self.simulator.origin());
        let mut fields = vec![
            ("grant_type", "client_credentials"),
            ("client_id", self.simulator.client_id()),
            ("client_secret", self.simulator.client_secret()),
            ("scope", &scope),
        ];
        fields.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        fields.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
        let form: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        let target = format!("/{tenant}/oauth2/v2.0/token");
        let reply = self.client.send("POST", &target, &headers, form.join("&").as_bytes()).expect("a reply");
        (reply.status, reply.json())
    }

    pub(crate) fn get(&mut self, target: &str) -> Reply {
        self.get_with(target, &[])
    }

    /// With `ConsistencyLevel: eventual`.
    pub(crate) fn get_eventually(&mut self, target: &str) -> Reply {
        self.get_with(target, &[("ConsistencyLevel", "eventual")])
    }

    pub(crate) fn get_with(&mut self, target: &str, headers: &[(&str, &str)]) -> Reply {
        let mut all = vec![("Authorization", self.authorization.as_str())];
        all.extend_from_slice(headers);
        self.client.send("GET", &target.replace(' ', "%20"), &all, b"").expect("a reply")
    }

    /// All pages, with the header if `eventually`.
    pub(crate) fn list(&mut self, target: &str, headers: &[(&str, &str)]) -> Vec<Value> {
        let origin = self.simulator.origin();
        let (mut rows, mut target) = (Vec::new(), target.to_owned());
        loop {
            let reply = self.get_with(&target, headers);
            let page = reply.json();
            assert_eq!(reply.status, 200, "{target}: {page}");
            rows.extend(page["value"].as_array().expect("a list").iter().cloned());
            let Some(next) = page["@odata.nextLink"].as_str() else { return rows };
            next.strip_prefix(&origin).expect("a link to here").clone_into(&mut target);
        }
    }

    pub(crate) fn presences(&mut self, ids: &[String]) -> Reply {
        self.post("/v1.0/communications/getPresencesByUserId", &json!({"ids": ids}))
    }

    pub(crate) fn post(&mut self, target: &str, body: &Value) -> Reply {
        let headers = [("Authorization", self.authorization.as_str()), ("Content-Type", "application/json")];
        self.client.send("POST", target, &headers, body.to_string().as_bytes()).expect("a reply")
    }

    /// The ids of the first people.
    pub(crate) fn ids(&self, many: usize) -> Vec<String> {
        self.simulator.organisation().people().take(many).map(|person| person.id.to_string()).collect()
    }
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// Status, code and message of an error in Graph's shape, which is checked.
    pub(crate) fn error(&self) -> (u16, String, String) {
        let body = self.json();
        let error = &body["error"];
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no text in {body}")).to_owned();
        assert_eq!(Some(text(&error["innerError"]["request-id"]).as_str()), self.header("request-id"), "{body}");
        assert_eq!(text(&error["innerError"]["date"]).len(), "2026-08-20T09:15:00".len());
        (self.status, text(&error["code"]), text(&error["message"]))
    }

    pub(crate) fn rows(&self) -> Vec<Value> {
        self.json()["value"].as_array().cloned().unwrap_or_default()
    }
}

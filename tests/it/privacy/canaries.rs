//! Canaries: whatever of a simulated tenant must never be found in what the exporter emits.

use std::collections::HashSet;

use simulator::Simulator;

/// How many bytes of a canary are looked up before the text is searched for it.
const BEGINNING: usize = 8;

/// What a careless operator pastes in place of the secret's value.
pub(crate) const SECRET_ID: &str = "0f0f0f0f-1e1e-4d2d-8c3c-4b4b4b4b4b4b";

/// What must not be found, in lower case, each with what it is.
pub(crate) struct Canaries(Vec<(&'static str, String)>);

impl Canaries {
    /// Everybody and everything of an organisation.
    pub(crate) fn of(simulator: &Simulator) -> Self {
        let mut found = Vec::new();
        let now = simulator.now();
        for person in simulator.organisation().people() {
            let id = person.id.to_string();
            found.push(("an id without hyphens", id.replace('-', "")));
            found.push(("an id", id));
            found.push(("a name", person.display_name()));
            found.push(("a surname", person.surname.to_owned()));
            found.push(("an address", person.user_principal_name()));
            found.extend(person.mail().map(|mail| ("an address", mail)));
            found.extend(person.extension_attribute(1).map(|text| ("an attribute that nobody configured", text)));
            let presence = simulator.presence_of(&person, now);
            found.extend(presence.status_message.map(|text| ("a status text", text.to_owned())));
            found.extend(presence.out_of_office_message.map(|text| ("an out-of-office text", text.to_owned())));
            found.push(("a sequence number", presence.sequence_number.to_string()));
        }
        found.push(("the secret", simulator.client_secret().to_owned()));
        found.push(("the secret's id", SECRET_ID.to_owned()));
        found.push(("the header of the machine's endpoint", simulator.identity_header().to_owned()));
        // Every JSON web token begins with a brace and a quote, in base64.
        found.push(("a token", "eyJ".to_owned()));
        found.push(("a token", "Bearer".to_owned()));
        found.push(("a free text of Entra's", "Trace ID".to_owned()));
        found.push(("a free text of Entra's", "Brightwater".to_owned()));
        found.push(("a free text of Graph's", "request-id".to_owned()));
        found.push(("a free text of a proxy's", "The gateway could not".to_owned()));
        Self::new(found)
    }

    /// These and further ones.
    pub(crate) fn and(self, further: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self::new(self.0.into_iter().chain(further).collect())
    }

    fn new(mut found: Vec<(&'static str, String)>) -> Self {
        for (_, text) in &mut found {
            *text = text.to_lowercase();
        }
        found.retain(|(_, text)| text.len() > 2);
        found.sort();
        found.dedup();
        Self(found)
    }

    /// Fails if anything of it is in a text. A search that finds nothing proves little, so the same search is shown to find
    /// each of them where it is planted.
    pub(crate) fn assert_not_in(&self, text: &str) {
        let searched = Searched::new(text);
        let found: Vec<_> = self.0.iter().filter(|(_, canary)| searched.holds(canary)).collect();
        assert!(found.is_empty(), "{found:?} in:\n{text}");
        for (what, canary) in &self.0 {
            let planted = format!("msg=\"{}\"", canary.to_ascii_uppercase());
            assert!(Searched::new(&planted).holds(canary), "{what} is not found in {planted}");
        }
    }
}

/// A text that is searched for much.
struct Searched {
    /// In lower case.
    text: String,
    /// What stands at its places: one look at each, however many canaries there are.
    places: HashSet<[u8; BEGINNING]>,
}

impl Searched {
    fn new(text: &str) -> Self {
        let text = text.to_lowercase();
        Self { places: text.as_bytes().array_windows().copied().collect(), text }
    }

    /// Whether it is there, as it is or as JSON writes it.
    fn holds(&self, canary: &str) -> bool {
        let contains = |canary: &str| {
            let begins = canary.as_bytes().first_chunk().is_none_or(|beginning| self.places.contains(beginning));
            begins && self.text.contains(canary)
        };
        let escaped = || canary.replace('\\', "\\\\").replace('"', "\\\"");
        contains(canary) || canary.contains('"') && contains(&escaped())
    }
}

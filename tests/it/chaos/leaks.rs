//! Leaks: whether what was let out tells of a person, for many people at once.
//!
//! `privacy` looks for every text of everybody, which takes too long for a hundred tenants. Here the words of what was let
//! out are looked up among the words of the people, once each.

use std::collections::BTreeSet;

use simulator::Simulator;

/// What may never be let out by anybody.
const NEVER: [&str; 5] = ["eyJ", "Bearer", "Trace ID", "request-id", "@"];

/// What of the people of these tenants, and of their secrets, is in a text.
pub(super) fn found_in<'a>(text: &str, simulators: impl Iterator<Item = &'a Simulator>) -> Vec<String> {
    let text = text.to_lowercase();
    let words: BTreeSet<&str> = words(&text).collect();
    let mut found: Vec<String> = NEVER.iter().map(|it| it.to_lowercase()).filter(|it| text.contains(it)).collect();
    let mut texts = BTreeSet::new();
    for simulator in simulators {
        found.extend(Some(simulator.client_secret().to_lowercase()).filter(|secret| text.contains(secret)));
        let now = simulator.now();
        for person in simulator.organisation().people() {
            let presence = simulator.presence_of(&person, now);
            texts.extend([presence.status_message, presence.out_of_office_message].into_iter().flatten());
            let id = person.id.to_string();
            let surname = person.surname.to_lowercase();
            let told = [id.replace('-', ""), id, surname];
            found.extend(told.into_iter().filter(|told| words.contains(told.as_str())));
        }
    }
    found.extend(texts.into_iter().map(str::to_lowercase).filter(|it| it.len() > 2 && text.contains(it)));
    found
}

/// Words as names and ids are words.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '-').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::{MORNING, frozen};

    #[test]
    fn whatever_tells_of_a_person_is_found() {
        let simulator = Simulator::start(frozen(100, MORNING)).unwrap();
        let person = simulator.organisation().person(1);
        let messages = || simulator.organisation().people().map(|it| simulator.presence_of(&it, simulator.now()));
        let message = messages().find_map(|presence| presence.status_message.filter(|text| text.len() > 2)).unwrap();
        let found = |text: &str| !found_in(text, [&simulator].into_iter()).is_empty();
        assert!(!found("teams_presence_up{tenant=\"seed 1\"} 1"));
        for told in [
            person.id.to_string(),
            person.id.to_string().to_uppercase(),
            person.id.to_string().replace('-', ""),
            person.display_name(),
            person.user_principal_name(),
            simulator.client_secret().to_owned(),
            message.to_owned(),
            "eyJhbGciOi".to_owned(),
        ] {
            assert!(found(&format!("a{{user=\"{told}\"}} 1")), "{told}");
        }
    }
}

//! Authentication: who asks, by the users of the web configuration (HTTP Basic, bcrypt).
//!
//! A name that is not known costs the same as a wrong password, and the answer to both is the same. How passwords are held
//! against hashes without a flood of guesses taking the processor is in `examiner`; what somebody who was let in may see, in
//! `routes`.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use hyper::header::{self, HeaderMap};

use super::answer::{Answer, TEXT, answer, with};
use super::examiner::{Examiner, Finding};
use crate::config::{Secret, User};

/// How long the digest at the end of a hash is, in letters.
const DIGEST: usize = 31;

/// The highest cost of a hash that is looked at in a fraction of a second on any machine.
const HIGHEST_COST: u32 = 12;

/// Who may ask.
pub(super) struct Users {
    hashes: HashMap<String, Secret>,
    /// As many hashes of the same costs, one of which is taken for a name that is not known. No password belongs to them:
    /// nothing tells a stranger whether a name is somebody's.
    of_strangers: Vec<Secret>,
    examiner: Arc<Examiner>,
    dice: RandomState,
}

/// Somebody who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Visitor {
    /// Nobody had to say who it is.
    Anybody,
    /// One of the users.
    User(String),
}

impl Users {
    pub(super) fn new(users: &[User], examiner: Arc<Examiner>) -> Self {
        let hashes = users.iter().map(|user| (user.name.clone(), user.hash.clone())).collect();
        let of_strangers = users.iter().map(|user| nobodys(&user.hash)).collect();
        warn_of_cost(users);
        Self { hashes, of_strangers, examiner, dice: RandomState::new() }
    }

    /// Who asks, from where; or what is answered to whoever proves nothing.
    pub(super) async fn admit(&self, headers: &HeaderMap, from: Option<IpAddr>) -> Result<Visitor, Answer> {
        if self.hashes.is_empty() {
            return Ok(Visitor::Anybody);
        }
        let Some((name, password)) = credentials(headers) else { return Err(unauthorized()) };
        let known = self.hashes.get(&name);
        let hash = known.unwrap_or_else(|| self.of_stranger(&name));
        match self.examiner.examine(&name, password, hash, from).await {
            Finding::Right if known.is_some() => Ok(Visitor::User(name)),
            Finding::Right | Finding::Wrong => Err(unauthorized()),
            Finding::TooMany => Err(too_many()),
        }
    }

    /// The hash that a name which is not known is held against: always the same one, so that it takes as long each time,
    /// and as long as that of somebody.
    fn of_stranger(&self, name: &str) -> &Secret {
        let number = usize::try_from(self.dice.hash_one(name) % self.of_strangers.len() as u64);
        &self.of_strangers[number.unwrap_or_default()]
    }
}

/// A hash that costs as much, and to which no password belongs: the same but for the order of its letters. The last one
/// stays where it is, as it holds fewer bits.
fn nobodys(hash: &Secret) -> Secret {
    let (head, tail) = hash.expose().split_at(hash.expose().len().saturating_sub(DIGEST));
    let (digest, last) = tail.split_at(tail.len().saturating_sub(1));
    Secret::new(head.chars().chain(digest.chars().rev()).chain(last.chars()).collect())
}

/// Says that a hash takes so long that guesses of its password keep others waiting.
fn warn_of_cost(users: &[User]) {
    let costs = users.iter().filter_map(|user| user.hash.expose().split('$').nth(2)?.parse::<u32>().ok());
    if let Some(cost) = costs.max().filter(|cost| *cost > HIGHEST_COST) {
        tracing::warn!(
            cost,
            "a password of the web configuration has a hash of such a cost that a first scrape may take seconds, and guesses \
             keep others out; make it anew with htpasswd -nBC 10 NAME"
        );
    }
}

/// The name and password of a request, as Go reads them: the first header of that name counts, its scheme in any case.
fn credentials(headers: &HeaderMap) -> Option<(String, Vec<u8>)> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, encoded) = value.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"Basic ") {
        return None;
    }
    let decoded = STANDARD.decode(encoded).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    // A name that is no text is nobody's.
    let name = String::from_utf8(decoded[..colon].to_vec()).ok()?;
    Some((name, decoded[colon + 1..].to_vec()))
}

fn unauthorized() -> Answer {
    let answer = answer(StatusCode::UNAUTHORIZED, TEXT, "Unauthorized\n");
    with(answer, header::WWW_AUTHENTICATE, "Basic")
}

fn too_many() -> Answer {
    let text = "Too many passwords are waiting to be looked at; try again later\n";
    let answer = answer(StatusCode::TOO_MANY_REQUESTS, TEXT, text);
    with(answer, header::RETRY_AFTER, "5")
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use hyper::header::HeaderValue;

    use super::*;

    /// Hashes of `right`, of the least cost there is, and another of more.
    fn hashes() -> [String; 2] {
        [4, 5].map(|cost| bcrypt::hash("right", cost).expect("a hash"))
    }

    fn users() -> Vec<User> {
        let named = ["alice", "bob"].into_iter().zip(hashes());
        named.map(|(name, hash)| User { name: name.to_owned(), hash: Secret::new(hash) }).collect()
    }

    fn basic(credentials: &str) -> HeaderMap {
        let value = format!("Basic {}", STANDARD.encode(credentials));
        let value = HeaderValue::from_str(&value).expect("a header");
        HeaderMap::from_iter([(header::AUTHORIZATION, value)])
    }

    /// Users of an examiner that tells the cost of each hash that it looks at.
    fn counted() -> (Users, mpsc::Receiver<String>) {
        let (tell, looked) = mpsc::channel();
        let look = move |password: &[u8], hash: &str| {
            tell.send(hash[..7].to_owned()).expect("somebody listens");
            bcrypt::verify(password, hash).expect("a well-formed hash")
        };
        (Users::new(&users(), Arc::new(Examiner::with(Box::new(look)))), looked)
    }

    #[tokio::test]
    async fn a_name_that_is_not_known_costs_what_a_wrong_password_does() {
        let (users, looked) = counted();
        let mut costs_of_strangers = Vec::new();
        for name in ["alice", "bob"].into_iter().map(str::to_owned).chain((0..20).map(|n| format!("stranger {n}"))) {
            let mut costs = Vec::new();
            // What is right for somebody else is as wrong, and looked at each time.
            for password in ["right", "wrong", "right"] {
                if !(name.len() <= 5 && password == "right") {
                    let refusal = users.admit(&basic(&format!("{name}:{password}")), None).await;
                    let refusal = refusal.expect_err("nobody is let in");
                    assert_eq!(refusal.status(), StatusCode::UNAUTHORIZED, "{name}");
                    costs.extend(looked.try_iter());
                }
            }
            assert!(costs.iter().all(|cost| *cost == costs[0]), "always the same: {name} {costs:?}");
            if name.starts_with("stranger") {
                assert_eq!(costs.len(), 3, "one look for each guess");
                costs_of_strangers.push(costs[0].clone());
            }
        }
        for cost in ["$2b$04$", "$2b$05$"] {
            assert!(costs_of_strangers.iter().any(|other| other == cost), "strangers cost what users do");
        }
    }

    #[tokio::test]
    async fn whoever_knows_the_password_is_let_in_and_looked_at_once() {
        let (users, looked) = counted();
        for _ in 0..3 {
            assert_eq!(users.admit(&basic("bob:right"), None).await.expect("bob"), Visitor::User("bob".to_owned()));
        }
        assert_eq!(looked.try_iter().count(), 1);
    }

    #[test]
    fn no_password_belongs_to_the_hash_of_a_stranger() {
        for hash in hashes() {
            let strange = nobodys(&Secret::new(hash.clone()));
            assert_eq!(strange.expose()[..29], hash[..29], "cost and salt stay");
            assert_ne!(strange.expose(), hash);
            assert!(!bcrypt::verify("right", strange.expose()).expect("a well-formed hash"));
        }
    }
}

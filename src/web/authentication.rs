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

use super::examiner::{Examiner, Finding};
use super::routes::{Answer, answer, with};
use crate::config::{Secret, User};

/// Who may ask.
pub(super) struct Users {
    hashes: HashMap<String, Secret>,
    /// The same hashes, one of which is taken for a name that is not known.
    of_strangers: Vec<Secret>,
    examiner: Arc<Examiner>,
    dice: RandomState,
}

/// Somebody who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Visitor {
    /// Nobody had to say who he is.
    Anybody,
    /// One of the users.
    User(String),
}

impl Users {
    pub(super) fn new(users: &[User], examiner: Arc<Examiner>) -> Self {
        let hashes = users.iter().map(|user| (user.name.clone(), user.hash.clone())).collect();
        let of_strangers = users.iter().map(|user| user.hash.clone()).collect();
        Self { hashes, of_strangers, examiner, dice: RandomState::new() }
    }

    /// Who asks, from where; or what is answered to somebody who does not prove who he is.
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
    let answer = answer(StatusCode::UNAUTHORIZED, "text/plain; charset=utf-8", "Unauthorized\n");
    with(answer, header::WWW_AUTHENTICATE, "Basic")
}

fn too_many() -> Answer {
    let text = "Too many passwords are waiting to be looked at; try again later\n";
    let answer = answer(StatusCode::TOO_MANY_REQUESTS, "text/plain; charset=utf-8", text);
    with(answer, header::RETRY_AFTER, "5")
}

//! The token: whether Entra gives one, for whom and for how long, and what it permits.
//!
//! Entra gives a token even where no permission was granted, so that there is one says little: its roles do.

use super::questions::QUESTION;
use super::tenant::Subject;
use crate::clock;
use crate::domain::advice::{Advice, Finding, Obstacle, permissions};
use crate::domain::moment::Span;
use crate::domain::permission::{Permission, Review};
use crate::entra::Tokens;

/// Asks for a token. Returns whether there is one.
pub(super) async fn get(it: &mut Subject<'_>, tokens: &Tokens) -> bool {
    it.wait_for("asking for a token");
    let server = tokens.place();
    let answer = clock::timeout(QUESTION, tokens.token()).await;
    if let Err(advice) = answer.unwrap_or_else(|_| Err(Advice::unreachable(&server, &Obstacle::Timeout))) {
        it.section.fail("token", advice);
        return false;
    }
    let life = tokens.expires().map(|expires| Span(expires.since(clock::moment())));
    let life = life.map(|life| format!(", good for {life}")).unwrap_or_default();
    it.section.ok("token", format!("{server} gives one{life}"));
    true
}

/// Holds the token's roles against what the configuration needs. Returns which permissions are missing for sure.
pub(super) fn roles(it: &mut Subject<'_>, tokens: &Tokens) -> Vec<Permission> {
    let needed = it.tenant.permissions();
    let Some(roles) = tokens.roles() else {
        it.section.warn("roles", Finding::unreadable_token());
        return Vec::new();
    };
    let whom = it.tenant.credential.grantee();
    let review = Review::of(&needed, roles.iter().map(String::as_str));
    match Advice::not_granted(&review, whom) {
        Some(_) if roles.is_empty() => it.section.fail("roles", Finding::no_roles(&needed, whom)),
        Some(advice) => it.section.fail("roles", advice),
        None => it.section.ok("roles", permissions::told(&review)),
    }
    if let Some(advice) = Advice::over_privileged(&review, whom) {
        it.section.warn("roles", advice);
    }
    review.missing
}

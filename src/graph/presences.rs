//! The presence of users: of a batch in one request, or of one.
//!
//! `POST /communications/getPresencesByUserId` only reads, so asking again is safe (facts/graph.md 2.1, 5.4).

use reqwest::Request;
use reqwest::header::{ACCEPT, CONTENT_TYPE};

use super::Graph;
use super::error::GraphError;
use super::wire::{self, PresencePage};
use crate::domain::batch::Batch;
use crate::domain::moment::Moment;
use crate::domain::presence::Presence;
use crate::domain::user::UserId;
use crate::telemetry::Operation;

const JSON: &str = "application/json";

/// What no request that this crate makes can be.
const MALFORMED: GraphError = GraphError::Unintelligible("the request for it has no usable address");

impl Graph {
    /// The presence of each user of a batch, in the order of the batch, `None` for those whom Graph left out; and when Graph
    /// was asked: an answer that was long under way is that old.
    ///
    /// Waits for the budget first.
    ///
    /// # Errors
    /// What Graph's refusal asks for.
    pub async fn presences(&self, batch: &Batch) -> Result<(Moment, Vec<Option<Presence>>), GraphError> {
        let url = self.at("communications/getPresencesByUserId");
        let post = self.transport.client().post(url).header(CONTENT_TYPE, JSON).header(ACCEPT, JSON);
        let request = post.body(wire::ids(batch.ids())).build().map_err(|_| MALFORMED)?;
        let (asked, body) = self.within_budget(Operation::Presences, request).await?;
        match PresencePage::read(&body) {
            None => Err(GraphError::Unintelligible("it is no list of presences")),
            // Whom the rest names is not known: to take them for left out would be wrong.
            Some(page) if page.continued => Err(GraphError::Unintelligible("it goes on on another page")),
            Some(page) => Ok((asked, batch.matched(page.answers))),
        }
    }

    /// The presence of one user, and when Graph was asked.
    ///
    /// # Errors
    /// What Graph's refusal asks for; an answer about somebody else is none about the user.
    pub async fn presence(&self, user: UserId) -> Result<(Moment, Presence), GraphError> {
        let mut path = b"users/".to_vec();
        user.write_to(&mut path);
        path.extend_from_slice(b"/presence");
        let url = self.at(&String::from_utf8_lossy(&path));
        let request = self.transport.client().get(url).header(ACCEPT, JSON).build().map_err(|_| MALFORMED)?;
        let (asked, body) = self.within_budget(Operation::Presence, request).await?;
        let answer = wire::single(&body).ok_or(GraphError::Unintelligible("it is no presence"))?;
        let about_user = answer.user == user;
        about_user.then_some((asked, answer.presence)).ok_or(GraphError::UserNotFound)
    }

    async fn within_budget(&self, operation: Operation, request: Request) -> Result<(Moment, Vec<u8>), GraphError> {
        // Without a token nothing is sent, and no slot is taken.
        self.tokens.token().await.map_err(GraphError::NoToken)?;
        let slot = self.slot().await;
        let asked = slot.taken;
        let result = self.ask(operation, request).await;
        slot.ended(&result);
        result.map(|body| (asked, body))
    }
}

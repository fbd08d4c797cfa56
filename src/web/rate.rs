//! Rate: how many requests are let in, whoever asks.

use super::routes::Answer;
use crate::config::RateLimit;

/// Lets so many requests in.
pub(super) struct Limiter {
    limit: Option<RateLimit>,
}

impl Limiter {
    pub(super) fn new(limit: Option<RateLimit>) -> Self {
        Self { limit }
    }

    /// What is answered to a request that is one too many.
    pub(super) fn refusal(&self) -> Option<Answer> {
        debug_assert!(self.limit.is_none(), "no file sets one yet");
        None
    }
}

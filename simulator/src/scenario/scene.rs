//! A scene: a name, how long it lasts, and what is in force meanwhile.

use std::time::Duration;

use crate::faults::Fault;
use crate::switches::Budget;

/// A part of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    pub(super) name: String,
    pub(super) lasts: Duration,
    pub(super) conditions: Conditions,
}

impl Scene {
    pub(super) fn calm() -> Self {
        Self { name: "calm".to_owned(), lasts: Duration::from_mins(1), conditions: Conditions::default() }
    }

    /// What happens, in a few words, such as `all answers 503`; `calm` if nothing does.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How long it lasts, in real time.
    #[must_use]
    pub const fn lasts(&self) -> Duration {
        self.lasts
    }

    /// Whether there is no trouble in it.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.conditions == Conditions::default()
    }
}

/// What is in force. A default is no opinion: what tests and settings say holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Conditions {
    /// The calls of these are counted from the beginning of the scene.
    pub(crate) faults: Vec<Fault>,
    pub(crate) budget: Budget,
    /// Tokens issued before the scene are refused.
    pub(crate) revokes_tokens: bool,
    pub(crate) secret_expired: bool,
    /// The AADSTS code with which every request for a token is refused.
    pub(crate) refused_code: Option<u32>,
    /// How long tokens that are issued now live.
    pub(crate) token_lifetime: Option<Duration>,
    /// How long a nextLink that is made now can be followed.
    pub(crate) page_lifetime: Option<Duration>,
}

impl Conditions {
    /// Only these faults.
    pub(crate) fn faults(faults: impl IntoIterator<Item = Fault>) -> Self {
        Self { faults: faults.into_iter().collect(), ..Self::default() }
    }

    /// Both at once; where only one can be, it is the first.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.faults.extend(other.faults);
        Self {
            faults: self.faults,
            budget: if self.budget == Budget::default() { other.budget } else { self.budget },
            revokes_tokens: self.revokes_tokens || other.revokes_tokens,
            secret_expired: self.secret_expired || other.secret_expired,
            refused_code: self.refused_code.or(other.refused_code),
            token_lifetime: self.token_lifetime.or(other.token_lifetime),
            page_lifetime: self.page_lifetime.or(other.page_lifetime),
        }
    }
}

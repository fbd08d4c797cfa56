//! Scenarios: trouble by name, such as "an outage now and then", for demonstrations and for long runs.
//!
//! A scenario is data. What is in force is a pure function of the scenario, the tenant's people (which follow from the
//! seed) and the time since its beginning: scenes, one after the other. `play` keeps the time and `tenant` asks it at
//! each request; nobody's thread waits for anything. What a test injects or sets goes on top.
//!
//! Reading order: `scene`, the troubles of which scenes are made (`trouble`), the two kinds of scenario (`programme`,
//! `random`), `play`.

mod play;
mod programme;
mod random;
mod scene;
mod trouble;

use std::fmt;
use std::str::FromStr;

use crate::organisation::Organisation;

pub(crate) use play::Play;
pub use scene::Scene;

/// A scenario by its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scenario {
    /// No trouble.
    #[default]
    Calm,
    /// 429, with each form of `Retry-After` in turn.
    Throttled,
    /// The limit of the throttle is one of ids.
    CountsIds,
    /// A few failures among many answers.
    Flaky,
    /// Nothing works for a while, Entra neither.
    Outage,
    /// Latencies of seconds.
    Slow,
    /// Malformed, misleading, oversized answers.
    Hostile,
    /// Some people make their batches fail.
    Poisoned,
    /// Presence is refused as a whole.
    Systemic,
    /// Entra down, tokens revoked, the secret expired.
    TokenTrouble,
    /// Entra refuses tokens, for each reason in turn.
    Refused,
    /// Listings that lack most people.
    Shrinking,
    /// Listings that take minutes.
    LongListing,
    /// All of the above, and several at once, as the dice fall.
    Random,
}

impl Scenario {
    /// Every scenario.
    pub const ALL: [Self; 14] = [
        Self::Calm,
        Self::Throttled,
        Self::CountsIds,
        Self::Flaky,
        Self::Outage,
        Self::Slow,
        Self::Hostile,
        Self::Poisoned,
        Self::Systemic,
        Self::TokenTrouble,
        Self::Refused,
        Self::Shrinking,
        Self::LongListing,
        Self::Random,
    ];

    /// As it is typed: small letters, words joined by `-`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Throttled => "throttled",
            Self::CountsIds => "counts-ids",
            Self::Flaky => "flaky",
            Self::Outage => "outage",
            Self::Slow => "slow",
            Self::Hostile => "hostile",
            Self::Poisoned => "poisoned",
            Self::Systemic => "systemic",
            Self::TokenTrouble => "token-trouble",
            Self::Refused => "refused",
            Self::Shrinking => "shrinking",
            Self::LongListing => "long-listing",
            Self::Random => "random",
        }
    }

    /// What happens in it: one sentence in one line of at most 76 columns.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Calm => "Entra ID and Graph answer as they should.",
            Self::Throttled => "Graph asks for pauses (429), with every form of Retry-After in turn.",
            Self::CountsIds => "Graph's limit of 1,500 in 30 seconds counts users instead of requests.",
            Self::Flaky => "A few answers in a hundred fail, break off or leave users out.",
            Self::Outage => "Nothing works for a while: no token, no listing, no presence.",
            Self::Slow => "Answers take seconds, or come in drops.",
            Self::Hostile => "Answers are broken, endless, misleading or about somebody else.",
            Self::Poisoned => "Graph rejects every batch that one of a few users is in.",
            Self::Systemic => "Graph rejects every request for presence (400).",
            Self::TokenTrouble => "Entra ID is down, tokens are revoked or short-lived, the secret expires.",
            Self::Refused => "Entra ID refuses every token, with each of its AADSTS codes in turn.",
            Self::Shrinking => "Now and then a listing lacks most users, or all.",
            Self::LongListing => "Listings take minutes, and their page tokens expire on the way.",
            Self::Random => "Scenes of 3 to 20 seconds: calm half of the time, else any trouble.",
        }
    }

    /// The scenes in their order, without end: the same for the same seed and people.
    pub fn scenes(self, organisation: Organisation) -> impl Iterator<Item = Scene> {
        (0..).map(move |number| self.scene(&organisation, number))
    }

    fn scene(self, organisation: &Organisation, number: u64) -> Scene {
        if self == Self::Random {
            return random::scene(organisation, number);
        }
        let scenes = programme::of(self, organisation);
        let at = number % scenes.len().max(1) as u64;
        scenes.into_iter().nth(usize::try_from(at).unwrap_or(0)).unwrap_or_else(Scene::calm)
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that is no scenario's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownScenario(String);

impl fmt::Display for UnknownScenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a scenario; write ", self.0)?;
        for (at, scenario) in Scenario::ALL.iter().enumerate() {
            let before = match at {
                0 => "",
                at if at + 1 == Scenario::ALL.len() => " or ",
                _ => ", ",
            };
            write!(f, "{before}{scenario}")?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownScenario {}

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(text: &str) -> Result<Self, UnknownScenario> {
        let found = Self::ALL.into_iter().find(|scenario| scenario.name() == text);
        found.ok_or_else(|| UnknownScenario(text.to_owned()))
    }
}

#[cfg(test)]
mod tests;

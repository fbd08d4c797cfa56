//! The play: which scene is on, and the calls that its faults have seen.
//!
//! It moves on when it is looked at, by the time that has passed, so that it needs no thread and two tenants of one
//! seed live through the same.

use std::time::{Duration, Instant};

use super::Scenario;
use super::scene::{Conditions, Scene};
use crate::faults::{Effect, Operation, Plan};
use crate::identity::Guid;
use crate::organisation::Organisation;

/// A scenario that is being played.
#[derive(Debug)]
pub(crate) struct Play {
    organisation: Organisation,
    scenario: Scenario,
    began: Instant,
    /// How much of the scenario had passed when it began.
    skipped: Duration,
    number: u64,
    scene: Scene,
    /// When the scene ends, since the beginning of the scenario.
    ends: Duration,
    plan: Plan,
}

impl Play {
    /// Begins now, so far into the scenario.
    pub(crate) fn begin(scenario: Scenario, organisation: Organisation, skipped: Duration) -> Self {
        let scene = scenario.scene(&organisation, 0);
        let (ends, plan) = (scene.lasts, Plan::new(scene.conditions.faults.clone()));
        Self { organisation, scenario, began: Instant::now(), skipped, number: 0, scene, ends, plan }
    }

    /// Goes on to the scene of now; whether one that was entered revoked the tokens.
    pub(crate) fn advance(&mut self) -> bool {
        let elapsed = self.began.elapsed() + self.skipped;
        let mut revoked = false;
        while self.ends <= elapsed {
            self.number += 1;
            self.scene = self.scenario.scene(&self.organisation, self.number);
            self.ends += self.scene.lasts;
            self.plan = Plan::new(self.scene.conditions.faults.clone());
            revoked |= self.scene.conditions.revokes_tokens;
        }
        revoked
    }

    pub(crate) const fn scene(&self) -> &Scene {
        &self.scene
    }

    pub(crate) const fn conditions(&self) -> &Conditions {
        &self.scene.conditions
    }

    /// Counts a call and tells what the scene does to it.
    pub(crate) fn strike(&mut self, operation: Operation, group: Option<Guid>) -> Vec<Effect> {
        self.plan.strike(operation, group)
    }
}

//! The search: who is at fault where Graph refuses batches as a whole.
//!
//! A refused batch is halved, one request at a time, until users stand alone; then each is asked about by itself. So one
//! bad id never costs 649 people their presence. The search decides what to ask next and what the outcomes mean in the end;
//! how Graph is asked, and when there is room for it, is for the collector. What a search that is cut has learned goes
//! on as suspects (`observations.rs`), whom the next cycle batches among themselves.
//!
//! Nobody is set aside on the word of a service that refuses everybody. Of those who were refused alone, these are at fault:
//!
//! - whoever was in a batch of which somebody else was answered;
//! - suspects, and all of a small batch, if anybody at all was answered in this cycle.
//!
//! A batch is refused throughout, and says nothing about single users, when both halves of its first split fail all the way
//! down: nobody of it was answered, and in each half two users were refused alone. One in each half would be no more than
//! two bad ids in the wrong places. Dice choose the half that is searched first, so no search is misled twice in the same way.

use super::batch::Batch;

/// The requests that one search takes: 21 to find one user among 650 (ten halvings, two requests each, and the user
/// alone), 26 to learn that all of them are refused.
const ONE_SEARCH: u32 = 26;

/// The fewest requests of a cycle's search: with less it might not come further than its first halves, again and again.
const FEWEST: u32 = 4;

/// Users refused alone in each half, after which a batch of which nobody was answered is refused throughout.
const FEW: usize = 2;

/// How a batch is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// All of it in one request.
    Together,
    /// Likewise, because it was refused as a whole and holds somebody who is at fault.
    Suspected,
    /// The one user of it by a request for one user.
    Alone,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered.
    Answered,
    /// It was refused as wrong, and so would be its repetition.
    Refused,
    /// Neither: it tells nothing about whom it asked about.
    Failed,
}

/// The search of one cycle: one request at a time, one refused batch after the other.
#[derive(Debug)]
pub struct Search {
    /// Refused batches that are not searched yet.
    waiting: Vec<(Batch, Manner)>,
    /// The one that is searched, last, and those that were.
    searched: Vec<Refused>,
    /// The question that is open.
    asked: Option<Part>,
    /// The requests that it may still make.
    allowance: u32,
    dice: Dice,
    /// Whether anybody was answered in this cycle, in whatever manner.
    served: bool,
    /// Whether it asks no more, for reasons that are not its own.
    abandoned: bool,
}

/// What a search found.
#[derive(Debug, Default)]
pub struct Verdict {
    /// The places of those whom no request can carry.
    pub poisoned: Vec<u32>,
    /// Those among whom somebody still is at fault, or may be.
    pub suspects: Vec<Batch>,
    /// Why it found less than all of them.
    pub hindered: Option<Hindered>,
}

/// Why a search did not find who is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hindered {
    /// Everything was refused, so nobody in particular is at fault.
    RefusedThroughout,
    /// A batch was refused throughout, while others were answered.
    BatchRefusedThroughout,
    /// It used its allowance up.
    Unfinished,
}

/// A refused batch under search.
#[derive(Debug)]
struct Refused {
    /// Whether it was made of suspects: then an earlier search has shown that it is not refused throughout.
    of_suspects: bool,
    /// The halves of its first split; of one user, all is in the first.
    halves: [Half; 2],
    /// Whether anybody of it was answered.
    answered: bool,
    /// What could be asked about without learning anything.
    failed: Vec<Batch>,
}

/// Half of a refused batch.
#[derive(Debug, Default)]
struct Half {
    /// What is to be asked about, the last first.
    left: Vec<(Batch, Manner)>,
    /// The places of those who were refused alone.
    alone: Vec<u32>,
}

/// Thrown once by whoever begins a search.
#[derive(Debug)]
struct Dice(u64);

/// A part of the batch under search, and in which half it stands.
#[derive(Debug)]
struct Part {
    batch: Batch,
    manner: Manner,
    half: usize,
}

/// The requests that the search of one cycle may make, where any 30 s may hold `budget` and the cycle asks about `batches`:
/// 5 % of the budget. Where that is less than one search takes, it is what the batches leave of one window, up to that much.
#[must_use]
pub fn allowance(budget: u32, batches: u32) -> u32 {
    let room = budget.saturating_sub(batches).clamp(FEWEST, ONE_SEARCH);
    room.max(budget / 20)
}

impl Search {
    /// A search that may make so many requests; the `dice` choose among what is equal.
    #[must_use]
    pub fn new(allowance: u32, dice: u64) -> Self {
        Self {
            waiting: Vec::new(),
            searched: Vec::new(),
            asked: None,
            allowance,
            dice: Dice(dice),
            served: false,
            abandoned: false,
        }
    }

    /// What to ask next, if anything. While a question is open there is no other, and nobody asks about anything else.
    pub fn next_question(&mut self) -> Option<(Batch, Manner)> {
        if self.asked.is_some() || self.abandoned || self.allowance == 0 || self.refused_throughout() {
            return None;
        }
        let part = loop {
            match self.searched.last_mut().and_then(Refused::next_part) {
                Some(part) => break part,
                None => self.begin_another()?,
            }
        };
        self.allowance -= 1;
        let question = (part.batch.clone(), part.manner);
        self.asked = Some(part);
        Some(question)
    }

    /// Learns what became of a request: of the open question, or where there is none, of any other batch of the cycle,
    /// which was asked about in one request as what it is: `Together`, or `Suspected` if it is made of suspects.
    pub fn learn(&mut self, batch: &Batch, manner: Manner, outcome: Outcome) {
        self.served |= outcome == Outcome::Answered;
        match (self.asked.take(), self.searched.last_mut()) {
            (Some(part), Some(refused)) => {
                refused.learn(part, outcome, &mut self.dice);
                // A service that cannot serve is not to be asked sixty times more.
                self.abandoned |= outcome == Outcome::Failed;
            }
            _ if outcome == Outcome::Refused => self.waiting.push((batch.clone(), manner)),
            _ => {}
        }
    }

    /// Learns that the open question will not be answered.
    pub fn lose(&mut self) {
        if let (Some(part), Some(refused)) = (self.asked.take(), self.searched.last_mut()) {
            refused.failed.push(part.batch);
        }
    }

    /// Asks no more in this cycle.
    pub fn abandon(&mut self) {
        self.abandoned = true;
    }

    /// What was found when the cycle ends, however far the search has come.
    #[must_use]
    pub fn conclude(mut self) -> Verdict {
        self.lose();
        let mut verdict = Verdict { hindered: self.hindered(), ..Verdict::default() };
        let throughout = self.searched.iter().any(Refused::is_throughout);
        for refused in self.searched {
            let small = !throughout && (refused.of_suspects || refused.is_finished());
            if refused.answered || self.served && small {
                verdict.poisoned.extend(refused.halves.iter().flat_map(|half| &half.alone));
            }
            if refused.answered {
                let left = refused.halves.into_iter().flat_map(|half| half.left).map(|(batch, _)| batch);
                verdict.suspects.extend(left.chain(refused.failed));
            }
        }
        verdict
    }

    fn hindered(&self) -> Option<Hindered> {
        let is_cut = || !self.waiting.is_empty() || !self.searched.iter().all(Refused::is_finished);
        if !self.served && self.searched.iter().any(Refused::refuses_alone) {
            Some(Hindered::RefusedThroughout)
        } else if self.searched.iter().any(Refused::is_throughout) {
            Some(Hindered::BatchRefusedThroughout)
        } else {
            (self.allowance == 0 && !self.abandoned && is_cut()).then_some(Hindered::Unfinished)
        }
    }

    /// Whether Graph has answered nobody, and a batch tells that it would not: then another need not.
    fn refused_throughout(&self) -> bool {
        !self.served && self.searched.iter().any(Refused::is_throughout)
    }

    /// Begins with one of the batches that wait; which one, the dice say, so that none keeps another waiting for ever.
    fn begin_another(&mut self) -> Option<()> {
        let chosen = self.dice.below(self.waiting.len())?;
        let (batch, manner) = self.waiting.swap_remove(chosen);
        self.searched.push(Refused::new(batch, manner, &mut self.dice));
        Some(())
    }
}

impl Refused {
    fn new(batch: Batch, manner: Manner, dice: &mut Dice) -> Self {
        let mut parts = parts(batch, dice).into_iter().rev();
        let halves = [parts.next(), parts.next()].map(|part| Half { left: Vec::from_iter(part), alone: Vec::new() });
        Self { of_suspects: manner == Manner::Suspected, halves, answered: false, failed: Vec::new() }
    }

    /// What to ask about next. Where nobody was answered yet, the second half is looked into when few of the first have been
    /// refused alone; else one half comes after the other.
    fn next_part(&mut self) -> Option<Part> {
        if self.is_throughout() {
            return None;
        }
        let doubtful = !self.answered && !self.of_suspects;
        let promising = |half: &Half| !half.left.is_empty() && (!doubtful || half.alone.len() < FEW);
        let has_more = |half: &Half| !half.left.is_empty();
        let half = self.halves.iter().position(promising).or_else(|| self.halves.iter().position(has_more))?;
        let (batch, manner) = self.halves[half].left.pop()?;
        Some(Part { batch, manner, half })
    }

    fn learn(&mut self, part: Part, outcome: Outcome, dice: &mut Dice) {
        let half = &mut self.halves[part.half];
        match (outcome, part.manner) {
            (Outcome::Answered, _) => self.answered = true,
            (Outcome::Refused, Manner::Alone) => half.alone.extend(part.batch.places()),
            (Outcome::Refused, _) => half.left.extend(parts(part.batch, dice)),
            (Outcome::Failed, _) => self.failed.push(part.batch),
        }
    }

    /// Whether both halves of the first split failed all the way down.
    fn is_throughout(&self) -> bool {
        !self.of_suspects && !self.answered && self.halves.iter().all(|half| half.alone.len() >= FEW)
    }

    fn is_finished(&self) -> bool {
        self.failed.is_empty() && self.halves.iter().all(|half| half.left.is_empty())
    }

    fn refuses_alone(&self) -> bool {
        self.halves.iter().any(|half| !half.alone.is_empty())
    }
}

impl Dice {
    /// One of the numbers below `sides`, if there are any (the generator of Marsaglia, "Xorshift RNGs", 2003).
    fn below(&mut self, sides: usize) -> Option<usize> {
        let mut number = self.0 | 1;
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        self.0 = number;
        usize::try_from(number >> 40).ok()?.checked_rem(sides)
    }
}

/// What to ask about when a batch was refused, the last first: both halves, or its one user alone.
fn parts(batch: Batch, dice: &mut Dice) -> Vec<(Batch, Manner)> {
    match batch.clone().halves() {
        Some((lower, upper)) => {
            let mut halves = vec![(lower, Manner::Suspected), (upper, Manner::Suspected)];
            if dice.below(2) == Some(0) {
                halves.reverse();
            }
            halves
        }
        None => vec![(batch, Manner::Alone)],
    }
}

#[cfg(test)]
mod tests;

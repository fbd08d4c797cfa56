//! Belief: whether a listing comes in force that names far fewer users than are tracked.
//!
//! A filter on a property that the application may no longer read drops users without a word (facts/graph.md 3.14), and a
//! directory that is rebuilt may look empty. So what shrinks to less than half is believed when it comes twice in a row,
//! much the same both times; and when it comes again and again, however much it varies. It knows numbers only; why a listing failed altogether is no matter here.

/// How many listings in a row are doubted at most: users may leave in steps, and the directory must not freeze.
const MOST_DOUBTS: u32 = 3;

/// What is known of the listings that were not believed.
#[derive(Debug, Default)]
pub struct Belief {
    /// How many users the last one named, if there was one since a listing that was believed.
    doubted: Option<usize>,
    /// How many there were since then.
    doubts: u32,
}

/// What to do with a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It comes in force.
    Believed,
    /// It shrank, and comes in force because it did so twice.
    Confirmed,
    /// It does not come in force.
    Doubted,
}

impl Belief {
    /// What to do with a listing of so many users while so many are tracked.
    pub fn weigh(&mut self, listed: usize, tracked: usize) -> Verdict {
        let Self { doubted, doubts } = std::mem::take(self);
        if listed.saturating_mul(2) >= tracked {
            return Verdict::Believed;
        }
        if doubts == MOST_DOUBTS || doubted.is_some_and(|earlier| alike(earlier, listed)) {
            return Verdict::Confirmed;
        }
        *self = Self { doubted: Some(listed), doubts: doubts + 1 };
        Verdict::Doubted
    }
}

/// Whether two numbers of users are within a tenth of each other.
fn alike(one: usize, other: usize) -> bool {
    one.abs_diff(other).saturating_mul(10) <= one.max(other)
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Believed, Confirmed, Doubted};
    use super::*;

    /// What becomes of these listings one after the other, each with what is made of it, where 1,000 users are tracked at
    /// first.
    #[track_caller]
    fn check(story: &[(usize, Verdict)]) {
        let (mut belief, mut tracked) = (Belief::default(), 1_000);
        for (number, (listed, expected)) in story.iter().enumerate() {
            let verdict = belief.weigh(*listed, tracked);
            assert_eq!(verdict, *expected, "listing {number} of {story:?}");
            if verdict != Doubted {
                tracked = *listed;
            }
        }
    }

    #[test]
    fn half_of_the_users_may_leave_at_once() {
        check(&[(500, Believed), (250, Believed), (5_000, Believed)]);
    }

    #[test]
    fn less_than_half_is_believed_when_it_comes_twice() {
        check(&[(499, Doubted), (499, Confirmed), (499, Believed)]);
        check(&[(0, Doubted), (0, Confirmed), (0, Believed), (1_000, Believed)]);
    }

    #[test]
    fn two_that_differ_by_more_than_a_tenth_do_not_confirm_each_other() {
        check(&[(400, Doubted), (361, Confirmed)]);
        check(&[(400, Doubted), (359, Doubted), (395, Confirmed)]);
        check(&[(0, Doubted), (1, Doubted), (0, Doubted), (0, Confirmed)]);
    }

    #[test]
    fn users_who_leave_in_steps_do_not_freeze_the_directory() {
        check(&[(450, Doubted), (350, Doubted), (250, Doubted), (150, Confirmed), (140, Believed)]);
    }

    #[test]
    fn a_listing_in_between_that_is_believed_ends_the_doubt() {
        check(&[(400, Doubted), (1_000, Believed), (400, Doubted), (400, Confirmed)]);
    }

    #[test]
    fn where_nobody_is_tracked_anything_is_believed() {
        assert_eq!([0, 1, 1_000].map(|listed| Belief::default().weigh(listed, 0)), [Believed; 3]);
    }
}

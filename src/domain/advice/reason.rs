//! Reasons: the kinds of faults, by which listings and cycles that failed are counted.
//!
//! They do not know sentences: `advice` does.

/// Why a listing or a cycle did less than all of its work, the least grave first. A label value of the failure counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Graph left users out of its answers.
    Incomplete,
    /// Time ran out.
    Deadline,
    /// Graph asked to wait.
    Throttled,
    /// Entra or Graph could not be reached, or could not serve.
    Unavailable,
    /// A link led away from Graph.
    ForeignLink,
    /// The pages of a listing expired under way, again and again.
    ListingExpired,
    /// An answer made no sense.
    Unintelligible,
    /// Graph refused a request as wrong.
    Rejected,
    /// A group that the configuration names is not there.
    NoGroup,
    /// The file of object ids cannot be used.
    IdsFile,
    /// Far fewer users matched than before.
    Shrunk,
    /// Nobody matched.
    NoUsers,
    /// A permission is missing.
    Forbidden,
    /// There is no token.
    Token,
    /// A task of the exporter itself failed.
    Panic,
}

impl Reason {
    /// The reasons for which a cycle can fail.
    pub const OF_CYCLES: [Self; 9] = [
        Self::Incomplete,
        Self::Deadline,
        Self::Throttled,
        Self::Unavailable,
        Self::Unintelligible,
        Self::Rejected,
        Self::Forbidden,
        Self::Token,
        Self::Panic,
    ];

    /// The reasons for which a listing can fail.
    pub const OF_LISTINGS: [Self; 14] = [
        Self::Deadline,
        Self::Throttled,
        Self::Unavailable,
        Self::ForeignLink,
        Self::ListingExpired,
        Self::Unintelligible,
        Self::Rejected,
        Self::NoGroup,
        Self::IdsFile,
        Self::Shrunk,
        Self::NoUsers,
        Self::Forbidden,
        Self::Token,
        Self::Panic,
    ];

    /// The label value.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::Deadline => "deadline",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::ForeignLink => "foreign_link",
            Self::ListingExpired => "listing_expired",
            Self::Unintelligible => "unintelligible",
            Self::Rejected => "rejected",
            Self::NoGroup => "no_group",
            Self::IdsFile => "ids_file",
            Self::Shrunk => "shrunk",
            Self::NoUsers => "no_users",
            Self::Forbidden => "forbidden",
            Self::Token => "token",
            Self::Panic => "panic",
        }
    }

    /// Whether what it kept from being read is worth another attempt before the next refresh: a group that is not there
    /// stays away until the configuration is changed.
    #[must_use]
    pub const fn asks_for_retry(self) -> bool {
        !matches!(self, Self::NoGroup)
    }

    /// Whether it may pass without anybody's doing.
    #[must_use]
    pub const fn passes(self) -> bool {
        matches!(
            self,
            Self::Deadline | Self::Throttled | Self::Unavailable | Self::Unintelligible | Self::Token | Self::Panic
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_label_of_its_own() {
        let mut labels: Vec<&str> = Reason::OF_CYCLES.iter().chain(&Reason::OF_LISTINGS).map(|it| it.label()).collect();
        labels.sort_unstable();
        labels.dedup();
        assert_eq!(labels.len(), 15);
    }
}

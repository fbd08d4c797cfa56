//! Presence: the words of Graph's presence resource, as values.
//!
//! Words and shapes only (schema of microsoft.graph.presence, v1.0; spellings of the resource page and of the
//! page "manage presence state"). How a person comes to a presence is `day`; how it is written is `presences`.

use std::fmt;

use crate::identity::Guid;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($word:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each variant is Graph's own word")]
        pub enum $name { $($word),+ }

        impl $name {
            /// Every word there is.
            pub const ALL: &'static [Self] = &[$(Self::$word),+];

            /// The word in PascalCase, as in every known captured answer.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$word => stringify!($word)),+ }
            }
        }
    };
}

words! {
    /// Graph's `availability`. The last five occur only in the newest resource page.
    Availability {
        Available, AvailableIdle, Away, BeRightBack, Busy, BusyIdle, DoNotDisturb, Offline, PresenceUnknown,
        Focusing, InACall, InAMeeting, OutOfOffice, Presenting,
    }
}

words! {
    /// Graph's `activity`. `AvailableInactive` occurs only in the text about session time-outs, `Focusing`
    /// only in the newest resource page.
    Activity {
        Available, AvailableInactive, Away, BeRightBack, Busy, DoNotDisturb, Focusing, InACall,
        InAConferenceCall, Inactive, InAMeeting, Offline, OffWork, OutOfOffice, PresenceUnknown, Presenting,
        UrgentInterruptionsOnly,
    }
}

/// Where somebody works, `workLocationType`. On the wire in camelCase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkLocationType {
    /// `unspecified`
    Unspecified,
    /// `office`
    Office,
    /// `remote`
    Remote,
    /// `timeOff`
    TimeOff,
}

/// Which signal told the work location, `source`. On the wire in camelCase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkLocationSource {
    /// `none`
    None,
    /// `manual`
    Manual,
    /// `scheduled`
    Scheduled,
    /// `automatic`
    Automatic,
}

impl WorkLocationType {
    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Office => "office",
            Self::Remote => "remote",
            Self::TimeOff => "timeOff",
        }
    }
}

impl WorkLocationSource {
    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Manual => "manual",
            Self::Scheduled => "scheduled",
            Self::Automatic => "automatic",
        }
    }
}

/// Graph's `workLocation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkLocation {
    /// Which layer won.
    pub source: WorkLocationSource,
    /// Office, remote, …
    pub kind: WorkLocationType,
    /// The Places object, where an office is known.
    pub place: Option<Guid>,
}

impl WorkLocation {
    /// What is read with no signal at all.
    pub const UNSPECIFIED: Self =
        Self { source: WorkLocationSource::None, kind: WorkLocationType::Unspecified, place: None };
}

/// The version of a presence: greater is later, for one person. Written as `A` and ten digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SequenceNumber(pub(crate) i64);

impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "A{:010}", self.0)
    }
}

/// One person's presence at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence {
    /// `availability`
    pub availability: Availability,
    /// `activity`
    pub activity: Activity,
    /// `sequenceNumber`
    pub sequence_number: SequenceNumber,
    /// `outOfOfficeSettings.isOutOfOffice`
    pub is_out_of_office: bool,
    /// `outOfOfficeSettings.message`
    pub out_of_office_message: Option<&'static str>,
    /// `statusMessage.message.content`
    pub status_message: Option<&'static str>,
    /// `workLocation`
    pub work_location: WorkLocation,
}

impl Presence {
    /// What Graph says of somebody about whom it knows nothing.
    pub const UNKNOWN: Self = Self {
        availability: Availability::PresenceUnknown,
        activity: Activity::PresenceUnknown,
        sequence_number: SequenceNumber(0),
        is_out_of_office: false,
        out_of_office_message: None,
        status_message: None,
        work_location: WorkLocation::UNSPECIFIED,
    };
}

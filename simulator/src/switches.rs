//! Switches: what the documentation of Graph leaves open, and what this tenant does about it.
//!
//! One enumeration per open question; its default is the likeliest answer. A client must be right under every
//! position of every switch.

/// The positions of all switches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// What becomes of an id in a bulk request that is nobody's.
    pub unknown_id: UnknownId,
    /// What becomes of an id in a bulk request that is no UUID.
    pub malformed_id: MalformedId,
    /// What becomes of a bulk request for nobody.
    pub empty_ids: EmptyIds,
    /// What a bulk request for more than 650 is told.
    pub too_many_ids: TooManyIds,
    /// In which order a bulk answer comes.
    pub order: Order,
    /// What becomes of an id that a bulk request names twice.
    pub duplicates: Duplicates,
    /// What is said of guests, rooms, service accounts and people without a licence.
    pub unlicensed: Unlicensed,
    /// How the words are spelled.
    pub spelling: Spelling,
    /// How much of the presence resource is answered.
    pub shape: Shape,
    /// How one person's presence is wrapped.
    pub wrapping: Wrapping,
    /// What is said without a presence role.
    pub missing_role: MissingRole,
    /// How `Retry-After` is written.
    pub retry_after: RetryAfter,
    /// Whether the presence back end refuses good tokens.
    pub unauthorized: Unauthorized,
    /// Whether `User.ReadBasic.All` lists users.
    pub read_basic: ReadBasic,
    /// What the 1,500 of 30 seconds are.
    pub budget: Budget,
    /// What the outer status of a batch with a throttled part is.
    pub batch: Batch,
    /// Whether filtered listings without the advanced parameters expire at their second page.
    pub filtered_paging: FilteredPaging,
    /// Whether listings have empty pages in between.
    pub empty_pages: EmptyPages,
    /// What stands where people write what they like: department, office and job title.
    pub values: Values,
    /// Which algorithms of client assertions are taken.
    pub assertions: Assertions,
    /// Which cloud the tenant lives in.
    pub cloud: Cloud,
}

macro_rules! switch {
    ($(#[$doc:meta])* $name:ident { $(#[$first_doc:meta])* $first:ident, $($(#[$variant_doc:meta])* $variant:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum $name {
            $(#[$first_doc])* #[default] $first,
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Every position, the default first.
            pub const ALL: &'static [Self] = &[Self::$first, $(Self::$variant),*];
        }
    };
}

switch! {
    /// An id that is nobody's, in a bulk request.
    UnknownId {
        /// A row that says `PresenceUnknown`.
        PresenceUnknown,
        /// No row.
        Absent,
        /// 404 for the whole request.
        NotFound,
        /// 400 for the whole request.
        BadRequest,
    }
}
switch! {
    /// An id that is no UUID, in a bulk request.
    MalformedId {
        /// 400 for the whole request.
        BadRequest,
        /// As an unknown id.
        AsUnknown,
    }
}
switch! {
    /// A bulk request with an empty list (or null).
    EmptyIds {
        /// 400.
        BadRequest,
        /// 200 with an empty list.
        EmptyValue,
    }
}
switch! {
    /// More than 650 ids: 400 in any case.
    TooManyIds {
        /// With a message that says so.
        WithMessage,
        /// With an empty message.
        WithoutMessage,
    }
}
switch! {
    /// The order of a bulk answer.
    Order {
        /// As asked.
        AsSent,
        /// Another order.
        Shuffled,
    }
}
switch! {
    /// An id that is asked for twice.
    Duplicates {
        /// Is answered once.
        OneRow,
        /// Is answered as often as asked.
        RepeatedRows,
    }
}
switch! {
    /// Accounts without presence of their own.
    Unlicensed {
        /// A row that says `PresenceUnknown`.
        PresenceUnknown,
        /// A row that says `Offline`.
        Offline,
        /// No row; 404 when asked for singly.
        Absent,
    }
}
switch! {
    /// The spelling of availability and activity.
    Spelling {
        /// `InAMeeting`, as captured.
        PascalCase,
        /// `inAMeeting`.
        CamelCase,
        /// The newest resource page taken literally: camelCase, and the two lists swapped, so that
        /// `availability` tells the activity in the words of that page and `activity` the availability.
        NewestPage,
        /// One person in eight who is not offline has the words `Hibernating` and `Daydreaming`.
        NewValue,
    }
}
switch! {
    /// The properties of a presence.
    Shape {
        /// All of v1.0 in the global cloud.
        Full,
        /// `id`, `availability`, `activity` and a null `statusMessage`, as one capture shows.
        Sparse,
        /// `id`, `availability`, `activity`, `statusMessage`, as in US Government clouds.
        Government,
        /// The same with `workLocation`, as in Bleu (its schema has neither out-of-office settings nor a sequence number).
        Bleu,
        /// All of v1.0 with `@odata.type`, as a capture of 2019 shows.
        Typed,
    }
}
switch! {
    /// The answer to a request for one presence.
    Wrapping {
        /// The object.
        Bare,
        /// The object in a `value` list, as an old page of the documentation has it.
        InValue,
    }
}
switch! {
    /// The body of 403 for want of a presence role.
    MissingRole {
        /// `Forbidden` with a message.
        WithMessage,
        /// `Forbidden` with an empty message.
        WithoutMessage,
    }
}
switch! {
    /// The form of `Retry-After` on a throttled request.
    RetryAfter {
        /// `7`
        Integer,
        /// `7.249`
        Fractional,
        /// `0,7`
        Duplicated,
        /// `Thu, 20 Aug 2026 09:15:00 GMT`
        Date,
        /// No such header.
        Absent,
    }
}
switch! {
    /// 401 `Unauthorized` of the presence back end for a good token (reported in 2020).
    Unauthorized {
        /// Does not happen.
        Never,
        /// Happens at every third presence request.
        NowAndThen,
    }
}
switch! {
    /// `User.ReadBasic.All` as the only directory role.
    ReadBasic {
        /// Lists users, with the basic properties.
        Works,
        /// 403 `Authorization_RequestDenied`.
        Forbidden,
    }
}
switch! {
    /// What counts towards 1,500 in 30 seconds.
    Budget {
        /// Requests.
        PerRequest,
        /// Ids.
        PerId,
    }
}
switch! {
    /// A `$batch` with a throttled part.
    Batch {
        /// 200, and 429 in the part.
        Outer200,
        /// 424 as a whole.
        Outer424,
    }
}
switch! {
    /// A filtered listing of several pages without `ConsistencyLevel` and `$count`.
    FilteredPaging {
        /// Works.
        Works,
        /// Ends at the second page with `Directory_ExpiredPageToken`, as reported.
        Expires,
    }
}
switch! {
    /// Empty pages that have a nextLink nevertheless.
    EmptyPages {
        /// None.
        None,
        /// Before every page with people.
        Interleaved,
    }
}
switch! {
    /// Departments, offices and job titles.
    Values {
        /// Those of the organisation.
        Plausible,
        /// Half of the staff has quotes, line breaks, marks that turn the direction of writing, 10,000 bytes, or what looks
        /// like something else.
        Hostile,
    }
}
switch! {
    /// The signature of a client assertion. The documentation names PS256 now and named RS256 before.
    Assertions {
        /// PS256 with `x5t#S256` and RS256 with either thumbprint.
        BothAlgorithms,
        /// RS256; another is refused as a signature that fails (AADSTS700027).
        OnlyRs256,
        /// PS256; likewise.
        OnlyPs256,
    }
}
switch! {
    /// The cloud, which decides whose Graph there are tokens for; that of another is not in the tenant (AADSTS500011).
    Cloud {
        /// `graph.microsoft.com`
        Global,
        /// `graph.microsoft.us`
        UsGov,
        /// `dod-graph.microsoft.us`
        UsGovDod,
    }
}

//! The catalog: every metric family that the exporter shows, in one table.
//!
//! Name, kind, help, labels and how stable it is. A new family begins as a row here; `exposition` or `telemetry` gives it
//! its samples, and docs/METRICS.md tells its users about it (a test holds the two against each other). The catalog does
//! not know a single value.

/// One metric family.
#[derive(Debug, PartialEq, Eq)]
pub struct Family {
    /// The full name, `_total` included.
    pub name: &'static str,
    /// Gauge, counter or histogram.
    pub kind: Kind,
    /// What it says, where it comes from, in one line.
    pub help: &'static str,
    /// The names of its labels.
    pub labels: &'static [&'static str],
}

/// The kind of a metric family, as Prometheus knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Goes up and down.
    Gauge,
    /// Only goes up, but for a restart.
    Counter,
    /// Observations in buckets.
    Histogram,
}

impl Kind {
    /// The word of the exposition formats.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Histogram => "histogram",
        }
    }
}

macro_rules! families {
    ($($constant:ident = $kind:ident $name:literal $labels:expr, $help:literal;)*) => {
        $(#[doc = concat!("`", $name, "`: ", $help)]
        pub const $constant: &Family =
            &Family { name: $name, kind: Kind::$kind, help: $help, labels: &$labels };)*

        /// Every family, in the order of docs/METRICS.md.
        pub const ALL: &[&Family] = &[$($constant),*];
    };
}

families! {
    AVAILABILITY_USERS = Gauge "teams_presence_availability_users" ["tenant", "availability"],
        "Users by availability, as Microsoft Graph answered in the last cycles. Cached: read on a schedule, not by the scrape.";
    ACTIVITY_USERS = Gauge "teams_presence_activity_users" ["tenant", "activity"],
        "Users by activity, as Microsoft Graph answered in the last cycles. Cached: read on a schedule, not by the scrape.";
    WORK_LOCATION_USERS = Gauge "teams_presence_work_location_users" ["tenant", "work_location"],
        "Users by where they work from, as Microsoft Graph answered in the last cycles. Cached.";
    OUT_OF_OFFICE_USERS = Gauge "teams_presence_out_of_office_users" ["tenant"],
        "Users with an automatic out-of-office reply, as Microsoft Graph answered in the last cycles. Cached.";
    STATUS_MESSAGE_USERS = Gauge "teams_presence_status_message_users" ["tenant"],
        "Users whose status message has content (the content is not read). Cached.";
    GROUP_USERS = Gauge "teams_presence_group_users" ["tenant", "dimension", "group"],
        "Tracked users of a group. Groups made of an attribute partition the users; groups made of Entra groups may overlap.";
    GROUP_AVAILABILITY_USERS = Gauge "teams_presence_group_availability_users" ["tenant", "dimension", "group", "availability"],
        "Users of a group by availability. Groups made of Entra groups may overlap. Cached.";
    GROUP_ACTIVITY_USERS = Gauge "teams_presence_group_activity_users" ["tenant", "dimension", "group", "activity"],
        "Users of a group by activity. Groups made of Entra groups may overlap. Cached.";
    GROUP_WORK_LOCATION_USERS = Gauge "teams_presence_group_work_location_users" ["tenant", "dimension", "group", "work_location"],
        "Users of a group by where they work from. Groups made of Entra groups may overlap. Cached.";
    GROUP_OUT_OF_OFFICE_USERS = Gauge "teams_presence_group_out_of_office_users" ["tenant", "dimension", "group"],
        "Users of a group with an automatic out-of-office reply. Groups made of Entra groups may overlap. Cached.";
    GROUP_REACHABLE = Gauge "teams_presence_group_reachable" ["tenant", "dimension", "group"],
        "1 if enough people of a group on duty are Available or AvailableIdle, 0 if not. Cached.";

    AVAILABILITY_SECONDS = Counter "teams_presence_availability_user_seconds_total" ["tenant", "availability"],
        "Person-seconds by availability: the time from one answer about a user to the next, credited to the earlier. Divide an increase by the increase summed over all words, not by time; it is off by one poll interval at each edge at most.";
    ACTIVITY_SECONDS = Counter "teams_presence_activity_user_seconds_total" ["tenant", "activity"],
        "Person-seconds by activity: the time from one answer about a user to the next, credited to the earlier. Divide an increase by the increase summed over all words, not by time; it is off by one poll interval at each edge at most.";
    AVAILABILITY_TRANSITIONS = Counter "teams_presence_availability_transitions_total" ["tenant", "from", "to"],
        "Answers about a user that told another availability than the answer before. What changes back between two of them is not seen.";

    UP = Gauge "teams_presence_up" ["tenant"],
        "1 if the last cycle answered enough of the users and ended within two poll intervals, else 0.";
    TRACKED_USERS = Gauge "teams_presence_tracked_users" ["tenant", "freshness"],
        "Users tracked, by how fresh their answer is; the presence counts cover current and held.";
    LAST_SUCCESS = Gauge "teams_presence_last_success_timestamp_seconds" ["tenant"],
        "When the last cycle that counts as up ended, in seconds since 1970.";
    OLDEST_OBSERVATION = Gauge "teams_presence_oldest_observation_timestamp_seconds" ["tenant"],
        "When the oldest answer in the counts was given, in seconds since 1970.";
    DIRECTORY_TIMESTAMP = Gauge "teams_presence_directory_timestamp_seconds" ["tenant"],
        "When the users were last listed in full, in seconds since 1970.";
    DIRECTORY_REFRESH_INTERVAL = Gauge "teams_presence_directory_refresh_interval_seconds" ["tenant"],
        "How often the users are listed.";
    DIRECTORY_FAILURES = Counter "teams_presence_directory_failures_total" ["tenant", "reason"],
        "Listings of users, or of the members of a group, that failed, by reason.";
    CYCLE_DURATION = Gauge "teams_presence_cycle_duration_seconds" ["tenant"],
        "How long the last cycle took.";
    CYCLES = Counter "teams_presence_cycles_total" ["tenant"],
        "Cycles that ended, well or badly.";
    CYCLE_FAILURES = Counter "teams_presence_cycle_failures_total" ["tenant", "reason"],
        "Cycles that did less than all of their work, by the gravest reason.";
    POLL_INTERVAL = Gauge "teams_presence_poll_interval_seconds" ["tenant"],
        "How often presence is read now: less often than configured where a cycle takes longer.";
    QUARANTINED_USERS = Gauge "teams_presence_quarantined_users" ["tenant"],
        "Users whom no batch can carry; they are tried again after the next listing.";
    UNRECOGNIZED_VALUES = Counter "teams_presence_unrecognized_values_total" ["tenant", "field"],
        "Unknown words met in answers, each counted once a cycle.";
    GROUPS = Gauge "teams_presence_groups" ["tenant", "dimension", "visibility"],
        "Groups that the last listing found, by whether they are shown, part of (other), or withheld.";
    GROUP_VISIBLE = Gauge "teams_presence_group_visible" ["tenant", "dimension", "group"],
        "1 while a configured Entra group is shown (on duty: while it is known whether it is reachable), else 0.";
    MIN_GROUP_SIZE = Gauge "teams_presence_min_group_size" ["tenant"],
        "The fewest people of a tenant whose presence is counted; fewer show none.";

    GRAPH_REQUESTS = Counter "teams_presence_graph_requests_total" ["tenant", "operation", "code"],
        "Requests to Microsoft Graph and Entra, by HTTP status or by what kept them from one.";
    GRAPH_REQUEST_DURATION = Histogram "teams_presence_graph_request_duration_seconds" ["tenant", "operation"],
        "How long requests to Microsoft Graph and Entra took, their whole answer included.";
    GRAPH_THROTTLED_SECONDS = Counter "teams_presence_graph_throttled_seconds_total" ["tenant"],
        "Wall time during which the tenant waited because Graph said so.";
    GRAPH_BUDGET_REQUESTS = Gauge "teams_presence_graph_budget_requests" ["tenant"],
        "Presence requests allowed in any 30 seconds, as learned: it falls on 429 and recovers slowly.";
    GRAPH_WINDOW_REQUESTS = Gauge "teams_presence_graph_window_requests" ["tenant"],
        "Presence requests in the fullest 30 seconds since the last cycle began.";
    PLANNED_REQUESTS = Gauge "teams_presence_planned_requests" ["tenant"],
        "Presence requests that a cycle takes on the present directory.";
    TOKEN_EXPIRY = Gauge "teams_presence_token_expiry_timestamp_seconds" ["tenant"],
        "When the token in use expires, in seconds since 1970.";
    CREDENTIAL_EXPIRY = Gauge "teams_presence_credential_expiry_timestamp_seconds" ["tenant"],
        "When the credential in use expires, as its certificate or the configuration says, in seconds since 1970.";
    PERMISSION_GRANTED = Gauge "teams_presence_permission_granted" ["tenant", "permission"],
        "1 if the token's roles hold the permission or one that includes it, else 0.";

    BUILD_INFO = Gauge "teams_presence_build_info" ["version", "revision", "rustversion"],
        "Constantly 1; the build is in the labels.";
    CONFIG_LAST_RELOAD_SUCCESSFUL = Gauge "teams_presence_config_last_reload_successful" [],
        "1 if the configuration was last loaded without a fault, else 0.";
    CONFIG_LAST_RELOAD_SUCCESS = Gauge "teams_presence_config_last_reload_success_timestamp_seconds" [],
        "When the configuration was last loaded without a fault, in seconds since 1970.";
    WEB_CONFIG_LAST_RELOAD_SUCCESSFUL = Gauge "teams_presence_web_config_last_reload_successful" [],
        "1 if the web configuration file, and the certificates that it names, were last read without a fault, else 0.";
    WEB_CERTIFICATE_EXPIRY = Gauge "teams_presence_web_certificate_expiry_timestamp_seconds" [],
        "When the certificate that the exporter itself shows expires, in seconds since 1970.";
    PROCESS_CPU = Counter "process_cpu_seconds_total" [],
        "Total user and system CPU time spent in seconds.";
    PROCESS_OPEN_FDS = Gauge "process_open_fds" [],
        "Number of open file descriptors.";
    PROCESS_MAX_FDS = Gauge "process_max_fds" [],
        "Maximum number of open file descriptors.";
    PROCESS_VIRTUAL_MEMORY = Gauge "process_virtual_memory_bytes" [],
        "Virtual memory size in bytes.";
    PROCESS_VIRTUAL_MEMORY_MAX = Gauge "process_virtual_memory_max_bytes" [],
        "Maximum amount of virtual memory available in bytes.";
    PROCESS_RESIDENT_MEMORY = Gauge "process_resident_memory_bytes" [],
        "Resident memory size in bytes.";
    PROCESS_START_TIME = Gauge "process_start_time_seconds" [],
        "Start time of the process since unix epoch in seconds.";
    PROCESS_THREADS = Gauge "process_threads" [],
        "Number of OS threads in the process.";
}

/// The buckets of [`GRAPH_REQUEST_DURATION`], in seconds.
pub const REQUEST_DURATION_BUCKETS: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_is_named_as_prometheus_names_things() {
        for family in ALL {
            let counter = family.kind == Kind::Counter;
            assert_eq!(family.name.ends_with("_total"), counter, "{}", family.name);
            assert!(family.name.starts_with("teams_presence_") || family.name.starts_with("process_"));
            assert!(family.help.ends_with('.'), "{}", family.name);
        }
    }

    #[test]
    fn no_family_is_there_twice() {
        let mut names: Vec<&str> = ALL.iter().map(|family| family.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }
}

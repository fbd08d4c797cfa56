//! What is right to be empty beside a demo in which all is well, and why.
//!
//! Places are those that a fault names. Whatever has no data and is not here is a fault; so is what is here and has data, or
//! is nowhere.

/// Places, and the reason for which there is nothing.
pub(super) struct Entry {
    /// The whole of it: an ending would excuse whatever comes to be called so.
    place: &'static str,
    reason: &'static str,
    depends: Depends,
}

/// On what it depends whether there is something.
#[derive(PartialEq)]
enum Depends {
    /// There is never anything.
    OnNothing,
    /// The hour at which the test runs, or how long it takes.
    OnTheClock,
}

impl Entry {
    const fn never(place: &'static str, reason: &'static str) -> Self {
        Self { place, reason, depends: Depends::OnNothing }
    }

    const fn at_times(place: &'static str, reason: &'static str) -> Self {
        Self { place, reason, depends: Depends::OnTheClock }
    }
}

const NO_EXPIRY: &str = "the configuration of the demo does not say when its credential expires";
const NO_WEB_CONFIG: &str = "the demo of the test has no web configuration";
const NO_FAULT: &str = "in the calm demo nothing fails";
const KNOWN_WORDS: &str = "the demo says no word that is not known";
const WORKING_HOURS: &str = "it is there in working hours, and the test runs at any hour";
const HALF_A_SPAN: &str =
    "it asks for a sample in every other minute, and whether it gets as many depends on the machine";
const A_WEEK: &str = "a week ago nothing was recorded: the past of the test holds what was scraped";

/// The list. What is recorded over times that a test has not is for the cases in `rules/tests/`.
pub(super) const RIGHT: &[Entry] = &[
    Entry::never("exporter: Credential: A", NO_EXPIRY),
    Entry::never("exporter: Each tenant: M", NO_EXPIRY),
    Entry::never("exporter: Credential expires in: A", NO_EXPIRY),
    Entry::never("exporter: Failed cycles per minute: B", NO_FAULT),
    Entry::never("exporter: Errors by operation and code: B", NO_FAULT),
    Entry::never("exporter: Failed listings per minute: B", NO_FAULT),
    Entry::never("focus: Where the time went: M", KNOWN_WORDS),
    Entry::never("focus: Everybody's time, through the day: M", KNOWN_WORDS),
    Entry::never("occupancy: How the day goes: F", KNOWN_WORDS),
    Entry::never("occupancy: Everybody right now: F", KNOWN_WORDS),
    Entry::never("occupancy: In the office, remote, off: E", KNOWN_WORDS),
    Entry::never("occupancy: Work location right now: E", KNOWN_WORDS),
    Entry::never("TeamsPresenceCredentialExpiring: teams_presence_credential_expiry_timestamp_seconds", NO_EXPIRY),
    Entry::never("TeamsPresenceCredentialExpiringSoon: teams_presence_credential_expiry_timestamp_seconds", NO_EXPIRY),
    Entry::never("TeamsPresenceCredentialExpired: teams_presence_credential_expiry_timestamp_seconds", NO_EXPIRY),
    Entry::never("TeamsPresenceWebConfigReloadFailed: teams_presence_web_config_last_reload_successful", NO_WEB_CONFIG),
    Entry::never(
        "TeamsPresenceWebCertificateExpiring: teams_presence_web_certificate_expiry_timestamp_seconds",
        NO_WEB_CONFIG,
    ),
    Entry::never(
        "TeamsPresenceWebCertificateExpiring: teams_presence:web_certificate_expiring_seconds:threshold",
        NO_WEB_CONFIG,
    ),
    Entry::never(
        "TeamsPresenceWebCertificateExpiring: teams_presence:web_certificate_expiring_soon_seconds:threshold",
        NO_WEB_CONFIG,
    ),
    Entry::never("teams_presence:web_certificate_expiring_seconds:threshold", NO_WEB_CONFIG),
    Entry::never("teams_presence:web_certificate_expiring_soon_seconds:threshold", NO_WEB_CONFIG),
    Entry::at_times(
        "TeamsPresenceGroupUnderstaffed: group:teams_presence_reachable:ratio_working_hours",
        WORKING_HOURS,
    ),
    Entry::at_times("TeamsPresenceGroupBelowFloor: group:teams_presence_reachable:ratio_working_hours", WORKING_HOURS),
    Entry::at_times("TeamsPresenceReachableCollapsed: tenant:teams_presence_reachable:ratio_avg1h", HALF_A_SPAN),
    Entry::never("TeamsPresenceReachableCollapsed: tenant:teams_presence_reachable:ratio_avg1h_delta1w", A_WEEK),
    Entry::at_times("tenant:teams_presence_reachable:ratio_working_hours", WORKING_HOURS),
    Entry::at_times("group:teams_presence_reachable:ratio_working_hours", WORKING_HOURS),
    Entry::at_times("tenant:teams_presence_reachable:ratio_avg1h", HALF_A_SPAN),
    Entry::at_times("tenant:teams_presence_busy:ratio_avg1h", HALF_A_SPAN),
    Entry::at_times("tenant:teams_presence_in_meeting:ratio_avg1h", HALF_A_SPAN),
    Entry::at_times("tenant:teams_presence_offline:ratio_avg1h", HALF_A_SPAN),
    Entry::at_times("group:teams_presence_reachable:ratio_avg1h", HALF_A_SPAN),
    Entry::at_times("group:teams_presence_busy:ratio_avg1h", HALF_A_SPAN),
    Entry::at_times("group:teams_presence_in_meeting:ratio_avg1h", HALF_A_SPAN),
    Entry::at_times("group:teams_presence_offline:ratio_avg1h", HALF_A_SPAN),
    Entry::at_times("tenant:teams_presence_reachable:ratio_avg1d", HALF_A_SPAN),
    Entry::at_times("tenant:teams_presence_busy:ratio_avg1d", HALF_A_SPAN),
    Entry::at_times("tenant:teams_presence_in_meeting:ratio_avg1d", HALF_A_SPAN),
    Entry::at_times("tenant:teams_presence_offline:ratio_avg1d", HALF_A_SPAN),
    Entry::at_times("group:teams_presence_reachable:ratio_avg1d", HALF_A_SPAN),
    Entry::at_times("group:teams_presence_busy:ratio_avg1d", HALF_A_SPAN),
    Entry::at_times("group:teams_presence_in_meeting:ratio_avg1d", HALF_A_SPAN),
    Entry::at_times("group:teams_presence_offline:ratio_avg1d", HALF_A_SPAN),
    Entry::at_times("tenant:teams_presence_reachable:ratio_working_hours_avg1d", HALF_A_SPAN),
    Entry::at_times("group:teams_presence_reachable:ratio_working_hours_avg1d", HALF_A_SPAN),
    Entry::never("tenant:teams_presence_utc_offset:hours_delta1w", A_WEEK),
    Entry::never("tenant:teams_presence_reachable:ratio_avg1h_delta1w", A_WEEK),
    Entry::never("tenant:teams_presence_busy:ratio_avg1h_delta1w", A_WEEK),
    Entry::never("tenant:teams_presence_in_meeting:ratio_avg1h_delta1w", A_WEEK),
    Entry::never("tenant:teams_presence_offline:ratio_avg1h_delta1w", A_WEEK),
    Entry::never("group:teams_presence_reachable:ratio_avg1h_delta1w", A_WEEK),
    Entry::never("group:teams_presence_busy:ratio_avg1h_delta1w", A_WEEK),
    Entry::never("group:teams_presence_in_meeting:ratio_avg1h_delta1w", A_WEEK),
    Entry::never("group:teams_presence_offline:ratio_avg1h_delta1w", A_WEEK),
];

/// What is empty and not listed, and what is listed in vain.
pub(super) fn faults(answers: &[(String, bool)], entries: &[Entry]) -> Vec<String> {
    let mut faults = Vec::new();
    for (place, gives_data) in answers {
        let entry = entries.iter().find(|entry| entry.place == place);
        match (gives_data, entry) {
            (false, None) => faults.push(format!("no data: {place}")),
            (true, Some(entry)) if entry.depends == Depends::OnNothing => {
                faults.push(format!("listed as empty ({}), and has data: {place}", entry.reason));
            }
            _ => {}
        }
    }
    let is_nowhere = |entry: &&Entry| !answers.iter().any(|(place, _)| entry.place == place);
    faults.extend(entries.iter().filter(is_nowhere).map(|entry| format!("listed, and nowhere: {}", entry.place)));
    faults
}

#[test]
fn a_list_that_lies_is_caught() {
    let answers = [("a", true), ("b", false), ("c", true), ("d", false), ("e", true)];
    let answers = answers.map(|(place, gives_data)| (place.to_owned(), gives_data));
    let entries = [
        Entry::never("b", "it is new"),
        Entry::never("c", "it is old"),
        Entry::at_times("e", "it is night"),
        Entry::never("f", "gone"),
    ];
    assert_eq!(
        faults(&answers, &entries),
        ["listed as empty (it is old), and has data: c", "no data: d", "listed, and nowhere: f"]
    );
}

//! Presence over the wire: `getPresencesByUserId`, and one person's presence.
//!
//! After "getPresencesByUserId" (650 ids, 1,500 requests in 30 s) and "Get presence". Rows are written byte by
//! byte: this is the route that a million-user tenant lives on. What the documentation leaves open is a switch.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use crate::answer::{Answer, Refusal, Request};
use crate::calendar::http_date;
use crate::day;
use crate::dice::Dice;
use crate::faults::Operation;
use crate::identity::Guid;
use crate::json;
use crate::places::Moment;
use crate::presence::{Activity, Availability, Presence, WorkLocation};
use crate::switches::{
    Budget, Duplicates, EmptyIds, MalformedId, MissingRole, Order, RetryAfter, Shape, Spelling, Switches, TooManyIds,
    Unauthorized, UnknownId, Unlicensed, Wrapping,
};
use crate::tenant::Tenant;
use crate::tokens::Access;
use crate::users::not_found;

const ROLES: &[&str] = &["Presence.Read.All", "Presence.ReadWrite.All"];

/// Ids that one request may name.
const MOST: usize = 650;

/// Answers `POST /v1.0/communications/getPresencesByUserId`.
pub(crate) fn bulk(tenant: &Tenant, request: &Request, access: &Access, ids: &mut usize) -> Result<Answer, Refusal> {
    let switches = tenant.switches();
    let asked = json::ids(&request.body);
    *ids = asked.as_ref().map_or(0, Vec::len);
    admit(tenant, request, access, &switches)?;
    let is_json = request.headers.content_type.as_deref().is_some_and(|kind| kind.starts_with("application/json"));
    if !is_json {
        return Err(Refusal::new(415, "BadRequest", "The request must have the media type application/json."));
    }
    let asked = asked.map_err(|fault| {
        let what = match fault {
            json::NotIds::Malformed => "Unable to read JSON request payload.",
            json::NotIds::Missing => "The required parameter 'ids' is missing or no collection of strings.",
        };
        Refusal::new(400, "BadRequest", what)
    })?;
    if asked.is_empty() && switches.empty_ids == EmptyIds::BadRequest {
        return Err(Refusal::new(400, "BadRequest", "The collection 'ids' must not be empty."));
    }
    if asked.len() > MOST {
        let message = match switches.too_many_ids {
            TooManyIds::WithMessage => "The number of ids exceeds the maximum of 650.",
            TooManyIds::WithoutMessage => "",
        };
        return Err(Refusal::new(400, "BadRequest", message));
    }
    let wanted = wanted(&asked, &switches)?;
    if wanted.iter().any(|wanted| matches!(wanted, Wanted::Somebody(id) if request.refuses(id))) {
        return Err(Refusal::of_status(400));
    }
    let mut rows = Rows::new(tenant, &switches, wanted.len());
    for id in wanted.iter().skip(request.omitted_rows()) {
        rows.bulk_row(id)?;
    }
    for id in wanted.iter().take(request.duplicated_rows()) {
        rows.bulk_row(id)?;
    }
    for number in 0..request.foreign_rows() {
        rows.write(&tenant.organisation.foreign_id(number as u64), &Presence::UNKNOWN);
    }
    let mut body = format!(
        "{{\"@odata.context\":\"{}/v1.0/$metadata#Collection(microsoft.graph.presence)\",\"value\":[",
        request.origin()
    )
    .into_bytes();
    body.reserve(rows.out.len() + 2);
    body.extend_from_slice(&rows.out);
    body.extend_from_slice(b"]}");
    let mut answer = Answer::json(body);
    answer.latency = tenant.presence_latency;
    Ok(answer)
}

/// Answers for one person, by object id.
pub(crate) fn single(tenant: &Tenant, request: &Request, access: &Access, id: &str) -> Result<Answer, Refusal> {
    let switches = tenant.switches();
    admit(tenant, request, access, &switches)?;
    let guid = Guid::parse(id.as_bytes()).ok_or_else(|| not_found(id))?;
    if request.refuses(&guid) {
        return Err(Refusal::of_status(400));
    }
    let mut rows = Rows::new(tenant, &switches, 1);
    let person = tenant.find(guid).ok_or_else(|| not_found(id))?;
    if !person.has_teams() && switches.unlicensed == Unlicensed::Absent {
        return Err(not_found(id));
    }
    rows.bulk_row(&Wanted::Somebody(guid))?;
    let context = format!("\"@odata.context\":\"{}/v1.0/$metadata#", request.origin());
    let row = String::from_utf8_lossy(&rows.out);
    let body = match switches.wrapping {
        Wrapping::Bare => format!("{{{context}users('{guid}')/presence/$entity\",{}", &row[1..]),
        Wrapping::InValue => format!("{{{context}communications/presences\",\"value\":[{row}]}}"),
    };
    let mut answer = Answer::json(body.into_bytes());
    answer.latency = tenant.presence_latency;
    Ok(answer)
}

/// Enters a request into the throttle's window, however it will be answered; others than for presence pass.
pub(crate) fn enter(tenant: &Tenant, operation: Operation, body: &[u8], arrived: Instant) -> Result<(), Duration> {
    let many = match (operation, tenant.switches().budget) {
        (Operation::GetPresences, Budget::PerId) => json::ids(body).map_or(0, |ids| ids.len()),
        (Operation::GetPresences | Operation::GetPresence, _) => 1,
        _ => return Ok(()),
    };
    tenant.window().enter(arrived, u32::try_from(many).unwrap_or(u32::MAX))
}

/// Role, throttle and the back end's moods, in this order.
fn admit(tenant: &Tenant, request: &Request, access: &Access, switches: &Switches) -> Result<(), Refusal> {
    if !access.has_any(ROLES) {
        let message = match switches.missing_role {
            MissingRole::WithMessage => "Insufficient privileges to complete the operation.",
            MissingRole::WithoutMessage => "",
        };
        return Err(Refusal::new(403, "Forbidden", message));
    }
    if let Err(wait) = request.admission {
        return Err(throttled(tenant, request, switches.retry_after, wait));
    }
    if switches.unauthorized == Unauthorized::NowAndThen && tenant.presence_call().is_multiple_of(3) {
        return Err(Refusal::new(401, "Unauthorized", "Unauthorized"));
    }
    Ok(())
}

/// 429, to come again after this wait, in whole seconds and at least one of them.
pub(crate) fn throttled(tenant: &Tenant, request: &Request, retry_after: RetryAfter, wait: Duration) -> Refusal {
    let seconds = wait.as_secs() + 1;
    let refusal = Refusal::new(429, "TooManyRequests", "Too many requests.")
        .header("x-ms-throttle-scope", format!("Application/ReadWrite/{}/{}", tenant.client_id, tenant.directory_id));
    match retry_after {
        RetryAfter::Absent => refusal,
        RetryAfter::Integer => refusal.header("Retry-After", seconds.to_string()),
        RetryAfter::Fractional => refusal.header("Retry-After", format!("{seconds}.249")),
        RetryAfter::Duplicated => refusal.header("Retry-After", format!("0,{seconds}")),
        RetryAfter::Date => {
            let at = request.at + Duration::from_secs(seconds);
            refusal.header("Retry-After", http_date(at))
        }
    }
}

/// One id of a request.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Wanted<'a> {
    Somebody(Guid),
    /// No UUID.
    Malformed(&'a str),
}

/// The ids in the order in which they will be answered.
fn wanted<'a>(asked: &[&'a [u8]], switches: &Switches) -> Result<Vec<Wanted<'a>>, Refusal> {
    let mut wanted = Vec::with_capacity(asked.len());
    for id in asked {
        wanted.push(match Guid::parse(id) {
            Some(guid) => Wanted::Somebody(guid),
            None if switches.malformed_id == MalformedId::AsUnknown => {
                Wanted::Malformed(std::str::from_utf8(id).unwrap_or("\u{fffd}"))
            }
            None => return Err(Refusal::new(400, "BadRequest", "Invalid user id: an id is not a valid GUID.")),
        });
    }
    if switches.duplicates == Duplicates::OneRow {
        let mut seen = HashSet::with_capacity(wanted.len());
        wanted.retain(|id| seen.insert(*id));
    }
    if switches.order == Order::Shuffled {
        let dice = Dice::new(wanted.len() as u64);
        let mut numbered: Vec<_> = wanted.into_iter().enumerate().collect();
        numbered.sort_by_key(|(at, _)| dice.on(*at as u64).number());
        wanted = numbered.into_iter().map(|(_, id)| id).collect();
    }
    Ok(wanted)
}

/// Rows as they are written.
struct Rows<'a> {
    tenant: &'a Tenant,
    switches: &'a Switches,
    moment: Moment,
    out: Vec<u8>,
}

/// About the size of a row without messages, with all properties.
const ROW: usize = 300;

impl<'a> Rows<'a> {
    fn new(tenant: &'a Tenant, switches: &'a Switches, rows: usize) -> Self {
        Self { tenant, switches, moment: Moment::new(tenant.now()), out: Vec::with_capacity(rows * ROW) }
    }

    fn bulk_row(&mut self, wanted: &Wanted<'_>) -> Result<(), Refusal> {
        let person = match wanted {
            Wanted::Somebody(id) => self.tenant.find(*id),
            Wanted::Malformed(_) => None,
        };
        let Some(person) = person else { return self.unknown_row(wanted) };
        let mut presence = day::presence(&person, &self.moment);
        if !person.has_teams() {
            match self.switches.unlicensed {
                Unlicensed::PresenceUnknown => {}
                Unlicensed::Absent => return Ok(()),
                Unlicensed::Offline => {
                    presence.availability = Availability::Offline;
                    presence.activity = Activity::Offline;
                }
            }
        }
        self.write(&person.id, &presence);
        Ok(())
    }

    fn unknown_row(&mut self, wanted: &Wanted<'_>) -> Result<(), Refusal> {
        match (self.switches.unknown_id, wanted) {
            (UnknownId::PresenceUnknown, Wanted::Somebody(id)) => self.write(id, &Presence::UNKNOWN),
            (UnknownId::PresenceUnknown, Wanted::Malformed(text)) => {
                let mut escaped = Vec::new();
                json::string(&mut escaped, text);
                self.write_as(&escaped[1..escaped.len() - 1], 0, &Presence::UNKNOWN);
            }
            (UnknownId::Absent, _) => {}
            (UnknownId::NotFound, _) => return Err(Refusal::new(404, "NotFound", "The user was not found.")),
            (UnknownId::BadRequest, _) => return Err(Refusal::new(400, "BadRequest", "Bad Request.")),
        }
        Ok(())
    }

    fn write(&mut self, id: &Guid, presence: &Presence) {
        self.write_as(&id.text(), id.as_bytes()[0], presence);
    }

    /// `first` is the id's first byte: it decides to whom a new value happens.
    fn write_as(&mut self, id: &[u8], first: u8, presence: &Presence) {
        let out = &mut self.out;
        out.extend_from_slice(if out.is_empty() { b"{" } else { b",{" });
        if self.switches.shape == Shape::Typed {
            out.extend_from_slice(br##""@odata.type":"#microsoft.graph.presence","##);
        }
        out.extend_from_slice(b"\"id\":\"");
        out.extend_from_slice(id);
        let (availability, activity) = spelled(presence, self.switches.spelling, first);
        out.extend_from_slice(b"\",\"availability\":\"");
        word(out, availability, self.switches.spelling);
        out.extend_from_slice(b"\",\"activity\":\"");
        word(out, activity, self.switches.spelling);
        out.extend_from_slice(b"\",\"statusMessage\":");
        match presence.status_message.filter(|_| self.switches.shape != Shape::Sparse) {
            Some(text) => {
                out.extend_from_slice(b"{\"message\":{\"content\":");
                json::string(out, text);
                out.extend_from_slice(b",\"contentType\":\"text\"}}");
            }
            None => out.extend_from_slice(b"null"),
        }
        if matches!(self.switches.shape, Shape::Full | Shape::Typed) {
            write_rest(out, presence);
        }
        if matches!(self.switches.shape, Shape::Full | Shape::Typed | Shape::Bleu) {
            write_work_location(out, presence.work_location);
        }
        out.push(b'}');
    }
}

/// What only the global cloud's presence has.
fn write_rest(out: &mut Vec<u8>, presence: &Presence) {
    out.extend_from_slice(b",\"sequenceNumber\":\"A");
    digits(out, presence.sequence_number.0);
    out.extend_from_slice(b"\",\"outOfOfficeSettings\":{\"message\":");
    json::string_or_null(out, presence.out_of_office_message);
    out.extend_from_slice(b",\"isOutOfOffice\":");
    out.extend_from_slice(if presence.is_out_of_office { b"true" } else { b"false" });
    out.push(b'}');
}

fn write_work_location(out: &mut Vec<u8>, location: WorkLocation) {
    out.extend_from_slice(b",\"workLocation\":{\"placeId\":");
    match location.place {
        Some(place) => {
            out.push(b'"');
            out.extend_from_slice(&place.text());
            out.push(b'"');
        }
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"source\":\"");
    out.extend_from_slice(location.source.word().as_bytes());
    out.extend_from_slice(b"\",\"workLocationType\":\"");
    out.extend_from_slice(location.kind.word().as_bytes());
    out.extend_from_slice(b"\"}");
}

/// Ten digits, with zeros in front: lexicographic order is numeric order.
fn digits(out: &mut Vec<u8>, number: i64) {
    let mut text = [b'0'; 10];
    let mut rest = number.max(0);
    for digit in text.iter_mut().rev() {
        *digit += u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
    out.extend_from_slice(&text);
}

fn word(out: &mut Vec<u8>, word: &str, spelling: Spelling) {
    let at = out.len();
    out.extend_from_slice(word.as_bytes());
    if matches!(spelling, Spelling::CamelCase | Spelling::NewestPage) {
        out[at].make_ascii_lowercase();
    }
}

fn spelled(presence: &Presence, spelling: Spelling, first: u8) -> (&'static str, &'static str) {
    let (availability, activity) = (presence.availability, presence.activity);
    let is_new =
        first.is_multiple_of(8) && !matches!(availability, Availability::Offline | Availability::PresenceUnknown);
    match spelling {
        Spelling::NewValue if is_new => ("Hibernating", "Daydreaming"),
        Spelling::NewestPage => newest_page(availability, activity),
        Spelling::PascalCase | Spelling::CamelCase | Spelling::NewValue => (availability.word(), activity.word()),
    }
}

/// The words of the newest resource page, whose two lists look swapped; it has no idle stages.
const fn newest_page(availability: Availability, activity: Activity) -> (&'static str, &'static str) {
    let plain = match availability {
        Availability::AvailableIdle => Availability::Available,
        Availability::BusyIdle => Availability::Busy,
        other => other,
    };
    let precise = match activity {
        Activity::Focusing => Availability::Focusing,
        Activity::InACall | Activity::InAConferenceCall => Availability::InACall,
        Activity::InAMeeting => Availability::InAMeeting,
        Activity::Presenting => Availability::Presenting,
        _ => plain,
    };
    let is_out = matches!(activity, Activity::OutOfOffice);
    (precise.word(), if is_out { Availability::OutOfOffice.word() } else { plain.word() })
}

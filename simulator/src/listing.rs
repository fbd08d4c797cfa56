//! Listings: query options and pages, the same for `/users` and for members of groups.
//!
//! After "List users" (page sizes), "Paging", "Use query parameters" and "Advanced query capabilities". What is
//! listed, and who may see it, is decided by `users` and `members`.

use crate::answer::{Answer, Refusal, Request};
use crate::directory::Directory;
use crate::faults::Effect;
use crate::filter::Filter;
use crate::identity::Guid;
use crate::json;
use crate::organisation::{Organisation, Person};
use crate::position::{self, Position};
use crate::properties::{Property, Selected};
use crate::query;
use crate::switches::{EmptyPages, FilteredPaging};
use crate::tenant::Tenant;

/// The query options of a listing.
#[derive(Debug)]
pub(crate) struct Options {
    select: Vec<Selected>,
    /// `$select` as sent, for the context URL.
    selection: Option<String>,
    top: u32,
    filter: Option<Filter>,
    /// `$count=true` together with `ConsistencyLevel: eventual`.
    counted: bool,
    position: Option<Position>,
}

/// How much of a user's properties the caller may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Everything,
    /// What `User.ReadBasic.All` gives.
    Basic,
    /// Only that somebody is there.
    IdOnly,
}

/// What is listed.
pub(crate) struct Listing<'a> {
    /// The last part of the context URL, `users` or `directoryObjects`.
    pub(crate) set: &'static str,
    /// Whether rows bear `@odata.type`.
    pub(crate) typed: bool,
    pub(crate) reading: Reading,
    pub(crate) directory: &'a Directory,
    pub(crate) includes: &'a dyn Fn(&Person) -> bool,
    /// Groups that come before the people.
    pub(crate) groups: &'a [(Guid, String)],
}

/// The page size without `$top`, and its maximum ("List users").
const DEFAULT_TOP: u32 = 100;
const MOST: u32 = 999;

impl Options {
    /// Understands the query options, or refuses them in Graph's words.
    pub(crate) fn parse(tenant: &Tenant, request: &Request) -> Result<Self, Refusal> {
        let options = Self::understand(tenant, request)?;
        options.check_advanced()?;
        Ok(options)
    }

    fn understand(tenant: &Tenant, request: &Request) -> Result<Self, Refusal> {
        let mut options = Self {
            select: Property::defaults(),
            selection: None,
            top: DEFAULT_TOP,
            filter: None,
            counted: false,
            position: None,
        };
        for (name, value) in query::pairs(&request.query) {
            match name.trim_start_matches('$').to_ascii_lowercase().as_str() {
                "select" if !value.is_empty() => {
                    options.select = selected(&value)?;
                    options.selection = Some(value);
                }
                "top" => options.top = top(&value)?,
                "filter" => options.filter = Some(Filter::parse(&value)?),
                "count" => options.counted = value.eq_ignore_ascii_case("true") && request.is_eventual(),
                "skiptoken" => options.position = Some(Position::decode(tenant, request, &value)?),
                "select" | "format" | "consistencylevel" => {}
                other => return Err(unsupported_option(other)),
            }
        }
        Ok(options)
    }

    /// For `/$count`, where the header alone is enough for advanced filters.
    pub(crate) fn parse_for_count(tenant: &Tenant, request: &Request) -> Result<Self, Refusal> {
        let mut options = Self::understand(tenant, request)?;
        options.counted = true;
        Ok(options)
    }

    /// How many of these there are, for `/$count`.
    pub(crate) fn count(&self, tenant: &Tenant, listing: &Listing<'_>) -> usize {
        self.matching(tenant, 0, listing).count()
    }

    fn check_advanced(&self) -> Result<(), Refusal> {
        let Some(what) = self.filter.as_ref().and_then(Filter::needs_advanced) else { return Ok(()) };
        if self.counted {
            return Ok(());
        }
        let message =
            format!("Unsupported or invalid query filter clause specified for property '{what}' of resource 'User'.");
        Err(Refusal::new(400, "Request_UnsupportedQuery", message))
    }

    /// Everybody from this number on whom the listing includes and the filter selects. A filter that looks at
    /// what the caller may not read drops the rows instead of failing.
    fn matching<'a>(
        &'a self,
        tenant: &'a Tenant,
        from: u32,
        listing: &'a Listing<'_>,
    ) -> impl Iterator<Item = Person> + 'a {
        let readable = match (&self.filter, listing.reading) {
            (Some(filter), Reading::Basic) => filter.is_basic(),
            (Some(_), Reading::IdOnly) => false,
            _ => true,
        };
        let end = if readable { tenant.organisation.len() } else { from };
        (from..end)
            .map(|number| tenant.organisation.person(number))
            .filter(|person| listing.directory.has(person) && (listing.includes)(person))
            .filter(|person| {
                self.filter.as_ref().is_none_or(|filter| filter.selects(&listing.directory.account(person)))
            })
    }
}

/// Answers with one page.
pub(crate) fn page(
    tenant: &Tenant,
    request: &Request,
    options: &Options,
    listing: &Listing<'_>,
) -> Result<Answer, Refusal> {
    let switches = tenant.switches();
    let position = options.position.unwrap_or_default();
    if options.position.is_some()
        && options.filter.is_some()
        && !options.counted
        && switches.filtered_paging == FilteredPaging::Expires
    {
        return Err(position::expired());
    }
    let is_first = options.position.is_none();
    let groups = if is_first { listing.groups } else { &[] };
    let skipped = request.effects.contains(&Effect::EmptyPage)
        || (switches.empty_pages == EmptyPages::Interleaved && !position.was_empty);
    let room = if skipped { 0 } else { options.top as usize - groups.len().min(options.top as usize) };

    let mut people = options.matching(tenant, position.number, listing).peekable();
    let mut rows = Rows::new(request, options, listing);
    for (id, name) in groups {
        rows.group(*id, name);
    }
    for person in people.by_ref().take(room) {
        rows.person(&person);
    }
    for number in 0..request.foreign_rows() {
        let mut person = Organisation::new(number as u64, 1).person(0);
        person.id = tenant.organisation.foreign_id(number as u64);
        rows.person(&person);
    }
    let interleaving = skipped && switches.empty_pages == EmptyPages::Interleaved;
    let next = people.peek().map(|next| Position { number: next.number, was_empty: interleaving });
    let looping = request.effects.contains(&Effect::NextLinkLoop);
    let next = if looping { Some(position) } else { next };

    let mut body = Vec::with_capacity(rows.out.len() + 600);
    body.extend_from_slice(br#"{"@odata.context":"#);
    json::string(&mut body, &context(request, options, listing));
    if is_first && options.counted {
        let count = options.count(tenant, listing) + listing.groups.len();
        body.extend_from_slice(format!(",\"@odata.count\":{count}").as_bytes());
    }
    if let Some(next) = next {
        body.extend_from_slice(br#","@odata.nextLink":"#);
        json::string(&mut body, &next.link(tenant, request));
    }
    body.extend_from_slice(br#","value":["#);
    body.extend_from_slice(&rows.out);
    body.extend_from_slice(b"]}");
    let mut answer = Answer::json(body);
    answer.latency = tenant.listing_latency;
    Ok(answer)
}

/// Rows of a page, as they are written.
struct Rows<'a> {
    out: Vec<u8>,
    options: &'a Options,
    listing: &'a Listing<'a>,
    /// Rows still to be left out or doubled, by a fault.
    omit: usize,
    double: usize,
}

impl<'a> Rows<'a> {
    fn new(request: &Request, options: &'a Options, listing: &'a Listing<'a>) -> Self {
        let out = Vec::with_capacity(options.top as usize * 200);
        Self { out, options, listing, omit: request.omitted_rows(), double: request.duplicated_rows() }
    }

    fn person(&mut self, person: &Person) {
        if self.omit > 0 {
            self.omit -= 1;
            return;
        }
        self.write(person);
        if self.double > 0 {
            self.double -= 1;
            self.write(person);
        }
    }

    fn begin(&mut self, kind: &str, id: Option<Guid>) {
        if !self.out.is_empty() {
            self.out.push(b',');
        }
        self.out.push(b'{');
        if self.listing.typed {
            self.out.extend_from_slice(br##""@odata.type":"#microsoft.graph."##);
            self.out.extend_from_slice(kind.as_bytes());
            self.out.extend_from_slice(b"\",");
        }
        if let Some(id) = id {
            self.out.extend_from_slice(b"\"id\":\"");
            self.out.extend_from_slice(&id.text());
            self.out.extend_from_slice(b"\",");
        }
    }

    fn group(&mut self, id: Guid, name: &str) {
        self.begin("group", Some(id));
        self.out.extend_from_slice(b"\"displayName\":");
        json::string_or_null(&mut self.out, (self.listing.reading != Reading::IdOnly).then_some(name));
        self.out.push(b'}');
    }

    fn write(&mut self, person: &Person) {
        let has_id = self.options.select.contains(&Selected::Filled(Property::Id));
        self.begin("user", (!has_id).then_some(person.id));
        for selected in &self.options.select {
            let (name, property) = match selected {
                Selected::Filled(property) => (property.name(), Some(*property)),
                Selected::Empty(name) => (*name, None),
                Selected::NotInLists => continue,
            };
            self.out.push(b'"');
            self.out.extend_from_slice(name.as_bytes());
            self.out.extend_from_slice(b"\":");
            match property.filter(|property| self.may_read(*property)) {
                Some(property) => property.write(&mut self.out, &self.listing.directory.account(person)),
                None => self.out.extend_from_slice(b"null"),
            }
            self.out.push(b',');
        }
        if self.out.last() == Some(&b',') {
            self.out.pop();
        }
        self.out.push(b'}');
    }

    fn may_read(&self, property: Property) -> bool {
        match self.listing.reading {
            Reading::Everything => true,
            Reading::Basic => property.is_basic(),
            Reading::IdOnly => property == Property::Id,
        }
    }
}

fn context(request: &Request, options: &Options, listing: &Listing<'_>) -> String {
    let selection = options.selection.as_ref().map_or_else(String::new, |selection| format!("({selection})"));
    format!("{}/v1.0/$metadata#{}{selection}", request.origin(), listing.set)
}

fn selected(value: &str) -> Result<Vec<Selected>, Refusal> {
    let mut all = Vec::new();
    for name in value.split(',').map(str::trim) {
        let selected = Selected::named(name).ok_or_else(|| {
            let message = format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type \
                 'microsoft.graph.user'."
            );
            Refusal::new(400, "BadRequest", message)
        })?;
        if selected == Selected::NotInLists {
            return Err(Refusal::new(501, "NotImplemented", "Not Implemented"));
        }
        if !all.contains(&selected) {
            all.push(selected);
        }
    }
    Ok(all)
}

fn top(value: &str) -> Result<u32, Refusal> {
    let number: i64 = value.trim().parse().map_err(|_| {
        Refusal::new(400, "BadRequest", format!("Invalid value '{value}' for $top query option found."))
    })?;
    u32::try_from(number).ok().filter(|top| (1..=MOST).contains(top)).ok_or_else(|| {
        let message = format!("Invalid page size specified: '{number}'. Must be between 1 and {MOST} inclusive.");
        Refusal::new(400, "Request_UnsupportedQuery", message)
    })
}

fn unsupported_option(name: &str) -> Refusal {
    match name {
        "skip" => Refusal::new(400, "Request_BadRequest", "'$skip' is not supported by the service."),
        "orderby" | "search" | "expand" => Refusal::new(400, "Request_UnsupportedQuery", "Unsupported Query."),
        _ => Refusal::new(400, "BadRequest", format!("The query parameter '${name}' is not supported.")),
    }
}

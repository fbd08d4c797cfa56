//! The section `group_by` of a tenant: the list of its dimensions.
//!
//! Each takes its groups either from an attribute or from Entra groups, and some keys go with one of the two alone. Which
//! attributes there are is in `attribute`; what becomes of the groups is the domain's.

use std::collections::BTreeMap;

use super::fault::{Report, Reported};
use super::keys::GROUP_BY;
use super::section::Section;
use super::tree::{Entry, Node, Place};
use super::{attribute, nearest, words};
use crate::domain::dimension::{
    ByAttribute, ByEntraGroups, Dimension, Duty, EntraGroup, GroupId, GroupMetric, Label, Source,
};
use crate::domain::value;

/// The most dimensions of a tenant.
pub(super) const MOST_DIMENSIONS: usize = 16;

/// The most Entra groups of a dimension.
pub(super) const MOST_ENTRA_GROUPS: usize = 200;

/// The most groups of all dimensions of a tenant: each cycle looks at what each two of them share.
const MOST_GROUPS: usize = 2000;

/// The default of `max_groups`.
const USUAL_MAX_GROUPS: usize = 100;

const METRICS: [(&str, GroupMetric); 4] = [
    ("availability", GroupMetric::Availability),
    ("activity", GroupMetric::Activity),
    ("work_location", GroupMetric::WorkLocation),
    ("out_of_office", GroupMetric::OutOfOffice),
];

/// Names that mean something else as the value of the label `group`, and what.
const TAKEN: [(&str, &str); 2] =
    [("(none)", "is what users without a value are counted as"), ("(other)", "is what small groups are folded into")];

/// Reads the section of this tenant.
pub(super) fn read(tenant: &Section, report: &mut Report) -> Result<Vec<Dimension>, Reported> {
    let items =
        tenant.items("group_by", "a list of dimensions, each beginning with \"- \"", report)?.unwrap_or_default();
    if items.len() > MOST_DIMENSIONS {
        let message = format!("holds {} dimensions; write {MOST_DIMENSIONS} at the most", items.len());
        return Err(tenant.fault("group_by", &message, report));
    }
    let mut met = Met::default();
    let dimensions: Vec<Result<Dimension, Reported>> = items
        .iter()
        .map(|(path, node)| {
            let section = Section::open(node, path, &GROUP_BY, report)?;
            let listed = listed(tenant, &section, report);
            let dimension = dimension(&section, &mut met, report)?;
            listed.map(|()| dimension)
        })
        .collect();
    let dimensions: Vec<Dimension> = dimensions.into_iter().collect::<Result<_, _>>()?;
    let groups: usize = dimensions.iter().map(most_groups).sum();
    if groups > MOST_GROUPS {
        let message = format!(
            "makes up to {groups} groups; write {MOST_GROUPS} at the most, all dimensions together: lower max_groups \
             (default {USUAL_MAX_GROUPS})"
        );
        return Err(tenant.fault("group_by", &message, report));
    }
    Ok(dimensions)
}

/// How the file names what is counted of a group.
pub(super) fn name(metric: GroupMetric) -> &'static str {
    METRICS.iter().find(|(_, known)| *known == metric).map_or("", |(name, _)| name)
}

/// The most groups that a dimension may show.
fn most_groups(dimension: &Dimension) -> usize {
    match &dimension.source {
        Source::Attribute(by) => by.max_groups,
        Source::EntraGroups(by) => by.groups.len(),
    }
}

/// Attributes come with a listing.
fn listed(tenant: &Section, section: &Section, report: &mut Report) -> Result<(), Reported> {
    if !section.has("attribute") || !tenant.has_within("users", "ids_file") {
        return Ok(());
    }
    let message = "an attribute is read when the users are listed, and with users.ids_file they are not; \
                   leave one of the two out";
    Err(section.fault("attribute", message, report))
}

fn dimension(section: &Section, met: &mut Met, report: &mut Report) -> Result<Dimension, Reported> {
    let name = section.required("dimension", report, |node| label(words::text(node, "a name")?));
    let metrics = metrics(section, report);
    let source = source(section, report);
    if let Ok(name) = &name
        && let Some(other) = met.again(name.as_str(), section.place("dimension"), section.at("dimension"))
    {
        let message =
            format!("{} is also {}; give each dimension a name of its own", words::quoted(name.as_str()), other.path);
        section.fault("dimension", &message, report);
    }
    let source = source?;
    on_duty_once(&source, section, met, report)?;
    Ok(Dimension { name: name?, source, metrics: metrics? })
}

/// Two thresholds for one group on duty would tell how many of it are reachable, even of a group too small for counts.
fn on_duty_once(source: &Source, section: &Section, met: &mut Met, report: &mut Report) -> Result<(), Reported> {
    let Source::EntraGroups(ByEntraGroups { groups, duty: Some(_) }) = source else { return Ok(()) };
    let again = groups.iter().find(|group| met.on_duty.contains(&group.id));
    met.on_duty.extend(groups.iter().map(|group| group.id));
    let Some(again) = again else { return Ok(()) };
    let message = format!(
        "the group {} is on duty in another dimension already; two thresholds would tell how many of it are reachable, \
         so keep one of them",
        words::quoted(again.name.as_str())
    );
    Err(section.fault("entra_groups", &message, report))
}

fn source(section: &Section, report: &mut Report) -> Result<Source, Reported> {
    match (section.has("attribute"), section.has("entra_groups")) {
        (true, true) => Err(section.fault("entra_groups", "given besides attribute; keep one of them", report)),
        (true, false) => by_attribute(section, report).map(Source::Attribute),
        (false, true) => by_entra_groups(section, report).map(Source::EntraGroups),
        (false, false) => {
            section.all_keys_used()?;
            Err(section.fault("attribute", "is missing; write it, or entra_groups", report))
        }
    }
}

fn by_attribute(section: &Section, report: &mut Report) -> Result<ByAttribute, Reported> {
    let others = without(section, &["duty", "min_reachable"], "entra_groups", report);
    let attribute = section
        .required("attribute", report, |node| attribute::parse(words::filled(node, "an attribute of the users")?));
    let map = map(section, report);
    let max_groups = section.optional("max_groups", report, |node| words::whole(node, &(1..=1000)));
    others?;
    Ok(ByAttribute { attribute: attribute?, map: map?, max_groups: max_groups?.unwrap_or(USUAL_MAX_GROUPS) })
}

fn by_entra_groups(section: &Section, report: &mut Report) -> Result<ByEntraGroups, Reported> {
    let others = without(section, &["map", "max_groups"], "attribute", report);
    let groups = entra_groups(section, report);
    let duty = duty(section, report);
    others?;
    Ok(ByEntraGroups { groups: groups?, duty: duty? })
}

/// Refuses keys that go with another one alone, which was not given.
fn without(section: &Section, keys: &[&str], with: &str, report: &mut Report) -> Result<(), Reported> {
    let message = format!("goes with {with} alone; leave it out");
    let mut verdict = Ok(());
    for key in keys.iter().filter(|key| section.has(key)) {
        verdict = Err(section.fault(key, &message, report));
    }
    verdict
}

fn duty(section: &Section, report: &mut Report) -> Result<Option<Duty>, Reported> {
    let duty = section.optional("duty", report, words::truth);
    let min_reachable = section.optional("min_reachable", report, |node| words::whole(node, &(1..=1_000_000)));
    match (duty?, min_reachable?) {
        (Some(true), min_reachable) => Ok(Some(Duty { min_reachable: min_reachable.unwrap_or(1) })),
        (_, None) => Ok(None),
        (_, Some(_)) => Err(section.fault("min_reachable", "goes with duty: true alone; leave it out", report)),
    }
}

fn metrics(section: &Section, report: &mut Report) -> Result<Vec<GroupMetric>, Reported> {
    let Some(items) = section.items("metrics", "a list such as [availability]", report)? else {
        return Ok(vec![GroupMetric::Availability]);
    };
    if items.is_empty() {
        return Err(section.fault("metrics", &format!("is empty; write {}, or leave it out", known_metrics()), report));
    }
    let mut metrics: Vec<Result<GroupMetric, Reported>> = Vec::new();
    for (path, node) in items {
        let metric = match metric(node) {
            Ok(metric) if metrics.contains(&Ok(metric)) => Err("given twice; keep one of them".to_owned()),
            read => read,
        };
        metrics.push(metric.map_err(|message| report.fault(node.place, &path, &message)));
    }
    metrics.into_iter().collect()
}

fn metric(node: &Node) -> Result<GroupMetric, String> {
    let typed = words::filled(node, "a metric such as availability")?;
    if let Some((_, metric)) = METRICS.iter().find(|(name, _)| *name == typed) {
        return Ok(*metric);
    }
    let hint = match nearest(typed, METRICS.iter().map(|(name, _)| *name)) {
        Some(name) => format!("did you mean {name}?"),
        None => format!("write {}", known_metrics()),
    };
    Err(format!("{} is no metric of groups; {hint}", words::quoted(typed)))
}

fn known_metrics() -> String {
    METRICS.map(|(name, _)| name).join(", ")
}

fn map(section: &Section, report: &mut Report) -> Result<BTreeMap<Box<str>, Box<str>>, Reported> {
    let entries = section.entries("map", "a mapping of values to names", report)?.unwrap_or_default();
    let mut met = Met::default();
    let mut map = Ok(BTreeMap::new());
    for (path, entry) in entries {
        let value = own_key(entry, "a value of the attribute", &mut met, &path);
        let value = value.map_err(|message| report.fault(entry.place, &path, &message));
        let name = words::text(&entry.node, "a name").and_then(group_name);
        let name = name.map_err(|message| report.fault(entry.node.place, &path, &message));
        match (&mut map, value, name) {
            (Ok(map), Ok(value), Ok(name)) => {
                map.insert(value, name.as_str().split_whitespace().collect::<Vec<_>>().join(" ").into());
            }
            (_, Err(fault), _) | (_, _, Err(fault)) => map = Err(fault),
            (Err(_), ..) => {}
        }
    }
    map
}

fn entra_groups(section: &Section, report: &mut Report) -> Result<Vec<EntraGroup>, Reported> {
    let what = "a mapping of names to object ids of groups";
    let entries = section.entries("entra_groups", what, report)?.unwrap_or_default();
    if !(1..=MOST_ENTRA_GROUPS).contains(&entries.len()) {
        let message = format!("holds {} groups; write 1 to {MOST_ENTRA_GROUPS}", entries.len());
        return Err(section.fault("entra_groups", &message, report));
    }
    let (mut names, mut ids) = (Met::default(), Vec::<(GroupId, String)>::new());
    let groups: Vec<Result<EntraGroup, Reported>> = entries
        .into_iter()
        .map(|(path, entry)| {
            let name = own_key(entry, "a name", &mut names, &path).and_then(|_| group_name(&entry.key));
            let name = name.map_err(|message| report.fault(entry.place, &path, &message));
            let id = words::group_id(&entry.node).and_then(|id| match ids.iter().find(|(known, _)| *known == id) {
                Some((_, other)) => Err(format!("the same group as {other}; keep one of them")),
                None => Ok(id),
            });
            let id = id.map_err(|message| report.fault(entry.node.place, &path, &message))?;
            ids.push((id, path));
            Ok(EntraGroup { name: name?, id })
        })
        .collect();
    groups.into_iter().collect()
}

/// A key of the user's own as it is compared: a text that is not empty and that was not met before.
fn own_key(entry: &Entry, what: &str, met: &mut Met, path: &str) -> Result<Box<str>, String> {
    match entry.kind {
        "text" => {}
        kind @ ("a number" | "a truth value") => {
            return Err(format!("expected {what}, found {kind}; put it into quotes"));
        }
        kind => return Err(format!("expected {what}, found {kind}")),
    }
    let key = value::key(&entry.key);
    if key.is_empty() {
        return Err(format!("the key is empty; expected {what}"));
    }
    match met.again(&entry.key, entry.place, path.to_owned()) {
        None => Ok(key),
        Some(other) if other.typed == entry.key => {
            Err(format!("given twice, first on line {}; keep one of them", other.place.line))
        }
        Some(other) => {
            let (typed, line) = (words::quoted(&other.typed), other.place.line);
            Err(format!("the same as {typed} on line {line}: case and white space do not count; keep one of them"))
        }
    }
}

/// A name as the value of the label `group`.
fn group_name(typed: &str) -> Result<Label, String> {
    let name = label(typed)?;
    let key = value::key(name.as_str());
    match TAKEN.iter().find(|(taken, _)| **taken == *key) {
        Some((_, reason)) => Err(format!("{} {reason}; write another name", words::quoted(typed))),
        None => Ok(name),
    }
}

fn label(typed: &str) -> Result<Label, String> {
    Label::parse(typed).map_err(|reason| format!("{} {reason}", words::quoted(typed)))
}

/// The names met so far, for what must not be there twice.
#[derive(Default)]
struct Met {
    names: Vec<(Box<str>, Name)>,
    /// The groups of dimensions on duty.
    on_duty: Vec<GroupId>,
}

#[derive(Clone)]
struct Name {
    typed: String,
    place: Place,
    path: String,
}

impl Met {
    /// The name as it was met before, if it was; from now on it was.
    fn again(&mut self, typed: &str, place: Place, path: String) -> Option<Name> {
        let key = value::key(typed);
        let before = self.names.iter().find(|(known, _)| *known == key).map(|(_, name)| name.clone());
        self.names.push((key, Name { typed: typed.to_owned(), place, path }));
        before
    }
}

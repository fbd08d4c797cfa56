//! The walk through the tree of an expression: which labels each part has, and which it names that it cannot have.
//!
//! The tree is the one that `/api/v1/parse_query` of Prometheus 3 answers with. A label that is not there is as quiet a
//! fault as a misspelt word: `by (tennant)` sums over everything.

use serde_json::Value;

use super::{Labels, Reading, Vocabulary, selecting};

/// Functions that give back their argument's series, less one label or none, are all those not named below.
const OF_NO_LABELS: [&str; 10] = [
    "vector", "day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month", "year",
    "timestamp",
];

/// The labels of what a node gives, `None` for a number; its selectors and faults go into the reading.
pub(super) fn walk(vocabulary: &Vocabulary, node: &Value, within: &[&str], reading: &mut Reading) -> Option<Labels> {
    match node["type"].as_str().unwrap_or_default() {
        "vectorSelector" | "matrixSelector" => {
            let (selector, labels) = selecting::read(vocabulary, node, within, &mut reading.faults);
            // Of what there is not, nobody knows the labels: one fault is enough.
            let is_there = !selector.names.is_empty();
            reading.selectors.push(selector);
            is_there.then_some(labels)
        }
        "aggregation" => aggregation(vocabulary, node, within, reading),
        "call" => call(vocabulary, node, within, reading),
        "binaryExpr" => {
            let [left, right] = ["lhs", "rhs"].map(|side| walk(vocabulary, &node[side], within, reading));
            match (left, right) {
                (Some(left), Some(right)) => Some(matching(node, &left, &right, &mut reading.faults)),
                (left, right) => left.or(right),
            }
        }
        "subquery" => walk(vocabulary, &node["expr"], &[within, &["a subquery"]].concat(), reading),
        "parenExpr" | "unaryExpr" | "stepInvariantExpr" => walk(vocabulary, &node["expr"], within, reading),
        "numberLiteral" | "stringLiteral" => None,
        other => {
            reading.faults.push(format!("this test does not know what {other} is"));
            None
        }
    }
}

fn aggregation(vocabulary: &Vocabulary, node: &Value, within: &[&str], reading: &mut Reading) -> Option<Labels> {
    let operation = text(&node["op"]);
    let within = [within, &[operation]].concat();
    let inner = walk(vocabulary, &node["expr"], &within, reading)?;
    if !node["param"].is_null() {
        walk(vocabulary, &node["param"], &within, reading);
    }
    let grouping = listed(&node["grouping"]);
    lacking(&inner, &grouping, &format!("what {operation} is of"), &mut reading.faults);
    Some(match operation {
        "topk" | "bottomk" | "limitk" => inner,
        _ if node["without"] == true => inner.difference(&grouping).cloned().collect(),
        "count_values" => grouping.into_iter().chain([text(&node["param"]["val"]).to_owned()]).collect(),
        _ => grouping,
    })
}

fn call(vocabulary: &Vocabulary, node: &Value, within: &[&str], reading: &mut Reading) -> Option<Labels> {
    let function = text(&node["func"]["name"]);
    let within = [within, &[function]].concat();
    let arguments: Vec<&Value> = node["args"].as_array().into_iter().flatten().collect();
    let labels: Vec<_> = arguments.iter().map(|argument| walk(vocabulary, argument, &within, reading)).collect();
    let string = |at: usize| arguments.get(at).map_or("", |argument| text(&argument["val"]));
    let mut inner = labels.into_iter().flatten().next();
    match function {
        "label_replace" | "label_join" => {
            let sources = if function == "label_join" { 3..arguments.len() } else { 3..4 };
            let sources = sources.map(string).filter(|source| !source.is_empty()).map(str::to_owned).collect();
            let inner = inner.as_mut()?;
            lacking(inner, &sources, &format!("what {function} is of"), &mut reading.faults);
            inner.insert(string(1).to_owned());
            reading.made.insert(string(1).to_owned());
        }
        "histogram_quantile" => {
            let inner = inner.as_mut()?;
            lacking(inner, &["le".to_owned()].into(), "what histogram_quantile is of", &mut reading.faults);
            inner.remove("le");
        }
        "absent" | "absent_over_time" => {
            let of = arguments.first().and_then(|argument| argument["matchers"].as_array());
            let kept =
                of.into_iter().flatten().filter(|matcher| matcher["type"] == "=" && matcher["name"] != "__name__");
            return Some(kept.map(|matcher| text(&matcher["name"]).to_owned()).collect());
        }
        _ if node["func"]["returnType"] != "vector" => return None,
        _ if inner.is_none() && !OF_NO_LABELS.contains(&function) => {
            reading.faults.push(format!("this test does not know what labels {function} gives"));
        }
        _ => {}
    }
    Some(inner.unwrap_or_default())
}

/// The labels of what two sides make that are matched with each other.
fn matching(node: &Value, left: &Labels, right: &Labels, faults: &mut Vec<String>) -> Labels {
    let (operation, matching) = (text(&node["op"]), &node["matching"]);
    let (named, included) = (listed(&matching["labels"]), listed(&matching["include"]));
    let is_on = matching["on"] == true;
    if is_on {
        lacking(left, &named, &format!("the left side of {operation}"), faults);
        lacking(right, &named, &format!("the right side of {operation}"), faults);
    } else {
        lacking(&left.union(right).cloned().collect(), &named, &format!("either side of {operation}"), faults);
        let rest = |side: &Labels| side.difference(&named).cloned().collect::<Labels>();
        let (left, right) = (rest(left), rest(right));
        if operation != "or" && left != right {
            let [left, right] = [left, right].map(|side| Vec::from_iter(side).join(", "));
            faults.push(format!("the sides of {operation} never match: they have ({left}) and ({right})"));
        }
    }
    let (many, one) = if matching["card"] == "one-to-many" { (right, left) } else { (left, right) };
    lacking(one, &included, &format!("the one side of {operation}"), faults);
    match text(&matching["card"]) {
        "one-to-one" if is_on => named,
        "one-to-one" => left.difference(&named).cloned().collect(),
        "many-to-many" if operation == "or" => left.union(right).cloned().collect(),
        _ => many.union(&included).cloned().collect(),
    }
}

fn lacking(labels: &Labels, named: &Labels, of: &str, faults: &mut Vec<String>) {
    for label in named.difference(labels) {
        faults.push(format!("{of} has no label {label}"));
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn listed(value: &Value) -> Labels {
    value.as_array().into_iter().flatten().map(|it| text(it).to_owned()).collect()
}

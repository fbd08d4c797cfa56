//! What Grafana puts in the place of a board's variables before Prometheus sees an expression.
//!
//! Two passes: [`timed`] fills in the times, which no parser takes as they are, and leaves `$tenant` in its quotes, where
//! the rules about selectors look for it; [`filled`] fills in the rest, for a Prometheus that is to answer.

use super::board::{Board, list, text};

/// What stands for `$__rate_interval`, in milliseconds and as written: a time that nobody writes by hand.
pub(crate) const RATE_INTERVAL: (u64, &str) = (7_201_000, "7201s");

/// What stands for `$__interval`.
pub(crate) const INTERVAL: (u64, &str) = (3_001_000, "3001s");

/// What stands for `$__range`, in seconds: about what a board shows, and a time that nobody writes by hand either.
pub(crate) fn range(board: &Board) -> u64 {
    shown(board) + 1
}

/// How much time a board shows at first, in seconds.
pub(crate) fn shown(board: &Board) -> u64 {
    let from = text(&board.json["time"]["from"]).trim_start_matches("now-").split('/').next().unwrap_or_default();
    seconds(from)
}

/// A time such as `10m`, in seconds; 0 if it is none.
pub(crate) fn seconds(time: &str) -> u64 {
    let (number, unit) = time.split_at(time.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(time.len()));
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 604_800,
        _ => 0,
    };
    number.parse::<u64>().map_or(0, |number| number * unit)
}

/// An expression with times, and with whatever else is not in quotes.
///
/// # Errors
/// The name of the variable that the board has not.
pub(crate) fn timed(board: &Board, expression: &str) -> Result<String, String> {
    replaced(expression, |name| {
        let range = range(board);
        Ok(match name {
            "__rate_interval" => RATE_INTERVAL.1.to_owned(),
            "__interval" => INTERVAL.1.to_owned(),
            "__range" => format!("{range}s"),
            "__interval_ms" => INTERVAL.0.to_string(),
            "__range_ms" => (range * 1000).to_string(),
            "__range_s" => range.to_string(),
            name => {
                let variable = board.variable(name).ok_or_else(|| format!("the board has no variable {name}"))?;
                match text(&variable["type"]) {
                    "query" | "datasource" => format!("${name}"),
                    _ => default(variable),
                }
            }
        })
    })
}

/// An expression with values for the variables that were left.
pub(crate) fn filled(expression: &str, values: &[(String, String)]) -> String {
    let value = |name: &str| values.iter().find(|(it, _)| it == name).map_or(".+", |(_, value)| value);
    replaced(expression, |name| Ok(value(name).to_owned())).unwrap()
}

/// What a variable that asks nobody has at first.
fn default(variable: &serde_json::Value) -> String {
    let current = &variable["current"]["value"];
    let first = list(&variable["options"]).first().map(|option| &option["value"]);
    let of = [Some(current), first, Some(&variable["query"])];
    of.into_iter().flatten().find_map(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

/// Replaces `$name`, `${name}` and `${name:format}`.
fn replaced(expression: &str, value: impl Fn(&str) -> Result<String, String>) -> Result<String, String> {
    let mut made = String::new();
    let mut parts = expression.split('$');
    made.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let (name, rest) = match part.strip_prefix('{').and_then(|part| part.split_once('}')) {
            Some((name, rest)) => (name.split(':').next().unwrap_or_default(), rest),
            None => part.split_at(part.find(|letter| !is_of_name(letter)).unwrap_or(part.len())),
        };
        // The end of a pattern, or `$1` of label_replace, is nobody's name.
        if name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_') {
            made.push_str(&value(name)?);
            made.push_str(rest);
        } else {
            made.push('$');
            made.push_str(part);
        }
    }
    Ok(made)
}

#[test]
fn variables_are_filled_in_as_grafana_does_it() {
    let board = r#"{"templating": {"list": [
        {"name": "tenant", "type": "query"}, {"name": "least", "type": "textbox", "query": "0.25"}
    ]}}"#;
    let board = Board::parse("a", board);
    let expression = r#"rate(a{tenant=~"$tenant",b=~"x$",c=~"${tenant:regex}"}[$__rate_interval]) < $least"#;
    let timed = timed(&board, expression).unwrap();
    assert_eq!(timed, r#"rate(a{tenant=~"$tenant",b=~"x$",c=~"$tenant"}[7201s]) < 0.25"#);
    let values = [("tenant".to_owned(), "contoso".to_owned())];
    assert_eq!(filled(&timed, &values), r#"rate(a{tenant=~"contoso",b=~"x$",c=~"contoso"}[7201s]) < 0.25"#);
    assert_eq!(super::variables::timed(&board, "$tennant"), Err("the board has no variable tennant".to_owned()));
}

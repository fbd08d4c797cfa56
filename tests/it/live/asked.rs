//! What is asked, where it stands, and whether the answer holds a number.

use serde_json::Value;

use crate::boards::board::{Board, Target, list, text};
use crate::boards::queries::label_values;
use crate::boards::variables::{filled, seconds, shown, timed};
use crate::harness::Prometheus;

/// How many points a range has.
const POINTS: u64 = 24;

/// One question, in all the forms in which it may be asked; it is answered if one of them is.
pub(super) struct Asked {
    /// Where it stands.
    pub(super) place: String,
    forms: Vec<Form>,
}

enum Form {
    Instant(String),
    /// Over the time that the board shows, with a step, in seconds.
    Range(String, u64, u64),
    /// The selector and the label of a variable.
    Values(String, String),
    /// What cannot be asked, and why.
    Wrong(String),
}

impl Asked {
    /// An expression that is asked for this moment.
    pub(super) fn now(place: String, expression: &str) -> Self {
        Self { place, forms: vec![Form::Instant(expression.to_owned())] }
    }

    /// Whether there is an answer with a number in it.
    ///
    /// # Errors
    /// What Prometheus has against the question.
    pub(super) fn gives_data(&self, prometheus: &Prometheus) -> Result<bool, String> {
        for form in &self.forms {
            if form.gives_data(prometheus)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Form {
    fn gives_data(&self, prometheus: &Prometheus) -> Result<bool, String> {
        match self {
            Self::Instant(expression) => {
                prometheus.answer("query", &[("query", expression)]).map(|data| has_number(&data))
            }
            Self::Range(expression, range, step) => {
                // To the second at which Prometheus looks at its clock.
                let now = prometheus.answer("query", &[("query", "time()")])?;
                let now: f64 = text(&now["result"][1]).parse().unwrap();
                let [start, end] = [now - f64::from(u32::try_from(*range).unwrap()), now].map(|time| time.to_string());
                let step = step.to_string();
                let parameters = [("query", expression.as_str()), ("start", &start), ("end", &end), ("step", &step)];
                prometheus.answer("query_range", &parameters).map(|data| has_number(&data))
            }
            Self::Values(selector, label) => Ok(!values(prometheus, selector, label)?.is_empty()),
            Self::Wrong(fault) => Err(fault.clone()),
        }
    }
}

/// Whether there is a sample that is a number: a share of nothing is none.
fn has_number(data: &Value) -> bool {
    let is_number = |sample: &Value| text(&sample[1]).parse().is_ok_and(|value: f64| !value.is_nan());
    match text(&data["resultType"]) {
        "scalar" => is_number(&data["result"]),
        _ => list(&data["result"])
            .iter()
            .any(|series| is_number(&series["value"]) || list(&series["values"]).iter().any(is_number)),
    }
}

fn values(prometheus: &Prometheus, selector: &str, label: &str) -> Result<Vec<String>, String> {
    let data = prometheus.answer(&format!("label/{label}/values"), &[("match[]", selector)])?;
    Ok(list(&data).iter().map(|value| text(value).to_owned()).collect())
}

/// Everything that a board asks: its variables, then its panels.
pub(super) fn of_board(board: &Board, prometheus: &Prometheus) -> Vec<Asked> {
    let mut asked = Vec::new();
    // Whatever a reader may choose of the variables that have no All.
    let mut choices: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for variable in board.variables().iter().filter(|variable| variable["type"] == "query") {
        let name = text(&variable["name"]);
        let place = board.fault(&format!("variable {name}"));
        let Some((selector, label)) = label_values(variable) else {
            asked.push(Asked { place, forms: vec![Form::Wrong("no `label_values(selector, label)`".to_owned())] });
            continue;
        };
        let forms = choices.iter().map(|choice| match timed(board, selector) {
            Ok(selector) => Form::Values(filled(&selector, choice), label.to_owned()),
            Err(fault) => Form::Wrong(fault),
        });
        asked.push(Asked { place, forms: forms.collect() });
        if variable["includeAll"] != true {
            choices = with_each(&choices, name, |choice| offered((board, prometheus), (selector, label), choice));
        }
    }
    for panel in board.panels() {
        let repeated = text(&panel.json["repeat"]);
        let choices = match board.variable(repeated).and_then(label_values) {
            None => choices.clone(),
            Some(query) => with_each(&choices, repeated, |choice| offered((board, prometheus), query, choice)),
        };
        for target in panel.targets() {
            asked.extend(choices.iter().map(|choice| of_target(board, &target, choice)));
        }
    }
    asked
}

/// What a variable of a board offers beside a choice of those before it; nothing where it cannot be asked, which is told
/// of the variable itself.
fn offered(
    (board, prometheus): (&Board, &Prometheus),
    (selector, label): (&str, &str),
    choice: &[(String, String)],
) -> Vec<String> {
    let selector = timed(board, selector).map(|selector| filled(&selector, choice));
    selector.and_then(|selector| values(prometheus, &selector, label)).unwrap_or_default()
}

/// Every choice with every value of one more variable.
fn with_each(
    choices: &[Vec<(String, String)>],
    name: &str,
    values: impl Fn(&[(String, String)]) -> Vec<String>,
) -> Vec<Vec<(String, String)>> {
    let with = |choice: &Vec<(String, String)>, value: String| {
        [choice.clone(), vec![(name.to_owned(), escaped(&value))]].concat()
    };
    choices.iter().flat_map(|choice| values(choice).into_iter().map(move |value| with(choice, value))).collect()
}

/// A value as Grafana puts it behind `=~`.
fn escaped(value: &str) -> String {
    let escape = |letter: char| match letter {
        '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => format!(r"\\{letter}"),
        '"' => r#"\""#.to_owned(),
        letter => letter.to_string(),
    };
    value.chars().map(escape).collect()
}

/// What a target asks when a reader has chosen so: each choice has to give data for itself.
fn of_target(board: &Board, target: &Target, choice: &[(String, String)]) -> Asked {
    let range = shown(board);
    // Fewer points than a screen has are enough, and no more than the panel wants.
    let least = [&target.json["interval"], &target.panel.json["interval"]].map(|interval| seconds(text(interval)));
    let step = least.into_iter().fold(range / POINTS, u64::max);
    let chosen: Vec<String> = choice.iter().map(|(name, value)| format!(", {name} {value}")).collect();
    let form = match timed(board, target.expression()).map(|expression| filled(&expression, choice)) {
        Err(fault) => Form::Wrong(fault),
        Ok(expression) if target.json["instant"] == true => Form::Instant(expression),
        Ok(expression) => Form::Range(expression, range, step),
    };
    let place = [target.place(), chosen.concat()].concat();
    Asked { place, forms: vec![form] }
}

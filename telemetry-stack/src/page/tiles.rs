//! The numbers of the overview: what goes on now, and what happened lately.

use super::desk::{Desk, Rows};
use super::shared::{Answer, Pending};
use telemetry_catalog::panel::Unit;
use telemetry_catalog::promql::{Counters, Selection, Vector, Window, counter, gauge};
use telemetry_core::catalog::{
    AGENT_ACTIVE, AGENT_RUNS, LLM_INPUT_TOKENS, LLM_OUTPUT_TOKENS, LLM_RETRIES, WORKSPACE_ACTIVE,
};
use tokio::time::Instant;

/// How long ago "lately" is.
const HOUR: Window = Window::hours(1);
const DAY: Window = Window::hours(24);

/// A number that is asked for.
pub(super) struct Question {
    title: &'static str,
    over: &'static str,
    /// What it counts, in a sentence.
    about: &'static str,
    value: Pending<Rows>,
    /// How many more there may be of what is counted: nobody knows of when, or of which kind, they are.
    unsure: Vec<Pending<Rows>>,
}

/// A number of the overview.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tile {
    pub(super) title: &'static str,
    /// Of when it is.
    pub(super) over: &'static str,
    /// The number, or why it is not known.
    pub(super) value: Result<String, String>,
    /// How many there are at least and how many more at the most, where that is not known exactly.
    pub(super) bounds: Option<(f64, f64)>,
    pub(super) about: &'static str,
}

/// Asks for every number. Events are counted, and not estimated.
pub(super) fn ask(desk: &Desk) -> Vec<Question> {
    let runs = counter(&AGENT_RUNS);
    let counted = |title, about, of: Selection<Counters>, over: Window| Question {
        title,
        over: if over == DAY { "last 24 h" } else { "last hour" },
        about,
        value: desk.value_in_full(&Vector::tallied(&of, over, &[])),
        unsure: vec![desk.value_in_full(&Vector::undated(&of, over, &[]))],
    };
    let failures = |over: Window| {
        let mut question = counted("Failures", "Agent runs that ended with an error", runs.failing(), over);
        // Runs that are counted together since there were too many label sets may have failed.
        question.unsure.push(desk.value_in_full(&Vector::tallied(&runs.folded(), over, &[])));
        question
    };
    let now = |title, about, vector: Vector| Question {
        title,
        over: "now",
        about,
        value: desk.value_in_full(&vector),
        unsure: Vec::new(),
    };
    let active = Vector::total(&gauge(&AGENT_ACTIVE), &[]);
    let held = Vector::total(&gauge(&WORKSPACE_ACTIVE), &[]);
    vec![
        now("Active agents", "Agents that are running, over all processes that are alive", active),
        counted("Runs", "Agent runs that ended", runs, HOUR),
        failures(HOUR),
        counted("Runs", "Agent runs that ended", runs, DAY),
        failures(DAY),
        counted("Tokens in", "Input tokens of all providers", counter(&LLM_INPUT_TOKENS), HOUR),
        counted("Tokens out", "Output tokens of all providers", counter(&LLM_OUTPUT_TOKENS), HOUR),
        counted("Retries", "Calls of language models that were tried again", counter(&LLM_RETRIES), HOUR),
        counted("Retries", "Calls of language models that were tried again", counter(&LLM_RETRIES), DAY),
        now("Workspaces held", "Workspaces that are in use, over all processes that are alive", held),
    ]
}

/// The numbers that are known by then.
pub(super) async fn tiles(questions: Vec<Question>, deadline: Instant) -> Vec<Tile> {
    let mut tiles = Vec::with_capacity(questions.len());
    for Question { title, over, about, value, unsure } in questions {
        let answer = value.by(deadline).await;
        let mut more = 0.0;
        for unsure in unsure {
            more += only(&unsure.by(deadline).await).unwrap_or_default();
        }
        let bounds = only(&answer).filter(|_| more > 0.0).map(|least| (least, more));
        tiles.push(Tile { title, over, about, value: number(&answer, Unit::Count), bounds });
    }
    tiles
}

/// The only number of an answer, where it is one.
fn only(answer: &Answer<Rows>) -> Option<f64> {
    match answer.as_ref().ok()?.rows.as_slice() {
        [(_, value)] if value.is_finite() => Some(*value),
        _ => None,
    }
}

/// The only number of an answer, or why there is none.
pub(super) fn number(answer: &Answer<Rows>, unit: Unit) -> Result<String, String> {
    match answer.as_ref().map(|found| found.rows.as_slice()) {
        Ok([]) => Err("Not known: no such series was seen in this time".to_owned()),
        Ok([(_, value)]) if value.is_nan() => Err("Not known: there is no number for it".to_owned()),
        Ok([(_, value)]) => Ok(unit.shown(*value)),
        Ok(several) => Err(format!("Not known: {} answers instead of one", several.len())),
        Err(trouble) => Err(format!("Not known: {trouble}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::shared::Trouble;
    use std::sync::Arc;
    use telemetry_query::Labels;

    fn of(values: &[f64]) -> Result<String, String> {
        let rows = values.iter().map(|value| (Labels::default(), *value)).collect();
        number(&Ok(Arc::new(Rows { rows })), Unit::Count)
    }

    #[test]
    fn an_answer_that_is_not_one_number_is_no_bound() {
        let only = |values: &[f64]| {
            let rows = values.iter().map(|value| (Labels::default(), *value)).collect();
            super::only(&Ok(Arc::new(Rows { rows })))
        };
        assert_eq!(only(&[3.0]), Some(3.0));
        assert_eq!((only(&[]), only(&[f64::NAN]), only(&[1.0, 2.0])), (None, None, None));
    }

    #[test]
    fn only_a_number_that_is_known_is_shown() {
        assert_eq!(of(&[3.0]), Ok("3".to_owned()));
        assert_eq!(of(&[0.0]), Ok("0".to_owned()));
        assert!(of(&[]).is_err() && of(&[f64::NAN]).is_err() && of(&[1.0, 2.0]).is_err());
        let trouble = number(&Err(Trouble::Source("connection refused".to_owned())), Unit::Count);
        assert_eq!(trouble, Err("Not known: connection refused".to_owned()));
    }
}

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
}

/// A number of the overview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tile {
    pub(super) title: &'static str,
    /// Of when it is.
    pub(super) over: &'static str,
    /// The number, or why it is not known.
    pub(super) value: Result<String, String>,
    pub(super) about: &'static str,
}

/// Asks for every number. Events are counted, and not estimated.
pub(super) fn ask(desk: &Desk) -> Vec<Question> {
    let counted = |title, about, of: Selection<Counters>, over: Window| Question {
        title,
        over: if over == DAY { "last 24 h" } else { "last hour" },
        about,
        value: desk.value_in_full(&Vector::tallied(&of, over, &[])),
    };
    let now = |title, about, vector: Vector| Question {
        title,
        over: "now",
        about,
        value: desk.value_in_full(&vector),
    };
    let (runs, failed) = (counter(&AGENT_RUNS), counter(&AGENT_RUNS).failing());
    let active = Vector::total(&gauge(&AGENT_ACTIVE), &[]);
    let held = Vector::total(&gauge(&WORKSPACE_ACTIVE), &[]);
    vec![
        now("Active agents", "Agents that are running, over all processes that are alive", active),
        counted("Runs", "Agent runs that ended", runs, HOUR),
        counted("Failures", "Agent runs that ended with an error", failed, HOUR),
        counted("Runs", "Agent runs that ended", runs, DAY),
        counted("Failures", "Agent runs that ended with an error", failed, DAY),
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
    for Question { title, over, about, value } in questions {
        let value = number(&value.by(deadline).await, Unit::Count);
        tiles.push(Tile { title, over, about, value });
    }
    tiles
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
    fn only_a_number_that_is_known_is_shown() {
        assert_eq!(of(&[3.0]), Ok("3".to_owned()));
        assert_eq!(of(&[0.0]), Ok("0".to_owned()));
        assert!(of(&[]).is_err() && of(&[f64::NAN]).is_err() && of(&[1.0, 2.0]).is_err());
        let trouble = number(&Err(Trouble::Source("connection refused".to_owned())), Unit::Count);
        assert_eq!(trouble, Err("Not known: connection refused".to_owned()));
    }
}

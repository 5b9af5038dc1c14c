//! The numbers of the period, each with that of the period before.

use super::Answered;
use crate::source::Source;
use telemetry_catalog::promql::{Counters, Scope, Selection, Vector, Window, counter};
use telemetry_core::catalog::{
    AGENT_RUNS, AGENT_SPAWNS, HOOK_EXECUTIONS, LLM_ERRORS, LLM_INPUT_TOKENS, LLM_INVOCATIONS,
    LLM_OUTPUT_TOKENS, LLM_RETRIES, NOTIFICATIONS_SENT, VCS_COMMITS, WORKFLOW_EXECUTIONS,
};

/// A number that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) title: &'static str,
    /// What it counts, in a phrase.
    pub(super) about: &'static str,
    vector: Vector,
}

/// A number, and what it was in the period before; each may be unknown for a reason.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    pub(super) value: Answered<f64>,
    pub(super) before: Answered<f64>,
}

/// Everything that is counted over a period of this length. What was never counted of something that was is none of it.
pub(super) fn questions(over: Window) -> Vec<Question> {
    let counted = |of: Selection<Counters>| Vector::counted(&of, over, &[]);
    let all = |title, about, of: Selection<Counters>| Question { title, about, vector: counted(of) };
    let part = |title, about, of: Selection<Counters>, whole: Selection<Counters>| Question {
        title,
        about,
        vector: counted(of).or_zero_of(&counted(whole)),
    };
    let (runs, calls) = (counter(&AGENT_RUNS), counter(&LLM_INVOCATIONS));
    vec![
        all("Runs", "Agent runs that ended", runs),
        part("Failures", "Agent runs that ended with an error", runs.failing(), runs),
        part("Kills", "Agent runs that were killed", runs.only("status", &["killed"]), runs),
        all("Spawns", "Agents that were started", counter(&AGENT_SPAWNS)),
        all("Model calls", "Calls of language models", calls),
        part("Call errors", "Errors of language models", counter(&LLM_ERRORS), calls),
        part("Retries", "Calls of language models that were tried again", counter(&LLM_RETRIES), calls),
        all("Tokens in", "Input tokens of all providers", counter(&LLM_INPUT_TOKENS)),
        all("Tokens out", "Output tokens of all providers", counter(&LLM_OUTPUT_TOKENS)),
        all("Hooks", "Hooks that were executed", counter(&HOOK_EXECUTIONS)),
        all("Workflows", "Workflows that were executed", counter(&WORKFLOW_EXECUTIONS)),
        all("Commits", "Commits that were made", counter(&VCS_COMMITS)),
        all("Notifications", "Notifications that were sent or failed to be", counter(&NOTIFICATIONS_SENT)),
    ]
}

impl Question {
    /// The number of the period that ends at `at`.
    pub(super) fn ask(&self, source: &dyn Source, at: i64) -> Answered<f64> {
        let found =
            source.instant(&self.vector.written(&Scope::plain()), at).map_err(|error| error.to_string())?;
        match found.as_slice() {
            [] => Err("nothing of it was seen in this time".to_owned()),
            [(_, value)] if value.is_finite() => Ok(*value),
            _ => Err("there is no number for it".to_owned()),
        }
    }
}

impl Number {
    /// By how much it is more or less than before, in words; nothing where either is not known.
    pub(super) fn change(&self) -> Option<String> {
        let (value, before) = (self.value.as_ref().ok()?, self.before.as_ref().ok()?);
        let rise = value - before;
        Some(match () {
            () if rise == 0.0 => "the same as before".to_owned(),
            () if *before == 0.0 => "none before".to_owned(),
            () => {
                let (sign, share) = (if rise > 0.0 { '+' } else { '−' }, (rise / before).abs());
                format!("{sign}{}", telemetry_catalog::quantity::percent(share))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(value: f64, before: Answered<f64>) -> Option<String> {
        Number { title: "", about: "", value: Ok(value), before }.change()
    }

    #[test]
    fn a_change_is_said_where_both_are_known() {
        assert_eq!(change(12.0, Ok(10.0)).unwrap(), "+20.0 %");
        assert_eq!(change(5.0, Ok(10.0)).unwrap(), "−50.0 %");
        assert_eq!(change(5.0, Ok(5.0)).unwrap(), "the same as before");
        assert_eq!(change(5.0, Ok(0.0)).unwrap(), "none before");
        assert_eq!(change(5.0, Err("no history".to_owned())), None);
    }

    #[test]
    fn every_number_can_be_asked_for() {
        for question in questions(Window::hours(24)) {
            let text = question.vector.written(&Scope::plain());
            assert!(telemetry_query::Query::parse(&text).is_ok(), "{text}");
        }
    }
}

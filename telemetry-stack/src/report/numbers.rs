//! The numbers of the period, each with that of the period before.

use super::Answered;
use crate::source::Source;
use crate::tally::{Count, Counted, Unsure};
use telemetry_catalog::promql::{Counters, Selection, Window, counter};
use telemetry_core::catalog::{
    AGENT_RUNS, AGENT_SPAWNS, HOOK_EXECUTIONS, LLM_ERRORS, LLM_INPUT_TOKENS, LLM_INVOCATIONS,
    LLM_OUTPUT_TOKENS, LLM_RETRIES, NOTIFICATIONS_SENT, VCS_COMMITS, WORKFLOW_EXECUTIONS,
};

/// A number that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Question {
    title: &'static str,
    /// What it counts, in a phrase.
    about: &'static str,
    counted: Counted,
    over: Window,
}

/// A number, and what it was in the period before; each may be unknown for a reason.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    /// How many there were at least.
    pub(super) value: Answered<f64>,
    pub(super) before: Answered<f64>,
    /// How many more there may have been.
    pub(super) unsure: Unsure,
}

/// Everything that is counted over a period of this length. What was never counted of something that was is none of it.
pub(super) fn questions(over: Window) -> Vec<Question> {
    let question = |title, about, counted| Question { title, about, counted, over };
    let all = |title, about, of: Selection<Counters>| question(title, about, Counted::all(of));
    let part =
        |title, about, of: Selection<Counters>, whole| question(title, about, Counted::part(of, whole));
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
    /// How many there were in the period that ends at `at`.
    pub(super) fn ask(&self, source: &dyn Source, at: i64) -> Answered<Count> {
        self.counted.over(self.over, source, at)
    }

    /// The number of these answers, of the period and of the one before.
    pub(super) fn number(&self, found: Answered<Count>, before: Answered<Count>) -> Number {
        let unsure = found.as_ref().map_or_else(|_| Unsure::default(), |found| found.unsure);
        Number {
            title: self.title,
            about: self.about,
            value: found.map(|found| found.least),
            before: before.and_then(exactly),
            unsure,
        }
    }
}

/// A count with which another can be compared.
fn exactly(count: Count) -> Answered<f64> {
    match count.unsure.sum() > 0.0 {
        true => Err("what there was then is not known exactly".to_owned()),
        false => Ok(count.least),
    }
}

impl Number {
    /// By how much it is more or less than before, in words; nothing where either is not known, or no more than its least.
    pub(super) fn change(&self) -> Option<String> {
        if self.unsure.sum() > 0.0 {
            return None;
        }
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
    use crate::source::{SeenTarget, SourceError};
    use telemetry_query::{Labels, Limits, MemoryStore, Query, Sample, Series, Steps, Value};

    fn change(value: f64, before: Answered<f64>) -> Option<String> {
        Number { title: "", about: "", value: Ok(value), before, unsure: Unsure::default() }.change()
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
    fn what_is_not_known_exactly_is_compared_with_nothing() {
        let count = |least, undated| Ok(Count { least, unsure: Unsure { undated, ..Unsure::default() } });
        let change = |found, before| questions(Window::hours(1))[0].number(found, before).change();
        assert_eq!(change(count(12.0, 0.0), count(10.0, 0.0)).unwrap(), "+20.0 %");
        assert_eq!(change(count(12.0, 1.0), count(10.0, 0.0)), None);
        assert_eq!(change(count(12.0, 0.0), count(10.0, 1.0)), None);
        assert_eq!(change(Err("too many samples".to_owned()), count(10.0, 0.0)), None);
    }

    #[test]
    fn every_number_can_be_asked_for() {
        for question in questions(Window::hours(24)) {
            assert!(question.ask(&Scrapes::default(), NOW).is_err(), "nothing was scraped");
        }
    }

    const NOW: i64 = 1_700_000_000_000;

    /// What was scraped, every 15 seconds.
    #[derive(Default)]
    struct Scrapes(MemoryStore);

    impl Scrapes {
        /// A series of the group of one machine, with these values at the last scrapes; NaN where it was not there.
        fn of(mut self, labels: &[(&str, &str)], values: &[f64]) -> Self {
            let group = [("job", "sase_agent"), ("instance", "one")];
            let labels = Labels::new(labels.iter().chain(&group).copied());
            let count = i64::try_from(values.len()).unwrap();
            let times = (0..).map(|place: i64| NOW - (count - 1 - place) * 15_000);
            let there = times.zip(values).filter(|(_, value)| !value.is_nan());
            self.0.append(&labels, there.map(|(time, value)| Sample::new(time, *value)));
            self
        }

        /// The group's first push is in the first of so many scrapes.
        fn pushed(self, times: usize) -> Self {
            self.of(&[("__name__", "push_time_seconds")], &vec![1.7e9; times])
        }

        fn runs(self, workflow: &str, values: &[f64]) -> Self {
            let labels = [("__name__", "sase_agent_runs_total"), ("workflow", workflow), ("status", "error")];
            self.of(&labels, values)
        }

        fn counted(&self, over: Window) -> (f64, f64) {
            let failures = questions(over)[1].ask(self, NOW).unwrap();
            (failures.least, failures.unsure.undated)
        }
    }

    impl Source for Scrapes {
        fn instant(&self, expr: &str, at: i64) -> Result<Vec<(Labels, f64)>, SourceError> {
            let value = Query::parse(expr).unwrap().instant(&self.0, at, &Limits::default()).unwrap();
            let Value::Vector(found) = value else { panic!("{expr}") };
            Ok(found.into_iter().map(|(labels, sample)| (labels, sample.value)).collect())
        }

        fn range(&self, _: &str, _: Steps) -> Result<Vec<Series>, SourceError> {
            unreachable!()
        }

        fn targets(&self) -> Result<Vec<SeenTarget>, SourceError> {
            unreachable!()
        }
    }

    const NOT_YET: f64 = f64::NAN;

    #[test]
    fn what_comes_after_its_group_was_first_seen_is_counted_whole_however_long_the_period_is() {
        let scrapes = Scrapes::default()
            .pushed(5)
            .runs("was there", &[3.0, 3.0, 4.0, 4.0, 5.0])
            .runs("came later", &[NOT_YET, NOT_YET, 2.0, 2.0, 3.0])
            .runs("came last", &[NOT_YET, NOT_YET, NOT_YET, NOT_YET, 1.0]);
        for over in [Window::minutes(5), Window::hours(24), Window::days(7)] {
            assert_eq!(scrapes.counted(over), (2.0 + 3.0 + 1.0, 3.0), "{over}");
        }
    }

    #[test]
    fn what_was_seen_before_the_period_is_no_part_of_it_and_what_rose_into_it_is() {
        let scrapes = Scrapes::default()
            .pushed(9)
            .runs("was there", &[3.0, 3.0, 3.0, 3.0, 3.0, 4.0, 4.0, 4.0, 5.0])
            .runs("came then", &[NOT_YET, NOT_YET, NOT_YET, NOT_YET, NOT_YET, 2.0, 2.0, 2.0, 2.0]);
        assert_eq!(scrapes.counted(Window::minutes(1)), (2.0 + 2.0, 0.0));
    }

    #[test]
    fn what_a_process_brings_along_that_began_in_the_period_is_of_it() {
        let began = |ago: f64| {
            let start = NOW as f64 / 1000.0 - ago;
            let process = Scrapes::default().of(&[("__name__", "process_start_time_seconds")], &[start; 4]);
            process.runs("at once", &[2.0, 2.0, 3.0, 3.0]).counted(Window::minutes(5))
        };
        assert_eq!(began(100.0), (3.0, 0.0));
        assert_eq!(began(301.0), (1.0, 2.0), "what it counted before the period is not of it");
    }

    #[test]
    fn of_what_is_counted_together_nobody_knows_how_it_ended() {
        let all =
            [("llm_provider", "__overflow__"), ("workflow", "__overflow__"), ("status", "__overflow__")];
        let folded = [&[("__name__", "sase_agent_runs_total")], &all[..]].concat();
        let scrapes =
            Scrapes::default().pushed(9).of(&folded, &[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 4.0, 4.0, 4.0]);
        let scrapes = scrapes.runs("fix", &[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0]);
        let found = questions(Window::minutes(1)).into_iter().map(|question| {
            let found = question.ask(&scrapes, NOW).unwrap_or_default();
            (question.title, (found.least, found.unsure.folded))
        });
        let found: std::collections::HashMap<_, _> = found.collect();
        assert_eq!((found["Runs"], found["Failures"], found["Kills"]), ((4.0, 0.0), (1.0, 3.0), (0.0, 3.0)));
        assert_eq!(found["Call errors"].1, 0.0);
    }

    #[test]
    fn a_counter_that_begins_anew_is_not_less_than_nothing() {
        let scrapes = Scrapes::default().pushed(4).runs("was there", &[9.0, 9.0, 9.0, 9.0]);
        assert_eq!(scrapes.counted(Window::hours(1)), (0.0, 9.0));
        let scrapes =
            Scrapes::default().pushed(9).runs("anew", &[9.0, 9.0, 9.0, 9.0, 9.0, 0.0, 0.0, 1.0, 2.0]);
        assert_eq!(scrapes.counted(Window::of_seconds(59)).0, 2.0);
    }
}

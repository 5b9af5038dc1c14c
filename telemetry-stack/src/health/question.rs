//! Several checks as one expression, so that a server that is far away is asked a few times and not dozens of times.

use super::{Check, Finding, Rows, Unjudged};
use crate::source::{Source, SourceError};
use std::collections::HashMap;
use telemetry_catalog::promql::{Scope, Vector};
use telemetry_core::config::HealthThresholds;
use telemetry_query::Labels;

/// The label that says to which question a value belongs. No indicator tells things apart by it.
const MARK: &str = "question";

/// The most text that one expression is made of. Evaluators bound how large an expression may be, and ours does so by its brackets and
/// operators, of which generated expressions have one for every ten characters.
const MOST_TEXT: usize = 6_000;

/// Questions that are asked as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch(Vec<Question>);

/// What is asked of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Question {
    key: Key,
    expr: String,
}

/// Which check, by its place, and which of its two vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    check: usize,
    part: Part,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Value,
    Events,
}

/// What was answered, by question.
#[derive(Debug, Default)]
pub struct Answers(HashMap<Key, Result<Vec<(Labels, f64)>, String>>);

/// Everything that is to be asked about these checks, in full and in terms of no rule.
#[must_use]
pub fn batches(checks: &[Check]) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    for question in checks.iter().enumerate().flat_map(|(place, check)| questions(place, check)) {
        match batches.last_mut().filter(|batch| batch.size() + question.expr.len() <= MOST_TEXT) {
            Some(batch) => batch.0.push(question),
            None => batches.push(Batch(vec![question])),
        }
    }
    batches
}

fn questions(check: usize, Check { value, events, .. }: &Check) -> impl Iterator<Item = Question> {
    let question = move |part, vector: &Vector| Question {
        key: Key { check, part },
        expr: vector.written(&Scope::plain()),
    };
    let events = events.as_ref().map(|events| question(Part::Events, events));
    [Some(question(Part::Value, value)), events].into_iter().flatten()
}

impl Batch {
    fn size(&self) -> usize {
        self.0.iter().map(|question| question.expr.len()).sum()
    }

    /// The expression: the values of all questions, each marked as those of its own.
    fn expr(&self) -> String {
        let marked = |Question { key, expr }: &Question| {
            format!("label_replace(\n{expr},\n\"{MARK}\", \"{}\", \"\", \"\")", key.mark())
        };
        self.0.iter().map(marked).collect::<Vec<_>>().join("\nor\n")
    }

    /// Asks everything at once, as of `at` in milliseconds since 1970. Where that cannot be evaluated each question is asked by itself, so
    /// that one that fails takes no other with it.
    pub fn ask(&self, source: &dyn Source, at: i64) -> Answers {
        match source.instant(&self.expr(), at) {
            Ok(rows) => self.answers(&rows),
            Err(SourceError::Query(_)) if self.0.len() > 1 => self.ask_each(source, at),
            Err(error) => self.unanswered(&error.to_string()),
        }
    }

    fn ask_each(&self, source: &dyn Source, at: i64) -> Answers {
        let mut answers = Answers::default();
        for question in &self.0 {
            answers.extend(Self(vec![question.clone()]).ask(source, at));
        }
        answers
    }

    fn answers(&self, rows: &Rows) -> Answers {
        let mut answers: HashMap<_, _> =
            self.0.iter().map(|question| (question.key.mark(), Vec::new())).collect();
        for (labels, value) in rows {
            if let Some(own) = answers.get_mut(labels.get(MARK)) {
                own.push((labels.clone(), *value));
            }
        }
        let take = |question: &Question| Some((question.key, Ok(answers.remove(&question.key.mark())?)));
        Answers(self.0.iter().filter_map(take).collect())
    }

    /// That none of it was answered, for this reason.
    #[must_use]
    pub fn unanswered(&self, why: &str) -> Answers {
        Answers(self.0.iter().map(|question| (question.key, Err(why.to_owned()))).collect())
    }
}

impl Key {
    fn mark(self) -> String {
        let part = match self.part {
            Part::Value => "value",
            Part::Events => "events",
        };
        format!("{part} {}", self.check)
    }
}

impl Answers {
    /// Takes other answers in. What was answered stays.
    pub fn extend(&mut self, other: Self) {
        for (key, answer) in other.0 {
            let known = self.0.entry(key).or_insert_with(|| answer.clone());
            if known.is_err() {
                *known = answer;
            }
        }
    }

    /// What was found about each of the checks that were asked about.
    #[must_use]
    pub fn findings(&self, checks: &[Check], thresholds: &HealthThresholds) -> Vec<Finding> {
        let finding = |(place, check): (usize, &Check)| {
            let judged = self.of(place, check).map(|(value, events)| check.judged(thresholds, value, events));
            Finding { indicator: check.indicator, judged: judged.map_err(Unjudged::Trouble) }
        };
        checks.iter().enumerate().map(finding).collect()
    }

    fn of(&self, check: usize, Check { events, .. }: &Check) -> Result<(&Rows, &Rows), String> {
        let value = self.part(Key { check, part: Part::Value })?;
        let events = events.as_ref().map(|_| self.part(Key { check, part: Part::Events })).transpose()?;
        Ok((value, events.unwrap_or_default()))
    }

    fn part(&self, key: Key) -> Result<&Rows, String> {
        match self.0.get(&key) {
            Some(Ok(rows)) => Ok(rows),
            Some(Err(why)) => Err(why.clone()),
            None => Err("nobody was asked".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{checks, checks_over};
    use crate::source::SeenTarget;
    use std::sync::Mutex;
    use telemetry_catalog::promql::Window;
    use telemetry_core::config::Config;
    use telemetry_query::{Query, Series, Steps};

    /// Answers each question with how long its expression is, and refuses whatever has this text in it.
    struct Lengths {
        refused: &'static str,
        asked: Mutex<Vec<String>>,
    }

    impl Lengths {
        fn refusing(refused: &'static str) -> Self {
            Self { refused, asked: Mutex::default() }
        }
    }

    impl Source for Lengths {
        fn instant(&self, expr: &str, _: i64) -> Result<Vec<(Labels, f64)>, SourceError> {
            self.asked.lock().unwrap().push(expr.to_owned());
            if expr.contains(self.refused) {
                return Err(SourceError::Query("refused".to_owned()));
            }
            let marks = expr.split("label_replace(\n").skip(1).filter_map(|part| part.rsplit('"').nth(5));
            Ok(marks.map(|mark| (Labels::new([(MARK, mark), ("provider", "a")]), 0.0)).collect())
        }

        fn range(&self, _: &str, _: Steps) -> Result<Vec<Series>, SourceError> {
            unreachable!()
        }

        fn targets(&self) -> Result<Vec<SeenTarget>, SourceError> {
            unreachable!()
        }
    }

    fn asked(source: &Lengths, checks: &[Check]) -> Vec<Finding> {
        let mut answers = Answers::default();
        batches(checks).iter().for_each(|batch| answers.extend(batch.ask(source, 0)));
        answers.findings(checks, &HealthThresholds::default())
    }

    #[test]
    fn few_expressions_hold_every_question_and_our_evaluator_takes_each() {
        for window in [None, Some(Window::minutes(30)), Some(Window::of_seconds(86_399))] {
            let checks = checks_over(&Config::default(), window);
            let batches = batches(&checks);
            assert!(batches.len() <= 10, "{}", batches.len());
            let questions = checks.iter().map(|check| 1 + usize::from(check.events.is_some())).sum::<usize>();
            assert_eq!(batches.iter().map(|batch| batch.0.len()).sum::<usize>(), questions);
            for batch in batches {
                Query::parse(&batch.expr()).unwrap_or_else(|error| panic!("{error}: {}", batch.expr()));
            }
        }
    }

    #[test]
    fn every_answer_goes_to_its_question() {
        let checks = checks(&Config::default());
        let source = Lengths::refusing("no expression has this in it");
        let findings = asked(&source, &checks);
        assert_eq!(source.asked.lock().unwrap().len(), batches(&checks).len());
        for finding in findings {
            assert!(matches!(&finding.judged, Ok(Some(_))), "{finding:?}");
        }
    }

    #[test]
    fn what_cannot_be_evaluated_takes_no_other_question_with_it() {
        let checks = checks(&Config::default());
        let source = Lengths::refusing("sase_llm_retries_total");
        let findings = asked(&source, &checks);
        let refused: Vec<_> = findings.iter().filter(|finding| finding.judged.is_err()).collect();
        let names: Vec<_> = refused.iter().map(|finding| finding.indicator.alert).collect();
        assert_eq!(names, ["LlmRetries"]);
        assert_eq!(refused[0].judged, Err(Unjudged::Trouble("refused".to_owned())));
    }

    #[test]
    fn who_was_not_asked_or_did_not_answer_knows_nothing_and_a_later_answer_counts() {
        let checks = checks(&Config::default());
        let nothing = Answers::default().findings(&checks, &HealthThresholds::default());
        assert!(nothing.iter().all(|finding| finding.judged.is_err()));
        let mut answers = Answers::default();
        let batches = batches(&checks);
        batches.iter().for_each(|batch| answers.extend(batch.unanswered("late")));
        answers.extend(batches[0].ask(&Lengths::refusing("no expression has this in it"), 0));
        batches.iter().for_each(|batch| answers.extend(batch.unanswered("later")));
        let findings = answers.findings(&checks, &HealthThresholds::default());
        assert!(findings[0].judged.is_ok());
        assert_eq!(findings.last().unwrap().judged, Err(Unjudged::Trouble("later".to_owned())));
    }
}

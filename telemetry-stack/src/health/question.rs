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
    use crate::health::checks;
    use telemetry_core::config::Config;
    use telemetry_query::Query;

    #[test]
    fn sizes() {
        let checks = checks(&Config::default());
        for (place, check) in checks.iter().enumerate() {
            for q in questions(place, check) {
                println!("{} {} {:?}", check.indicator.alert, q.expr.len(), Query::parse(&q.expr).err());
            }
        }
        let batches = batches(&checks);
        for b in &batches {
            println!("{} {} {:?}", b.0.len(), b.expr().len(), Query::parse(&b.expr()).err());
        }
    }
}

//! What was found at one step of the path.

use serde::Serialize;
use std::time::Duration;

/// The steps, in the order in which a count takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Name {
    Configuration,
    Ledger,
    Push,
    Gateway,
    Exposition,
    Textfile,
    Scrape,
    Query,
    Rule,
    Alert,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It works.
    Ok,
    /// It is broken.
    Failed,
    /// An earlier step is broken that it needs.
    Skipped,
    /// Nobody can say from here.
    NotTestable,
    /// No count takes it with this configuration.
    NotUsed,
}

/// What was found, before it is known how long that took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) outcome: Outcome,
    /// Sentences, the one that matters most first.
    pub(crate) said: Vec<String>,
    /// What to do about it.
    pub(crate) advice: Option<String>,
}

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Step {
    #[serde(rename = "step")]
    pub(crate) name: Name,
    pub(crate) outcome: Outcome,
    /// How long it took, in seconds, to the millisecond.
    pub(crate) seconds: f64,
    pub(crate) said: Vec<String>,
    pub(crate) advice: Option<String>,
}

/// So many of a thing, in words.
pub(super) fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

impl Name {
    /// The name as it is written.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Ledger => "ledger",
            Self::Push => "push",
            Self::Gateway => "gateway",
            Self::Exposition => "exposition",
            Self::Textfile => "textfile",
            Self::Scrape => "scrape",
            Self::Query => "query",
            Self::Rule => "rule",
            Self::Alert => "alert",
        }
    }
}

impl Outcome {
    /// In words.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::NotTestable => "not testable",
            Self::NotUsed => "not used",
        }
    }
}

impl Finding {
    fn new(outcome: Outcome, said: impl Into<String>) -> Self {
        Self { outcome, said: vec![said.into()], advice: None }
    }

    /// It works.
    pub(super) fn ok(said: impl Into<String>) -> Self {
        Self::new(Outcome::Ok, said)
    }

    /// It is broken.
    pub(crate) fn failed(said: impl Into<String>) -> Self {
        Self::new(Outcome::Failed, said)
    }

    /// It was not tried, since it needs what is broken.
    pub(super) fn skipped(said: impl Into<String>) -> Self {
        Self::new(Outcome::Skipped, said)
    }

    /// It cannot be tried from here.
    pub(super) fn not_testable(said: impl Into<String>) -> Self {
        Self::new(Outcome::NotTestable, said)
    }

    /// No count comes by here.
    pub(super) fn not_used(said: impl Into<String>) -> Self {
        Self::new(Outcome::NotUsed, said)
    }

    /// The same with one more sentence.
    pub(super) fn and(mut self, said: impl Into<String>) -> Self {
        self.said.push(said.into());
        self
    }

    /// The same with more sentences.
    pub(super) fn with(mut self, said: impl IntoIterator<Item = String>) -> Self {
        self.said.extend(said);
        self
    }

    /// The same with what to do.
    pub(crate) fn advice(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// What else is broken here comes first, and stands before what works.
    pub(super) fn but(self, broken: Option<Self>) -> Self {
        let Some(broken) = broken else { return self };
        let advice = broken.advice.or(self.advice);
        Self { outcome: broken.outcome, said: [broken.said, self.said].concat(), advice }
    }

    /// Whether it works.
    pub(super) fn is_ok(&self) -> bool {
        self.outcome == Outcome::Ok
    }

    /// The step that it was found at.
    pub(crate) fn at(self, name: Name, took: Duration) -> Step {
        let seconds = (took.as_secs_f64() * 1000.0).round() / 1000.0;
        let Self { outcome, said, advice } = self;
        Step { name, outcome, seconds, said, advice }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_broken_stands_before_what_works() {
        let found = Finding::ok("works").but(Some(Finding::failed("broken").advice("mend it")));
        assert_eq!(
            (found.outcome, found.said),
            (Outcome::Failed, vec!["broken".to_owned(), "works".to_owned()])
        );
        assert_eq!(found.advice.as_deref(), Some("mend it"));
        assert!(Finding::ok("works").but(None).is_ok());
    }
}

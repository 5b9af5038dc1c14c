//! Where rules and the page ask: the history in this process, or a Prometheus of others.
//!
//! | module | responsible for |
//! |---|---|
//! | `document` | what a Prometheus answers, as JSON |
//! | `here` | the history in this process |
//! | `theirs` | a Prometheus of others, by its HTTP API |

mod document;
mod here;
#[cfg(test)]
mod tests;
mod theirs;

pub use here::Here;
pub use theirs::{Answer, Theirs, TheirsError, not_a_prometheus};

use std::error::Error;
use telemetry_query::{Labels, Series, Steps, Value};

/// Answers PromQL. Calls block, and may take until the limits of the source: call them where a thread may wait.
pub trait Source: Send + Sync {
    /// The value of each label set at this time, in milliseconds since 1970. A scalar is one value without labels.
    ///
    /// # Errors
    /// [`SourceError`].
    fn instant(&self, expr: &str, at: i64) -> Result<Vec<(Labels, f64)>, SourceError>;

    /// The values of each label set at these times.
    ///
    /// # Errors
    /// [`SourceError`].
    fn range(&self, expr: &str, steps: Steps) -> Result<Vec<Series>, SourceError>;

    /// The targets that are scraped into it.
    ///
    /// # Errors
    /// [`SourceError`].
    fn targets(&self) -> Result<Vec<SeenTarget>, SourceError>;
}

/// A target, as it was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenTarget {
    /// Its job.
    pub job: String,
    /// Its instance.
    pub instance: String,
    /// Whether it answered the last time; `None` where nobody asked yet.
    pub up: Option<bool>,
    /// When it was last asked, in milliseconds since 1970.
    pub last_scrape: Option<i64>,
    /// What was wrong the last time; empty where nothing was.
    pub error: String,
}

/// Why a source did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The expression cannot be evaluated, or not within the limits.
    #[error("{0}")]
    Query(String),
    /// Nobody answers, or with something else than an answer.
    #[error("{0}")]
    Unreachable(String),
}

/// The values of an answer, each with its label set.
pub(crate) fn rows(answer: Value) -> Result<Vec<(Labels, f64)>, SourceError> {
    match answer {
        Value::Vector(elements) => {
            Ok(elements.into_iter().map(|(labels, sample)| (labels, sample.value)).collect())
        }
        Value::Scalar(sample) => Ok(vec![(Labels::default(), sample.value)]),
        other => Err(SourceError::Query(format!("a {} is neither a vector nor a scalar", other.type_name()))),
    }
}

/// An error in one line with everything that has led to it.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

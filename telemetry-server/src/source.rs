//! What else a program has to tell at a scrape, and what becomes of it when it fails.

use crate::flight::Flight;
use crate::metrics::FailureReason;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use telemetry_core::exposition::Family;

/// Why a source has nothing to tell: any error, or a text.
pub type SourceError = Box<dyn Error + Send + Sync>;

/// Something that has families to tell at the moment of a scrape. A closure will do, one that returns the families or a [`Result`]
/// with them.
///
/// It is called on a thread of its own, by one scrape at a time; scrapes that come meanwhile share the next call. One that fails,
/// panics, or takes longer than [`Limits::source_time`](crate::Limits::source_time) is left out of the scrape, and counted in
/// `telemetry_exposition_source_errors_total`. One that does not return at all is not called again, and keeps its thread.
pub trait Source: Send + Sync + 'static {
    /// The families as they are now.
    ///
    /// # Errors
    /// Where they cannot be told. The scrape goes on without them.
    fn families(&self) -> Result<Vec<Family<'static>>, SourceError>;
}

/// What a closure may return to be a [`Source`]: families, or a [`Result`] with them.
pub trait Told {
    /// The families, or why there are none.
    ///
    /// # Errors
    /// Those of the closure.
    fn told(self) -> Result<Vec<Family<'static>>, SourceError>;
}

impl Told for Vec<Family<'static>> {
    fn told(self) -> Result<Self, SourceError> {
        Ok(self)
    }
}

impl<E: Into<SourceError>> Told for Result<Vec<Family<'static>>, E> {
    fn told(self) -> Result<Vec<Family<'static>>, SourceError> {
        self.map_err(Into::into)
    }
}

impl<T: Told, F: Fn() -> T + Send + Sync + 'static> Source for F {
    fn families(&self) -> Result<Vec<Family<'static>>, SourceError> {
        self().told()
    }
}

/// A source was left out of a scrape.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceFailure {
    /// The name of the source.
    pub source: String,
    /// In which way it failed.
    pub reason: FailureReason,
    /// What it said itself, with what caused it; empty unless the reason is [`FailureReason::Error`].
    pub message: String,
}

impl fmt::Display for SourceFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the source {:?} is left out of the scrape: ", self.source)?;
        f.write_str(match self.reason {
            FailureReason::Error => &self.message,
            FailureReason::Panic => "it panicked",
            FailureReason::Timeout => "it took too long",
            FailureReason::Overdue => "it has not returned from an earlier call",
            FailureReason::Other => "it failed",
        })
    }
}

/// The families of one call, or what the source said instead.
type Answer = Result<Arc<Vec<Family<'static>>>, Arc<str>>;

/// A source with its name and the call that is under way.
pub(crate) struct Named {
    pub(crate) name: String,
    source: Arc<dyn Source>,
    calls: Arc<Flight<Answer>>,
}

/// A source that was asked and has not been waited for yet.
pub(crate) enum Asked {
    Waiting(Receiver<Answer>),
    Failed(FailureReason, String),
}

impl Named {
    pub(crate) fn new(name: String, source: impl Source) -> Self {
        Self { name, source: Arc::new(source), calls: Arc::default() }
    }

    /// Begins a call, or joins the next one. A source whose call is overdue is left alone: it would be waited for in vain.
    pub(crate) fn ask(&self, limit: Duration) -> Asked {
        if self.calls.is_overdue(limit) {
            return Asked::Failed(FailureReason::Overdue, String::new());
        }
        let (send, receive) = channel();
        let source = Arc::clone(&self.source);
        // Nobody may wait any more by the time of the answer.
        let asked =
            self.calls.ask(move || call(&*source), move |answer| send.send(answer).unwrap_or_default());
        match asked {
            Ok(()) => Asked::Waiting(receive),
            Err(error) => Asked::Failed(FailureReason::Error, format!("no thread for it: {error}")),
        }
    }

    /// The families, if they come before the deadline.
    pub(crate) fn wait(
        &self,
        asked: Asked,
        deadline: Instant,
    ) -> Result<Vec<Family<'static>>, SourceFailure> {
        let failure = |reason, message| SourceFailure { source: self.name.clone(), reason, message };
        let answers = match asked {
            Asked::Waiting(answers) => answers,
            Asked::Failed(reason, message) => return Err(failure(reason, message)),
        };
        match answers.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Ok(families)) => Ok(Arc::unwrap_or_clone(families)),
            Ok(Err(message)) => Err(failure(FailureReason::Error, message.as_ref().to_owned())),
            Err(RecvTimeoutError::Timeout) => Err(failure(FailureReason::Timeout, String::new())),
            Err(RecvTimeoutError::Disconnected) => Err(failure(FailureReason::Panic, String::new())),
        }
    }
}

fn call(source: &dyn Source) -> Answer {
    source.families().map(Arc::new).map_err(|error| sentence(&*error).into())
}

/// An error and what caused it, on one line.
fn sentence(error: &(dyn Error + 'static)) -> String {
    let mut sentence = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        sentence += &format!(": {error}");
        cause = error.source();
    }
    sentence
}

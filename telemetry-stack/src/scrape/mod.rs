//! Who is scraped and when, and what a scrape becomes in the history.
//!
//! | module | responsible for |
//! |---|---|
//! | `scraper` | all targets: one scrape after the other of each, and what is known of them |
//! | `schedule` | when a target is scraped, and with which timestamp |
//! | `fetch` | the request, and the bounds on its answer |
//! | `intake`, `cache` | from an exposition to one batch of samples, with the marks of what has ended |
//! | `names` | from a line to the labels of its series |
//! | `metrics` | what is told of the scraper itself |
//! | `sink` | what must be there to put samples into |
//!
//! A sample whose own timestamp is more than ten minutes ahead of the clock is left out and counted: no other sample of its series
//! could follow until then. Where the history itself is ahead of the clock, the target is told to be down, with the reason.
//!
//! A scrape is stored as a whole or has failed as a whole. Where one has failed, `up` is 0 and every series of the target ends, so
//! that a graph shows a gap and not a flat line. When a scraper is stopped nothing ends: the next one goes on where it was, and marks
//! what does not come back.

mod cache;
mod fetch;
mod intake;
pub mod metrics;
mod names;
mod schedule;
mod scraper;
mod sink;
#[cfg(test)]
mod tests;

use crate::panels::USUAL_INTERVAL;
use std::fmt;
use std::time::Duration;
use telemetry_query::Labels;

pub(crate) use fetch::shown_url;
pub(crate) use schedule::Schedule;
pub use schedule::{Clock, SystemClock};
pub use scraper::Scraper;
pub use sink::Sink;

/// What is scraped. Its `Debug` output shows no password.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// The label `job` of everything that comes from it.
    pub job: String,
    /// The URL of its exposition. The label `instance` is its host and port. A name and a password in it are sent as a header, and
    /// shown to nobody.
    pub url: String,
    /// Whether labels `job` and `instance` of its own are kept as they are, as for a gateway. They are renamed to `exported_job` and
    /// `exported_instance` otherwise.
    pub honor_labels: bool,
    /// Whether nobody misses it before it first answered: there is no `up` until then.
    pub optional: bool,
}

impl Target {
    /// The URL without name and password; empty where it is none.
    #[must_use]
    pub fn shown_url(&self) -> String {
        shown_url(&self.url)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { job, honor_labels, optional, .. } = self;
        f.debug_struct("Target")
            .field("job", job)
            .field("url", &self.shown_url())
            .field("honor_labels", honor_labels)
            .field("optional", optional)
            .finish()
    }
}

/// How a target is, as the API of Prometheus says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It has not been scraped yet.
    Unknown,
    /// Its last scrape succeeded.
    Up,
    /// Its last scrape failed.
    Down,
}

/// What is known of a target.
#[derive(Debug, Clone)]
pub struct TargetState {
    /// What is scraped.
    pub target: Target,
    /// The labels that its series get: `job` and `instance`.
    pub labels: Labels,
    /// How it is.
    pub health: Health,
    /// Why the last scrape failed; empty where it did not.
    pub last_error: String,
    /// When it was last scraped, in milliseconds since 1970.
    pub last_scrape: Option<i64>,
    /// How long the last scrape took.
    pub last_duration: Duration,
}

/// What a target says of one metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricMetadata {
    /// The name, as in the HELP and TYPE lines.
    pub metric: String,
    /// The kind in the words of the API: `counter`, `gauge`, `histogram`, `summary`, `info`, `stateset`, `gaugehistogram` or `unknown`.
    pub kind: &'static str,
    /// What it means; empty where nothing is said.
    pub help: String,
    /// Its unit; empty where none is said.
    pub unit: String,
}

/// How targets are scraped.
#[derive(Debug, Clone)]
pub struct ScrapeOptions {
    /// The time from one scrape of a target to the next: 15 s.
    pub interval: Duration,
    /// How long a scrape may take, at most as long as the interval: 10 s.
    pub timeout: Duration,
    /// The longest exposition that is read, in bytes without compression: 64 MiB.
    pub max_body: usize,
    /// The most samples that an exposition may have: 500,000.
    pub max_samples: usize,
}

impl Default for ScrapeOptions {
    fn default() -> Self {
        Self {
            interval: USUAL_INTERVAL,
            timeout: Duration::from_secs(10),
            max_body: 64 * 1024 * 1024,
            max_samples: 500_000,
        }
    }
}

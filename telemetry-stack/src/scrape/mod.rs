//! Who is scraped and when, and what a scrape becomes in the history.

use crate::history::History;
use std::sync::Arc;
use std::time::Duration;
use telemetry_query::Labels;

/// What is scraped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The label `job` of everything that comes from it.
    pub job: String,
    /// The URL of its exposition. The label `instance` is its host and port.
    pub url: String,
    /// Whether labels `job` and `instance` of its own are kept as they are, as for a gateway. They are renamed to `exported_job` and
    /// `exported_instance` otherwise.
    pub honor_labels: bool,
    /// Whether nobody misses it before it first answered: there is no `up` until then.
    pub optional: bool,
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

/// Scrapes targets into a history. Shared by what scrapes and what asks how it goes.
#[derive(Debug)]
pub struct Scraper {
    targets: Vec<Target>,
    _history: Arc<History>,
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
}

impl Default for ScrapeOptions {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(15),
            timeout: Duration::from_secs(10),
            max_body: 64 * 1024 * 1024,
        }
    }
}

impl Scraper {
    /// A scraper of these targets, none of which has been scraped yet.
    #[must_use]
    pub fn new(history: Arc<History>, targets: Vec<Target>, _options: ScrapeOptions) -> Self {
        Self { targets, _history: history }
    }

    /// What is known of each target.
    #[must_use]
    pub fn targets(&self) -> Vec<TargetState> {
        let unknown = |target: &Target| TargetState {
            target: target.clone(),
            labels: Labels::default(),
            health: Health::Unknown,
            last_error: String::new(),
            last_scrape: None,
            last_duration: Duration::ZERO,
        };
        self.targets.iter().map(unknown).collect()
    }

    /// What the targets say of their metrics: for each target, what its last successful scrape said.
    #[must_use]
    pub fn metadata(&self) -> Vec<(Labels, Vec<MetricMetadata>)> {
        Vec::new()
    }
}

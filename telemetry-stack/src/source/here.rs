//! The history in this process as a source.

use super::{SeenTarget, Source, SourceError};
use crate::api::Samples;
use crate::scrape::{Health, Scraper, TargetState};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use telemetry_query::{Budget, Labels, Limits, Query, QueryError, Series, Steps};

/// How long a query may take: 2 minutes, as in Prometheus.
const TIMEOUT: Duration = Duration::from_secs(120);

/// How many values all queries together may hold at once, of 8 to 16 bytes each. One may hold half of them.
const MOST_VALUES: usize = 100_000_000;

/// How many expressions are kept as they were read. Rules and pages ask the same ones again and again.
const MOST_READ: usize = 1_000;

/// Samples in this process, and who is scraped into them.
pub struct Here {
    samples: Arc<dyn Samples>,
    scraper: Arc<Scraper>,
    budget: Arc<Budget>,
    read: Mutex<HashMap<String, Arc<Query>>>,
}

impl Here {
    /// Asks these samples.
    #[must_use]
    pub fn new(samples: Arc<dyn Samples>, scraper: Arc<Scraper>) -> Self {
        Self { samples, scraper, budget: Arc::new(Budget::new(MOST_VALUES)), read: Mutex::default() }
    }

    /// Reads an expression, or takes it as it was read before.
    fn query(&self, expr: &str) -> Result<Arc<Query>, QueryError> {
        let known = |read: &HashMap<String, Arc<Query>>| read.get(expr).map(Arc::clone);
        let read = || self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(query) = known(&read()) {
            return Ok(query);
        }
        let query = Arc::new(Query::parse(expr)?);
        let mut read = read();
        // Whoever asks for ever new expressions gains nothing by what was read before.
        if read.len() >= MOST_READ {
            read.clear();
        }
        read.insert(expr.to_owned(), Arc::clone(&query));
        Ok(query)
    }

    fn limits(&self) -> Limits {
        let (deadline, budget) = (Some(Instant::now() + TIMEOUT), Some(Arc::clone(&self.budget)));
        Limits { deadline, budget, ..Limits::default() }
    }
}

impl std::fmt::Debug for Here {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Here").field("scraper", &self.scraper).finish_non_exhaustive()
    }
}

impl Source for Here {
    fn instant(&self, expr: &str, at: i64) -> Result<Vec<(Labels, f64)>, SourceError> {
        let value = self.query(expr).and_then(|query| query.instant(&*self.samples, at, &self.limits()));
        super::rows(value.map_err(failed)?)
    }

    fn range(&self, expr: &str, steps: Steps) -> Result<Vec<Series>, SourceError> {
        let query = self.query(expr);
        query.and_then(|query| query.range(&*self.samples, steps, &self.limits())).map_err(failed)
    }

    fn targets(&self) -> Result<Vec<SeenTarget>, SourceError> {
        Ok(self.scraper.targets().into_iter().map(seen).collect())
    }
}

/// With its causes: that of a store says which file cannot be read.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn failed(error: QueryError) -> SourceError {
    SourceError::Query(super::with_causes(&error))
}

fn seen(state: TargetState) -> SeenTarget {
    SeenTarget {
        job: state.labels.get("job").to_owned(),
        instance: state.labels.get("instance").to_owned(),
        up: match state.health {
            Health::Unknown => None,
            Health::Up => Some(true),
            Health::Down => Some(false),
        },
        last_scrape: state.last_scrape,
        error: state.last_error,
    }
}

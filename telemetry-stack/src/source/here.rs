//! The history in this process as a source.

use super::{SeenTarget, Source, SourceError};
use crate::api::Samples;
use crate::scrape::{Health, Scraper, TargetState};
use std::sync::Arc;
use std::time::{Duration, Instant};
use telemetry_query::{Budget, Labels, Limits, Query, QueryError, Series, Steps, Value};

/// How long a query may take: 2 minutes, as in Prometheus.
const TIMEOUT: Duration = Duration::from_secs(120);

/// How many values all queries together may hold at once, of 8 to 16 bytes each. One may hold half of them.
const MOST_VALUES: usize = 100_000_000;

/// Samples in this process, and who is scraped into them.
pub struct Here {
    samples: Arc<dyn Samples>,
    scraper: Arc<Scraper>,
    budget: Arc<Budget>,
}

impl Here {
    /// Asks these samples.
    #[must_use]
    pub fn new(samples: Arc<dyn Samples>, scraper: Arc<Scraper>) -> Self {
        Self { samples, scraper, budget: Arc::new(Budget::new(MOST_VALUES)) }
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
        let value = Query::parse(expr).and_then(|query| query.instant(&*self.samples, at, &self.limits()));
        match value.map_err(failed)? {
            Value::Vector(elements) => {
                Ok(elements.into_iter().map(|(labels, sample)| (labels, sample.value)).collect())
            }
            Value::Scalar(sample) => Ok(vec![(Labels::default(), sample.value)]),
            other => {
                Err(SourceError::Query(format!("a {} is neither a vector nor a scalar", other.type_name())))
            }
        }
    }

    fn range(&self, expr: &str, steps: Steps) -> Result<Vec<Series>, SourceError> {
        let query = Query::parse(expr);
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

//! How much a query may cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::budget::Budget;
use crate::error::QueryError;

/// What a query may cost, and how it looks at series. The defaults are Prometheus's.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How many steps of a range query may follow its first one: 11,000.
    pub points: usize,
    /// How many values the query may hold at once, all parts of the expression together: 50,000,000, of 8 to 16 bytes each. Texts of
    /// labels count by their length.
    pub samples: usize,
    /// What this query and others may hold together; without it, each has only its own limit.
    pub budget: Option<Arc<Budget>>,
    /// When the query is given up; never, unless somebody sets it.
    pub deadline: Option<Instant>,
    /// Set to true by whoever cancels the query; it then ends within milliseconds.
    pub canceled: Arc<AtomicBool>,
    /// For how long after its last sample a series still has a value: 5 minutes.
    pub lookback: Duration,
    /// The step of subqueries that name none: 1 minute.
    pub subquery_step: Duration,
}

impl Limits {
    pub(crate) fn check(&self) -> Result<(), QueryError> {
        if self.canceled.load(Ordering::Relaxed) {
            return Err(QueryError::Canceled);
        }
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(QueryError::TimedOut),
            _ => Ok(()),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            points: 11_000,
            samples: 50_000_000,
            budget: None,
            deadline: None,
            canceled: Arc::default(),
            lookback: Duration::from_secs(300),
            subquery_step: Duration::from_secs(60),
        }
    }
}

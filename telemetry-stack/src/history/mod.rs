//! Samples on disk: which series there are, and what they were when.

mod chunk;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use telemetry_query::{Labels, Matcher, Sample, Selection, Store, StoreError, StoredSeries};

/// The number of a series in one history. It means nothing in another one, nor in the same one opened again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesId(pub(crate) u32);

/// How much a history keeps.
#[derive(Debug, Clone)]
pub struct HistoryOptions {
    /// Samples older than this are forgotten: 15 days, as in Prometheus.
    pub retention: Duration,
    /// The most series that can be known at once: 1,000,000.
    pub max_series: usize,
}

impl Default for HistoryOptions {
    fn default() -> Self {
        Self { retention: Duration::from_secs(15 * 24 * 3600), max_series: 1_000_000 }
    }
}

/// Why a history could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// There are as many series as there may be.
    #[error("the history has {0} series, which is as many as it may have")]
    TooManySeries(usize),
}

/// What became of a batch of samples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Appended {
    /// How many were stored.
    pub stored: usize,
    /// How many were left out because they were not younger than the latest of their series.
    pub out_of_order: usize,
    /// How many were left out because they said at the same time what was there already.
    pub duplicates: usize,
}

/// What a history holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HistoryStats {
    /// Series with samples.
    pub series: usize,
    /// Chunks of samples, in memory and on disk.
    pub chunks: usize,
    /// The length of what is on disk, in bytes.
    pub bytes: u64,
    /// The time of the oldest sample, in milliseconds since 1970, if there is one.
    pub oldest: Option<i64>,
    /// The time of the youngest sample, in milliseconds since 1970, if there is one.
    pub youngest: Option<i64>,
}

/// Series with their samples, on disk. All methods can be called from any thread.
#[derive(Debug)]
pub struct History {}

impl History {
    /// Opens the history in this folder, which is created where it is not there.
    ///
    /// # Errors
    /// When the folder cannot be read or written, or another process has it open.
    pub fn open(_folder: &Path, _options: HistoryOptions) -> Result<Self, HistoryError> {
        Ok(Self {})
    }

    /// The number of the series with these labels, which begins where it is not known yet.
    ///
    /// # Errors
    /// [`HistoryError::TooManySeries`].
    pub fn series_id(&self, _labels: &Labels) -> Result<SeriesId, HistoryError> {
        Ok(SeriesId(0))
    }

    /// Appends samples: all that fit, or none where it fails. What was appended is on disk when this returns.
    ///
    /// # Errors
    /// When they cannot be written; nothing of the batch is there then.
    pub fn append(&self, _batch: &[(SeriesId, Sample)]) -> Result<Appended, HistoryError> {
        Ok(Appended::default())
    }

    /// Forgets what is older than the retention, seen from `now` in milliseconds since 1970, and brings chunks that are complete to
    /// their place on disk. To be called every minute or so.
    ///
    /// # Errors
    /// When it cannot be written; nothing is lost then.
    pub fn maintain(&self, _now: i64) -> Result<(), HistoryError> {
        Ok(())
    }

    /// Label sets of the series that satisfy all matchers of any of the sets, and that have samples in this time, in order.
    #[must_use]
    pub fn label_sets(&self, _sets: &[Vec<Matcher>], _start: i64, _end: i64) -> Vec<Labels> {
        Vec::new()
    }

    /// The names of the labels of those series; of all series where no set of matchers is given.
    #[must_use]
    pub fn label_names(&self, _sets: &[Vec<Matcher>], _start: i64, _end: i64) -> BTreeSet<String> {
        BTreeSet::new()
    }

    /// The values that a label has in those series.
    #[must_use]
    pub fn label_values(
        &self,
        _name: &str,
        _sets: &[Vec<Matcher>],
        _start: i64,
        _end: i64,
    ) -> BTreeSet<String> {
        BTreeSet::new()
    }

    /// What the history holds.
    #[must_use]
    pub fn stats(&self) -> HistoryStats {
        HistoryStats::default()
    }
}

impl Store for History {
    fn select<'s>(
        &'s self,
        _selection: &Selection<'_>,
    ) -> Result<Vec<Box<dyn StoredSeries + 's>>, StoreError> {
        Ok(Vec::new())
    }
}

//! What a scraper needs of the history: somewhere to put samples.

use crate::history::{Appended, History, HistoryError, SeriesId};
use telemetry_query::{Labels, Matcher, Sample};

/// Where scraped samples go.
pub trait Sink: Send + Sync {
    /// The number of the series with these labels, which begins where it is not known yet.
    ///
    /// # Errors
    /// When there are as many series as there may be.
    fn series_id(&self, labels: &Labels) -> Result<SeriesId, HistoryError>;

    /// Appends samples: all that fit, or none where it fails. What was appended is on disk when this returns.
    ///
    /// # Errors
    /// When they cannot be written; nothing of the batch is there then.
    fn append(&self, batch: &[(SeriesId, Sample)]) -> Result<Appended, HistoryError>;

    /// Label sets of the series that satisfy all matchers and have samples in this time, in milliseconds since 1970.
    fn present(&self, matchers: &[Matcher], start: i64, end: i64) -> Vec<Labels>;

    /// The time of the youngest sample of all, in milliseconds since 1970, if there is one.
    fn youngest(&self) -> Option<i64>;
}

impl Sink for History {
    fn series_id(&self, labels: &Labels) -> Result<SeriesId, HistoryError> {
        Self::series_id(self, labels)
    }

    fn append(&self, batch: &[(SeriesId, Sample)]) -> Result<Appended, HistoryError> {
        Self::append(self, batch)
    }

    fn present(&self, matchers: &[Matcher], start: i64, end: i64) -> Vec<Labels> {
        self.label_sets(&[matchers.to_vec()], start, end)
    }

    fn youngest(&self) -> Option<i64> {
        Self::youngest(self)
    }
}

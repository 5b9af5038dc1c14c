//! What rules make of series: samples in the history, and marks where a series has ended.

use crate::history::{Appended, HistoryError, SeriesId};
use crate::scrape::Sink;
use std::collections::{BTreeMap, BTreeSet};
use telemetry_query::{Labels, METRIC_NAME, Matcher, STALE, Sample};

/// For how long a series still has a value after its last sample, in milliseconds: what is older needs no mark that it has ended.
const LOOKBACK: i64 = 300_000;

/// How often a batch is tried whose series were forgotten meanwhile.
const TRIES: usize = 2;

/// The series of one rule.
#[derive(Debug, Default)]
pub(super) struct Written {
    series: BTreeSet<Labels>,
}

impl Written {
    /// What was written before, by this process or by one before it.
    pub(super) fn of(series: impl IntoIterator<Item = Labels>) -> Self {
        Self { series: series.into_iter().collect() }
    }

    /// These are written by others from now on: they have not ended where they are not written any more.
    pub(super) fn forget(&mut self, series: &[Labels]) {
        for labels in series {
            self.series.remove(labels);
        }
    }

    /// These were written by others before.
    pub(super) fn also(&mut self, series: impl IntoIterator<Item = Labels>) {
        self.series.extend(series);
    }

    /// The series of a name that a process before this one has recorded, so that those which do not come back end now.
    pub(super) fn adopted(sink: &dyn Sink, record: &str, labels: &[(String, String)], at: i64) -> Self {
        let own = labels.iter().map(|(name, value)| Matcher::equal(name, value));
        let matchers: Vec<_> = [Matcher::equal(METRIC_NAME, record)].into_iter().chain(own).collect();
        Self::of(sink.present(&matchers, at.saturating_sub(LOOKBACK), at))
    }

    /// Writes what there is now, and marks what there was before and is not any more.
    ///
    /// # Errors
    /// Where the history does not take it. Nothing of it is there then, and what was there before is still known.
    pub(super) fn replace(
        &mut self,
        sink: &dyn Sink,
        now: BTreeMap<Labels, f64>,
        at: i64,
    ) -> Result<Appended, HistoryError> {
        let gone = self.series.iter().filter(|labels| !now.contains_key(*labels));
        let gone = gone.map(|labels| (labels, STALE));
        let samples: Vec<_> = now.iter().map(|(labels, value)| (labels, *value)).chain(gone).collect();
        let appended = if samples.is_empty() { Appended::default() } else { append(sink, &samples, at)? };
        self.series = now.into_keys().collect();
        Ok(appended)
    }
}

fn append(sink: &dyn Sink, samples: &[(&Labels, f64)], at: i64) -> Result<Appended, HistoryError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let numbered =
            |(labels, value): &(&Labels, f64)| Ok((sink.series_id(labels)?, Sample::new(at, *value)));
        let batch: Vec<(SeriesId, Sample)> = samples.iter().map(numbered).collect::<Result<_, _>>()?;
        match sink.append(&batch) {
            Err(HistoryError::UnknownSeries) if tries < TRIES => {}
            appended => return appended,
        }
    }
}

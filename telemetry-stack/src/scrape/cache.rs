//! What is remembered of a target from one scrape to the next: which line is which series, and which series there were.

use super::fetch::ScrapeError;
use super::names::series;
use super::sink::Sink;
use crate::history::SeriesId;
use foldhash::fast::RandomState;
use std::collections::{HashMap, HashSet};
use telemetry_core::exposition::{FamilyKind, Sample};
use telemetry_query::Labels;

/// Between the parts of a line's identity: a byte that no text in UTF-8 has.
const SEPARATOR: u8 = 0xff;

/// How lines of a target become series.
pub(super) struct Naming<'t> {
    pub(super) sink: &'t dyn Sink,
    /// The labels of the target.
    pub(super) labels: &'t Labels,
    pub(super) honor: bool,
}

/// The lines of the scrapes before, so that the labels of a line that was there before are not made again.
#[derive(Debug, Default)]
pub(super) struct Lines {
    known: HashMap<Box<[u8]>, Known, RandomState>,
    /// Counts scrapes, so that a line that is not there any more can be told.
    scrape: u64,
    /// The identity of the present line, made in the same place each time.
    identity: Vec<u8>,
}

#[derive(Debug)]
struct Known {
    id: SeriesId,
    scrape: u64,
}

impl Lines {
    /// Begins the next scrape.
    pub(super) fn begin(&mut self) {
        self.scrape += 1;
    }

    /// The series of a line.
    pub(super) fn id(
        &mut self,
        sample: &Sample<'_, '_>,
        kind: FamilyKind,
        naming: &Naming<'_>,
    ) -> Result<SeriesId, ScrapeError> {
        if sample.timestamp.is_some() {
            // All samples of such a series may be so old that the history forgets it, and its number with it.
            return begin(sample, kind, naming);
        }
        self.identify(sample, kind);
        if let Some(known) = self.known.get_mut(self.identity.as_slice()) {
            known.scrape = self.scrape;
            return Ok(known.id);
        }
        let id = begin(sample, kind, naming)?;
        self.known.insert(self.identity.as_slice().into(), Known { id, scrape: self.scrape });
        Ok(id)
    }

    /// Forgets the lines that the present scrape did not have.
    pub(super) fn evict(&mut self) {
        let scrape = self.scrape;
        self.known.retain(|_, known| known.scrape == scrape);
    }

    /// Forgets all lines: the numbers of series may be others when they come back.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }

    fn identify(&mut self, sample: &Sample<'_, '_>, kind: FamilyKind) {
        let identity = &mut self.identity;
        identity.clear();
        // Bounds are spelled anew only in families of these kinds.
        identity.push(match kind {
            FamilyKind::Histogram => b'h',
            FamilyKind::Summary => b's',
            _ => b'-',
        });
        identity.extend_from_slice(sample.name.as_bytes());
        for label in sample.labels {
            identity.push(SEPARATOR);
            identity.extend_from_slice(label.name.as_bytes());
            identity.push(SEPARATOR);
            identity.extend_from_slice(label.value.as_bytes());
        }
    }
}

fn begin(sample: &Sample<'_, '_>, kind: FamilyKind, naming: &Naming<'_>) -> Result<SeriesId, ScrapeError> {
    Ok(naming.sink.series_id(&series(sample, kind, naming.labels, naming.honor))?)
}

/// The series that a target had in its last scrape that was stored, and those of the present one.
#[derive(Debug, Default)]
pub(super) struct Alive {
    before: HashSet<SeriesId, RandomState>,
    now: HashSet<SeriesId, RandomState>,
}

impl Alive {
    /// Begins a scrape.
    pub(super) fn begin(&mut self) {
        self.now.clear();
    }

    /// Takes over what a scraper before this one has left behind.
    pub(super) fn adopt(&mut self, ids: impl IntoIterator<Item = SeriesId>) {
        self.before.extend(ids);
    }

    /// Whether the present scrape did not have this series yet.
    pub(super) fn see(&mut self, id: SeriesId) -> bool {
        self.now.insert(id)
    }

    /// The series that the present scrape does not have any more.
    pub(super) fn gone(&self) -> impl Iterator<Item = SeriesId> {
        self.before.difference(&self.now).copied()
    }

    /// How many series the scrape before did not have.
    pub(super) fn added(&self) -> usize {
        self.now.difference(&self.before).count()
    }

    /// Ends a scrape that was stored.
    pub(super) fn commit(&mut self) {
        std::mem::swap(&mut self.before, &mut self.now);
    }
}

//! Samples on disk: which series there are, and what they were when.
//!
//! A sample is in one of two places. The youngest are in memory, compressed as they come in, and in a journal on disk, one entry for each
//! batch. When two hours are over, their samples are brought into a block on disk in one step, and leave memory and journal. Readers are
//! told under one lock what is in which place, so they miss nothing and see nothing twice.
//!
//! | module | what it is responsible for |
//! |---|---|
//! | `chunk` | samples of one series in few bytes |
//! | `pack` | chunks of many series in one value on disk |
//! | `block` | which series have samples in which two hours |
//! | `journal` | batches that are in memory, for the next start |
//! | `index` | finding series by their labels |
//! | `head` | what is in memory |
//! | `shelf` | bytes on disk, changed in steps that happen wholly or not at all |
//! | `open`, `maintain`, `read`, `import`, `export` | what can be done with a history |
//! | `aside` | what becomes of samples of the future |

mod aside;
mod block;
mod chunk;
mod error;
mod export;
mod head;
mod import;
mod index;
mod journal;
mod maintain;
mod open;
mod pack;
mod read;
mod shelf;
#[cfg(test)]
mod tests;

pub(crate) use aside::FUTURE;
pub use aside::SetAside;
pub use error::HistoryError;
pub use export::{ExportError, Exported};
pub use import::Import;

use head::Head;
use journal::Journal;
use shelf::database::DatabaseShelf;
use shelf::{Changes, Row, Shelf};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;
use telemetry_query::{Labels, Sample};

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

/// What became of a batch of samples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Appended {
    /// How many were stored.
    pub stored: usize,
    /// How many were left out because they were not younger than the latest of their series, or belong to a block that is on disk.
    pub out_of_order: usize,
    /// How many were left out because they said at the same time what was there already.
    pub duplicates: usize,
}

/// What a history holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HistoryStats {
    /// Series that are known.
    pub series: usize,
    /// Chunks of samples, in memory and on disk.
    pub chunks: usize,
    /// How many bytes it takes on disk.
    pub bytes: u64,
    /// The time of the oldest sample, in milliseconds since 1970, if there is one.
    pub oldest: Option<i64>,
    /// The time of the youngest sample, in milliseconds since 1970, if there is one.
    pub youngest: Option<i64>,
}

/// Series with their samples, on disk. All methods can be called from any thread.
///
/// Nothing has to be done at the end: what was appended is on disk.
#[derive(Debug)]
pub struct History {
    path: PathBuf,
    options: HistoryOptions,
    shelf: Box<dyn Shelf>,
    /// Held by whoever appends, from looking at what is there until the samples are in memory.
    journal: Mutex<Journal>,
    head: RwLock<Head>,
    /// Held by whoever maintains.
    maintenance: Mutex<()>,
}

impl History {
    /// Opens the history in this folder, which is created where it is not there. Only the owner can read what is created, and the file
    /// of the samples is made so where it was not.
    ///
    /// # Errors
    /// When the folder cannot be read or written, what is in it is damaged, or another process has it open.
    pub fn open(folder: &Path, options: HistoryOptions) -> Result<Self, HistoryError> {
        let created = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        created.map_err(|error| HistoryError::Folder(folder.to_owned(), error))?;
        let path = folder.join("history.redb");
        let shelf = DatabaseShelf::open(&path).map_err(|error| HistoryError::of(&path, error))?;
        Self::on(Box::new(shelf), path, options)
    }

    /// The history on a shelf; the path is for messages.
    fn on(shelf: Box<dyn Shelf>, path: PathBuf, options: HistoryOptions) -> Result<Self, HistoryError> {
        let (head, journal) = open::load(&*shelf).map_err(|error| HistoryError::of(&path, error))?;
        let (journal, head) = (Mutex::new(journal), RwLock::new(head));
        Ok(Self { path, options, shelf, journal, head, maintenance: Mutex::new(()) })
    }

    /// The number of the series with these labels, which begins where it is not known yet. It is good for as long as samples follow, or
    /// until the retention has passed; see [`HistoryError::UnknownSeries`].
    ///
    /// # Errors
    /// [`HistoryError::TooManySeries`].
    pub fn series_id(&self, labels: &Labels) -> Result<SeriesId, HistoryError> {
        if let Some(known) = self.head().ask(labels) {
            return Ok(SeriesId(known));
        }
        let mut head = writing(&self.head);
        if let Some(known) = head.ask(labels) {
            return Ok(SeriesId(known));
        }
        self.check_room(&head)?;
        let number = head.index.next();
        head.add_series(number, labels, false);
        Ok(SeriesId(number))
    }

    fn check_room(&self, head: &Head) -> Result<(), HistoryError> {
        let count = head.index.len();
        if count >= self.options.max_series || head.index.next() == u32::MAX {
            return Err(HistoryError::TooManySeries(count));
        }
        Ok(())
    }

    /// Appends samples: all that fit, or none where it fails. What was appended is on disk when this returns.
    ///
    /// # Errors
    /// When they cannot be written; nothing of the batch is there then. [`HistoryError::NoSpace`] where the disk is full.
    pub fn append(&self, batch: &[(SeriesId, Sample)]) -> Result<Appended, HistoryError> {
        let mut journal = self.journal();
        let accepted = self.head().accept(batch.iter().map(|(series, sample)| (series.0, *sample)))?;
        let Some(last) = accepted.stored.iter().map(|(_, sample)| sample.timestamp).max() else {
            return Ok(accepted.outcome);
        };
        let (number, entry) = (journal.next, journal::encode(&accepted.stored));
        self.commit(&mut |pen| {
            for (series, labels) in &accepted.unwritten {
                pen.put(Row::Series, (0, *series), &open::encode_labels(labels))?;
            }
            journal::parts(&entry).try_for_each(|(part, bytes)| pen.put(Row::Journal, (number, part), bytes))
        })?;
        journal.note(number, last);
        writing(&self.head).take(&accepted);
        Ok(accepted.outcome)
    }

    /// The time of the youngest sample, in milliseconds since 1970, if there is one.
    #[must_use]
    pub fn youngest(&self) -> Option<i64> {
        self.head().span().map(|(_, youngest)| youngest)
    }

    /// What the history holds.
    #[must_use]
    pub fn stats(&self) -> HistoryStats {
        let head = self.head();
        let span = head.span();
        HistoryStats {
            series: head.index.len(),
            chunks: head.chunks(),
            bytes: self.shelf.bytes(),
            oldest: span.map(|(oldest, _)| oldest),
            youngest: span.map(|(_, youngest)| youngest),
        }
    }

    fn commit(&self, changes: &mut Changes<'_>) -> Result<(), HistoryError> {
        self.shelf.commit(changes).map_err(|error| HistoryError::of(&self.path, error))
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn head(&self) -> RwLockReadGuard<'_, Head> {
        self.head.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn writing(head: &RwLock<Head>) -> RwLockWriteGuard<'_, Head> {
    head.write().unwrap_or_else(PoisonError::into_inner)
}

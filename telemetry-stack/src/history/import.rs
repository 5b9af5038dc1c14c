//! Loading years of samples at once, straight to their last place on disk.

use super::block::{self, Block};
use super::chunk::{Growing, MOST_SAMPLES};
use super::journal::Journal;
use super::maintain::BlockWriter;
use super::open::{IMPORTING, SEALED, encode_labels, encode_sealed};
use super::shelf::{EVERYTHING, Key, Pen, Row, ShelfError, all_of};
use super::{History, HistoryError, writing};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{MutexGuard, PoisonError};
use telemetry_query::{Labels, Sample};

/// So much is gathered in memory before it is written.
const GATHERED: usize = 8 * 1024 * 1024;

/// An import into an empty history, see [`History::import`].
///
/// Until [`finish`](Self::finish) nothing of it is visible, and nothing can be appended; what is dropped before that is gone.
#[derive(Debug)]
pub struct Import<'h> {
    history: &'h History,
    _maintenance: MutexGuard<'h, ()>,
    _journal: MutexGuard<'h, Journal>,
    blocks: BTreeMap<i64, BlockWriter>,
    gathered: Gathered,
    next: u32,
    last: i64,
}

/// What is not written yet.
#[derive(Debug, Default)]
struct Gathered {
    values: Vec<(Row, Key, Vec<u8>)>,
    length: usize,
}

impl Pen for Gathered {
    fn put(&mut self, row: Row, key: Key, value: &[u8]) -> Result<(), ShelfError> {
        self.length += value.len();
        self.values.push((row, key, value.to_owned()));
        Ok(())
    }

    fn remove(&mut self, _: Row, _: RangeInclusive<Key>) -> Result<(), ShelfError> {
        Ok(())
    }
}

impl History {
    /// Begins to import series with all their samples, straight to their last place on disk. The history must be empty, and waits with
    /// everything but reading until the import is over. Afterwards only samples that are younger than all of these are taken.
    ///
    /// # Errors
    /// [`HistoryError::NotEmpty`], or when it cannot be written.
    pub fn import(&self) -> Result<Import<'_>, HistoryError> {
        let maintenance = self.maintenance.lock().unwrap_or_else(PoisonError::into_inner);
        let journal = self.journal();
        if self.head().index.len() > 0 {
            return Err(HistoryError::NotEmpty(self.path.clone()));
        }
        self.commit(&mut |pen| {
            pen.remove(Row::Packs, EVERYTHING)?;
            pen.put(Row::Facts, (IMPORTING, 0), &[])
        })?;
        Ok(Import {
            history: self,
            _maintenance: maintenance,
            _journal: journal,
            blocks: BTreeMap::new(),
            gathered: Gathered::default(),
            next: self.head().index.next(),
            last: i64::MIN,
        })
    }
}

impl Import<'_> {
    /// Imports all samples of a series, which are in the order of their times.
    ///
    /// # Errors
    /// When they are not in order, there are too many series, or it cannot be written. The import cannot go on then.
    pub fn series(
        &mut self,
        labels: &Labels,
        samples: impl IntoIterator<Item = Sample>,
    ) -> Result<(), HistoryError> {
        let number = self.begin_series(labels)?;
        let (mut growing, mut written): (Option<Growing>, Vec<Vec<u8>>) = (None, Vec::new());
        for sample in samples {
            let last = growing.as_ref().map_or(i64::MIN, Growing::last);
            if sample.timestamp <= last {
                return Err(HistoryError::NotInOrder(labels.to_string()));
            }
            let block = block::of(sample.timestamp);
            let same_block = growing.as_ref().is_some_and(|chunk| block::of(chunk.first()) == block);
            match &mut growing {
                Some(chunk) if same_block && chunk.count() < MOST_SAMPLES => chunk.push(sample),
                _ => {
                    let complete = growing.replace(Growing::starting(sample));
                    written.extend(complete.as_ref().map(write));
                    if !same_block {
                        self.add(number, last, &std::mem::take(&mut written))?;
                    }
                }
            }
        }
        written.extend(growing.as_ref().map(write));
        let last = growing.as_ref().map_or(i64::MIN, Growing::last);
        self.add(number, last, &written)?;
        self.write_if(GATHERED)
    }

    fn begin_series(&mut self, labels: &Labels) -> Result<u32, HistoryError> {
        let mut head = writing(&self.history.head);
        if head.index.number(labels).is_some() {
            return Err(HistoryError::NotInOrder(labels.to_string()));
        }
        self.history.check_room(&head)?;
        let number = self.next;
        // Should the import be given up, the labels are written with the first sample that is appended.
        head.add_series(number, labels, false);
        drop(head);
        self.next += 1;
        self.put(|gathered| gathered.put(Row::Series, (0, number), &encode_labels(labels)))?;
        Ok(number)
    }

    /// Adds the chunks of a series in one block, the last of whose samples is at this time.
    fn add(&mut self, number: u32, last: i64, chunks: &[Vec<u8>]) -> Result<(), HistoryError> {
        if chunks.is_empty() {
            return Ok(());
        }
        self.last = self.last.max(last);
        let start = block::beginning(block::of(last));
        let writer = self.blocks.entry(start).or_insert_with(|| BlockWriter::new(start));
        let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
        let added = writer.add(number, &chunks, &mut self.gathered);
        added.map_err(|error| HistoryError::of(&self.history.path, error))
    }

    fn put(&mut self, put: impl FnOnce(&mut Gathered) -> Result<(), ShelfError>) -> Result<(), HistoryError> {
        put(&mut self.gathered).map_err(|error| HistoryError::of(&self.history.path, error))
    }

    fn write_if(&mut self, length: usize) -> Result<(), HistoryError> {
        if self.gathered.length < length {
            return Ok(());
        }
        let gathered = std::mem::take(&mut self.gathered);
        self.history.commit(&mut |pen| {
            gathered.values.iter().try_for_each(|(row, key, value)| pen.put(*row, *key, value))
        })
    }

    /// Writes what is left. When this returns everything is on disk and can be read.
    ///
    /// # Errors
    /// When it cannot be written; nothing was imported then.
    pub fn finish(mut self) -> Result<(), HistoryError> {
        let mut blocks = Vec::new();
        for (_, writer) in std::mem::take(&mut self.blocks) {
            self.put(|gathered| {
                blocks.push(writer.finish(gathered)?);
                Ok(())
            })?;
        }
        let sealed = self.last.saturating_add(1);
        let gathered = std::mem::take(&mut self.gathered);
        self.history.commit(&mut |pen| {
            gathered.values.iter().try_for_each(|(row, key, value)| pen.put(*row, *key, value))?;
            pen.put(Row::Facts, (SEALED, 0), &encode_sealed(sealed))?;
            pen.remove(Row::Facts, all_of(IMPORTING))
        })?;
        self.show(blocks, sealed);
        Ok(())
    }

    fn show(&self, blocks: Vec<Block>, sealed: i64) {
        let mut head = writing(&self.history.head);
        head.close_before(sealed);
        head.seal(sealed, blocks);
    }
}

fn write(chunk: &Growing) -> Vec<u8> {
    let mut bytes = Vec::new();
    chunk.write(&mut bytes);
    bytes
}

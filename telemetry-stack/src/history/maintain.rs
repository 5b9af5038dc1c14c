//! Bringing what is complete to its place on disk, and forgetting what is too old.

use super::block::{self, Block};
use super::head::Head;
use super::open::{SEALED, encode_sealed};
use super::pack::{Pack, Packer};
use super::shelf::{Key, Pen, Row, ShelfError, all_of, of_time};
use super::{History, HistoryError, writing};
use std::sync::PoisonError;

impl History {
    /// Forgets what is older than the retention, and brings samples that are complete to their place on disk, two hours of them at a time
    /// and an hour after these are over. To be called every minute or so; meanwhile samples can be appended and read. `now` is in
    /// milliseconds since 1970.
    ///
    /// The retention counts from `now` or, where that is earlier, from the youngest sample that is at its place. So nothing is lost
    /// because a clock jumps ahead, unless more than an hour of samples was taken by that clock.
    ///
    /// # Errors
    /// When it cannot be written; nothing is lost then.
    pub fn maintain(&self, now: i64) -> Result<(), HistoryError> {
        let _alone = self.maintenance.lock().unwrap_or_else(PoisonError::into_inner);
        writing(&self.head).maintained += 1;
        self.seal(now)?;
        self.forget(now)
    }

    fn seal(&self, now: i64) -> Result<(), HistoryError> {
        // While the journal is held nothing is appended, so whatever is appended later belongs to later blocks.
        let journal = self.journal();
        let complete = self.head().complete_blocks(now);
        let Some(last) = complete.last() else { return Ok(()) };
        let sealed = block::beginning(last + 1);
        writing(&self.head).close_before(sealed);
        let batches = journal.before(sealed);
        drop(journal);
        let mut blocks = Vec::new();
        self.commit(&mut |pen| {
            blocks.clear();
            for number in &complete {
                blocks.push(self.write_block(*number, pen)?);
            }
            for range in ranges(&batches) {
                pen.remove(Row::Journal, range)?;
            }
            pen.put(Row::Facts, (SEALED, 0), &encode_sealed(sealed))
        })?;
        self.journal().forget_before(sealed);
        writing(&self.head).seal(sealed, blocks);
        Ok(())
    }

    /// Writes the samples of a block that are in memory.
    fn write_block(&self, number: i64, pen: &mut dyn Pen) -> Result<Block, ShelfError> {
        let first = block::beginning(number);
        let last = block::beginning(number + 1) - 1;
        // The first part of a block may be there already, from an import.
        let start = first.max(self.head().sealed);
        // An import that was given up may have left something there.
        pen.remove(Row::Packs, all_of(of_time(start)))?;
        let mut writer = BlockWriter::new(start);
        let mut some = 0..0;
        loop {
            some = self.head().some(some.end);
            if some.is_empty() {
                break;
            }
            let copied: Vec<_> = {
                let head = self.head();
                some.clone().map(|series| (series, head.copy(series, first, last))).collect()
            };
            for (series, chunks) in copied {
                writer.add(series, &chunks.iter().collect::<Vec<_>>(), pen)?;
            }
        }
        writer.finish(pen)
    }

    fn forget(&self, now: i64) -> Result<(), HistoryError> {
        // Held to the end, so that no series gets samples while it is being forgotten.
        let _journal = self.journal();
        let (expired, kept, series) = {
            let head = self.head();
            let (expired, kept) = self.expired(&head, now);
            let series = head.without_samples(&kept);
            (expired, kept, series)
        };
        if expired.is_empty() && series.is_empty() {
            return Ok(());
        }
        self.commit(&mut |pen| {
            for block in &expired {
                pen.remove(Row::Packs, all_of(of_time(block.start)))?;
                pen.remove(Row::Blocks, all_of(of_time(block.start)))?;
            }
            series.iter().try_for_each(|number| pen.remove(Row::Series, (0, *number)..=(0, *number)))
        })?;
        let mut head = writing(&self.head);
        head.publish(kept);
        head.forget(&series);
        Ok(())
    }

    /// The blocks that are too old, and the others.
    fn expired(&self, head: &Head, now: i64) -> (Vec<Block>, Vec<Block>) {
        let youngest = head.blocks.last().map_or(i64::MIN, |block| block.last);
        let retention = i64::try_from(self.options.retention.as_millis()).unwrap_or(i64::MAX);
        let oldest = now.min(youngest).saturating_sub(retention);
        head.blocks.iter().cloned().partition(|block| block.last < oldest)
    }
}

/// Ranges of keys of these batches, which are sorted.
fn ranges(batches: &[u64]) -> impl Iterator<Item = std::ops::RangeInclusive<Key>> {
    let runs = batches.chunk_by(|one, next| one + 1 == *next);
    runs.map(|run| (run[0], 0)..=(run[run.len() - 1], u32::MAX))
}

/// Writes the packs of a block, and keeps account of what is in it.
#[derive(Debug)]
pub(super) struct BlockWriter {
    block: Block,
    packer: Packer,
}

impl BlockWriter {
    pub(super) fn new(start: i64) -> Self {
        Self { block: Block::new(start), packer: Packer::default() }
    }

    /// Adds the chunks of a series, if it has any. The series come in the order of their numbers.
    pub(super) fn add(&mut self, series: u32, chunks: &[&[u8]], pen: &mut dyn Pen) -> Result<(), ShelfError> {
        let (Some(first), Some(last)) = (chunks.first(), chunks.last()) else { return Ok(()) };
        let (first, last) = (super::chunk::first_time(first)?, super::chunk::last_time(last)?);
        self.block.add(series, first, last, chunks.len());
        match self.packer.push(series, chunks) {
            Some(full) => self.put(&full, pen),
            None => Ok(()),
        }
    }

    /// Writes what is left, and what is known of the block.
    pub(super) fn finish(mut self, pen: &mut dyn Pen) -> Result<Block, ShelfError> {
        if let Some(last) = self.packer.finish() {
            self.put(&last, pen)?;
        }
        pen.put(Row::Blocks, (of_time(self.block.start), 0), &self.block.encode())?;
        Ok(self.block)
    }

    fn put(&mut self, pack: &Pack, pen: &mut dyn Pen) -> Result<(), ShelfError> {
        self.block.bytes += (pack.bytes.len() as u64).next_multiple_of(4096);
        pen.put(Row::Packs, (of_time(self.block.start), pack.first), &pack.bytes)
    }
}

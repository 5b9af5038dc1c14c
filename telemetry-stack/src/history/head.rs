//! The youngest samples of every series, in memory, and what must be known to take more.

use super::block::{self, Block};
use super::chunk::{Damaged, Growing, MOST_SAMPLES};
use super::index::Index;
use super::journal::Stored;
use super::{Appended, HistoryError};
use foldhash::fast::RandomState;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use telemetry_query::{Labels, Sample};

/// A chunk that is complete and not on disk yet.
#[derive(Debug)]
pub(super) struct Complete {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) bytes: Box<[u8]>,
}

/// What is known of a series.
#[derive(Debug)]
struct Series {
    complete: Vec<Complete>,
    growing: Option<Growing>,
    /// The time and the bits of the latest sample since the start of the process.
    latest: (i64, u64),
    /// Whether its labels are on disk.
    written: bool,
    /// When it was last asked for by its labels, in times of maintenance.
    asked: AtomicU32,
}

impl Series {
    const fn new(written: bool, asked: u32) -> Self {
        let latest = (i64::MIN, 0);
        Self { complete: Vec::new(), growing: None, latest, written, asked: AtomicU32::new(asked) }
    }

    fn push(&mut self, sample: Sample) {
        self.latest = (sample.timestamp, sample.value.to_bits());
        match &mut self.growing {
            Some(chunk) if may_grow(chunk, sample.timestamp) => chunk.push(sample),
            growing => {
                let complete = growing.replace(Growing::starting(sample)).map(|chunk| finished(&chunk));
                self.complete.extend(complete);
            }
        }
    }

    fn overlaps(&self, start: i64, end: i64) -> bool {
        let overlaps = |first, last| first <= end && start <= last;
        self.complete.iter().any(|chunk| overlaps(chunk.first, chunk.last))
            || self.growing.as_ref().is_some_and(|chunk| overlaps(chunk.first(), chunk.last()))
    }

    fn drop_before(&mut self, time: i64) {
        self.complete.retain(|chunk| chunk.last >= time);
        self.complete.shrink_to_fit();
        self.growing.take_if(|chunk| chunk.last() < time);
    }

    fn chunks(&self) -> usize {
        self.complete.len() + usize::from(self.growing.is_some())
    }
}

/// Chunks do not reach from one block into another.
fn may_grow(chunk: &Growing, time: i64) -> bool {
    chunk.count() < MOST_SAMPLES && block::of(chunk.first()) == block::of(time)
}

fn finished(chunk: &Growing) -> Complete {
    let mut bytes = Vec::new();
    chunk.write(&mut bytes);
    Complete { first: chunk.first(), last: chunk.last(), bytes: bytes.into() }
}

/// What a batch comes to.
#[derive(Debug, Default)]
pub(super) struct Accepted {
    pub(super) stored: Vec<Stored>,
    /// The series whose labels must be written too.
    pub(super) unwritten: Vec<(u32, Labels)>,
    pub(super) outcome: Appended,
}

/// Chunks of a series that are in memory, copied out.
#[derive(Debug, Default)]
pub(super) struct Copied {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Copied {
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[start..*end])
    }

    fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }
}

/// Everything that is in memory: the index, the youngest samples, and which blocks are on disk.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) index: Index,
    series: Vec<Option<Box<Series>>>,
    /// Blocks on disk, in order.
    pub(super) blocks: Arc<Vec<Block>>,
    /// The first and the last sample of each block that is not on disk yet.
    young: BTreeMap<i64, (i64, i64)>,
    /// The time that was noted last.
    noted: Option<i64>,
    /// Samples before this are in blocks, or nowhere.
    pub(super) sealed: i64,
    /// Samples before this are not taken any more.
    closed: i64,
    /// Goes up with every change of the blocks on disk.
    pub(super) generation: u64,
    /// Goes up with every maintenance.
    pub(super) maintained: u32,
}

impl Head {
    pub(super) fn new(blocks: Vec<Block>, sealed: i64) -> Self {
        Self {
            index: Index::default(),
            series: Vec::new(),
            blocks: Arc::new(blocks),
            young: BTreeMap::new(),
            noted: None,
            sealed,
            closed: sealed,
            generation: 0,
            maintained: 0,
        }
    }

    /// Adds a series that is not known yet, under a number that is not smaller than that of any other.
    pub(super) fn add_series(&mut self, number: u32, labels: &Labels, written: bool) {
        self.index.insert(number, labels);
        self.series.resize_with(number as usize, || None);
        self.series.push(Some(Box::new(Series::new(written, self.maintained))));
    }

    fn get(&self, series: u32) -> Option<&Series> {
        self.series.get(series as usize)?.as_deref()
    }

    fn slot(&mut self, series: u32) -> Option<&mut Series> {
        self.series.get_mut(series as usize)?.as_deref_mut()
    }

    /// The number of a series that is known, which is not forgotten for a while.
    pub(super) fn ask(&self, labels: &Labels) -> Option<u32> {
        let number = self.index.number(labels)?;
        self.get(number)?.asked.store(self.maintained, Ordering::Relaxed);
        Some(number)
    }

    /// Which samples of a batch can be taken.
    pub(super) fn accept(&self, batch: impl Iterator<Item = Stored>) -> Result<Accepted, HistoryError> {
        let mut accepted = Accepted::default();
        let mut latest: HashMap<u32, (i64, u64), RandomState> = HashMap::default();
        for (number, sample) in batch {
            let series = self.get(number).ok_or(HistoryError::UnknownSeries)?;
            let before = latest.get(&number).copied();
            if before.is_none() && !series.written {
                accepted.unwritten.extend(self.index.labels(number).map(|labels| (number, labels.clone())));
            }
            let before = before.unwrap_or(series.latest);
            let this = (sample.timestamp, sample.value.to_bits());
            if before == this {
                accepted.outcome.duplicates += 1;
            } else if this.0 <= before.0 || this.0 < self.closed {
                accepted.outcome.out_of_order += 1;
            } else {
                latest.insert(number, this);
                accepted.stored.push((number, sample));
            }
        }
        accepted.outcome.stored = accepted.stored.len();
        Ok(accepted)
    }

    /// Takes samples that were accepted, and are on disk.
    pub(super) fn take(&mut self, accepted: &Accepted) {
        for (number, _) in &accepted.unwritten {
            self.slot(*number).into_iter().for_each(|series| series.written = true);
        }
        for (number, sample) in &accepted.stored {
            self.push(*number, *sample);
        }
    }

    /// Takes a sample from the journal, which may be in a block already.
    pub(super) fn replay(&mut self, (number, sample): Stored) -> Result<(), Damaged> {
        if sample.timestamp >= self.sealed {
            let series = self.get(number).ok_or(Damaged)?;
            if series.latest.0 < sample.timestamp {
                self.push(number, sample);
            }
        }
        Ok(())
    }

    fn push(&mut self, number: u32, sample: Sample) {
        if let Some(series) = self.slot(number) {
            series.push(sample);
            self.note(sample.timestamp);
        }
    }

    /// Notes that there is a sample at this time. Mostly there is one already.
    fn note(&mut self, time: i64) {
        if self.noted != Some(time) {
            self.noted = Some(time);
            let young = self.young.entry(block::of(time)).or_insert((i64::MAX, i64::MIN));
            *young = (young.0.min(time), young.1.max(time));
        }
    }

    /// The time of the oldest and of the youngest sample.
    pub(super) fn span(&self) -> Option<(i64, i64)> {
        let in_memory = self.young.values().copied();
        let on_disk = self.blocks.iter().map(|block| (block.first, block.last));
        in_memory.chain(on_disk).reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
    }

    /// How many chunks there are, in memory and on disk.
    pub(super) fn chunks(&self) -> usize {
        let in_memory: usize = self.series.iter().flatten().map(|series| series.chunks()).sum();
        in_memory + self.blocks.iter().map(|block| block.chunks as usize).sum::<usize>()
    }

    /// Whether a series has samples in this time, as far as that can be told without reading them.
    pub(super) fn has_samples(&self, series: u32, start: i64, end: i64) -> bool {
        self.get(series).is_some_and(|series| series.overlaps(start, end))
            || self.blocks.iter().any(|block| block.overlaps(start, end) && block.contains(series))
    }

    /// Copies the chunks of a series that are in memory and overlap a time.
    pub(super) fn copy(&self, number: u32, start: i64, end: i64) -> Copied {
        let mut copied = Copied::default();
        let Some(series) = self.get(number) else { return copied };
        for chunk in series.complete.iter().filter(|chunk| chunk.first <= end && start <= chunk.last) {
            copied.add(|bytes| bytes.extend_from_slice(&chunk.bytes));
        }
        let growing = series.growing.as_ref();
        if let Some(chunk) = growing.filter(|chunk| chunk.first() <= end && start <= chunk.last()) {
            copied.add(|bytes| chunk.write(bytes));
        }
        copied
    }

    /// The blocks that can go to disk, in order: an hour of samples came after them, so that nothing more is likely to come, and an
    /// hour has passed since. Both, because a clock may jump.
    pub(super) fn complete_blocks(&self, now: i64) -> Vec<i64> {
        let Some((_, (_, youngest))) = self.young.last_key_value() else { return Vec::new() };
        let next = self.young.iter().skip(1).map(|(_, (first, _))| *first);
        let settled = |(block, next): &(i64, i64)| {
            youngest.saturating_sub(*next) >= PATIENCE
                && now >= block::beginning(block + 1).saturating_add(PATIENCE)
        };
        self.young.keys().copied().zip(next).take_while(settled).map(|(block, _)| block).collect()
    }

    /// Takes no more samples before this time.
    pub(super) fn close_before(&mut self, time: i64) {
        self.closed = self.closed.max(time);
    }

    /// Some series from this number on, as many as can be looked at without keeping others waiting.
    pub(super) const fn some(&self, from: u32) -> std::ops::Range<u32> {
        let end = self.series.len() as u32;
        let wanted = from.saturating_add(512);
        from..if end < wanted { end } else { wanted }
    }

    /// What was in memory before this time is on disk now.
    pub(super) fn seal(&mut self, sealed: i64, new: Vec<Block>) {
        let mut blocks = self.blocks.to_vec();
        blocks.extend(new);
        self.publish(blocks);
        self.sealed = sealed;
        self.young.retain(|block, _| block::beginning(*block) >= sealed);
        self.series.iter_mut().flatten().for_each(|series| series.drop_before(sealed));
    }

    /// From now on these are the blocks on disk.
    pub(super) fn publish(&mut self, blocks: Vec<Block>) {
        self.blocks = Arc::new(blocks);
        self.generation += 1;
    }

    /// The series without any samples, not even in these blocks, for which nobody asked lately.
    pub(super) fn without_samples(&self, blocks: &[Block]) -> Vec<u32> {
        let is_empty = |number: &u32| {
            self.get(*number).is_some_and(|series| series.chunks() == 0 && !self.was_asked(series))
                && !blocks.iter().any(|block| block.contains(*number))
        };
        self.index.all().filter(is_empty).collect()
    }

    fn was_asked(&self, series: &Series) -> bool {
        self.maintained.wrapping_sub(series.asked.load(Ordering::Relaxed)) < 2
    }

    /// Forgets series that are not on disk any more; those that somebody has asked for meanwhile are written again with their next sample.
    pub(super) fn forget(&mut self, series: &[u32]) {
        let mut forgotten = Vec::with_capacity(series.len());
        for number in series {
            match self.get(*number).map(|series| self.was_asked(series)) {
                Some(false) => forgotten.push(*number),
                _ => self.slot(*number).into_iter().for_each(|series| series.written = false),
            }
        }
        self.index.remove(&forgotten);
        for number in forgotten {
            self.series.get_mut(number as usize).into_iter().for_each(|slot| *slot = None);
        }
    }
}

/// For so long samples of a block that is over are waited for.
const PATIENCE: i64 = 3600 * 1000;

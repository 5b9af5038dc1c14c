//! Where bytes are kept: rows of values under ordered keys, changed in steps that are wholly on disk or not at all.
//!
//! Nothing here knows what a sample is. Another store can take the place of [`database`], and a test can put one in between that fails.

pub(super) mod database;

use std::error::Error;
use std::fmt::Debug;
use std::ops::RangeInclusive;

/// What a value is of. Each row has keys of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Row {
    /// Label sets, by number of the series.
    Series,
    /// Batches that are not in a block yet, by number and part.
    Journal,
    /// What is in a block, by its beginning.
    Blocks,
    /// Chunks of many series, by the beginning of their block and the number of the first series.
    Packs,
    /// Single facts about the whole.
    Facts,
}

/// Keys are ordered by the first number, then by the second.
pub(super) type Key = (u64, u32);

/// All keys.
pub(super) const EVERYTHING: RangeInclusive<Key> = (0, 0)..=(u64::MAX, u32::MAX);

/// Keys with this first number.
pub(super) const fn all_of(first: u64) -> RangeInclusive<Key> {
    (first, 0)..=(first, u32::MAX)
}

/// The first number of a key for a time: earlier times have smaller ones.
pub(super) const fn of_time(time: i64) -> u64 {
    (time as u64) ^ (1 << 63)
}

/// The time of which [`of_time`] made a number.
pub(super) const fn to_time(number: u64) -> i64 {
    (number ^ (1 << 63)) as i64
}

/// Why bytes could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ShelfError {
    #[error("no space is left")]
    Full,
    #[error("another process has it open")]
    InUse,
    #[error("what is there is not what was written: {0}")]
    Damaged(String),
    #[error(transparent)]
    Other(Box<dyn Error + Send + Sync>),
}

/// A place for bytes. All methods can be called from any thread.
pub(super) trait Shelf: Debug + Send + Sync {
    /// Makes changes, which are on disk when this returns; where it fails, or the changes do, nothing has changed.
    fn commit(&self, changes: &mut Changes<'_>) -> Result<(), ShelfError>;

    /// What is there now, and stays as it is for whoever looks at it.
    fn view(&self) -> Result<Box<dyn View>, ShelfError>;

    /// How many bytes it takes on disk.
    fn bytes(&self) -> u64;

    /// Gives back space that is not used, as far as it can be. Nobody may look at a view meanwhile.
    fn compact(&self) -> Result<(), ShelfError>;
}

/// What is to be changed in one step.
pub(super) type Changes<'c> = dyn FnMut(&mut dyn Pen) -> Result<(), ShelfError> + 'c;

/// Makes changes.
pub(super) trait Pen {
    /// Writes a value, in place of the one that may be there.
    fn put(&mut self, row: Row, key: Key, value: &[u8]) -> Result<(), ShelfError>;

    /// Removes all values with these keys.
    fn remove(&mut self, row: Row, keys: RangeInclusive<Key>) -> Result<(), ShelfError>;
}

/// What there was at one moment.
pub(super) trait View {
    /// Hands over the value with the greatest key among these, if there is one.
    fn last(&self, row: Row, keys: RangeInclusive<Key>, take: &mut Take<'_>) -> Result<(), ShelfError>;

    /// Hands over all values of a row in the order of their keys.
    fn each(&self, row: Row, take: &mut Take<'_>) -> Result<(), ShelfError>;
}

/// Takes a value with its key.
pub(super) type Take<'t> = dyn FnMut(Key, &[u8]) -> Result<(), ShelfError> + 't;

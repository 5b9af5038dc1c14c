//! The blocks of series of one metric, by their keys: an insert-only table that a reader goes through without a lock and without
//! writing anything.
//!
//! A full table is followed by one four times as large with the same blocks; a reader that is still in the old one misses only what is
//! newer, and looks again under the lock of those who insert.

use super::key::Key;
use super::place::Place;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{self, OnceLock};
use std::array;
use std::sync::Arc;

/// The series of one key, one for each combination of closed values; those that were never used are not there.
///
/// The series stand before the key, of which most calls need only what comes first.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Block<S> {
    /// The series of a block that has one, which is found without another step.
    only: Kept<S>,
    /// The series of a block that has several.
    several: Box<[Kept<S>]>,
    pub(super) key: Key,
}

/// A series, once there is one.
pub(super) type Kept<S> = OnceLock<S>;

type Slots<S> = Box<[OnceLock<Arc<Block<S>>>]>;

/// How many slots the first table has: enough that the few values of most labels do not meet.
const FIRST: usize = sync::size(64, 2);

/// How many tables there can be: far more than any limit on series needs, and a power of two, so that no number of a table needs a check.
const TABLES: usize = sync::size(16, 2);

/// All blocks of one metric.
#[derive(Debug)]
pub(super) struct Table<S> {
    /// Each made when the one before was half full.
    tables: [OnceLock<Slots<S>>; TABLES],
    /// Which of them has all blocks.
    current: AtomicUsize,
}

impl<S> Default for Table<S> {
    fn default() -> Self {
        Self { tables: array::from_fn(|_| OnceLock::new()), current: AtomicUsize::new(0) }
    }
}

impl<S> Block<S> {
    pub(super) fn new(key: Key, size: usize) -> Self {
        let several = if size == 1 { 0 } else { size };
        Self { key, only: OnceLock::new(), several: (0..several).map(|_| OnceLock::new()).collect() }
    }

    /// Where the series of this label set is kept.
    #[inline(always)]
    pub(super) fn kept<P: Place>(&self, place: &P) -> Option<&Kept<S>> {
        if place.shape().block == 1 { Some(&self.only) } else { self.several.get(place.index()) }
    }

    /// The series that there are, with their places.
    pub(super) fn series(&self) -> impl Iterator<Item = (usize, &S)> {
        let kept = std::iter::once((0, &self.only)).chain(self.several.iter().enumerate());
        kept.filter_map(|(index, series)| Some((index, series.get()?)))
    }
}

impl<S> Table<S> {
    /// The block with this hash whose key is the one that is looked for.
    pub(super) fn find(&self, hash: u64, is_key: impl Fn(&Key) -> bool) -> Option<&Block<S>> {
        self.find_at(hash, is_key).map(|(_, block)| block)
    }

    /// The same, and its place in the table, which [`at`](Self::at) takes until the table grows.
    pub(super) fn find_at(&self, hash: u64, is_key: impl Fn(&Key) -> bool) -> Option<(usize, &Block<S>)> {
        let slots = self.slots()?;
        let mask = slots.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        // At least half of the slots are free, so this ends.
        while let Some(block) = slots.get(at)?.get() {
            if block.key.hash() == hash && is_key(&block.key) {
                return Some((at, block));
            }
            at = (at + 1) & mask;
        }
        None
    }

    /// The block in this place of the table, if there is one.
    #[inline(always)]
    pub(super) fn at(&self, place: usize) -> Option<&Block<S>> {
        self.slots()?.get(place)?.get().map(AsRef::as_ref)
    }

    /// Every block.
    pub(super) fn blocks(&self) -> impl Iterator<Item = &Block<S>> {
        self.slots().into_iter().flatten().filter_map(OnceLock::get).map(AsRef::as_ref)
    }

    /// Puts in a block whose key is not there. Only one thread may do so at a time; `count` is how many blocks there are already.
    ///
    /// Nothing where there is no room, which no limit on series allows.
    pub(super) fn insert(&self, block: Block<S>, count: usize) -> Option<&Block<S>> {
        let current = self.current.load(Ordering::Relaxed);
        let is_full = self.slots().is_none_or(|slots| (count + 1) * 2 > slots.len());
        let slots = if is_full { self.grow(current)? } else { self.slots()? };
        put(slots, Arc::new(block))
    }

    #[inline(always)]
    fn slots(&self) -> Option<&Slots<S>> {
        self.tables[self.current.load(Ordering::Acquire) % TABLES].get()
    }

    /// Makes the next table with every block of the current one.
    fn grow(&self, current: usize) -> Option<&Slots<S>> {
        let next = if self.slots().is_none() { 0 } else { current + 1 };
        let table = self.tables.get(next)?;
        let slots: Slots<S> = (0..FIRST << (2 * next)).map(|_| OnceLock::new()).collect();
        let old = self.slots().into_iter().flatten().filter_map(OnceLock::get);
        old.for_each(|block| {
            put(&slots, Arc::clone(block));
        });
        let slots = table.get_or_init(|| slots);
        self.current.store(next, Ordering::Release);
        Some(slots)
    }
}

/// Takes the first free slot from the one that the hash names on.
fn put<S>(slots: &[OnceLock<Arc<Block<S>>>], mut block: Arc<Block<S>>) -> Option<&Block<S>> {
    let mask = slots.len() - 1;
    let first = block.key.hash() as usize;
    for step in 0..slots.len() {
        let slot = &slots[first.wrapping_add(step) & mask];
        match slot.set(block) {
            Ok(()) => return slot.get().map(AsRef::as_ref),
            Err(returned) => block = returned,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Block, Table};
    use crate::catalog::LLM_RETRIES;
    use crate::registry::key::{Key, Seed};
    use crate::registry::place::Written;

    #[test]
    fn a_table_keeps_its_blocks_while_it_grows_and_finds_no_others() {
        let (table, seed) = (Table::<usize>::default(), Seed::default());
        let hash = |place: &Written<'_>| seed.hash(place).unwrap();
        let values: Vec<_> = (0..1200).map(|i: usize| i.to_string()).collect();
        let find = |i: usize| {
            let place = Written { def: LLM_RETRIES.def(), values: &[&*values[i]] };
            table
                .find(hash(&place), |key| key.is_of(&place))
                .map(|block| *block.kept(&place).unwrap().get().unwrap())
        };
        for (count, value) in values.iter().enumerate() {
            assert_eq!(find(count), None);
            let place = Written { def: LLM_RETRIES.def(), values: &[&**value] };
            let block = Block::new(Key::new(&place, hash(&place)).unwrap(), 1);
            block.kept(&place).unwrap().set(count).unwrap();
            table.insert(block, count).unwrap();
            assert!((0..=count).all(|i| find(i) == Some(i)), "after {count}");
        }
        assert_eq!(table.blocks().count(), values.len());
    }

    #[test]
    fn blocks_whose_hashes_are_the_same_are_told_apart() {
        let table = Table::<usize>::default();
        for (count, value) in ["a", "b", "c"].into_iter().enumerate() {
            let place = Written { def: LLM_RETRIES.def(), values: &[value] };
            table.insert(Block::new(Key::new(&place, 7).unwrap(), 1), count).unwrap();
        }
        for value in ["a", "b", "c"] {
            let place = Written { def: LLM_RETRIES.def(), values: &[value] };
            assert_eq!(table.find(7, |key| key.is_of(&place)).unwrap().key.values().next(), Some(value));
        }
        let place = Written { def: LLM_RETRIES.def(), values: &["d"] };
        assert!(table.find(7, |key| key.is_of(&place)).is_none());
    }
}

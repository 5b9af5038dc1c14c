//! Chunks: the memory of several counters of one metric, which they share lane by lane.
//!
//! What one thread writes of neighbouring counters stands in the same cache lines, and what two threads write never does. So a counter
//! takes one word of a lane, few lines hold all that a thread counts, and no processor takes a line from another.

use super::lane;
use crate::sync::OnceLock;
use crate::sync::atomic::AtomicU64;
use std::array;
use std::sync::Arc;

/// How many counters a chunk is for: the words of [`Words`].
const COUNTERS: usize = lane::PITCH;

/// A number for each counter of a chunk.
///
/// Processors fetch cache lines of 64 bytes in pairs. If one half of a pair belonged to another thread, it would be taken from that
/// thread's processor though nobody needs it.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Words([AtomicU64; COUNTERS]);

/// The [`Words`] of each lane, one after the other, so that a single test tells whether a lane and a place have a number.
#[derive(Debug)]
#[repr(align(128))]
struct Own([AtomicU64; lane::OWN * COUNTERS]);

/// The memory of sixteen counters.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// Each lane of it is written by one thread at a time.
    own: Own,
    /// Written by all threads that have no lane to themselves.
    pub(super) shared: OnceLock<Box<[Words; lane::SHARED]>>,
    /// The bits of an `f64` for each counter.
    pub(super) floats: OnceLock<Box<Words>>,
}

/// The places of a chunk that no counter has yet.
#[derive(Debug, Default)]
pub struct Vacant {
    chunk: Arc<Chunk>,
    /// The first of them.
    next: usize,
}

impl Words {
    /// The number of the counter in this place, which [`Vacant::take`] gave.
    #[inline(always)]
    pub(super) const fn at(&self, place: usize) -> &AtomicU64 {
        &self.0[place % COUNTERS]
    }
}

impl Default for Own {
    fn default() -> Self {
        Self(array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl Chunk {
    /// The number that the thread in the lane with this first word writes for the counter in this place; nothing if no thread has the lane
    /// to itself.
    #[inline(always)]
    pub(super) fn own(&self, first_word: usize, place: usize) -> Option<&AtomicU64> {
        // A place is below the number of counters, so that it leads to no other lane.
        self.own.0.get(first_word.wrapping_add(place))
    }

    /// The number of the counter in this place in each of so many lanes.
    pub(super) fn first_lanes(&self, lanes: usize, place: usize) -> impl Iterator<Item = &AtomicU64> {
        (0..lanes).filter_map(move |lane| self.own(lane * COUNTERS, place))
    }
}

impl Vacant {
    /// A place for one counter, and its chunk.
    pub(super) fn take(&mut self) -> (Arc<Chunk>, usize) {
        if self.next == COUNTERS {
            *self = Self::default();
        }
        let place = self.next;
        self.next += 1;
        (Arc::clone(&self.chunk), place)
    }
}

#[cfg(test)]
mod tests {
    use super::{COUNTERS, Chunk, Own, Vacant, Words};
    use crate::cell::lane;
    use std::collections::HashSet;
    use std::ptr;

    #[test]
    fn no_two_counters_have_one_place() {
        let mut vacant = Vacant::default();
        let taken: Vec<_> = (0..3 * COUNTERS).map(|_| vacant.take()).collect();
        let words = taken.iter().flat_map(|(chunk, place)| chunk.first_lanes(lane::OWN, *place));
        assert_eq!(words.map(ptr::from_ref).collect::<HashSet<_>>().len(), lane::OWN * taken.len());
    }

    #[test]
    fn a_lane_that_no_thread_has_to_itself_has_no_number() {
        let chunk = Chunk::default();
        let is_empty = |first_word| (0..COUNTERS).all(|place| chunk.own(first_word, place).is_none());
        // The first is that of a thread that has none yet.
        assert!(std::thread::spawn(lane::first_word).join().is_ok_and(is_empty));
        assert!((lane::OWN..lane::OWN + lane::SHARED).all(|lane| is_empty(lane * COUNTERS)));
    }

    #[test]
    fn no_two_lanes_have_a_part_of_one_pair_of_cache_lines() {
        assert_eq!((size_of::<Words>(), align_of::<Words>(), align_of::<Own>()), (128, 128, 128));
        let chunk = Chunk::default();
        let pair = |lane, place| ptr::from_ref(chunk.own(lane * COUNTERS, place).unwrap()).addr() / 128;
        for lane in 0..lane::OWN {
            assert!((0..COUNTERS).all(|place| pair(lane, place) == pair(lane, 0)));
            assert!(lane == 0 || pair(lane, 0) != pair(lane - 1, 0));
        }
    }
}

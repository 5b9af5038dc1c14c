//! Chunks: the memory of several counters of one metric, which they share lane by lane.
//!
//! What one thread writes of neighbouring counters stands in the same cache lines, and what two threads write never does. So a counter
//! takes one word of a lane, few lines hold all that a thread counts, and no processor takes a line from another.
#![expect(
    unsafe_code,
    reason = "the address of a counter says both which it is and where its chunk is, so that a series is one word shorter"
)]

use super::lane::{self, Alone};
use crate::sync::SetOnce;
use crate::sync::atomic::AtomicU64;
use std::array;
use std::marker::PhantomData;
use std::sync::Arc;

/// How many counters a chunk is for: the words of [`Words`].
const COUNTERS: usize = lane::PITCH;

/// The bytes of a pair of cache lines, which processors fetch together.
const PAIR: usize = 128;

/// A number for each counter of a chunk.
///
/// If one half of a pair of cache lines belonged to another thread, it would be taken from that thread's processor though nobody needs it.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Words([AtomicU64; COUNTERS]);

/// The memory of sixteen counters.
#[derive(Debug)]
#[repr(C, align(128))]
struct Chunk {
    /// The [`Words`] of each lane, one after the other; each is written by one thread at a time.
    own: [AtomicU64; lane::OWN * COUNTERS],
    /// Written by all threads that have no lane to themselves.
    shared: SetOnce<Box<[Words; lane::SHARED]>>,
    /// The bits of an `f64` for each counter.
    floats: SetOnce<Box<Words>>,
}

impl Default for Chunk {
    fn default() -> Self {
        let own = array::from_fn(|_| AtomicU64::new(0));
        Self { own, shared: SetOnce::default(), floats: SetOnce::default() }
    }
}

/// What one counter has of a chunk. Clones are the same counter.
#[derive(Debug)]
pub(super) struct Share {
    /// Its number in the first lane: what [`Arc::into_raw`] gave, moved on by fewer than [`COUNTERS`] words.
    first: *const AtomicU64,
    of: PhantomData<Arc<Chunk>>,
}

const _: () = {
    assert!(
        COUNTERS * size_of::<AtomicU64>() <= PAIR,
        "the numbers of the first lane are told apart within a pair of lines"
    );
    assert!(align_of::<Chunk>() == PAIR, "a chunk begins where a pair of lines does");
};

// SAFETY: it owns an `Arc<Chunk>` and gives no more than what can be had of that.
unsafe impl Send for Share where Arc<Chunk>: Send {}
// SAFETY: as above.
unsafe impl Sync for Share where Arc<Chunk>: Sync {}

impl Share {
    fn new(chunk: Arc<Chunk>, place: usize) -> Self {
        let first = Arc::into_raw(chunk).cast::<AtomicU64>().wrapping_add(place % COUNTERS);
        Self { first, of: PhantomData }
    }

    /// The number that is written in this lane.
    #[inline(always)]
    pub(super) fn own(&self, lane: Alone) -> &AtomicU64 {
        // SAFETY: the chunk begins with `lane::OWN * COUNTERS` numbers. `first` is less than `COUNTERS` of them behind its beginning, and a lane
        // begins at most `(lane::OWN - 1) * COUNTERS` further on, so that this is one of them. The chunk lives as long as this share, which
        // keeps it and is borrowed meanwhile.
        unsafe { &*self.first.add(lane.first_word()) }
    }

    /// The number in each of the first lanes, of which there are at most [`lane::OWN`].
    pub(super) fn first_lanes(&self, lanes: usize) -> impl Iterator<Item = &AtomicU64> {
        (0..lanes).map(|lane| self.own(Alone::number(lane)))
    }

    /// The numbers that threads write which have no lane to themselves, once there are any.
    pub(super) fn shared_lanes(&self) -> Option<impl Iterator<Item = &AtomicU64>> {
        let lanes = self.chunk().shared.get()?;
        Some(lanes.iter().map(|words| words.at(self.place())))
    }

    /// The number of one of these lanes.
    pub(super) fn shared(&self, lane: usize) -> &AtomicU64 {
        self.chunk().shared.get_or_init(Box::default)[lane].at(self.place())
    }

    /// The bits of an `f64`, once there are any.
    pub(super) fn float(&self) -> Option<&AtomicU64> {
        self.chunk().floats.get().map(|floats| floats.at(self.place()))
    }

    /// The same, made if need be.
    pub(super) fn float_to_write(&self) -> &AtomicU64 {
        self.chunk().floats.get_or_init(Box::default).at(self.place())
    }

    fn chunk(&self) -> &Chunk {
        // SAFETY: what `Arc::into_raw` gave was turned into an `Arc` again by nobody but `drop`, so the chunk is there.
        unsafe { &*self.raw() }
    }

    /// What [`Arc::into_raw`] gave: the chunk begins where the pair of cache lines does.
    fn raw(&self) -> *const Chunk {
        self.first.map_addr(|address| address & !(PAIR - 1)).cast()
    }

    /// Which of the counters of the chunk it is.
    fn place(&self) -> usize {
        self.first.addr() % PAIR / size_of::<AtomicU64>()
    }
}

impl Clone for Share {
    fn clone(&self) -> Self {
        // SAFETY: it came from `Arc::into_raw`, and this share keeps the chunk meanwhile. Whoever drops the clone takes this count off again.
        unsafe { Arc::increment_strong_count(self.raw()) };
        Self { ..*self }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // SAFETY: it came from `Arc::into_raw` in `new`, or was counted in `clone`, and is turned into an `Arc` again only here, once.
        drop(unsafe { Arc::from_raw(self.raw()) });
    }
}

/// The places of a chunk that no counter has yet.
#[derive(Debug, Default)]
pub struct Vacant {
    chunk: Arc<Chunk>,
    /// The first of them.
    next: usize,
}

impl Words {
    const fn at(&self, place: usize) -> &AtomicU64 {
        &self.0[place % COUNTERS]
    }
}

impl Vacant {
    /// A share for one counter.
    pub(super) fn take(&mut self) -> Share {
        if self.next == COUNTERS {
            *self = Self::default();
        }
        let place = self.next;
        self.next += 1;
        Share::new(Arc::clone(&self.chunk), place)
    }
}

#[cfg(test)]
mod tests {
    use super::{COUNTERS, PAIR, Vacant};
    use crate::cell::lane::{self, Alone};
    use std::collections::HashSet;
    use std::ptr;
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    #[test]
    fn no_two_counters_have_one_number() {
        let mut vacant = Vacant::default();
        let taken: Vec<_> = (0..3 * COUNTERS).map(|_| vacant.take()).collect();
        let own = taken.iter().flat_map(|share| share.first_lanes(lane::OWN));
        assert_eq!(own.map(ptr::from_ref).collect::<HashSet<_>>().len(), lane::OWN * taken.len());
        let shared = (0..lane::SHARED).flat_map(|lane| taken.iter().map(move |share| share.shared(lane)));
        assert_eq!(shared.map(ptr::from_ref).collect::<HashSet<_>>().len(), lane::SHARED * taken.len());
        let floats = taken.iter().map(|share| ptr::from_ref(share.float_to_write()));
        assert_eq!(floats.collect::<HashSet<_>>().len(), taken.len());
    }

    #[test]
    fn every_number_lies_in_the_chunk() {
        let mut vacant = Vacant::default();
        let chunk = ptr::from_ref(&vacant.chunk.own).cast::<u8>().addr();
        let chunk = chunk..chunk + size_of_val(&vacant.chunk.own);
        for share in (0..COUNTERS).map(|_| vacant.take()) {
            let numbers = (0..2 * lane::OWN).map(|lane| share.own(Alone::number(lane)));
            assert!(numbers.map(|number| ptr::from_ref(number).addr()).all(|number| chunk.contains(&number)));
        }
    }

    #[test]
    fn no_two_lanes_have_a_part_of_one_pair_of_cache_lines() {
        let mut vacant = Vacant::default();
        let chunk: Vec<_> = (0..COUNTERS).map(|_| vacant.take()).collect();
        let pair =
            |lane: usize, place: usize| ptr::from_ref(chunk[place].own(Alone::number(lane))).addr() / PAIR;
        for lane in 0..lane::OWN {
            assert!((0..COUNTERS).all(|place| pair(lane, place) == pair(lane, 0)));
            assert!(lane == 0 || pair(lane, 0) != pair(lane - 1, 0));
        }
    }

    /// Would read freed memory, or never free it, if shares did not keep their chunk as often as there are shares.
    #[test]
    fn a_chunk_lives_as_long_as_a_share_of_it() {
        let mut vacant = Vacant::default();
        let chunk = Arc::downgrade(&vacant.chunk);
        let first = vacant.take();
        let (second, clone) = (vacant.take(), first.clone());
        assert_eq!((chunk.strong_count(), clone.place(), second.place()), (4, 0, 1));
        drop((vacant, first, second));
        clone.own(Alone::number(0)).store(7, Ordering::Relaxed);
        assert_eq!(chunk.strong_count(), 1);
        assert!(ptr::eq(chunk.as_ptr(), clone.raw()));
        drop(clone);
        assert_eq!(chunk.strong_count(), 0);
    }
}

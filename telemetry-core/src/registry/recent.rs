//! Where series were found before, by the addresses of the texts that their labels were given as.
//!
//! A program gives the same texts again and again: literals, and those that its own structures keep. Whoever finds the series of such
//! texts by their hash makes a note of it, and the next call with texts at the same addresses looks at that series first, without a hash.
//! An address only says where to look: the series is taken only if its values are those of the texts.
#![expect(
    unsafe_code,
    reason = "a note that is overwritten can only be a pointer, and any other way to the series takes a dozen instructions"
)]

use super::key::COMBINATION;
use crate::cell::lane::{self, Alone};
use crate::sync;
use crate::sync::atomic::{AtomicPtr, AtomicU8, AtomicUsize, Ordering};
use std::array;
use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;

/// The notes of each thread that has a lane to itself; nobody waits for a note of another thread, and none is lost to one.
#[derive(Debug)]
pub(super) struct Recent<T> {
    /// Each made by [`Box::into_raw`], once there is something to note.
    notes: [AtomicPtr<Notes<T>>; lane::OWN],
    /// How often there was something to note, up to [`WORTH`].
    wanted: AtomicUsize,
    /// Threads may share the notes if they may share what these are of.
    of: PhantomData<Arc<T>>,
}

/// How often notes are wanted before there are any: whoever records less does not need them, and spares their memory.
const WORTH: usize = sync::size(256, 1);

#[derive(Debug)]
#[repr(align(128))]
struct Notes<T> {
    noted: [AtomicPtr<T>; PLACES],
    /// What tells marks with one place from each other, of the last one for which there was something to note.
    asked: [AtomicU8; PLACES],
}

/// Enough that of a hundred label sets two or three have their first place with another.
const PLACES: usize = sync::size(2048, 2);

/// What the addresses of some texts come to: the two places where their note can be, side by side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark(u64);

impl Mark {
    /// The mark of a label set: of the addresses of its open values, and of the number of the combination of the closed ones.
    #[inline(always)]
    pub(super) fn of(values: &[&str], combination: usize) -> Self {
        let addresses = values.iter().map(|value| value.as_ptr().addr() as u64);
        let joined = addresses.fold(0_u64, |joined, address| joined.rotate_left(7).wrapping_add(address));
        // Above the bits in which addresses differ, and where a key has it too.
        let joined = joined.wrapping_add((combination as u64) << COMBINATION);
        // The multiplier of Fibonacci hashing, 2^64 divided by the golden ratio (Knuth, The Art of Computer Programming, 6.4).
        Self(joined.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    #[inline(always)]
    const fn first(self) -> usize {
        (self.0 >> (u64::BITS - PLACES.ilog2())) as usize % PLACES
    }

    const fn second(self) -> usize {
        self.first() ^ 1
    }

    /// What tells it from most others in its place; never 0.
    const fn tag(self) -> u8 {
        (self.0 >> 32) as u8 | 1
    }
}

impl<T> Recent<T> {
    /// What is noted in the first place of this mark, be it under this mark or under another.
    #[inline(always)]
    pub(super) fn first(&self, mark: Mark) -> Option<&T> {
        self.own(lane::alone()?)?.at(mark.first())
    }

    /// What is noted in its second place.
    #[inline(always)]
    pub(super) fn second(&self, mark: Mark) -> Option<&T> {
        self.own(lane::alone()?)?.at(mark.second())
    }

    /// Notes what was found. Nothing is noted by a thread without a lane to itself.
    ///
    /// # Safety
    ///
    /// It must stay where it is as long as these notes are there, and nobody may change it otherwise than through shared references.
    pub(super) unsafe fn note(&self, mark: Mark, found: &T) {
        let wanted = self.wanted.load(Ordering::Relaxed);
        if wanted < WORTH {
            // It does not matter if threads that meet here count once.
            return self.wanted.store(wanted + 1, Ordering::Relaxed);
        }
        let Some(lane) = lane::alone() else { return };
        let Notes { noted, asked } = self.own(lane).unwrap_or_else(|| self.begin(lane));
        // Most texts that are made anew for each call are never given again; they shall not take the places of others.
        let asked = &asked[mark.first()];
        if asked.load(Ordering::Relaxed) != mark.tag() {
            return asked.store(mark.tag(), Ordering::Relaxed);
        }
        let [first, second] = [mark.first(), mark.second()].map(|place| &noted[place]);
        // The older of two keeps the second place. It may be of texts that are no longer given.
        second.store(first.load(Ordering::Relaxed), Ordering::Release);
        first.store(ptr::from_ref(found).cast_mut(), Ordering::Release);
    }

    /// The notes of this lane.
    #[inline(always)]
    fn own(&self, lane: Alone) -> Option<&Notes<T>> {
        // SAFETY: the pointer is null, for which `as_ref` gives nothing, or what `begin` has made, which only `drop` frees, and which is there
        // as long as `self` is borrowed. Acquiring what `begin` released makes visible what is in there.
        unsafe { self.notes[lane.lane()].load(Ordering::Acquire).as_ref() }
    }

    /// Makes the notes of this lane.
    #[cold]
    fn begin(&self, lane: Alone) -> &Notes<T> {
        let (place, new) = (&self.notes[lane.lane()], Box::into_raw(Box::default()));
        let before = place.compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire);
        let notes = before.map_or_else(
            |made| {
                // SAFETY: it was made above, and nobody else has it.
                drop(unsafe { Box::from_raw(new) });
                made
            },
            |_| new,
        );
        // SAFETY: as in `own`.
        unsafe { &*notes }
    }
}

impl<T> Notes<T> {
    #[inline(always)]
    fn at(&self, place: usize) -> Option<&T> {
        // SAFETY: only `note` writes here, so the pointer is null, for which `as_ref` gives nothing, or was made from a reference to what,
        // as the caller of `note` has promised, stays there as long as the notes do, which are borrowed meanwhile, and is only shared.
        // Acquiring what `note` released makes visible what was written before.
        unsafe { self.noted[place % PLACES].load(Ordering::Acquire).as_ref() }
    }
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self {
            notes: array::from_fn(|_| AtomicPtr::new(ptr::null_mut())),
            wanted: AtomicUsize::new(0),
            of: PhantomData,
        }
    }
}

impl<T> Drop for Recent<T> {
    fn drop(&mut self) {
        for notes in &self.notes {
            let notes = notes.load(Ordering::Acquire);
            if !notes.is_null() {
                // SAFETY: it was made by `Box::into_raw`, and nobody can borrow it any more.
                drop(unsafe { Box::from_raw(notes) });
            }
        }
    }
}

impl<T> Default for Notes<T> {
    fn default() -> Self {
        Self {
            noted: array::from_fn(|_| AtomicPtr::new(ptr::null_mut())),
            asked: array::from_fn(|_| AtomicU8::new(0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Mark, PLACES, Recent, WORTH};

    /// Leads to notes, of numbers that live as long as they do, on a thread that has a lane to itself.
    fn with_notes(test: impl FnOnce(&Recent<u64>, &dyn Fn(u64, &u64)) + Send) {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                crate::cell::CounterCell::default().add(1);
                let recent = Recent::default();
                // SAFETY: the numbers of the tests are constants.
                let note = |mark, number: &u64| unsafe { recent.note(Mark(mark), number) };
                (0..WORTH).for_each(|_| note(0, &1));
                assert_eq!(recent.first(Mark(0)), None);
                test(&recent, &note);
            });
        });
    }

    #[test]
    fn what_is_found_again_and_again_is_noted_and_what_is_found_once_is_not() {
        with_notes(|recent, note| {
            let (mark, other) = (7 << 56 | 3 << 32, 7 << 56 | 5 << 32);
            note(mark, &11);
            assert_eq!(recent.first(Mark(mark)), None);
            note(mark, &11);
            assert_eq!(recent.first(Mark(mark)), Some(&11));
            note(other, &22);
            assert_eq!((recent.first(Mark(mark)), recent.second(Mark(mark))), (Some(&11), None));
        });
    }

    #[test]
    fn the_newer_of_two_has_the_first_place_and_the_older_the_second() {
        with_notes(|recent, note| {
            let marks = [3, 5, 9].map(|tag| 7 << 56 | tag << 32);
            for (mark, number) in marks.into_iter().zip([&11, &22, &33]) {
                (0..2).for_each(|_| note(mark, number));
            }
            assert!(marks.iter().all(|mark| recent.first(Mark(*mark)) == Some(&33)));
            assert!(marks.iter().all(|mark| recent.second(Mark(*mark)) == Some(&22)));
        });
    }

    #[test]
    fn the_places_of_a_mark_are_two_that_there_are() {
        for mark in [0, 1, u64::MAX, u64::MAX >> 1, 0x8000_0000_0000_0000].map(Mark) {
            assert!(mark.first() < PLACES && mark.second() < PLACES && mark.first() != mark.second());
        }
    }

    #[test]
    fn texts_that_change_places_and_other_combinations_have_another_mark() {
        let texts = ["one".to_owned(), "two".to_owned()];
        let [one, two] = [&*texts[0], &*texts[1]];
        assert_ne!(Mark::of(&[one, two], 0).0, Mark::of(&[two, one], 0).0);
        let places: std::collections::BTreeSet<_> =
            (0..32).map(|combination| Mark::of(&[one], combination).first() / 2).collect();
        assert_eq!(places.len(), 32);
    }
}

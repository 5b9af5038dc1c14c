//! Where series were found before, by the addresses of the texts that their labels were given as.
//!
//! A program gives the same texts again and again: literals, and those that its own structures keep. Whoever finds the series of such
//! texts by their hash makes a note of where it is, and the next call with texts at the same addresses looks there first, without a
//! hash. An address only says where to look: the series is taken only if its values are those of the texts.

use crate::cell::lane;
use crate::sync::OnceLock;
use crate::sync::atomic::{AtomicU64, Ordering};

/// The notes of each thread that has a lane to itself; nobody waits for a note of another thread, and none is lost to one.
#[derive(Debug, Default)]
pub(super) struct Recent {
    notes: [OnceLock<Box<Notes>>; lane::OWN],
    /// How often there was something to note, up to [`WORTH`].
    wanted: AtomicU64,
}

/// How often notes are wanted before there are any: whoever records less does not need them, and spares their memory.
const WORTH: u64 = 64;

/// Room for two notes in each of so many places, the newer one in the lower half.
#[derive(Debug)]
#[repr(align(128))]
struct Notes([AtomicU64; PLACES]);

/// Enough that a hundred label sets hardly meet.
const PLACES: usize = 512;

/// What the addresses of some texts come to: where their note is, and what tells it from another there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark(u64);

impl Mark {
    #[inline(always)]
    pub(super) fn of(values: &[&str]) -> Self {
        let addresses = values.iter().map(|value| value.as_ptr().addr() as u64);
        let joined = addresses.fold(0_u64, |joined, address| joined.rotate_left(7).wrapping_add(address));
        // The multiplier of Fibonacci hashing, 2^64 divided by the golden ratio (Knuth, The Art of Computer Programming, 6.4).
        Self(joined.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    #[inline(always)]
    const fn place(self) -> usize {
        (self.0 >> (u64::BITS - PLACES.ilog2())) as usize
    }

    #[inline(always)]
    const fn tag(self) -> u16 {
        (self.0 >> 32) as u16
    }
}

impl Recent {
    /// Where the series of texts with this mark was; anywhere if nothing was noted.
    #[inline(always)]
    pub(super) fn find(&self, mark: Mark) -> Option<usize> {
        let notes = self.notes.get(lane::current())?.get()?.0[mark.place() % PLACES].load(Ordering::Relaxed);
        let (newer, older) = (notes as u32, (notes >> NOTE) as u32);
        let note = if (newer >> PLACE) as u16 == mark.tag() { newer } else { older };
        Some(note as u16 as usize)
    }

    /// Notes where a series is. What is beyond the first 65,536 places is not noted, nor is anything by a thread without a lane to itself.
    pub(super) fn note(&self, mark: Mark, at: usize) {
        let (Some(notes), Ok(at)) = (self.notes.get(lane::current()), u16::try_from(at)) else { return };
        let wanted = self.wanted.load(Ordering::Relaxed);
        if wanted < WORTH {
            // It does not matter if threads that meet here count once.
            return self.wanted.store(wanted + 1, Ordering::Relaxed);
        }
        let notes = &notes.get_or_init(Box::default).0[mark.place() % PLACES];
        let note = u64::from(mark.tag()) << PLACE | u64::from(at);
        notes.store(notes.load(Ordering::Relaxed) << NOTE | note, Ordering::Relaxed);
    }
}

/// How many bits of a note say where the series is; as many more are its tag.
const PLACE: u32 = u16::BITS;

/// How many bits a note takes.
const NOTE: u32 = 2 * PLACE;

impl Default for Notes {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Mark, Recent, WORTH};

    /// A thread that has a lane to itself, and its notes.
    fn with_notes(test: impl FnOnce(&Recent) + Send) {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                crate::cell::CounterCell::default().add(1);
                let recent = Recent::default();
                (0..WORTH).for_each(|_| recent.note(Mark(0), 1));
                assert_eq!(recent.find(Mark(0)), None);
                test(&recent);
            });
        });
    }

    #[test]
    fn two_places_are_known_for_marks_that_meet() {
        let [first, second, third] = [1_u64, 2, 3].map(|tag| Mark(7 << 56 | tag << 32));
        with_notes(|recent| {
            recent.note(first, 11);
            recent.note(second, 22);
            assert_eq!((recent.find(first), recent.find(second)), (Some(11), Some(22)));
            recent.note(third, 33);
            assert_eq!((recent.find(second), recent.find(third)), (Some(22), Some(33)));
        });
    }

    #[test]
    fn what_is_too_far_is_not_noted() {
        let mark = Mark::of(&["text"]);
        with_notes(|recent| {
            recent.note(mark, 65_536);
            assert_ne!(recent.find(mark), Some(65_536));
            recent.note(mark, 65_535);
            assert_eq!(recent.find(mark), Some(65_535));
        });
    }

    #[test]
    fn texts_that_change_places_have_another_mark() {
        let texts = ["one".to_owned(), "two".to_owned()];
        assert_ne!(Mark::of(&[&texts[0], &texts[1]]).0, Mark::of(&[&texts[1], &texts[0]]).0);
    }
}

//! The key of a block of series: the open values of its labels, how they are hashed and how they are compared.
//!
//! Label values are short, so both read a value in words, and as its first and its last ones where it is no whole number of them. A hash says only where to
//! look; two keys are one key if their parts have the same lengths and the same bytes.

use super::place::Place;
use std::hash::{BuildHasher, RandomState};

/// The parts of a key one after the other, each behind its length, and its hash.
#[derive(Debug)]
pub(super) struct Key {
    hash: u64,
    parts: Box<[u8]>,
}

/// What every part of a key is behind: its length.
type Length = u16;

/// The longest part of a key, in bytes. What is longer gets no series of its own, so that no label can fill the memory.
const LONGEST: usize = 1024;

/// What makes the hashes of one table different from those of any other, so that nobody can choose label values that meet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seed {
    start: u64,
    factor: u64,
}

impl Default for Seed {
    fn default() -> Self {
        let random = RandomState::new();
        // An odd factor is never zero, and a part of a key that makes it zero cannot be found without knowing it.
        Self { start: random.hash_one(1), factor: random.hash_one(2) | 1 }
    }
}

impl Seed {
    #[inline]
    pub(super) fn hash(self, place: &impl Place) -> u64 {
        place.fold_key(self.start, |hash, part| self.mix(hash, part))
    }

    /// The hash of what was before and this part.
    #[inline]
    fn mix(self, hash: u64, part: &[u8]) -> u64 {
        let (chunks, rest) = part.as_chunks::<16>();
        let mut hash = hash;
        for chunk in chunks {
            hash = self.mix_words(hash, halves(chunk));
        }
        match part.last_chunk() {
            Some(_) if rest.is_empty() => {}
            Some(last) => hash = self.mix_words(hash, halves(last)),
            None => hash = self.mix_words(hash, words(part)),
        }
        hash.wrapping_add(part.len() as u64)
    }

    /// Multiplies to twice the width and folds the halves of the product, as foldhash and wyhash do: every bit of the result depends on
    /// every bit of the words.
    #[inline]
    fn mix_words(self, hash: u64, (first, last): (u64, u64)) -> u64 {
        let product = u128::from(hash ^ first) * u128::from(last ^ self.factor);
        product as u64 ^ (product >> 64) as u64
    }
}

impl Key {
    /// The key of this label set, if none of its parts is too long.
    pub(super) fn new(place: &impl Place, hash: u64) -> Option<Self> {
        let parts = place.fold_key(Some(Vec::new()), |parts, part| {
            let length = Length::try_from(part.len()).ok().filter(|_| part.len() <= LONGEST)?;
            let mut parts = parts?;
            parts.extend_from_slice(&length.to_le_bytes());
            parts.extend_from_slice(part);
            Some(parts)
        })?;
        Some(Self { hash, parts: parts.into() })
    }

    pub(super) const fn hash(&self) -> u64 {
        self.hash
    }

    /// Whether this is the key of that label set, whose hash is given.
    #[inline]
    pub(super) fn is_of(&self, place: &impl Place, hash: u64) -> bool {
        let strip = |kept: Option<_>, part: &[u8]| kept.and_then(|kept| strip(kept, part));
        self.hash == hash && place.fold_key(Some(&*self.parts), strip).is_some_and(<[u8]>::is_empty)
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &*self.parts;
        std::iter::from_fn(move || {
            let (length, behind) = rest.split_first_chunk()?;
            let (part, behind) = behind.split_at_checked(usize::from(Length::from_le_bytes(*length)))?;
            rest = behind;
            Some(part)
        })
    }
}

/// What is behind this part, if the kept parts begin with it.
#[inline]
fn strip<'k>(kept: &'k [u8], part: &[u8]) -> Option<&'k [u8]> {
    let (length, behind) = kept.split_first_chunk()?;
    if usize::from(Length::from_le_bytes(*length)) != part.len() {
        return None;
    }
    let (kept, behind) = behind.split_at_checked(part.len())?;
    is_same(kept, part).then_some(behind)
}

/// Whether two texts of one length are the same.
#[inline]
fn is_same(a: &[u8], b: &[u8]) -> bool {
    let (Some(a_last), Some(b_last)) = (a.last_chunk::<16>(), b.last_chunk()) else {
        return words(a) == words(b);
    };
    a_last == b_last && a.first_chunk::<16>() == b.first_chunk() && (a.len() <= 32 || a == b)
}

#[inline]
fn halves(chunk: &[u8; 16]) -> (u64, u64) {
    let whole = u128::from_le_bytes(*chunk);
    (whole as u64, (whole >> 64) as u64)
}

/// At most 16 bytes in two words, which may overlap. Of texts of one length, no two have the same words.
#[inline]
fn words(text: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        return (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        return (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into());
    }
    match (text.first(), text.get(text.len() / 2), text.last()) {
        (Some(first), Some(middle), Some(last)) => {
            (u64::from(*first) << 8 | u64::from(*middle), u64::from(*last))
        }
        _ => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, Seed};
    use crate::catalog::AGENT_SPAWNS;
    use crate::registry::place::Written;
    use proptest::prelude::*;

    fn place<'v>(values: &'v [&'v str; 2]) -> Written<'v> {
        Written { def: AGENT_SPAWNS.def(), values }
    }

    fn key(seed: Seed, values: &[&str; 2]) -> Key {
        Key::new(&place(values), seed.hash(&place(values))).unwrap()
    }

    /// Whether the key of one label set is that of another, even if their hashes were the same.
    fn is_key_of(one: &[&str; 2], other: &[&str; 2]) -> bool {
        let key = key(Seed::default(), one);
        key.is_of(&place(other), key.hash())
    }

    #[test]
    fn texts_that_differ_in_one_byte_or_run_together_are_two_keys() {
        let seed = Seed::default();
        for length in 0..80 {
            let text = "abcdefghij".repeat(8)[..length].to_owned();
            assert!(is_key_of(&[&text, "z"], &[&text, "z"]), "{length}");
            assert!(!is_key_of(&[&text, "z"], &[&format!("{text}z"), ""]), "{length}");
            for at in 0..length {
                let mut other = text.clone();
                other.replace_range(at..=at, "X");
                assert!(!is_key_of(&[&text, "z"], &[&other, "z"]), "{at} of {length}");
                let hashes = [&text, &other].map(|text| seed.hash(&place(&[text, "z"])));
                assert_ne!(hashes[0], hashes[1], "{at} of {length}");
            }
        }
    }

    #[test]
    fn a_part_that_is_too_long_has_no_key() {
        let (longest, longer) = ("x".repeat(1024), "x".repeat(1025));
        assert!(Key::new(&place(&["", &longest]), 0).is_some());
        assert!(Key::new(&place(&["", &longer]), 0).is_none());
    }

    #[test]
    fn hashes_of_a_thousand_sets_hardly_meet_in_a_small_table() {
        let seed = Seed::default();
        let taken: std::collections::BTreeSet<_> =
            (0..1000).map(|i| seed.hash(&place(&["claude", &format!("site-{i}")])) & 0xffff).collect();
        assert!(taken.len() > 950, "{}", taken.len());
    }

    proptest! {
        #[test]
        fn two_label_sets_have_one_key_exactly_if_they_are_the_same(a in ".{0,40}", b in ".{0,40}", c in "[ab]{0,3}", d in "[ab]{0,3}") {
            prop_assert!(is_key_of(&[&a, &b], &[&a, &b]));
            prop_assert_eq!(is_key_of(&[&a, &c], &[&a, &d]), c == d);
            prop_assert_eq!(is_key_of(&[&c, &a], &[&d, &b]), c == d && a == b);
            let key = key(Seed::default(), &[&a, &b]);
            let parts: Vec<_> = key.parts().collect();
            prop_assert_eq!(parts, [a.as_bytes(), b.as_bytes()]);
        }
    }
}

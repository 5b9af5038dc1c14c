//! The key of a block of series: the open values of its labels, how they are hashed and how they are compared.
//!
//! Label values are short, so both read a value in words, and as its first and its last ones where it is no whole number of them. A hash says only where to
//! look; two keys are one key if their parts have the same lengths and the same bytes.

use super::place::Place;
use std::hash::{BuildHasher, RandomState};

/// The parts of a key, and its hash.
#[derive(Debug)]
pub(super) struct Key {
    hash: u64,
    parts: Box<[Part]>,
    /// The bytes of all parts, one after the other.
    text: Box<[u8]>,
}

/// A part of a key.
#[derive(Debug)]
struct Part {
    /// All bytes of a short part.
    words: (u64, u64),
    length: u32,
    /// Where it ends in the text of the key.
    end: u32,
}

/// The longest part that is compared by its words, in bytes.
const SHORT: usize = 16;

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
    #[inline(always)]
    pub(super) fn hash(self, place: &impl Place) -> u64 {
        place.fold_key(self.start, |hash, part| self.mix(hash, part))
    }

    /// The hash of what was before and this part.
    #[inline(always)]
    fn mix(self, hash: u64, part: &[u8]) -> u64 {
        let hash = match (part.first_chunk(), part.last_chunk()) {
            (Some(first), Some(last)) if part.len() > SHORT => {
                let hash = self.mix_words(self.mix_words(hash, halves(first)), halves(last));
                if part.len() > 2 * SHORT { self.mix_all(hash, part) } else { hash }
            }
            _ => self.mix_words(hash, words(part)),
        };
        hash.wrapping_add(part.len() as u64)
    }

    #[cold]
    fn mix_all(self, hash: u64, part: &[u8]) -> u64 {
        part.as_chunks().0.iter().fold(hash, |hash, chunk| self.mix_words(hash, halves(chunk)))
    }

    /// Multiplies to twice the width and folds the halves of the product, as foldhash and wyhash do: every bit of the result depends on
    /// every bit of the words.
    #[inline(always)]
    fn mix_words(self, hash: u64, (first, last): (u64, u64)) -> u64 {
        let product = u128::from(hash ^ first) * u128::from(last ^ self.factor);
        product as u64 ^ (product >> 64) as u64
    }
}

impl Key {
    /// The key of this label set, if none of its parts is too long.
    pub(super) fn new(place: &impl Place, hash: u64) -> Option<Self> {
        let (parts, text) = place.fold_key(Some((Vec::new(), Vec::new())), |key, part| {
            let (mut parts, mut text) = key.filter(|_| part.len() <= LONGEST)?;
            text.extend_from_slice(part);
            let [length, end] = [part.len(), text.len()].map(|bytes| u32::try_from(bytes).ok());
            let words = if part.len() <= SHORT { words(part) } else { (0, 0) };
            parts.push(Part { words, length: length?, end: end? });
            Some((parts, text))
        })?;
        Some(Self { hash, parts: parts.into(), text: text.into() })
    }

    pub(super) const fn hash(&self) -> u64 {
        self.hash
    }

    /// Whether this is the key of that label set, whose hash is given. All keys of a metric have as many parts.
    #[inline(always)]
    pub(super) fn is_of(&self, place: &impl Place, hash: u64) -> bool {
        let next = |kept: Option<_>, part: &[u8]| {
            let (first, rest) = <[Part]>::split_first(kept?)?;
            self.is_part(first, part).then_some(rest)
        };
        self.hash == hash && place.fold_key(Some(&*self.parts), next).is_some()
    }

    #[inline(always)]
    fn is_part(&self, kept: &Part, part: &[u8]) -> bool {
        let is_short = part.len() <= SHORT;
        kept.length as usize == part.len()
            && if is_short { kept.words == words(part) } else { is_same_long(self.part(kept), part) }
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.parts.iter().map(|part| self.part(part))
    }

    #[inline]
    fn part(&self, part: &Part) -> &[u8] {
        let start = part.end.wrapping_sub(part.length);
        self.text.get(start as usize..part.end as usize).unwrap_or_default()
    }
}

/// Whether two texts are the same that are not short; as far as their first and last bytes overlap, without calling anything.
#[inline(always)]
fn is_same_long(a: &[u8], b: &[u8]) -> bool {
    if b.len() > 2 * SHORT || a.len() != b.len() {
        return a == b;
    }
    a.first_chunk::<SHORT>() == b.first_chunk() && a.last_chunk::<SHORT>() == b.last_chunk()
}

#[inline(always)]
fn halves(chunk: &[u8; 16]) -> (u64, u64) {
    let whole = u128::from_le_bytes(*chunk);
    (whole as u64, (whole >> 64) as u64)
}

/// At most 16 bytes in two words, which may overlap. Of texts of one length, no two have the same words.
#[inline(always)]
fn words(text: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        return (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        return (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into());
    }
    tiny(text)
}

/// At most three bytes in two words. Apart from the rest, which is the way of almost all label values and stays short without this.
#[cold]
fn tiny(text: &[u8]) -> (u64, u64) {
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

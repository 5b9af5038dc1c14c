//! The key of a block of series: the open values of its labels, how they are hashed and how they are compared.
//!
//! Label values are short, so both read a value in words: its first and its last bytes, which overlap where it is no whole number of words. A
//! hash says only where to look; two keys are one key if their values have the same lengths and the same bytes.

use super::place::Place;
use std::hash::{BuildHasher, RandomState};

/// The open values of a block, and their hash.
#[derive(Debug)]
pub(super) struct Key {
    hash: u64,
    /// The number of the combination of closed values, where it belongs to the key; else 0.
    combination: usize,
    parts: Box<[Part]>,
    /// All values, one after the other.
    text: Box<str>,
}

/// An open value.
#[derive(Debug)]
struct Part {
    length: usize,
    /// Its first and its last words, which have all of its bytes unless it is longer than [`SHORT`].
    outer: (u64, u64),
    /// The words behind the first and before the last one, which have the rest of it unless it is longer than [`WIDE`].
    inner: (u64, u64),
    /// Where it begins in the text of the key.
    start: usize,
}

/// The longest value of which two words have every byte.
const SHORT: usize = 16;

/// The longest value of which four words have every byte.
const WIDE: usize = 32;

/// The longest value in a key, in bytes. What is longer gets no series of its own, so that no label can fill the memory.
const LONGEST: usize = 1024;

/// What makes the hashes of one table different from those of any other, so that nobody can choose label values that meet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seed {
    outer: (u64, u64),
    inner: (u64, u64),
}

impl Default for Seed {
    fn default() -> Self {
        let random = RandomState::new();
        let [a, b, c, d] = [1, 2, 3, 4].map(|number| random.hash_one(number));
        Self { outer: (a, b), inner: (c, d) }
    }
}

impl Seed {
    /// The hash of the key of this label set.
    ///
    /// Values are multiplied independently of each other, so that none waits for the one before; the turns tell their order.
    #[inline(always)]
    pub(super) fn hash<P: Place>(&self, place: &P) -> u64 {
        let values = place.open_values();
        let values = values.as_ref().get(..place.shape().open).unwrap_or_default();
        let start = if place.shape().combination_in_key {
            product((place.combination() as u64, 0), self.outer)
        } else {
            0
        };
        values.iter().fold(start, |hash, value| hash.rotate_left(29) ^ self.hash_of(value.as_bytes()))
    }

    #[inline(always)]
    fn hash_of(&self, value: &[u8]) -> u64 {
        let hash = product(outer(value), self.outer);
        let hash = match inner(value) {
            Some(inner) => {
                let hash = hash ^ product(inner, self.inner);
                if value.len() > WIDE { self.hash_all(hash, value) } else { hash }
            }
            None => hash,
        };
        hash.wrapping_add(value.len() as u64)
    }

    #[cold]
    fn hash_all(&self, hash: u64, value: &[u8]) -> u64 {
        value.as_chunks().0.iter().fold(hash, |hash, chunk| {
            let (first, last) = halves(chunk);
            product((hash ^ first, last), self.outer)
        })
    }
}

/// Multiplies to twice the width and folds the halves of the product, as foldhash and wyhash do: every bit of the result depends on
/// every bit of the words.
#[inline(always)]
fn product(words: (u64, u64), seed: (u64, u64)) -> u64 {
    let product = u128::from(words.0 ^ seed.0) * u128::from(words.1 ^ seed.1);
    product as u64 ^ (product >> 64) as u64
}

impl Key {
    /// The key of this label set, whose hash is given, if none of its values is too long.
    pub(super) fn new(place: &impl Place, hash: u64) -> Option<Self> {
        let values = place.open_values();
        let values = values.as_ref().get(..place.shape().open)?;
        let mut start = 0;
        let parts = values.iter().filter(|value| value.len() <= LONGEST).map(|value| {
            let part = Part::new(value.as_bytes(), start);
            start += value.len();
            part
        });
        let parts: Box<[Part]> = parts.collect();
        let combination = place.combination_of_key();
        (parts.len() == values.len()).then(|| Self { hash, combination, parts, text: values.concat().into() })
    }

    pub(super) const fn hash(&self) -> u64 {
        self.hash
    }

    /// The number of the combination of closed values, where it belongs to the key; else 0.
    pub(super) const fn combination(&self) -> usize {
        self.combination
    }

    /// Whether this is the key of that label set, whose hash is given.
    #[inline(always)]
    pub(super) fn is_of<P: Place>(&self, place: &P, hash: u64) -> bool {
        let values = place.open_values();
        let values = values.as_ref().get(..place.shape().open).unwrap_or_default();
        let is_same_combination =
            !place.shape().combination_in_key || self.combination == place.combination_of_key();
        self.hash == hash
            && is_same_combination
            && self.parts.len() == values.len()
            && self.parts.iter().zip(values).all(|(part, value)| self.is_part(part, value.as_bytes()))
    }

    #[inline(always)]
    fn is_part(&self, part: &Part, value: &[u8]) -> bool {
        part.length == value.len()
            && part.outer == outer(value)
            && inner(value)
                .is_none_or(|inner| part.inner == inner && (value.len() <= WIDE || self.is_long_part(part, value)))
    }

    #[cold]
    fn is_long_part(&self, part: &Part, value: &[u8]) -> bool {
        self.value(part).as_bytes() == value
    }

    /// The values.
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| self.value(part))
    }

    fn value(&self, part: &Part) -> &str {
        self.text.get(part.start..part.start + part.length).unwrap_or_default()
    }
}

impl Part {
    fn new(value: &[u8], start: usize) -> Self {
        let inner = inner(value).unwrap_or_default();
        Self { length: value.len(), outer: outer(value), inner, start }
    }
}

/// The first and the last bytes. Of values of one length that are not longer than [`SHORT`], no two have the same.
#[inline(always)]
fn outer(value: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (value.first_chunk(), value.last_chunk()) {
        return (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (value.first_chunk(), value.last_chunk()) {
        return (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into());
    }
    tiny(value)
}

/// What is beside the first and the last words of a value that is longer than [`SHORT`].
#[inline(always)]
fn inner(value: &[u8]) -> Option<(u64, u64)> {
    match (value.first_chunk(), value.last_chunk()) {
        (Some(first), Some(last)) if value.len() > SHORT => Some((halves(first).1, halves(last).0)),
        _ => None,
    }
}

#[inline(always)]
fn halves(chunk: &[u8; SHORT]) -> (u64, u64) {
    let whole = u128::from_le_bytes(*chunk);
    (whole as u64, (whole >> 64) as u64)
}

/// At most three bytes in two words. Apart from the rest, which is the way of almost all label values and stays short without this.
#[cold]
fn tiny(value: &[u8]) -> (u64, u64) {
    match (value.first(), value.get(value.len() / 2), value.last()) {
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

    fn hash(seed: Seed, values: &[&str; 2]) -> u64 {
        seed.hash(&place(values))
    }

    /// Whether the key of one label set is that of another, even if their hashes were the same.
    fn is_key_of(one: &[&str; 2], other: &[&str; 2]) -> bool {
        Key::new(&place(one), 7).unwrap().is_of(&place(other), 7)
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
                let hashes = [&text, &other].map(|text| hash(seed, &[text, "z"]));
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
            (0..1000).map(|i| hash(seed, &["claude", &format!("site-{i}")]) & 0xffff).collect();
        assert!(taken.len() > 950, "{}", taken.len());
    }

    proptest! {
        #[test]
        fn two_label_sets_have_one_key_exactly_if_they_are_the_same(a in ".{0,40}", b in ".{0,40}", c in "[ab]{0,3}", d in "[ab]{0,3}") {
            prop_assert!(is_key_of(&[&a, &b], &[&a, &b]));
            prop_assert_eq!(is_key_of(&[&a, &c], &[&a, &d]), c == d);
            prop_assert_eq!(is_key_of(&[&c, &a], &[&d, &b]), c == d && a == b);
            let values = [&*a, &*b];
            let key = Key::new(&place(&values), 7).unwrap();
            prop_assert_eq!(key.values().collect::<Vec<_>>(), [a, b]);
        }
    }
}

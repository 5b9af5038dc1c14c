//! The key of a block of series: the open values of its labels, how they are hashed and how they are compared.
//!
//! Label values are short, so both read a value in words: its first and its last bytes, which overlap where it is no whole number of words. A
//! hash says only where to look; two keys are one key if their values have the same lengths and the same bytes.

use super::place::Place;
use crate::sync::RandomState;
use std::hash::BuildHasher;

/// The open values of a block, and their hash.
#[derive(Debug)]
pub(super) struct Key {
    hash: u64,
    /// The number of the combination of closed values, where it belongs to the key; else 0.
    combination: usize,
    /// The first value, which is compared without another step; of a key without values, an empty one.
    first: Part,
    rest: Box<[Part]>,
    /// All values, one after the other.
    text: Box<str>,
}

/// An open value.
#[derive(Debug, Default)]
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
    start: u64,
    factor: u64,
    inner: (u64, u64),
}

impl Default for Seed {
    fn default() -> Self {
        let random = RandomState::default();
        let [start, factor, first, last] = [1, 2, 3, 4].map(|number| random.hash_one(number));
        Self { start, factor, inner: (first, last) }
    }
}

impl Seed {
    /// The hash of the key of this label set; nothing if one of its values is longer than [`WIDE`], which [`hash_long`](Self::hash_long)
    /// takes. So the usual way calls nothing, and needs to save nothing for when it comes back.
    #[inline(always)]
    pub(super) fn hash<P: Place>(&self, place: &P) -> Option<u64> {
        let values = place.open_values();
        let values = values.as_ref().get(..place.shape().open)?;
        values.iter().try_fold(self.start(place), |hash, value| self.hash_of(hash, value.as_bytes()))
    }

    /// The hash of the key of any label set.
    pub(super) fn hash_long(&self, place: &impl Place) -> u64 {
        let values = place.open_values();
        let values = values.as_ref().iter().take(place.shape().open);
        values.fold(self.start(place), |hash, value| {
            let value = value.as_bytes();
            // The ends have what is behind the last whole chunk.
            let ends = product(inner(value).unwrap_or_default(), self.inner);
            let hash = product(outer(value), (hash, self.factor)) ^ ends;
            let chunks = value.as_chunks().0.iter();
            chunks.fold(hash.wrapping_add(value.len() as u64), |hash, chunk| {
                product(halves(chunk), (hash, self.factor))
            })
        })
    }

    #[inline(always)]
    fn start(&self, place: &impl Place) -> u64 {
        if place.shape().combination_in_key {
            product((place.combination() as u64, 0), (self.start, self.factor))
        } else {
            self.start
        }
    }

    /// The hash of what was before and of a value, if it is not longer than [`WIDE`].
    #[inline(always)]
    fn hash_of(&self, hash: u64, value: &[u8]) -> Option<u64> {
        let outer = product(outer(value), (hash, self.factor));
        let inner = match inner(value) {
            Some(_) if value.len() > WIDE => return None,
            Some(inner) => product(inner, self.inner),
            None => 0,
        };
        Some((outer ^ inner).wrapping_add(value.len() as u64))
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
        let mut parts = values.iter().filter(|value| value.len() <= LONGEST).map(|value| {
            let part = Part::new(value.as_bytes(), start);
            start += value.len();
            part
        });
        let (first, rest) = (parts.next(), parts.collect::<Box<[Part]>>());
        let has_all = usize::from(first.is_some()) + rest.len() == values.len();
        let combination = place.combination_of_key();
        let text = values.concat().into();
        has_all.then(|| Self { hash, combination, first: first.unwrap_or_default(), rest, text })
    }

    pub(super) const fn hash(&self) -> u64 {
        self.hash
    }

    /// The number of the combination of closed values, where it belongs to the key; else 0.
    pub(super) const fn combination(&self) -> usize {
        self.combination
    }

    /// Whether this is the key of that label set, which has the same hash and no value that is longer than [`WIDE`].
    #[inline(always)]
    pub(super) fn is_of<P: Place>(&self, place: &P) -> bool {
        let values = place.open_values();
        let values = values.as_ref().get(..place.shape().open).unwrap_or_default();
        let Some((first, rest)) = values.split_first() else { return self.is_of_combination(place) };
        self.is_of_combination(place)
            && self.first.is(first.as_bytes())
            && (rest.is_empty() || self.rest.len() == rest.len())
            && self.rest.iter().zip(rest).all(|(part, value)| part.is(value.as_bytes()))
    }

    /// Whether this is the key of that label set, which has the same hash.
    pub(super) fn is_of_long(&self, place: &impl Place) -> bool {
        let values = place.open_values();
        let values = values.as_ref().iter().take(place.shape().open);
        self.is_of_combination(place) && self.values().eq(values.copied())
    }

    #[inline(always)]
    fn is_of_combination(&self, place: &impl Place) -> bool {
        !place.shape().combination_in_key || self.combination == place.combination_of_key()
    }

    /// The values, or an empty one where there is none.
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.first).chain(&self.rest).map(|part| self.value(part))
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

    /// Whether it is this value, which is not longer than [`WIDE`].
    #[inline(always)]
    fn is(&self, value: &[u8]) -> bool {
        self.length == value.len()
            && self.outer == outer(value)
            && inner(value).is_none_or(|inner| self.inner == inner)
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
    match (value.first(), value.get(1), value.last()) {
        (Some(first), second, Some(last)) => {
            (u64::from(*first), u64::from(*second.unwrap_or(first)) << 8 | u64::from(*last))
        }
        _ => (0, 0),
    }
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

#[cfg(test)]
mod tests {
    use super::{Key, Seed, WIDE};
    use crate::catalog::AGENT_SPAWNS;
    use crate::registry::place::Written;
    use proptest::prelude::*;

    fn place<'v>(values: &'v [&'v str; 2]) -> Written<'v> {
        Written { def: AGENT_SPAWNS.def(), values }
    }

    fn hash(seed: Seed, values: &[&str; 2]) -> u64 {
        seed.hash(&place(values)).unwrap_or_else(|| seed.hash_long(&place(values)))
    }

    /// Whether the key of one label set is that of another, even if their hashes were the same.
    fn is_key_of(one: &[&str; 2], other: &[&str; 2]) -> bool {
        let key = Key::new(&place(one), 7).unwrap();
        let is_long = other.iter().any(|value| value.len() > WIDE);
        let by_words = (!is_long).then(|| key.is_of(&place(other)));
        let by_text = key.is_of_long(&place(other));
        assert_eq!(by_words.unwrap_or(by_text), by_text);
        by_text
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

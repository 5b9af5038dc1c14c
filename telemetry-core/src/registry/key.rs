//! The key of a series: the open values of its labels and the combination of the closed ones, how they are hashed and how they are
//! compared.
//!
//! Label values are short, so both read a value in words: its first and its last bytes, which overlap where it is no whole number of words. A
//! hash says only where to look; two keys are one key if their values have the same lengths and the same bytes.

use super::place::Place;
use crate::sync::RandomState;
use std::array;
use std::hash::BuildHasher;
use std::iter;

/// What tells a series from the others of its metric, and the hash of that.
///
/// What a call compares stands together, and before what few calls need, so that it is read from as few cache lines as can be.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Key {
    /// What [`form`] says of it.
    form: u64,
    /// Of each near value its first and its last words, which have all of its bytes unless it is longer than [`SHORT`].
    outer: [Words; NEAR],
    /// Of each near value the words behind the first and before the last one, which have the rest of it unless it is longer than [`WIDE`].
    inner: [Words; NEAR],
    hash: u64,
    /// The number of the combination of closed values.
    combination: usize,
    /// The near values, one after the other, and where each ends.
    text: Box<str>,
    ends: [u16; NEAR],
    /// The values behind the near ones.
    far: Box<[Box<str>]>,
}

/// Two words of a value.
type Words = (u64, u64);

/// How many values are compared by their words. Hardly any metric has more open labels.
const NEAR: usize = 3;

/// The first bit of a form that belongs to the combination.
const COMBINATION: u32 = u64::BITS - 16;

/// How many combinations a form tells apart.
const COMBINATIONS: usize = 1 << 16;

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
    outer: Words,
    inner: Words,
    last: u64,
}

impl Default for Seed {
    fn default() -> Self {
        let random = RandomState::default();
        let [start, a, b, c, d, last] = [1, 2, 3, 4, 5, 6].map(|number| random.hash_one(number));
        Self { start, outer: (a, b), inner: (c, d), last }
    }
}

impl Seed {
    /// The hash of the key of this label set; nothing if one of its values is longer than [`WIDE`], which [`hash_long`](Self::hash_long)
    /// takes.
    pub(super) fn hash(&self, place: &impl Place) -> Option<u64> {
        let values = place.open_values();
        let values = values.as_ref().get(..place.shape().open)?;
        let start = self.start(place).wrapping_add(form(place, values));
        let joined =
            values.iter().try_fold(start, |hash, value| Some(joined(hash, self.hash_of(value.as_bytes())?)));
        joined.map(|hash| self.spread(hash))
    }

    /// The hash of the key of any label set.
    pub(super) fn hash_long(&self, place: &impl Place) -> u64 {
        let values = place.open_values();
        let values = values.as_ref().iter().take(place.shape().open);
        let joined = values.fold(self.start(place), |hash, value| {
            let value = value.as_bytes();
            // The ends have what is behind the last whole chunk.
            let ends =
                product(outer(value), self.outer) ^ product(inner(value).unwrap_or_default(), self.inner);
            let (first, factor) = self.outer;
            let chunks = value.as_chunks().0.iter();
            let chunks = chunks.fold(first, |hash, chunk| product(halves(chunk), (hash, factor)));
            joined(hash, ends ^ chunks).wrapping_add(value.len() as u64)
        });
        self.spread(joined)
    }

    /// Values that differ in a few bytes differ in a few bits of their products, and might meet in a table that takes the lowest ones.
    fn spread(&self, hash: u64) -> u64 {
        product((hash, self.last), (0, 0))
    }

    #[inline(always)]
    fn start(&self, place: &impl Place) -> u64 {
        product((place.combination() as u64, 0), (self.start, self.outer.0))
    }

    /// The hash of a value, if it is not longer than [`WIDE`].
    #[inline(always)]
    fn hash_of(&self, value: &[u8]) -> Option<u64> {
        let outer = product(outer(value), self.outer);
        match inner(value) {
            Some(_) if value.len() > WIDE => None,
            Some(inner) => Some(outer ^ product(inner, self.inner)),
            None => Some(outer),
        }
    }
}

/// The hash of what was before and of the next value. None of the multiplications has to wait for another.
#[inline(always)]
const fn joined(before: u64, value: u64) -> u64 {
    before.rotate_left(23).wrapping_add(value)
}

/// The lengths of the near values, none of which is too long for a key where it matters, and the number of the combination of closed
/// values, as far as there is room for it.
#[inline(always)]
fn form(place: &impl Place, values: &[&str]) -> u64 {
    let sizes = values.iter().take(NEAR).fold(0, |sizes, value| sizes << 16 | value.len() as u64);
    sizes | (place.combination() as u64) << COMBINATION
}

/// Multiplies to twice the width and folds the halves of the product, as foldhash and wyhash do: every bit of the result depends on
/// every bit of the words.
#[inline(always)]
fn product(words: Words, seed: Words) -> u64 {
    let product = u128::from(words.0 ^ seed.0) * u128::from(words.1 ^ seed.1);
    product as u64 ^ (product >> 64) as u64
}

impl Key {
    /// The key of this label set, whose hash is given, if none of its values is too long.
    pub(super) fn new(place: &impl Place, hash: u64) -> Option<Self> {
        let values = place.open_values();
        let values = values.as_ref().get(..place.shape().open)?;
        if values.iter().any(|value| value.len() > LONGEST) {
            return None;
        }
        let (near, far) = values.split_at(values.len().min(NEAR));
        let value = |index: usize| near.get(index).map_or(&b""[..], |value| value.as_bytes());
        let mut end = 0;
        Some(Self {
            hash,
            form: form(place, values),
            outer: array::from_fn(|index| outer(value(index))),
            inner: array::from_fn(|index| inner(value(index)).unwrap_or_default()),
            combination: place.combination(),
            text: near.concat().into(),
            ends: array::from_fn(|index| {
                end += value(index).len() as u16;
                end
            }),
            far: far.iter().map(|value| Box::from(*value)).collect(),
        })
    }

    pub(super) const fn hash(&self) -> u64 {
        self.hash
    }

    /// The number of the combination of closed values.
    pub(super) const fn combination(&self) -> usize {
        self.combination
    }

    /// Whether this is the key of that label set, if it has no value that is longer than [`WIDE`].
    #[inline(always)]
    pub(super) fn is_of<P: Place>(&self, place: &P) -> bool {
        let values = place.open_values();
        let values = values.as_ref().get(..place.shape().open).unwrap_or_default();
        let mut near = values.iter().zip(&self.outer).zip(&self.inner);
        self.form == form(place, values)
            && near.all(|((value, outer), inner)| is(value.as_bytes(), outer, inner))
            && (place.shape().combinations <= COMBINATIONS || self.combination == place.combination())
            && (values.len() <= NEAR || self.has_far(values))
    }

    /// Whether these have the values behind the near ones.
    fn has_far(&self, values: &[&str]) -> bool {
        self.far.iter().map(AsRef::as_ref).eq(values.iter().skip(NEAR).copied())
    }

    /// Whether this is the key of that label set.
    pub(super) fn is_of_long(&self, place: &impl Place) -> bool {
        let values = place.open_values();
        let values = values.as_ref().iter().take(place.shape().open);
        self.combination == place.combination() && self.values().zip(values).all(|(own, other)| own == *other)
    }

    /// The values, which are followed by empty ones where there are fewer than [`NEAR`].
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        let starts = iter::once(0).chain(self.ends);
        let near = starts.zip(self.ends).map(|(start, end)| self.text.get(start.into()..end.into()));
        near.map(Option::unwrap_or_default).chain(self.far.iter().map(AsRef::as_ref))
    }
}

/// Whether these are the words of this value, which has their length; not if it is longer than [`WIDE`].
#[inline(always)]
fn is(value: &[u8], outer_words: &Words, inner_words: &Words) -> bool {
    match whole(value) {
        Some(outer) => {
            outer == *outer_words
                && inner(value).is_none_or(|inner| value.len() <= WIDE && inner == *inner_words)
        }
        None => less(value) == *outer_words,
    }
}

/// The first and the last bytes. Of values of one length that are not longer than [`SHORT`], no two have the same.
#[inline(always)]
fn outer(value: &[u8]) -> Words {
    whole(value).unwrap_or_else(|| less(value))
}

/// The first and the last word of a value that is as long as a word or longer.
#[inline(always)]
fn whole(value: &[u8]) -> Option<Words> {
    let (first, last) = (value.first_chunk()?, value.last_chunk()?);
    Some((u64::from_le_bytes(*first), u64::from_le_bytes(*last)))
}

/// The bytes of a value that is shorter than a word.
#[inline(always)]
fn less(value: &[u8]) -> Words {
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
fn inner(value: &[u8]) -> Option<Words> {
    match (value.first_chunk(), value.last_chunk()) {
        (Some(first), Some(last)) if value.len() > SHORT => Some((halves(first).1, halves(last).0)),
        _ => None,
    }
}

#[inline(always)]
fn halves(chunk: &[u8; SHORT]) -> Words {
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
        for _ in 0..200 {
            let seed = Seed::default();
            let taken: std::collections::BTreeSet<_> =
                (0..1000).map(|i| hash(seed, &["claude", &format!("site-{i}")]) & 0xffff).collect();
            assert!(taken.len() > 950, "{}", taken.len());
        }
    }

    proptest! {
        #[test]
        fn two_label_sets_have_one_key_exactly_if_they_are_the_same(a in ".{0,40}", b in ".{0,40}", c in "[ab]{0,3}", d in "[ab]{0,3}") {
            prop_assert!(is_key_of(&[&a, &b], &[&a, &b]));
            prop_assert_eq!(is_key_of(&[&a, &c], &[&a, &d]), c == d);
            prop_assert_eq!(is_key_of(&[&c, &a], &[&d, &b]), c == d && a == b);
            let values = [&*a, &*b];
            let key = Key::new(&place(&values), 7).unwrap();
            prop_assert_eq!(key.values().take(2).collect::<Vec<_>>(), [a, b]);
        }
    }
}

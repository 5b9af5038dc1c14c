//! What is looked for in a table: the open values of a label set, read once, and their hash.
//!
//! A hash says only where to look; whether a key is the one that is looked for says [`Key`](super::key::Key).

use super::key::{NEAR, form};
use super::place::Place;
use super::words::{WIDE, Words, halves, inner, outer};
use crate::sync::RandomState;
use std::hash::BuildHasher;

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
        Self { start, outer: [a, b], inner: [c, d], last }
    }
}

/// A label set of which no value is longer than [`WIDE`].
#[derive(Debug)]
pub(super) struct Sought {
    pub(super) hash: u64,
    pub(super) form: u64,
    /// The words of the near values, as a key has them.
    pub(super) outer: [Words; NEAR],
    pub(super) inner: [Words; NEAR],
    /// Whether one of the near values is so long that there are inner words.
    pub(super) has_inner: bool,
}

impl Seed {
    /// What is looked for with this label set; nothing if one of its values is longer than [`WIDE`], which [`hash_long`](Self::hash_long)
    /// takes.
    #[inline(always)]
    pub(super) fn sought<P: Place>(&self, place: &P) -> Option<Sought> {
        let values = place.open_values();
        let values = values.as_ref().get(..place.shape().open)?;
        let form = form(place, values);
        let mut sought =
            Sought { hash: 0, form, outer: [[0; 2]; NEAR], inner: [[0; 2]; NEAR], has_inner: false };
        let mut hash = self.start(place).wrapping_add(form);
        for (at, value) in values.iter().enumerate() {
            let value = value.as_bytes();
            let outer = outer(value);
            let mut of_value = product(outer, self.outer);
            if let Some(near) = sought.outer.get_mut(at) {
                *near = outer;
            }
            if let Some(inner) = inner(value) {
                if value.len() > WIDE {
                    return None;
                }
                of_value ^= product(inner, self.inner);
                if let Some(near) = sought.inner.get_mut(at) {
                    (*near, sought.has_inner) = (inner, true);
                }
            }
            hash = joined(hash, of_value);
        }
        sought.hash = self.spread(hash);
        Some(sought)
    }

    /// The hash of the key of any label set.
    pub(super) fn hash(&self, place: &impl Place) -> u64 {
        self.sought(place).map_or_else(|| self.hash_long(place), |sought| sought.hash)
    }

    /// The hash of the key of a label set that has a value which is longer than [`WIDE`].
    pub(super) fn hash_long(&self, place: &impl Place) -> u64 {
        let values = place.open_values();
        let values = values.as_ref().iter().take(place.shape().open);
        let joined = values.fold(self.start(place), |hash, value| {
            let value = value.as_bytes();
            // The ends have what is behind the last whole chunk.
            let ends =
                product(outer(value), self.outer) ^ product(inner(value).unwrap_or_default(), self.inner);
            let [first, factor] = self.outer;
            let chunks = value.as_chunks().0.iter();
            let chunks = chunks.fold(first, |hash, chunk| product(halves(chunk), [hash, factor]));
            joined(hash, ends ^ chunks).wrapping_add(value.len() as u64)
        });
        self.spread(joined)
    }

    /// Values that differ in a few bytes differ in a few bits of their products, and might meet in a table that takes the lowest ones.
    #[inline(always)]
    fn spread(&self, hash: u64) -> u64 {
        product([hash, self.last], [0, 0])
    }

    #[inline(always)]
    fn start(&self, place: &impl Place) -> u64 {
        match place.combination() {
            0 => self.start,
            combination => product([combination as u64, 0], [self.start, self.outer[0]]),
        }
    }
}

/// The hash of what was before and of the next value. None of the multiplications has to wait for another.
#[inline(always)]
const fn joined(before: u64, value: u64) -> u64 {
    before.rotate_left(23).wrapping_add(value)
}

/// Multiplies to twice the width and folds the halves of the product, as foldhash and wyhash do: every bit of the result depends on
/// every bit of the words.
#[inline(always)]
fn product(words: Words, seed: Words) -> u64 {
    let product = u128::from(words[0] ^ seed[0]) * u128::from(words[1] ^ seed[1]);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::Seed;
    use crate::catalog::AGENT_SPAWNS;
    use crate::registry::place::Written;

    fn hash(seed: Seed, values: [&str; 2]) -> u64 {
        seed.hash(&Written { def: AGENT_SPAWNS.def(), values: &values })
    }

    #[test]
    fn texts_that_differ_in_one_byte_have_other_hashes() {
        let seed = Seed::default();
        for length in 0..80 {
            let text = "abcdefghij".repeat(8)[..length].to_owned();
            for at in 0..length {
                let mut other = text.clone();
                other.replace_range(at..=at, "X");
                assert_ne!(hash(seed, [&text, "z"]), hash(seed, [&other, "z"]), "{at} of {length}");
            }
        }
    }

    #[test]
    fn hashes_of_a_thousand_sets_hardly_meet_in_a_small_table() {
        for _ in 0..200 {
            let seed = Seed::default();
            let taken: std::collections::BTreeSet<_> =
                (0..1000).map(|i| hash(seed, ["claude", &format!("site-{i}")]) & 0xffff).collect();
            assert!(taken.len() > 950, "{}", taken.len());
        }
    }
}

//! Hashing texts that somebody else has written, under a secret key.
//!
//! The words of a text are the coefficients of a polynomial over the integers modulo a prime, and half of the key is where that is
//! evaluated. Two texts of up to `n` words have the same value at no more than `n` of the 2⁵⁷ keys, whichever texts they are, so that
//! nobody can write many that collide. Every bit of the hash then depends on all bits of the value and on the other half of the key, as
//! in "Universal hashing and k-wise independent random variables via integer arithmetic without primes" by Martin Dietzfelbinger.
//! This takes a third of the instructions of the standard library's hash.

use std::hash::{BuildHasher, RandomState};

/// The largest prime below 2⁶⁴ is so much less than that. Words of text are below it, because no text has the byte 0xff.
const BELOW: u64 = 59;

/// A secret key.
#[derive(Debug)]
pub(super) struct TextKey {
    /// Where polynomials are evaluated: below 2⁵⁷, so that a product needs to be carried only once.
    point: u64,
    spread: u128,
}

impl Default for TextKey {
    fn default() -> Self {
        let random = RandomState::new();
        let spread = u128::from(random.hash_one(1)) << 64 | u128::from(random.hash_one(2));
        Self { point: random.hash_one(0) >> 7, spread }
    }
}

impl TextKey {
    /// The hash of a text, which is the same for the same text and key.
    pub(super) fn hash(&self, text: &str) -> u64 {
        let bytes = text.as_bytes();
        let (words, rest) = bytes.as_chunks();
        let mut value = bytes.len() as u64;
        for word in words {
            value = self.add(value, u64::from_le_bytes(*word));
        }
        // Some of the last bytes may have been added already. With the length, the words still say what the text is.
        let last = match bytes.last_chunk() {
            Some(last) => u64::from_le_bytes(*last),
            None => rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        let value = u128::from(self.add(value, last));
        high(value.wrapping_mul(self.spread))
    }

    /// One step in evaluating a polynomial: `value` times the point, and the next coefficient.
    #[inline]
    fn add(&self, value: u64, coefficient: u64) -> u64 {
        let product = u128::from(value) * u128::from(self.point) + u128::from(coefficient);
        // 2⁶⁴ is the same as `BELOW`. The higher half is at most 2⁵⁷, so that the first product fits; where the sum does not, what is left
        // of it is so small that the second one does.
        let (sum, carried) = low(product).overflowing_add(high(product) * BELOW);
        sum + if carried { BELOW } else { 0 }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "this half is what is wanted")]
const fn low(product: u128) -> u64 {
    product as u64
}

const fn high(product: u128) -> u64 {
    low(product >> 64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    const PRIME: u128 = (1 << 64) - BELOW as u128;

    proptest! {
        #[test]
        fn a_step_is_one_of_arithmetic_modulo_the_prime(value: u64, coefficient: u64, point in 0..1_u64 << 57) {
            let key = TextKey { point, spread: 0 };
            for (value, point) in [(value, point), (u64::MAX, point), (value, (1 << 57) - 1), (u64::MAX, (1 << 57) - 1)] {
                let key = TextKey { point, ..key };
                let expected = (u128::from(value) * u128::from(point) + u128::from(coefficient)) % PRIME;
                prop_assert_eq!(u128::from(key.add(value, coefficient)) % PRIME, expected);
            }
        }
    }

    #[test]
    fn texts_that_are_alike_have_hashes_of_their_own() {
        let key = TextKey::default();
        let mut texts = HashSet::new();
        for length in 0..30 {
            for character in ["a", "b", "\0", "é"] {
                texts.insert(character.repeat(length));
                texts.insert(format!("{}{character}", "a".repeat(length)));
                texts.insert(format!("{character}{}", "a".repeat(length)));
            }
        }
        let hashes: HashSet<_> = texts.iter().map(|text| key.hash(text)).collect();
        assert_eq!(hashes.len(), texts.len());
    }

    /// A table looks at the lowest bits for a place and at the highest for a mark.
    #[test]
    fn every_bit_tells_texts_apart() {
        let key = TextKey::default();
        let hashes: Vec<_> = (0..4096).map(|number| key.hash(&format!("project=\"{number}\""))).collect();
        for bit in 0..64 {
            let set = hashes.iter().filter(|hash| **hash >> bit & 1 == 1).count();
            assert!((1024..3072).contains(&set), "bit {bit} is set in {set}");
        }
    }

    #[test]
    fn each_key_has_hashes_of_its_own() {
        assert_ne!(TextKey::default().hash("a"), TextKey::default().hash("a"));
    }
}

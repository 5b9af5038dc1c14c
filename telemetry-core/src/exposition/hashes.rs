//! Which of many texts have been there: their hashes, in a table in which nothing else is.
//!
//! Looking for a hash and adding it is one walk. A table for values of any kind takes three times as many instructions.

use super::text_key::TextKey;

/// The hashes of texts, under a key of their own.
#[derive(Debug, Default)]
pub(super) struct Hashes {
    key: TextKey,
    /// As many places as a power of two, at least half of which are [`FREE`]. A hash is at the first free place behind the one that its lowest
    /// bits say, and behind the last place the first one comes.
    places: Vec<u64>,
    count: usize,
}

/// What is in a place where no hash is.
const FREE: u64 = 0;

impl Hashes {
    /// Whether the hash of the text is not there yet; it is then.
    pub(super) fn insert(&mut self, text: &str) -> bool {
        self.insert_hash(self.key.hash(text))
    }

    #[inline]
    fn insert_hash(&mut self, hash: u64) -> bool {
        if 2 * self.count >= self.places.len() {
            self.grow();
        }
        // The hash that means `FREE` is taken for its neighbour, which says no more than that the texts of both may be the same.
        let new = put(&mut self.places, hash.max(FREE + 1));
        self.count += usize::from(new);
        new
    }

    #[cold]
    fn grow(&mut self) {
        const AT_FIRST: usize = 16;
        let mut places = vec![FREE; AT_FIRST.max(2 * self.places.len())];
        for hash in self.places.iter().filter(|hash| **hash != FREE) {
            put(&mut places, *hash);
        }
        self.places = places;
    }
}

/// Puts a hash into one of the places, of which some are free; says whether it was not there.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lowest bits are what is wanted")]
fn put(places: &mut [u64], hash: u64) -> bool {
    let last = places.len().wrapping_sub(1);
    let mut at = hash as usize & last;
    while let Some(place) = places.get_mut(at) {
        if *place == FREE {
            *place = hash;
            return true;
        }
        if *place == hash {
            return false;
        }
        at = (at + 1) & last;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        /// Among few numbers, many of which are in the same place.
        #[test]
        fn a_hash_is_new_once(hashes in proptest::collection::vec((1..8_u64, 0..40_u64), 0..300)) {
            let (mut table, mut expected) = (Hashes::default(), HashSet::new());
            for (high, low) in hashes {
                let hash = high << 32 | low;
                prop_assert_eq!(table.insert_hash(hash), expected.insert(hash));
            }
        }
    }

    #[test]
    fn the_hash_that_stands_for_nothing_is_there_too() {
        let mut table = Hashes::default();
        assert!(table.insert_hash(FREE));
        assert!(!table.insert_hash(FREE));
    }

    #[test]
    fn half_of_the_places_stay_free() {
        let mut table = Hashes::default();
        for number in 0..1000_u32 {
            assert!(table.insert(&number.to_string()));
            let free = table.places.iter().filter(|place| **place == FREE).count();
            assert!(free * 2 >= table.places.len() && free + table.count == table.places.len());
        }
        assert!(!table.insert("999"));
    }
}

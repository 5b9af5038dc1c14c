//! The key of a series: the open values of its labels and the combination of the closed ones, and how they are compared.
//!
//! Two keys are one key if their values have the same lengths and the same bytes.

use super::place::{Place, Shape};
use super::sought::Sought;
use super::words::{self, WIDE, Words, inner, outer};
use std::{array, iter};

/// What tells a series from the others of its metric, and the hash of that.
///
/// What a call compares stands together, and before what few calls need, so that it is read from as few cache lines as can be.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Key {
    /// What [`form`] says of it.
    form: u64,
    /// Of each near value its first and its last words, which have all of its bytes unless it is longer than [`words::SHORT`].
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

/// How many values are compared by their words. Hardly any metric has more open labels.
pub(super) const NEAR: usize = 3;

/// How many bits of a form the length of a value has, of which the longest in a key takes no more.
const SIZE: u32 = LONGEST.ilog2() + 3;

/// The first bit of a form that belongs to the combination.
pub(super) const COMBINATION: u32 = 40;

/// How many combinations a form tells apart.
const COMBINATIONS: usize = 1 << (u64::BITS - COMBINATION);

/// The longest value in a key, in bytes. What is longer gets no series of its own, so that no label can fill the memory.
const LONGEST: usize = 1024;

/// The lengths of the near values, none of which is too long for a key where it matters, and the number of the combination of closed
/// values, as far as there is room for it.
#[inline(always)]
pub(super) fn form(place: &impl Place, values: &[&str]) -> u64 {
    let sizes = values.iter().take(NEAR).fold(0, |sizes, value| sizes << SIZE | value.len() as u64);
    sizes | (place.combination() as u64) << COMBINATION
}

impl Key {
    /// The key of this label set, whose hash is given, if none of its values is too long.
    pub(super) fn new(place: &impl Place, hash: u64) -> Option<Self> {
        let values = place.open_values();
        let values = values.as_ref().get(..place.shape().open)?;
        if Self::is_too_long(place) {
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

    /// Whether a value of this label set is too long for a key.
    pub(super) fn is_too_long(place: &impl Place) -> bool {
        place.open_values().as_ref().iter().any(|value| value.len() > LONGEST)
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
            && self.is_beyond_words(place)
    }

    /// Whether this is the key of a label set that was read before.
    #[inline(always)]
    pub(super) fn is(&self, sought: &Sought, place: &impl Place) -> bool {
        let near = place.shape().open.min(NEAR);
        self.form == sought.form
            && are_all(near, &self.outer, &sought.outer)
            && (!sought.has_inner || are_all(near, &self.inner, &sought.inner))
            && self.is_beyond_words(place)
    }

    /// Whether this is the key of that label set as far as its words do not say so.
    #[inline(always)]
    fn is_beyond_words(&self, place: &impl Place) -> bool {
        let Shape { combinations, open, .. } = place.shape();
        let is_of_combination = combinations <= COMBINATIONS || self.combination == place.combination();
        is_of_combination
            && (open <= NEAR || self.has_far(place.open_values().as_ref().get(..open).unwrap_or_default()))
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
    match words::whole(value) {
        Some(outer) => {
            are(outer, *outer_words)
                && inner(value).is_none_or(|inner| value.len() <= WIDE && are(inner, *inner_words))
        }
        None => are(words::less(value), *outer_words),
    }
}

/// Whether the first so many are the same. All of them are compared, word by word as they were stored, for what was just stored in two
/// parts is slow to load in one.
#[inline(always)]
fn are_all(near: usize, own: &[Words; NEAR], other: &[Words; NEAR]) -> bool {
    let pairs = own.iter().zip(other).take(near);
    pairs.fold(0, |differ, (own, other)| differ | (own[0] ^ other[0]) | (own[1] ^ other[1])) == 0
}

/// Whether two words are the same, one after the other, without putting them into one register first.
#[inline(always)]
const fn are([first, last]: Words, [own_first, own_last]: Words) -> bool {
    first == own_first && last == own_last
}

#[cfg(test)]
mod tests {
    use super::{Key, WIDE};
    use crate::catalog::{AGENT_RUNS, AGENT_SPAWNS};
    use crate::metric::{LabelDef, MetricDef, Values};
    use crate::registry::place::Written;
    use crate::registry::sought::Seed;
    use proptest::prelude::*;

    fn place<'v>(values: &'v [&'v str; 2]) -> Written<'v> {
        Written { def: AGENT_SPAWNS.def(), values }
    }

    /// Whether the key of one label set is that of another, even if their hashes were the same.
    fn is_key_of(one: &[&str; 2], other: &[&str; 2]) -> bool {
        let key = Key::new(&place(one), 7).unwrap();
        let is_long = other.iter().any(|value| value.len() > WIDE);
        let by_text = key.is_of_long(&place(other));
        let sought = Seed::default().sought(&place(other));
        assert_eq!(sought.is_none(), is_long);
        if let Some(sought) = sought {
            assert_eq!([key.is_of(&place(other)), key.is(&sought, &place(other))], [by_text; 2]);
        }
        by_text
    }

    #[test]
    fn texts_that_differ_in_one_byte_or_run_together_are_two_keys() {
        for length in 0..80 {
            let text = "abcdefghij".repeat(8)[..length].to_owned();
            assert!(is_key_of(&[&text, "z"], &[&text, "z"]), "{length}");
            assert!(!is_key_of(&[&text, "z"], &[&format!("{text}z"), ""]), "{length}");
            for at in 0..length {
                let mut other = text.clone();
                other.replace_range(at..=at, "X");
                assert!(!is_key_of(&[&text, "z"], &[&other, "z"]), "{at} of {length}");
            }
        }
    }

    /// One closed label, and more open ones than there are near values.
    fn far<'v>(values: &'v [&'v str; 5]) -> Written<'v> {
        const OPEN: LabelDef = LabelDef { name: "a", values: Values::Open };
        const CLOSED: LabelDef = AGENT_RUNS.def().labels[1];
        static DEF: MetricDef = MetricDef { labels: &[CLOSED, OPEN, OPEN, OPEN, OPEN], ..*AGENT_RUNS.def() };
        Written { def: &DEF, values }
    }

    #[test]
    fn keys_that_differ_only_behind_the_near_values_or_in_a_closed_one_are_two() {
        let (wide, long) = ("x".repeat(WIDE), "x".repeat(WIDE + 1));
        for near in ["x", &wide, &long] {
            let (one, far_value, status) =
                (["ok", near, "", "", "y"], ["ok", near, "", "", "z"], ["error", near, "", "", "y"]);
            let key = Key::new(&far(&one), 7).unwrap();
            for (other, expected) in [(one, true), (far_value, false), (status, false)] {
                assert_eq!(key.is_of_long(&far(&other)), expected, "{other:?}");
                if let Some(sought) = Seed::default().sought(&far(&other)) {
                    assert_eq!([key.is_of(&far(&other)), key.is(&sought, &far(&other))], [expected; 2]);
                }
            }
        }
    }

    #[test]
    fn a_part_that_is_too_long_has_no_key() {
        let (longest, longer) = ("x".repeat(1024), "x".repeat(1025));
        assert!(Key::new(&place(&["", &longest]), 0).is_some());
        assert!(Key::new(&place(&["", &longer]), 0).is_none());
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

//! Label sets of every shape and length meet in one series exactly if they are equal, however often and from whatever memory they are given.
#![cfg(feature = "live")]

use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;
use telemetry_core::config::Config;
use telemetry_core::metric::MetricDef;
use telemetry_core::{Registry, catalog, closed_label};

closed_label! {
    /// Thirty-two values: five such labels have more combinations than a word of a key has room for.
    pub enum Digit {
        D0 = "0", D1 = "1", D2 = "2", D3 = "3", D4 = "4", D5 = "5", D6 = "6", D7 = "7", D8 = "8", D9 = "9", D10 = "10",
        D11 = "11", D12 = "12", D13 = "13", D14 = "14", D15 = "15", D16 = "16", D17 = "17", D18 = "18", D19 = "19",
        D20 = "20", D21 = "21", D22 = "22", D23 = "23", D24 = "24", D25 = "25", D26 = "26", D27 = "27", D28 = "28",
        D29 = "29", D30 = "30", Other = "other"
    }
}

catalog! {
    /// For this test.
    pub TESTS = "Tests", "tests";
    /// More open labels than are compared by words
    counter FAR = "tests_far_total", Far<'v> { a: &'v str, b: &'v str, c: &'v str, d: &'v str, e: &'v str };
    /// Open labels around a closed one
    counter MIXED = "tests_mixed_total", Mixed<'a> { a: &'a str, digit: Digit, b: &'a str };
    /// More combinations than have places, and no open label
    counter CLOSED = "tests_closed_total", Closed { one: Digit, other: Digit };
    /// More combinations than a word has room for, and an open label
    counter HUGE = "tests_huge_total", Huge<'a> { a: Digit, b: Digit, c: Digit, d: Digit, e: Digit, open: &'a str };
    /// More combinations than a word has room for
    counter HUGE_CLOSED = "tests_huge_closed_total", HugeClosed { a: Digit, b: Digit, c: Digit, d: Digit, e: Digit };
}

/// The longest value that has a series of its own.
const LONGEST: usize = 1024;

/// The first length that does not fit where the lengths of values are kept beside each other.
const WIDTH: usize = 8192;

/// Lengths at which a value is read otherwise than one that is a byte shorter.
const LENGTHS: [usize; 23] =
    [0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 18, 24, 25, 31, 32, 33, 48, 64, 1024, 1025];

#[derive(Debug, Clone)]
struct Set {
    metric: usize,
    values: [String; 5],
    digits: [usize; 5],
}

/// How a set differs from another.
#[derive(Debug, Clone)]
enum Change {
    Byte {
        of: usize,
        at: prop::sample::Index,
        to: char,
    },
    Longer {
        of: usize,
        by: usize,
    },
    /// A value that is so long that its length runs into that of the value before.
    TooLong {
        of: usize,
    },
    /// The last byte of a value stands before the next one.
    Moved {
        of: usize,
    },
    Digit {
        of: usize,
        to: usize,
    },
}

fn set() -> impl Strategy<Value = Set> {
    let value = select(&LENGTHS).prop_map(|length| "a".repeat(length));
    // Of the first digit, 15 and 31 are the same in the bits for which a word of a key has room.
    let digits = prop::array::uniform5(select(vec![0_usize, 15, 31]));
    (0..5_usize, prop::array::uniform5(value), digits).prop_map(|(metric, values, digits)| Set {
        metric,
        values,
        digits,
    })
}

fn change() -> impl Strategy<Value = Change> {
    let of = 0..5_usize;
    prop_oneof![
        6 => (of.clone(), any::<prop::sample::Index>(), select(vec!['b', '\0']))
            .prop_map(|(of, at, to)| Change::Byte { of, at, to }),
        1 => (of.clone(), select(vec![1_usize, 8, 16])).prop_map(|(of, by)| Change::Longer { of, by }),
        2 => of.clone().prop_map(|of| Change::TooLong { of }),
        1 => of.clone().prop_map(|of| Change::Moved { of }),
        3 => (of, select(vec![0_usize, 15, 31])).prop_map(|(of, to)| Change::Digit { of, to }),
    ]
}

fn changed(mut set: Set, change: &Change) -> Set {
    let values = &mut set.values;
    match *change {
        Change::Byte { of, at, to } if !values[of].is_empty() => {
            let at = at.index(values[of].len());
            values[of].replace_range(at..=at, &to.to_string());
        }
        Change::Byte { .. } => {}
        Change::Longer { of, by } => values[of].push_str(&"a".repeat(by)),
        Change::TooLong { of } => values[of].push_str(&"a".repeat(WIDTH)),
        Change::Moved { of } => {
            let last = values[of].pop();
            values[(of + 1) % 5].extend(last);
        }
        Change::Digit { of, to } => set.digits[of] = to,
    }
    set
}

/// Sets, and with each of them some that differ from it in little.
fn sets() -> impl Strategy<Value = Vec<Set>> {
    let family = (set(), prop::collection::vec(change(), 1..8)).prop_map(|(set, changes)| {
        let others: Vec<_> = changes.iter().map(|change| changed(set.clone(), change)).collect();
        [vec![set], others].concat()
    });
    prop::collection::vec(family, 1..8).prop_map(|families| families.concat())
}

/// Counts the set once, and says where that belongs.
fn count(registry: &Registry, set: &Set, [a, b, c, d, e]: [&str; 5]) -> (&'static MetricDef, Vec<String>) {
    let [va, vb, vc, vd, ve] = set.digits.map(|digit| Digit::ALL[digit]);
    let (def, values): (&'static MetricDef, Vec<&str>) = match set.metric {
        0 => {
            FAR.in_registry(registry).with(|| Far { a, b, c, d, e }).inc();
            (FAR.def(), vec![a, b, c, d, e])
        }
        1 => {
            MIXED.in_registry(registry).with(|| Mixed { a, digit: va, b }).inc();
            (MIXED.def(), vec![a, va.as_str(), b])
        }
        2 => {
            CLOSED.in_registry(registry).with(|| Closed { one: va, other: vb }).inc();
            (CLOSED.def(), vec![va.as_str(), vb.as_str()])
        }
        3 => {
            HUGE.in_registry(registry).with(|| Huge { a: va, b: vb, c: vc, d: vd, e: ve, open: a }).inc();
            (HUGE.def(), vec![va.as_str(), vb.as_str(), vc.as_str(), vd.as_str(), ve.as_str(), a])
        }
        _ => {
            HUGE_CLOSED.in_registry(registry).with(|| HugeClosed { a: va, b: vb, c: vc, d: vd, e: ve }).inc();
            (HUGE_CLOSED.def(), vec![va.as_str(), vb.as_str(), vc.as_str(), vd.as_str(), ve.as_str()])
        }
    };
    let is_beyond = values.iter().any(|value| value.len() > LONGEST);
    (def, values.into_iter().map(|value| if is_beyond { "__overflow__" } else { value }.to_owned()).collect())
}

/// The texts of all labels stand where those of other sets stood before.
fn written<'b>(set: &Set, buffers: &'b mut [String; 5]) -> [&'b str; 5] {
    for (buffer, value) in buffers.iter_mut().zip(&set.values) {
        buffer.clear();
        buffer.push_str(value);
    }
    buffers.each_ref().map(String::as_str)
}

/// How often a metric looks for something by its hash before it notes where it was.
const WARM: usize = 300;

/// Gives each set again and again, at times from one buffer for all and at times from memory of its own.
fn record(registry: &Registry, sets: &[Set]) -> BTreeMap<(&'static str, Vec<String>), f64> {
    let mut counts = BTreeMap::new();
    let mut buffers = [(); 5].map(|()| String::with_capacity(10_000));
    let mut note = |(def, values): (&'static MetricDef, Vec<String>)| {
        *counts.entry((def.name, values)).or_default() += 1.0;
    };
    for metric in 0..5 {
        let set = Set { metric, values: [""; 5].map(String::from), digits: [0; 5] };
        (0..WARM).for_each(|_| note(count(registry, &set, written(&set, &mut buffers))));
    }
    for _ in 0..3 {
        for set in sets {
            // Twice is what makes a note, and the third call is led by it.
            (0..3).for_each(|_| note(count(registry, set, written(set, &mut buffers))));
        }
        for set in sets {
            (0..3).for_each(|_| note(count(registry, set, set.values.each_ref().map(String::as_str))));
        }
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn label_sets_meet_in_one_series_exactly_if_they_are_equal(sets in sets()) {
        let registry = Registry::new(&Config::default());
        let counts = record(&registry, &sets);
        let snapshot = registry.snapshot();
        for ((name, values), count) in &counts {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            prop_assert_eq!(snapshot.value(name, &values), Some(*count), "{} {:?}", name, values);
        }
        let of_tests = snapshot.metrics.iter().filter(|metric| metric.def.name.starts_with("tests_"));
        prop_assert_eq!(of_tests.map(|metric| metric.series.len()).sum::<usize>(), counts.len());
    }
}

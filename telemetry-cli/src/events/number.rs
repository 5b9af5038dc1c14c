//! The numbers of events: how long something took, and how many there were.

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The most that one event counts. A counter adds whole numbers exactly, and sums of these stay far from its end.
const MAX_COUNT: u64 = 1_000_000_000_000;

/// What a number of seconds must be.
const SECONDS: &str = "a number of seconds from 0 on, such as 12.4";

/// How long something took: finite and not negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seconds(pub(super) Duration);

impl Seconds {
    fn new(seconds: f64) -> Option<Self> {
        Duration::try_from_secs_f64(seconds).ok().map(Self)
    }
}

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().ok().and_then(Self::new).ok_or_else(|| format!("expected {SECONDS}"))
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_f64(SecondsReader)
    }
}

struct SecondsReader;

impl Visitor<'_> for SecondsReader {
    type Value = Seconds;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SECONDS)
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<Seconds, E> {
        Seconds::new(seconds).ok_or_else(|| E::invalid_value(Unexpected::Float(seconds), &self))
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<Seconds, E> {
        Ok(Seconds(Duration::from_secs(seconds)))
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<Seconds, E> {
        self.visit_f64(seconds as f64)
    }
}

/// How many there were: whole and not negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count(pub(super) u64);

impl Count {
    fn new(count: u64) -> Option<Self> {
        (count <= MAX_COUNT).then_some(Self(count))
    }
}

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected a whole number up to {MAX_COUNT}");
        text.parse().ok().and_then(Self::new).ok_or_else(wrong)
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Also as a number with a point: JavaScript and jq write 1.0 and 1e3 for whole numbers.
        deserializer.deserialize_f64(CountReader)
    }
}

struct CountReader;

impl Visitor<'_> for CountReader {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number up to {MAX_COUNT}")
    }

    fn visit_u64<E: Error>(self, count: u64) -> Result<Count, E> {
        Count::new(count).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(count), &self))
    }

    fn visit_i64<E: Error>(self, count: i64) -> Result<Count, E> {
        Err(E::invalid_value(Unexpected::Signed(count), &self))
    }

    fn visit_f64<E: Error>(self, count: f64) -> Result<Count, E> {
        let is_whole = count.fract() == 0.0 && (0.0..=MAX_COUNT as f64).contains(&count);
        if is_whole {
            self.visit_u64(count as u64)
        } else {
            Err(E::invalid_value(Unexpected::Float(count), &self))
        }
    }
}

/// How many; none where nobody said.
pub(super) fn count(count: Option<Count>) -> u64 {
    count.map_or(0, |count| count.0)
}

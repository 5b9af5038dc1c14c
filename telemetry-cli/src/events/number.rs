//! The numbers of events: how long something took, and how many there were.

use serde::Deserialize;
use std::str::FromStr;
use std::time::Duration;

/// The most that one event counts. A counter adds whole numbers exactly, and sums of these stay far from its end.
const MAX_COUNT: u64 = 1_000_000_000_000;

/// How long something took: finite and not negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "f64")]
pub(super) struct Seconds(pub(super) Duration);

impl TryFrom<f64> for Seconds {
    type Error = String;

    fn try_from(seconds: f64) -> Result<Self, String> {
        let wrong = |_| format!("{seconds} is no length of time: expected a number of seconds, such as 12.4");
        Duration::try_from_secs_f64(seconds).map(Self).map_err(wrong)
    }
}

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds =
            text.parse::<f64>().map_err(|_| "expected a number of seconds, such as 12.4".to_owned())?;
        Self::try_from(seconds)
    }
}

/// How many there were: whole and not negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u64")]
pub(super) struct Count(pub(super) u64);

impl TryFrom<u64> for Count {
    type Error = String;

    fn try_from(count: u64) -> Result<Self, String> {
        let wrong = || format!("{count} is too many: expected a whole number up to {MAX_COUNT}");
        (count <= MAX_COUNT).then_some(Self(count)).ok_or_else(wrong)
    }
}

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |_| format!("expected a whole number up to {MAX_COUNT}");
        text.parse::<u64>().map_err(wrong).and_then(Self::try_from)
    }
}

/// How many; none where nobody said.
pub(super) fn count(count: Option<Count>) -> u64 {
    count.map_or(0, |count| count.0)
}

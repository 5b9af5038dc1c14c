//! Times as Prometheus counts them: in milliseconds since 1970.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Now. A clock that was never set is at the beginning.
pub(crate) fn now() -> i64 {
    millis(SystemTime::now())
}

/// A time of the system; what was before 1970 is at the beginning.
pub(crate) fn millis(time: SystemTime) -> i64 {
    length_in_millis(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// How long something is, in whole milliseconds.
pub(crate) fn length_in_millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_counted_from_1970_on() {
        assert_eq!(millis(UNIX_EPOCH + Duration::from_millis(1_500)), 1_500);
        assert_eq!(millis(UNIX_EPOCH - Duration::from_secs(9)), 0);
        assert_eq!(length_in_millis(Duration::MAX), i64::MAX);
        // The beginning of 2023, after which this was written.
        assert!(now() > 1_672_531_200_000);
    }
}

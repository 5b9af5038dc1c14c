//! Times as the formats of Alertmanager have them.

use chrono::{DateTime, SecondsFormat};

/// How Go writes that there is no time.
pub(super) const NEVER: &str = "0001-01-01T00:00:00Z";

/// Milliseconds since 1970 as RFC 3339.
pub(super) fn date(milliseconds: i64) -> String {
    let date = DateTime::from_timestamp_millis(milliseconds).unwrap_or_default();
    date.to_rfc3339_opts(SecondsFormat::Millis, true)
}

//! `telemetry config`, `completions` and `man`.

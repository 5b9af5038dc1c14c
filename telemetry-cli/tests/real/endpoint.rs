//! `telemetry endpoint`.

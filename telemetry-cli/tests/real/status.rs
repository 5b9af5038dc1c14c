//! `telemetry status`.

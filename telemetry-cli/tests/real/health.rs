//! `telemetry health`.

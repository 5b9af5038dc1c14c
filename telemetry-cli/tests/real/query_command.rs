//! `telemetry query`.

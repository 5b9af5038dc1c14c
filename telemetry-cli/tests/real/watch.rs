//! `telemetry snapshot --watch`.

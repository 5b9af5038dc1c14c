//! `telemetry record`.

//! `telemetry run --metrics-from`.

//! `telemetry doctor`.

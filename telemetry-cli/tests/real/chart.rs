//! `telemetry chart` beside real servers.

//! `telemetry report` beside real servers.

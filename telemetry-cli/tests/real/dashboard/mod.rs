//! `telemetry dashboard` in a terminal: keys in, screen out.

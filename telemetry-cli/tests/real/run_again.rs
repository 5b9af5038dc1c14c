//! `telemetry run` with `--timeout` and `--retries`.

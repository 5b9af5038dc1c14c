//! The HTTP API of Prometheus over a history.

//! What expressions mean, against values that were computed by hand or that Prometheus documents.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test reports by panicking")]

mod aggregations;
mod bench;
mod elements;
mod errors;
mod functions;
mod labels;
mod order;
mod places;
mod rates;
mod windows;

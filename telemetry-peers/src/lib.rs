//! Nothing: this package holds the benchmark `hot_path` alone, which compares the price of a call with that of other metric libraries.
//!
//! ```console
//! $ cargo bench -p telemetry-peers
//! ```

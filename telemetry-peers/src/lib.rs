//! Nothing: this package holds the benchmarks `hot_path` and `first_touch` alone, which compare the price of a call with that of other
//! metric libraries.
//!
//! ```console
//! $ cargo bench -p telemetry-peers
//! ```

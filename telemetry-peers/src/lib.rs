//! What the benchmarks of this package share: they compare the price of a call (`hot_path`) and of a scrape (`writing`) with those of
//! other metric libraries. There is nothing else in it.
//!
//! ```console
//! $ cargo bench -p telemetry-peers
//! ```

pub mod race;

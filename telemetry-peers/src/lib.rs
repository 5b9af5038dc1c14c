//! What the benchmarks of this package share: they compare the price of a call (`hot_path`), of the first call on a series
//! (`first_touch`), of a scrape (`writing`) and of reading one (`parsing`) with those of other libraries. There is nothing else in it.
//!
//! ```console
//! $ cargo bench -p telemetry-peers
//! ```

pub mod given;
pub mod race;

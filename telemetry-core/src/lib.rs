#![doc = include_str!("../README.md")]

#[cfg(feature = "live")]
pub mod bridge;
pub mod build_info;
mod by_process;
pub mod catalog;
pub mod cell;
pub mod config;
pub mod declare;
pub mod exposition;
pub mod guard;
pub mod handle;
pub mod harmless;
pub mod label;
pub mod metric;
pub mod number;
mod recorded;
pub mod registry;
pub mod snapshot;
mod switch;
mod sync;

pub use declare::{Schema, Unlabelled};
pub use handle::{BoundCounter, BoundGauge, BoundHistogram, Counter, Gauge, Histogram};
pub use registry::Registry;
pub use snapshot::Snapshot;
pub use switch::{Switch, default_registry, init, is_on};

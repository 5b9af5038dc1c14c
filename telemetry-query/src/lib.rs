#![doc = include_str!("../README.md")]

mod budget;
mod error;
mod eval;
mod grid;
mod labels;
mod limits;
mod matcher;
mod memory;
mod plan;
mod query;
mod sample;
mod store;
mod value;

pub use budget::{Budget, Held};
pub use error::{ErrorClass, QueryError};
pub use labels::{Label, Labels, METRIC_NAME};
pub use limits::Limits;
pub use matcher::{Condition, Matcher};
pub use memory::MemoryStore;
pub use query::{Query, Steps, selector};
pub use sample::{STALE, Sample, is_stale};
pub use store::{Selection, Store, StoreError, StoredSeries};
pub use value::{Series, Value};

//! Samples and definitions as tables for people.
//!
//! | module | responsible for |
//! |---|---|
//! | `grid` | aligned columns on top of comfy-table: widths, colours, cutting |
//! | `units` | numbers, durations and bytes as people say them |
//! | `summary` | one metric over all its series: sum, failures, percentiles, and its largest series |
//! | `half` | all numbers of a snapshot, or all its distributions |
//! | `snapshot` | the whole page of `telemetry snapshot` |
//! | `catalog` | the whole page of `telemetry list` |
//!
//! Everything here is text from data; nothing is printed.

mod catalog;
mod grid;
mod half;
mod snapshot;
mod summary;
mod units;

pub(crate) use catalog::catalog;
pub(crate) use snapshot::{Page, SourceLine, Standing, snapshot};

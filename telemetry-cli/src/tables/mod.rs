//! Samples and definitions as tables for people.
//!
//! | module | responsible for |
//! |---|---|
//! | `grid` | aligned columns on top of comfy-table: widths, colours, cutting |
//! | `units` | numbers, durations and bytes as people say them |
//! | `summary` | one metric over all its series: sum, failures, percentiles, and its largest series |
//! | `half` | all numbers of a snapshot, or all its distributions |
//! | `snapshot` | the whole page of `telemetry snapshot` |
//! | `standing` | the whole page of `telemetry alerts` |
//! | `step` | a step of `telemetry doctor` |
//! | `listing` | sections of rows under one header |
//! | `catalog`, `alerts`, `panels` | the whole page of `telemetry list`, of its `--alerts` and of its `--panels` |
//!
//! Everything here is text from data; nothing is printed.

mod alerts;
mod catalog;
mod grid;
mod half;
mod listing;
mod panels;
mod snapshot;
mod standing;
mod step;
mod summary;
mod units;

pub(crate) use alerts::alerts;
pub(crate) use catalog::catalog;
pub(crate) use grid::harmless;
pub(crate) use panels::panels;
pub(crate) use snapshot::{Page, SourceLine, Standing, snapshot};
pub(crate) use standing::standing;
pub(crate) use step::step;

//! Samples and definitions as tables for people.
//!
//! | module | responsible for |
//! |---|---|
//! | `grid` | aligned columns on top of comfy-table: widths, colours, cutting |
//! | `spark` | sparklines, shapes of distributions and bars |
//! | `wrap` | sentences in lines as long as the screen is wide |
//! | `units` | numbers, durations and bytes as people say them |
//! | `summary` | one metric over all its series: sum, failures, percentiles, and its largest series |
//! | `change` | what has changed since the last look |
//! | `half` | all numbers of a snapshot, or all its distributions |
//! | `snapshot` | the whole page of `telemetry snapshot` |
//! | `standing` | the whole page of `telemetry alerts` |
//! | `health` | the whole page of `telemetry health` |
//! | `endpoint` | the whole page of `telemetry endpoint` |
//! | `query` | the whole page of `telemetry query` |
//! | `status` | the whole page of `telemetry status` |
//! | `settings` | the whole page of `telemetry config show` |
//! | `step` | a step of `telemetry doctor` |
//! | `listing` | sections of rows under one header |
//! | `catalog`, `alerts`, `panels` | the whole page of `telemetry list`, of its `--alerts` and of its `--panels` |
//!
//! Everything here is text from data; nothing is printed.

mod alerts;
mod catalog;
mod change;
mod endpoint;
mod grid;
mod half;
mod health;
mod listing;
mod panels;
mod query;
mod settings;
mod snapshot;
mod spark;
mod standing;
mod status;
mod step;
mod summary;
mod units;
mod wrap;

pub(crate) use alerts::alerts;
pub(crate) use catalog::catalog;
pub(crate) use change::Before;
pub(crate) use endpoint::endpoints;
pub(crate) use grid::{Paint, painted};
pub(crate) use health::health;
pub(crate) use panels::panels;
pub(crate) use query::query;
pub(crate) use settings::settings;
pub(crate) use snapshot::{Page, SourceLine, Standing, snapshot};
pub(crate) use spark::{bar, level_line, level_lines};
pub(crate) use standing::standing;
pub(crate) use status::status;
pub(crate) use step::step;
pub(crate) use summary::{PERCENTILES, label_names, size, value_of};
pub(crate) use telemetry_core::harmless::harmless;
pub(crate) use wrap::wrapped;

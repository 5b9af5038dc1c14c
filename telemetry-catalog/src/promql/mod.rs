//! A small PromQL builder for what this project generates, and the usual questions about a metric.
//!
//! What is often written wrong cannot be written here at all. A share takes one list of labels for both of its sides; a quantile adds `le`
//! by itself; two vectors are only combined when they are aggregated to the same labels; a counter is never read bare; there are no
//! subqueries, no `@` and no matches on `le`. Metrics and labels come from the catalog's declarations and are never text.
//!
//! | module | responsible for |
//! |---|---|
//! | `selection` | which series of a metric |
//! | `window` | spans of time |
//! | `vector` | what may be computed from them |
//! | `node`, `write` | the expression as a tree, and as text |
//! | `examples` | the usual questions about a metric |

mod examples;
mod node;
mod selection;
mod vector;
mod window;
mod write;

pub use examples::{Example, examples};
pub(crate) use selection::has_labels;
pub use selection::{Counters, Gauges, Histograms, Selection, counter, gauge, histogram};
pub use vector::{Foreign, Record, Vector};
pub use window::{Window, rate_interval};
pub(crate) use write::escaped;
pub use write::{Filter, Scope};

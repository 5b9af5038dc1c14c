//! The Prometheus exposition formats: the text format 0.0.4 and OpenMetrics 1.0, written and read.
//!
//! The writer and the parser share one model, one table of suffixes and one notion of a number, and each is the
//! other's test: what [`write()`] writes, [`parse`] reads back equal.
//!
//! | module | what it is responsible for |
//! |---|---|
//! | `model`, `owned`, `equality` | the families, how they outlive their input, when they are equal |
//! | `format`, `names` | content types; what names are allowed and what samples are called |
//! | `number`, `timestamp`, `escape` | the smallest pieces, each written and read |
//! | `writer`, `lead`, `bounds`, `line` | families to lines |
//! | `cursor`, `scan`, `reader`, `text_lines`, `open_metrics_lines` | lines to events: the grammars |
//! | `usual`, `alike` | the usual line, read in one pass, and what it has in common with the one before |
//! | `assembler`, `draft`, `label_sets`, `rising`, `values` | events to families: what may stand where, and only once |
//! | `orderly`, `series`, `families`, `hashes`, `text_key` | the same for the usual order, where next to nothing must be kept |
//! | `visit`, `parse` | an exposition as lines or as families, by the short way or by the other |
//! | `error` | what can be wrong, where, and what would be right |
//!
//! It neither fetches nor serves expositions, and it does not judge the numbers in them. Quoted metric and label names
//! (UTF-8 names of Prometheus 3) and native histograms are not part of these versions of the formats.
//!
//! ```
//! use telemetry_core::exposition::{Format, parse, write};
//!
//! let scraped = "# HELP up Whether the target answers.\n# TYPE up gauge\nup{job=\"api\"} 1\n";
//! let families = parse(scraped, Format::Text)?;
//! let mut written = String::new();
//! write(&families, Format::OpenMetrics, &mut written);
//! assert_eq!(parse(&written, Format::OpenMetrics)?, families);
//! # Ok::<(), telemetry_core::exposition::ParseError>(())
//! ```

mod alike;
mod assembler;
mod bounds;
mod cursor;
mod draft;
mod equality;
mod error;
mod escape;
mod families;
mod format;
mod hashes;
mod label_sets;
mod lead;
mod line;
mod model;
mod names;
mod number;
mod open_metrics_lines;
mod orderly;
mod owned;
mod parse;
mod reader;
mod rising;
mod scan;
mod series;
mod text_key;
mod text_lines;
mod timestamp;
mod usual;
mod values;
mod visit;
mod writer;

pub use equality::same_number;
pub use error::{Found, ParseError, ParseErrorKind};
pub use format::Format;
pub use model::{
    Bucket, Counter, Exemplar, Family, FamilyKind, Histogram, Label, Metric, Quantile, Summary, Value,
};
pub use names::{is_label_name, is_metric_name};
pub use number::write_value;
#[doc(hidden)]
pub use parse::parse_without_shortcuts;
pub use parse::{parse, parse_bytes};
pub use reader::{Event, Reader, Sample};
pub use timestamp::Timestamp;
pub use visit::{Visitor, visit};
pub use writer::write;

#[cfg(feature = "live")]
pub(crate) use line::{HistogramNames, end_of_labels, write_bound, write_labels, write_line};
pub(crate) use writer::{write_end, write_families};

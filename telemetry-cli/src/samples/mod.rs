//! What is done to samples between their sources and the screen: which are wanted, how those of several sources become one, and the
//! formats for programs.

mod json;
mod selection;
mod text;
mod union;

pub(crate) use json::{json, json_line};
pub(crate) use selection::{Scope, subsystem_of};
pub(crate) use text::text;
pub(crate) use union::{SeriesKey, Union, is_distribution, series_key, unite};

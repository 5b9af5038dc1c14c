//! The catalog and the configuration as files that people and Prometheus read.
//!
//! Each renderer is a pure function from data to text; nothing here reads or writes a file. The line that says which command wrote a
//! file belongs to whoever writes it, since the same text is committed by one command and exported by another.

mod alerts_markdown;
mod markdown;
mod metrics_markdown;
mod prometheus_yml;
pub(crate) mod yaml;

pub use alerts_markdown::alerts_markdown;
pub use metrics_markdown::metrics_markdown;
pub use prometheus_yml::{prometheus_desktop_yml, prometheus_yml};

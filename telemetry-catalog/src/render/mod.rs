//! The catalog and the configuration as files that people and Prometheus read.
//!
//! Each renderer is a pure function from data to text; nothing here reads or writes a file. The line that says which command wrote a
//! file belongs to whoever writes it, since the same text is committed by one command and exported by another.

mod alerts_markdown;
mod alerts_yml;
mod dashboard;
mod markdown;
mod metrics_markdown;
mod panels_markdown;
mod prometheus_rule;
mod prometheus_yml;
mod recording_yml;
mod rule_groups;
mod rule_tests;
pub(crate) mod yaml;

pub use alerts_markdown::{alerts_markdown, alerts_markdown_of};
pub use alerts_yml::alerts_yml;
pub use dashboard::dashboard_json;
pub use markdown::anchor;
pub use metrics_markdown::{metrics_markdown, metrics_markdown_of};
pub use panels_markdown::panels_markdown;
pub use prometheus_rule::prometheus_rule_yml;
pub use prometheus_yml::{prometheus_desktop_yml, prometheus_yml, scrape_configs_yml};
pub use recording_yml::recording_yml;
pub use rule_tests::{rule_tests_yml, slow_rule_tests_yml};

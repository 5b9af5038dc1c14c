//! The page: what a browser sees at the top of the stack.

use crate::rules::Rules;
use crate::source::Source;
use axum::Router;
use std::sync::Arc;
use std::time::Duration;
use telemetry_core::config::Config;

/// Something that listens, for the list on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listening {
    /// What it is, such as `gateway`.
    pub name: String,
    /// Where, as a URL.
    pub url: String,
    /// What it is good for.
    pub note: String,
}

/// What the page shows.
#[derive(Clone)]
pub struct Page {
    /// Where it asks.
    pub source: Arc<dyn Source>,
    /// The rules whose alerts it shows; `None` where none are evaluated.
    pub rules: Option<Arc<Rules>>,
    /// Whether the source has the series that the generated recording rules record. Where it does not, everything is asked in full.
    pub recorded: bool,
    /// The configuration, with the thresholds.
    pub config: Arc<Config>,
    /// The time from one scrape to the next: what is three of it old is not live.
    pub interval: Duration,
    /// Everything that listens.
    pub listening: Vec<Listening>,
    /// The URL that Grafana is to be told.
    pub api_url: String,
}

/// The routes of the page: `/`, `/runbook` and what they refer to. They need a tokio runtime with time.
pub fn routes(page: Page) -> Router {
    let _stub = page;
    Router::new()
}

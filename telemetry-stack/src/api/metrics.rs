//! What the API tells of itself, and of what stands behind it.

use super::{Api, Samples};
use crate::rules::Rules;
use crate::scrape::Scraper;
use std::sync::Arc;
use std::time::Duration;
use telemetry_core::config::Config;
use telemetry_core::exposition::Family;
use telemetry_core::snapshot::SnapshotMetric;
use telemetry_core::{Registry, catalog, closed_label};
use telemetry_server::Exposition;

closed_label! {
    /// With which status a request was answered.
    pub enum ApiCode {
        Ok = "200",
        BadRequest = "400" (failure),
        Unprocessable = "422" (failure),
        Internal = "500" (failure),
        Unavailable = "503" (failure),
        Other = "other" (failure),
    }
}

catalog! {
    /// What the API tells of itself, and of what stands behind it.
    pub API = "Query API", "api";

    /// Requests answered, by path below /api/v1/ and HTTP status code
    counter REQUESTS = "telemetry_api_requests_total", Requests<'a> { handler: &'a str, code: ApiCode };
    /// Time from a request until its answer is ready to be sent, by path
    histogram(&[0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0]) REQUEST_DURATION =
        "telemetry_api_request_duration_seconds", RequestDuration<'a> { handler: &'a str };
    /// Series with samples
    gauge(Live) SERIES = "telemetry_history_series", Series;
    /// Chunks of samples, in memory and on disk
    gauge(Live) CHUNKS = "telemetry_history_chunks", Chunks;
    /// Length of what is on disk
    gauge(Live) BYTES = "telemetry_history_bytes", Bytes;
}

/// A registry of the API's own, whether or not telemetry is on.
#[derive(Debug)]
pub(super) struct Instruments {
    registry: Registry,
}

impl Default for Instruments {
    fn default() -> Self {
        let registry = Registry::new(&Config::default());
        registry.declare(&API);
        Self { registry }
    }
}

impl Instruments {
    pub(super) fn answered(&self, handler: &str, status: u16, duration: Duration) {
        let code = ApiCode::fold(&status.to_string());
        REQUESTS.in_registry(&self.registry).with(|| Requests { handler, code }).inc();
        REQUEST_DURATION.in_registry(&self.registry).with(|| RequestDuration { handler }).observe(duration);
    }

    fn families(
        &self,
        samples: &dyn Samples,
        scraper: &Scraper,
        rules: Option<&Rules>,
    ) -> Vec<Family<'static>> {
        let stats = samples.stats();
        SERIES.in_registry(&self.registry).set(stats.series as u64);
        CHUNKS.in_registry(&self.registry).set(stats.chunks as u64);
        BYTES.in_registry(&self.registry).set(stats.bytes);
        let mut metrics = self.registry.snapshot().metrics;
        metrics.retain(|metric| API.metrics.contains(&metric.def));
        metrics.extend(scraper.metrics());
        metrics.extend(rules.map(Rules::metrics).into_iter().flatten());
        metrics.iter().map(SnapshotMetric::family).map(Family::into_owned).collect()
    }
}

/// What is served at `/metrics`: the API, the history, the scraper, the rules and the process.
pub(super) fn exposition(api: &Api, instruments: &Arc<Instruments>) -> Exposition {
    let (samples, scraper) = (Arc::clone(&api.samples), Arc::clone(&api.scraper));
    let (instruments, rules) = (Arc::clone(instruments), api.rules.clone());
    Exposition::default()
        .with_service("telemetry", env!("CARGO_PKG_VERSION"))
        .with_process_metrics(true)
        .with_named("stack", move || instruments.families(&*samples, &scraper, rules.as_deref()))
}

//! What there is to know of the server, and what it has none of.

use super::Shared;
use super::answer::{Answered, ApiError, Data};
use super::desk::aside;
use super::moments::date;
use super::parameters::Parameters;
use crate::duration::duration_text;
use crate::neighbour::APPLICATION;
use crate::scrape::Scraper;
use axum::extract::State;
use serde_json::json;
use std::fmt::Write as _;
use std::sync::Arc;
use std::thread::available_parallelism;
use telemetry_query::{Limits, Query, QueryError};

/// The version of Prometheus whose API and language this is. Clients decide by it what they may ask.
const SPOKEN: &str = "3.0.0";

pub(super) async fn healthy() -> &'static str {
    "Prometheus Server is Healthy.\n"
}

pub(super) async fn ready() -> &'static str {
    "Prometheus Server is Ready.\n"
}

/// Exemplars are not kept.
pub(super) async fn exemplars(parameters: Parameters) -> Answered {
    let (start, end) = (parameters.time_or("start", i64::MIN)?, parameters.time_or("end", i64::MAX)?);
    if end < start {
        return Err(ApiError::bad_data(QueryError::EndBeforeStart.to_string()));
    }
    aside(move || {
        Query::parse(parameters.get("query")).map_err(|error| ApiError::bad_data(error.to_string()))?;
        Ok(Data::document(json!([])))
    })
    .await
}

pub(super) async fn build() -> Data {
    Data::document(json!({
        "version": SPOKEN,
        "revision": "",
        "branch": "",
        "buildUser": "",
        "buildDate": "",
        "goVersion": "",
        "application": APPLICATION,
    }))
}

pub(super) async fn runtime(State(shared): State<Arc<Shared>>) -> Data {
    let since = date(shared.since);
    Data::document(json!({
        "startTime": since,
        "CWD": "",
        "reloadConfigSuccess": true,
        "lastConfigTime": since,
        "serverTime": date(shared.api.clock.now()),
        "corruptionCount": 0,
        "goroutineCount": 0,
        "GOMAXPROCS": available_parallelism().map_or(1, usize::from),
        "GOMEMLIMIT": 0,
        "GOGC": "",
        "GODEBUG": "",
        "storageRetention": duration_text(shared.api.options.retention),
    }))
}

/// Those flags of Prometheus that have a meaning here.
pub(super) async fn flags(State(shared): State<Arc<Shared>>) -> Data {
    let (options, limits) = (shared.api.options, Limits::default());
    Data::document(json!({
        "query.lookback-delta": duration_text(limits.lookback),
        "query.max-concurrency": options.concurrency.to_string(),
        "query.max-samples": limits.samples.to_string(),
        "query.timeout": duration_text(options.timeout),
        "storage.tsdb.retention.time": duration_text(options.retention),
    }))
}

pub(super) async fn config(State(shared): State<Arc<Shared>>) -> Data {
    Data::document(json!({ "yaml": configuration(&shared.api.scraper) }))
}

pub(super) async fn head(State(shared): State<Arc<Shared>>) -> Answered {
    let ask = |samples: &dyn super::Samples, _| {
        let stats = samples.stats();
        Ok(Data::document(json!({
            "headStats": {
                "numSeries": stats.series,
                "numLabelPairs": 0,
                "chunkCount": stats.chunks,
                "minTime": stats.oldest.unwrap_or_default(),
                "maxTime": stats.youngest.unwrap_or_default(),
            },
            "seriesCountByMetricName": [],
            "labelValueCountByLabelName": [],
            "memoryInBytesByLabelName": [],
            "seriesCountByLabelValuePair": [],
        })))
    };
    shared.desk.ask(None, ask).await
}

/// What a Prometheus would have to be told to scrape the same. Texts in JSON are texts in YAML.
fn configuration(scraper: &Scraper) -> String {
    let options = scraper.options();
    let (interval, timeout) =
        (duration_text(options.interval), duration_text(options.timeout.min(options.interval)));
    let mut yaml =
        format!("global:\n  scrape_interval: {interval}\n  scrape_timeout: {timeout}\nscrape_configs:\n");
    for state in scraper.targets() {
        let url = state.target.shown_url();
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let path = rest.find('/').map_or("/", |at| rest.split_at(at).1);
        let (job, path, instance) =
            (json!(state.target.job), json!(path), json!(state.labels.get("instance")));
        let honor = state.target.honor_labels;
        let _ = write!(
            yaml,
            "- job_name: {job}\n  honor_labels: {honor}\n  scheme: {scheme}\n  metrics_path: {path}\n  \
             static_configs:\n  - targets: [{instance}]\n"
        );
    }
    yaml
}

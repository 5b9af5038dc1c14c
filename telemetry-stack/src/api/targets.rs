//! Who is scraped, and what they say of their metrics.

use super::Shared;
use super::answer::{Answered, ApiError, Data};
use super::desk::aside;
use super::moments::{NEVER, date};
use super::parameters::Parameters;
use crate::duration::duration_text;
use crate::scrape::{Health, MetricMetadata, Scraper, TargetState};
use axum::extract::State;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use telemetry_query::Labels;

pub(super) async fn targets(State(shared): State<Arc<Shared>>, parameters: Parameters) -> Answered {
    let scraper = &shared.api.scraper;
    let wanted = matches!(parameters.get("state").to_ascii_lowercase().as_str(), "" | "any" | "active");
    let pool = parameters.get("scrapePool");
    let states = scraper.targets();
    let states = states.iter().filter(|state| wanted && (pool.is_empty() || pool == state.target.job));
    let active: Vec<_> = states.map(|state| target(state, scraper)).collect();
    Ok(Data::document(json!({ "activeTargets": active, "droppedTargets": [], "droppedTargetCounts": {} })))
}

pub(super) async fn metadata(State(shared): State<Arc<Shared>>, parameters: Parameters) -> Answered {
    let limit = number(&parameters, "limit")?;
    let each = number(&parameters, "limit_per_metric")?;
    let metric = parameters.get("metric");
    let mut metrics: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for said in shared.api.scraper.metadata().into_iter().flat_map(|(_, said)| said) {
        let has_room = limit.is_none_or(|limit| metrics.len() < limit) || metrics.contains_key(&said.metric);
        if has_room && (metric.is_empty() || metric == said.metric) {
            let known = metrics.entry(said.metric.clone()).or_default();
            let entry = described(&said);
            if !known.contains(&entry) && each.is_none_or(|each| known.len() < each) {
                known.push(entry);
            }
        }
    }
    Ok(Data::document(json!(metrics)))
}

pub(super) async fn of_targets(State(shared): State<Arc<Shared>>, parameters: Parameters) -> Answered {
    aside(move || said_of_targets(&shared.api.scraper, &parameters)).await
}

fn said_of_targets(scraper: &Scraper, parameters: &Parameters) -> Answered {
    let limit = number(parameters, "limit")?;
    let matchers = parameters.target()?;
    let metric = parameters.get("metric");
    let accepted =
        |labels: &Labels| matchers.iter().all(|matcher| matcher.accepts(labels.get(&matcher.name)));
    let said = scraper.metadata();
    let said = said.iter().filter(|(labels, _)| accepted(labels));
    let said = said.flat_map(|(labels, said)| said.iter().map(move |said| (labels, said)));
    let said = said.filter(|(_, said)| metric.is_empty() || said.metric == metric);
    let entries = said.map(|(labels, said)| of_target(labels, said, metric.is_empty()));
    let entries: Vec<_> = entries.take(limit.unwrap_or(usize::MAX)).collect();
    Ok(Data::document(json!(entries)))
}

fn described(said: &MetricMetadata) -> Value {
    json!({ "type": said.kind, "help": said.help, "unit": said.unit })
}

/// The name is left out where the client has asked for one metric.
fn of_target(labels: &Labels, said: &MetricMetadata, named: bool) -> Value {
    let mut entry = described(said);
    entry["target"] = object(labels);
    if named {
        entry["metric"] = json!(said.metric);
    }
    entry
}

fn target(state: &TargetState, scraper: &Scraper) -> Value {
    let url = state.target.shown_url();
    let options = scraper.options();
    json!({
        "discoveredLabels": discovered(state, scraper),
        "labels": object(&state.labels),
        "scrapePool": state.target.job,
        "scrapeUrl": url,
        "globalUrl": url,
        "lastError": state.last_error,
        "lastScrape": state.last_scrape.map_or_else(|| NEVER.to_owned(), date),
        "lastScrapeDuration": state.last_duration.as_secs_f64(),
        "health": word(&state.health),
        "scrapeInterval": duration_text(options.interval),
        "scrapeTimeout": duration_text(options.timeout.min(options.interval)),
    })
}

fn discovered(state: &TargetState, scraper: &Scraper) -> Value {
    let url = state.target.shown_url();
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let path = rest.find('/').map_or("/", |at| rest.split_at(at).1);
    let options = scraper.options();
    json!({
        "__address__": state.labels.get("instance"),
        "__metrics_path__": path.split('?').next(),
        "__scheme__": scheme,
        "__scrape_interval__": duration_text(options.interval),
        "__scrape_timeout__": duration_text(options.timeout.min(options.interval)),
        "job": state.target.job,
    })
}

const fn word(health: &Health) -> &'static str {
    match health {
        Health::Unknown => "unknown",
        Health::Up => "up",
        Health::Down => "down",
    }
}

fn object(labels: &Labels) -> Value {
    labels.iter().map(|label| (label.name.to_string(), json!(*label.value))).collect::<Map<_, _>>().into()
}

/// A limit of the metadata, which Prometheus reads with other words than the other limits. A negative one is none.
fn number(parameters: &Parameters, name: &str) -> Result<Option<usize>, ApiError> {
    match parameters.get(name) {
        "" => Ok(None),
        text => {
            let number: i64 =
                text.parse().map_err(|_| ApiError::bad_data(format!("{name} must be a number")))?;
            Ok(usize::try_from(number).ok().filter(|limit| *limit > 0))
        }
    }
}

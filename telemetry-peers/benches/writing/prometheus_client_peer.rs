//! `prometheus-client`, whose label sets here are pairs of names and values.

use super::Write;
use super::content::Content;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use telemetry_peers::given::BOUNDS;

type Labels = Vec<(&'static str, String)>;

fn labels(names: impl IntoIterator<Item = &'static str>, values: &[String]) -> Labels {
    names.into_iter().zip(values.iter().cloned()).collect()
}

pub(crate) fn writer(content: &Content) -> (&'static str, Write) {
    let runs = Family::<Labels, Counter>::default();
    let agents = Family::<Labels, Gauge>::default();
    let time = Family::<Labels, Histogram>::new_with_constructor(|| Histogram::new(BOUNDS));
    for (values, count) in &content.counters {
        runs.get_or_create(&labels(["provider", "project", "status"], values)).inc_by(*count);
    }
    for (values, count) in &content.gauges {
        agents.get_or_create(&labels(["provider", "project"], values)).set(*count as i64);
    }
    for (values, seconds) in &content.histograms {
        let series = time.get_or_create(&labels(["provider", "workflow"], values));
        seconds.iter().for_each(|seconds| series.observe(*seconds));
    }
    let mut registry = Registry::default();
    registry.register("bench_runs", "Runs", runs);
    registry.register("bench_agents", "Agents", agents);
    registry.register("bench_seconds", "Time", time);
    ("prometheus-client", Box::new(move |out| encode(out, &registry).unwrap()))
}

//! Ours: straight from the registry, from families, and with a snapshot in between.

use super::Write;
use super::content::Content;
use telemetry_core::config::Config;
use telemetry_core::exposition::{Format, parse, write};
use telemetry_core::{Registry, catalog, closed_label};
use telemetry_peers::given::BOUNDS;

closed_label! {
    /// How a run ended.
    pub enum Status { Ok = "ok", Error = "error" (failure), Killed = "killed", Other = "other" }
}

catalog! {
    /// For this benchmark.
    pub BENCH = "Benchmark", "bench";
    /// Runs
    counter RUNS = "bench_runs_total", Runs<'a> { provider: &'a str, project: &'a str, status: Status };
    /// Agents now
    gauge(State) AGENTS = "bench_agents", Agents<'a> { provider: &'a str, project: &'a str };
    /// Time of runs
    histogram(&BOUNDS) TIME = "bench_seconds", Time<'a> { provider: &'a str, workflow: &'a str };
}

pub(crate) fn writers(content: &Content) -> Vec<(&'static str, Write)> {
    let registry = recorded(content);
    let snapshots = registry.clone();
    // The text outlives the program, so that families can borrow from it.
    let text = {
        let mut text = String::new();
        registry.write(Format::Text, &mut text);
        String::leak(text)
    };
    let families = parse(text, Format::Text).unwrap();
    vec![
        ("telemetry-core, from a registry", Box::new(move |out| registry.write(Format::Text, out))),
        ("telemetry-core, from families", Box::new(move |out| write(&families, Format::Text, out))),
        (
            "telemetry-core, from a snapshot and its families",
            Box::new(move |out| write(&snapshots.snapshot().families(), Format::Text, out)),
        ),
    ]
}

fn recorded(content: &Content) -> Registry {
    let registry = Registry::new(&Config { max_series_per_metric: 10_000, ..Config::default() });
    let runs = RUNS.in_registry(&registry);
    for ([provider, project, status], count) in &content.counters {
        runs.with(|| Runs { provider, project, status: Status::fold(status) }).add(*count);
    }
    let agents = AGENTS.in_registry(&registry);
    for ([provider, project], count) in &content.gauges {
        agents.with(|| Agents { provider, project }).set(*count);
    }
    let time = TIME.in_registry(&registry);
    for ([provider, workflow], seconds) in &content.histograms {
        seconds.iter().for_each(|seconds| time.with(|| Time { provider, workflow }).observe(*seconds));
    }
    registry
}

//! The panels that follow from the declaration of a metric.

use super::view::{Per, Together, View};
use super::{Legend, Panel, Query, Unit, Visualization};
use crate::find_metric;
use crate::promql::{Counters, Gauges, Histograms, Selection, Vector};
use telemetry_core::catalog::OWN;
use telemetry_core::metric::{Combine, Kind, MetricDef, Subsystem};

/// The quantiles that are drawn together, with their names.
const QUANTILES: [(f64, &str); 3] = [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")];

/// A counter is a rate, a gauge its present value, and a histogram its distribution with its quantiles.
pub(super) fn panels(view: &View) -> Vec<Panel> {
    let selections =
        (Selection::of_counter(view.of), Selection::of_gauge(view.of), Selection::of_histogram(view.of));
    match selections {
        (Some(counter), ..) => vec![rate(view, &counter)],
        (_, Some(gauge), _) => vec![present(view, &gauge)],
        (.., Some(histogram)) => distribution(view, &histogram),
        (None, None, None) => Vec::new(),
    }
}

/// Several rates in one picture.
pub(super) fn joined(of: &Together) -> Option<Panel> {
    let panels: Vec<_> = of.views.iter().flat_map(panels).collect();
    let queries = panels.iter().flat_map(|panel| panel.queries.clone()).collect();
    let names: Vec<_> = of.views.iter().map(|view| format!("`{}`", view.of.name)).collect();
    panels.into_iter().next().map(|panel| Panel {
        id: of.id.to_owned(),
        title: of.title.to_owned(),
        description: format!(
            "How fast {} grew {}, averaged over the resolution of the graph.",
            names.join(" and "),
            panel.unit.as_str()
        ),
        queries,
        ..panel
    })
}

fn rate(view: &View, of: &Selection<Counters>) -> Panel {
    let by = view.labels();
    let per_second = Vector::rate(of, None, &by);
    let (vector, unit, per) = match view.per {
        Per::Second => (per_second, Unit::PerSecond, "per second"),
        Per::Minute => (per_second.scaled(60.0), Unit::PerMinute, "per minute"),
    };
    let name = view.name();
    Panel {
        id: id(view.of, &told_by("-rate", view)),
        title: format!("{name} {per}{}", by_labels(&by)),
        description: format!(
            "How fast `{}` grew {per}, averaged over the resolution of the graph.",
            view.of.name
        ),
        unit,
        stacked: !by.is_empty(),
        ..panel(view, Visualization::TimeSeries, vec![query(vector, &name)])
    }
}

/// What lives is followed over time. A state that was written long ago is still what is known, so that only the present matters.
fn present(view: &View, of: &Selection<Gauges>) -> Panel {
    let (by, name) = (view.labels(), view.name());
    let queries = vec![query(Vector::total(of, &by), &name)];
    let is_info = view.of.name.ends_with("_info");
    let shown = match (view.of.kind, is_info) {
        (_, true) => Visualization::Stat,
        (Kind::Gauge(Combine::State), _) => Visualization::Bar,
        _ => Visualization::TimeSeries,
    };
    Panel {
        id: id(view.of, &told_by("", view)),
        title: format!("{name}{}", by_labels(&by)),
        description: format!("What `{}` says now: {}.", view.of.name, combined(view.of)),
        unit: if is_info { Unit::Presence } else { Unit::Count },
        stacked: shown == Visualization::TimeSeries && !by.is_empty(),
        ..panel(view, shown, queries)
    }
}

fn combined(def: &MetricDef) -> &'static str {
    match def.kind {
        Kind::Gauge(Combine::State) if find_metric(def.name).is_some_and(|entry| entry.subsystem == &OWN) => {
            "what each instance that is scraped tells of itself"
        }
        Kind::Gauge(Combine::State) => {
            "the last value that each instance wrote, which outlives the process that wrote it"
        }
        _ => "the sum over the processes that are alive",
    }
}

/// The distribution of everything, and one quantile by labels, since three of them would be too many lines.
fn distribution(view: &View, of: &Selection<Histograms>) -> Vec<Panel> {
    let by = view.labels();
    let all = [heatmap(view, of), quantiles(view, of)];
    let told_apart = (!by.is_empty()).then(|| slow_ones(view, of, &by));
    all.into_iter().chain(told_apart).collect()
}

fn heatmap(view: &View, of: &Selection<Histograms>) -> Panel {
    let buckets = Vector::buckets(of, None, &[]);
    Panel {
        id: id(view.of, "-heatmap"),
        title: format!("{}, distribution", view.name()),
        description: format!(
            "How many observations of `{}` fell into each bucket, each second; the stronger the colour, the more.",
            view.of.name
        ),
        ..panel(view, Visualization::Heatmap, vec![query(buckets, "")])
    }
}

fn quantiles(view: &View, of: &Selection<Histograms>) -> Panel {
    let query = |(q, name): (f64, &str)| query(Vector::quantile(q, of, None, &[]), name);
    Panel {
        id: id(view.of, "-quantiles"),
        title: format!("{}, percentiles", view.name()),
        description: format!(
            "Half, 95 % and 99 % of the observations of `{}` were at most so long. {}",
            view.of.name,
            interpolated(view.of)
        ),
        ..panel(view, Visualization::TimeSeries, QUANTILES.map(query).to_vec())
    }
}

fn slow_ones(view: &View, of: &Selection<Histograms>, by: &[&'static str]) -> Panel {
    let vector = Vector::quantile(0.95, of, None, by);
    Panel {
        id: id(view.of, &told_by("-p95", view)),
        title: format!("{}, 95th percentile{}", view.name(), by_labels(by)),
        description: format!(
            "95 % of the observations of `{}` were at most so long. {}",
            view.of.name,
            interpolated(view.of)
        ),
        ..panel(view, Visualization::TimeSeries, vec![query(vector, "")])
    }
}

fn interpolated(def: &MetricDef) -> String {
    let last = def.bounds().last().copied().unwrap_or(f64::INFINITY);
    format!(
        "A percentile is interpolated inside a bucket, and one beyond the last bound reads as that bound, {last} s."
    )
}

/// What the panels of all kinds have in common; whoever calls this fills in the texts.
fn panel(view: &View, visualization: Visualization, queries: Vec<Query>) -> Panel {
    Panel {
        id: String::new(),
        title: String::new(),
        description: String::new(),
        unit: Unit::Seconds,
        visualization,
        queries,
        thresholds: Vec::new(),
        indicator: None,
        subsystem: subsystem_of(view.of),
        stacked: false,
    }
}

fn query(vector: Vector, text: &str) -> Query {
    Query { legend: Legend::of(&vector, text), vector }
}

fn subsystem_of(def: &MetricDef) -> &'static Subsystem {
    find_metric(def.name).map_or(&OWN, |entry| entry.subsystem)
}

/// The name of the metric without its prefix and the `_total` of a counter, and what tells one panel of it from another.
fn id(def: &MetricDef, suffix: &str) -> String {
    let name = def.name.strip_prefix("sase_").unwrap_or(def.name);
    format!("{}{suffix}", name.strip_suffix("_total").unwrap_or(name)).replace('_', "-")
}

/// The labels of a view that does not have them all, for its id.
fn told_by(suffix: &str, view: &View) -> String {
    match view.by {
        Some([]) => format!("{suffix}-all"),
        Some(labels) => format!("{suffix}-by-{}", labels.join("-")),
        None => suffix.to_owned(),
    }
}

/// The labels as people read them: `, by provider and workflow`.
fn by_labels(by: &[&str]) -> String {
    let words: Vec<_> = by.iter().map(|label| label.replace('_', " ").replace("llm ", "")).collect();
    match words.split_last() {
        None => String::new(),
        Some((only, [])) => format!(", by {only}"),
        Some((last, others)) => format!(", by {} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::Scope;
    use telemetry_core::catalog::{AGENT_KILLS, AGENT_RUN_DURATION, BEAD_ACTIVE, LLM_INPUT_TOKENS};

    fn of(view: View) -> Vec<(String, String, String)> {
        let scope = Scope::plain();
        let text = |panel: &Panel| panel.queries[0].vector.written(&scope);
        panels(&view).iter().map(|panel| (panel.id.clone(), panel.title.clone(), text(panel))).collect()
    }

    #[test]
    fn a_counter_is_a_rate() {
        let (id, title, expr) = of(View::of(AGENT_KILLS.def())).remove(0);
        assert_eq!((&*id, &*title), ("agent-kills-rate", "Agent kills per minute, by reason"));
        assert_eq!(expr, "sum by (reason) (rate(sase_agent_kills_total[5m])) * 60");
        let tokens = View::of(LLM_INPUT_TOKENS.def()).by(&[]).called("input tokens").per_second();
        let (id, title, expr) = of(tokens).remove(0);
        assert_eq!((&*id, &*title), ("llm-input-tokens-rate-all", "Input tokens per second"));
        assert_eq!(expr, "sum(rate(sase_llm_input_tokens_total[5m]))");
    }

    #[test]
    fn a_state_is_a_bar_for_each_who_says_it() {
        let panel = panels(&View::of(BEAD_ACTIVE.def())).remove(0);
        assert_eq!(panel.visualization, Visualization::Bar);
        assert_eq!(panel.title, "Active beads, by instance, project and status");
    }

    #[test]
    fn a_histogram_is_a_distribution_with_quantiles() {
        let panels = panels(&View::of(AGENT_RUN_DURATION.def()));
        let ids: Vec<_> = panels.iter().map(|panel| panel.id.as_str()).collect();
        let expected = [
            "agent-run-duration-seconds-heatmap",
            "agent-run-duration-seconds-quantiles",
            "agent-run-duration-seconds-p95",
        ];
        assert_eq!(ids, expected);
        let names: Vec<_> = panels[1].queries.iter().map(|query| query.legend.text.as_str()).collect();
        assert_eq!(names, ["p50", "p95", "p99"]);
        assert_eq!(panels[0].queries[0].legend.labels, ["le"]);
    }
}

//! What `telemetry list -f json` prints; docs/schema says what each field means.

use serde::Serialize;
use telemetry_catalog::indicator::{Indicator, Level};
use telemetry_catalog::panel::{Board, Panel, Query};
use telemetry_catalog::promql::Scope;
use telemetry_catalog::rules::{alert_rules, amount, board_uid, runbook_url};
use telemetry_catalog::{FailureRule, Group, MetricType};
use telemetry_core::config::Config;
use telemetry_core::metric::{Combine, Kind, LabelDef, MetricDef, Values};

/// The metrics of the catalog.
#[derive(Debug, Serialize)]
pub(super) struct Metrics {
    metrics: Vec<MetricDocument>,
}

#[derive(Debug, Serialize)]
struct MetricDocument {
    name: &'static str,
    r#type: &'static str,
    subsystem: &'static str,
    help: &'static str,
    labels: Vec<LabelDocument>,
    /// The upper bounds of a histogram's buckets, without the infinite one.
    buckets: Option<&'static [f64]>,
    /// How the values of several processes become one, of a gauge.
    combines: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct LabelDocument {
    name: &'static str,
    /// The values of a closed label.
    values: Option<Vec<&'static str>>,
    failing: Vec<&'static str>,
}

impl Metrics {
    pub(super) fn of(groups: &[Group]) -> Self {
        let of_group = |group: &Group| {
            let slug = group.subsystem.slug;
            group.metrics.iter().map(move |def| metric(slug, def)).collect::<Vec<_>>()
        };
        Self { metrics: groups.iter().flat_map(of_group).collect() }
    }
}

fn metric(subsystem: &'static str, def: &MetricDef) -> MetricDocument {
    let rule = FailureRule::of(def);
    let (buckets, combines) = match def.kind {
        Kind::Counter => (None, None),
        Kind::Gauge(Combine::Live) => (None, Some("live")),
        Kind::Gauge(Combine::State) => (None, Some("state")),
        Kind::Histogram(bounds) => (Some(bounds), None),
    };
    MetricDocument {
        name: def.name,
        r#type: MetricType::of(def.kind).as_str(),
        subsystem,
        help: def.help,
        labels: def.labels.iter().map(|of| label(of, rule.as_ref())).collect(),
        buckets,
        combines,
    }
}

fn label(label: &LabelDef, rule: Option<&FailureRule>) -> LabelDocument {
    let values = match label.values {
        Values::Open => None,
        Values::Closed(values) => Some(values.iter().map(|value| value.text).collect::<Vec<_>>()),
    };
    let fails =
        |value: &&&'static str| rule.is_some_and(|rule| rule.label == label.name && rule.is_failure(value));
    let failing = values.iter().flatten().filter(fails).copied().collect();
    LabelDocument { name: label.name, values, failing }
}

/// The alerts that watch the metrics.
#[derive(Debug, Serialize)]
pub(super) struct Alerts {
    alerts: Vec<AlertDocument>,
}

#[derive(Debug, Serialize)]
struct AlertDocument {
    alert: &'static str,
    subsystem: &'static str,
    title: &'static str,
    by: &'static [&'static str],
    window_seconds: u32,
    for_seconds: u32,
    levels: Vec<LevelDocument>,
    runbook_anchor: String,
    runbook_url: String,
    dashboard: String,
}

#[derive(Debug, Serialize)]
struct LevelDocument {
    severity: &'static str,
    sign: &'static str,
    limit: f64,
    limit_text: String,
    /// With recorded series, as in the rules.
    rule: String,
    /// The same for a Prometheus without recording rules.
    expression: String,
}

impl Alerts {
    pub(super) fn of(indicators: impl Iterator<Item = &'static Indicator>, config: &Config) -> Self {
        Self { alerts: indicators.map(|indicator| alert(indicator, config)).collect() }
    }
}

fn alert(indicator: &'static Indicator, config: &Config) -> AlertDocument {
    let rules = alert_rules(config).into_iter().filter(|rule| rule.indicator == indicator);
    AlertDocument {
        alert: indicator.alert,
        subsystem: indicator.subsystem.slug,
        title: indicator.title,
        by: indicator.by,
        window_seconds: indicator.over.seconds(),
        for_seconds: indicator.hold.seconds(),
        levels: rules.map(|rule| level(indicator, rule.level, rule.expr, config)).collect(),
        runbook_anchor: indicator.anchor(),
        runbook_url: runbook_url(config, indicator),
        dashboard: board_uid(indicator.subsystem),
    }
}

fn level(indicator: &Indicator, level: Level, rule: String, config: &Config) -> LevelDocument {
    LevelDocument {
        severity: level.severity.as_str(),
        sign: indicator.beyond.sign(),
        limit: level.limit,
        limit_text: amount(indicator.unit, level.limit),
        rule,
        expression: indicator.condition(config, level.limit).written(&Scope::plain()),
    }
}

/// The panels of the dashboards.
#[derive(Debug, Serialize)]
pub(super) struct Panels<'b> {
    boards: Vec<BoardDocument<'b>>,
}

#[derive(Debug, Serialize)]
struct BoardDocument<'b> {
    uid: &'b str,
    title: &'b str,
    subsystem: Option<&'static str>,
    panels: Vec<PanelDocument<'b>>,
}

#[derive(Debug, Serialize)]
struct PanelDocument<'b> {
    id: &'b str,
    row: &'b str,
    title: &'b str,
    description: &'b str,
    unit: &'static str,
    shown_as: &'static str,
    stacked: bool,
    alert: Option<&'static str>,
    thresholds: Vec<ThresholdDocument>,
    queries: Vec<QueryDocument>,
}

#[derive(Debug, Serialize)]
struct ThresholdDocument {
    severity: &'static str,
    limit: f64,
}

#[derive(Debug, Serialize)]
struct QueryDocument {
    expression: String,
    legend: String,
}

impl<'b> Panels<'b> {
    pub(super) fn of(boards: &'b [Board]) -> Self {
        Self { boards: boards.iter().map(board).collect() }
    }
}

fn board(board: &Board) -> BoardDocument<'_> {
    let panels = board.rows.iter().flat_map(|row| row.panels.iter().map(|of| panel(&row.title, of)));
    BoardDocument {
        uid: &board.uid,
        title: &board.title,
        subsystem: board.subsystem.map(|subsystem| subsystem.slug),
        panels: panels.collect(),
    }
}

fn panel<'b>(row: &'b str, panel: &'b Panel) -> PanelDocument<'b> {
    let threshold =
        |level: &Level| ThresholdDocument { severity: level.severity.as_str(), limit: level.limit };
    PanelDocument {
        id: &panel.id,
        row,
        title: &panel.title,
        description: &panel.description,
        unit: panel.unit.as_str(),
        shown_as: panel.visualization.as_str(),
        stacked: panel.stacked,
        alert: panel.indicator.map(|indicator| indicator.alert),
        thresholds: panel.thresholds.iter().map(threshold).collect(),
        queries: panel.queries.iter().map(query).collect(),
    }
}

fn query(query: &Query) -> QueryDocument {
    QueryDocument {
        expression: query.vector.written(&Scope::plain()),
        legend: query.legend.written(|label| format!("{{{{{label}}}}}")),
    }
}

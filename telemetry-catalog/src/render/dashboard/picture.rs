//! What each kind of picture is told: units, colours, thresholds and the options of its plugin.
//!
//! The names of options are those of `@grafana/schema`, whose types the tests check them against.

use crate::indicator::{Beyond, Level, Severity};
use crate::panel::{Panel, Query, Unit, Visualization};
use crate::rules::board_uid;
use crate::{FailureRule, subsystems};
use serde_json::{Value, json};

const HEALTHY: &str = "green";

/// A colour that says nothing about good or bad.
const NEUTRAL: &str = "blue";

/// The colour of a severity.
pub(super) const fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "blue",
        Severity::Warning => "orange",
        Severity::Critical => "red",
    }
}

/// The plugin that draws it.
pub(super) const fn kind(visualization: Visualization) -> &'static str {
    match visualization {
        Visualization::Stat => "stat",
        Visualization::Gauge => "gauge",
        Visualization::TimeSeries => "timeseries",
        Visualization::Bar => "bargauge",
        Visualization::Heatmap => "heatmap",
        Visualization::StateTimeline => "state-timeline",
    }
}

/// Grafana's name of a unit.
const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Share => "percentunit",
        Unit::Seconds => "s",
        Unit::Count => "short",
        Unit::Times => "suffix: ×",
        Unit::PerSecond => "cps",
        Unit::PerMinute => "cpm",
        Unit::State | Unit::Health | Unit::Presence => "none",
    }
}

/// How values are shown, whatever draws them, and what only this plugin knows.
pub(super) fn fields(panel: &Panel) -> Value {
    let mut defaults = json!({
        "color": colouring(panel),
        "mappings": mappings(panel),
        "thresholds": { "mode": "absolute", "steps": steps(panel) },
        "unit": unit(panel.unit),
    });
    for (name, value) in [("custom", custom(panel)), ("min", least(panel)), ("max", most(panel))] {
        if let Some(value) = value {
            defaults[name] = value;
        }
    }
    if panel.visualization.is_of_now() && panel.unit == Unit::Count {
        defaults["decimals"] = 0.into();
    }
    json!({ "defaults": defaults, "overrides": overrides(panel) })
}

fn least(panel: &Panel) -> Option<Value> {
    let on_a_scale = matches!(panel.visualization, Visualization::Gauge | Visualization::Bar);
    on_a_scale.then(|| 0.into())
}

/// A share fills its scale at everything; anything else at the most that there is.
fn most(panel: &Panel) -> Option<Value> {
    let on_a_scale = matches!(panel.visualization, Visualization::Gauge | Visualization::Bar);
    (on_a_scale && panel.unit == Unit::Share).then(|| 1.into())
}

/// Lines have a colour each; a present value has that of the threshold which it has reached, if there are any.
fn colouring(panel: &Panel) -> Value {
    match panel.visualization {
        Visualization::TimeSeries => json!({ "mode": "palette-classic" }),
        Visualization::StateTimeline => json!({ "mode": "thresholds" }),
        _ if !panel.thresholds.is_empty() => json!({ "mode": "thresholds" }),
        _ => json!({ "fixedColor": NEUTRAL, "mode": "fixed" }),
    }
}

/// What is below all thresholds comes first and has no number. On lines it is not drawn.
fn steps(panel: &Panel) -> Vec<Value> {
    let base = match panel.visualization {
        Visualization::TimeSeries => "transparent",
        Visualization::StateTimeline => "text",
        _ => HEALTHY,
    };
    let drawn = |level: &Level| {
        let value = drawn_at(level.limit, panel.beyond(), panel.unit);
        json!({ "color": colour(level.severity), "value": value })
    };
    // A state is told by its mapping: a step at 0 would be reached by what is well, too.
    let levels = panel.thresholds.iter().filter(|_| panel.unit != Unit::State);
    [json!({ "color": base, "value": null })].into_iter().chain(levels.map(drawn)).collect()
}

/// Grafana takes a value at the step for beyond it. More than a whole number of things is one more.
fn drawn_at(limit: f64, beyond: Beyond, unit: Unit) -> f64 {
    match (beyond, unit) {
        (Beyond::Above, Unit::Count) => limit.floor() + 1.0,
        _ => limit,
    }
}

/// The words and colours of states.
fn mappings(panel: &Panel) -> Vec<Value> {
    let words: Vec<_> = match panel.unit {
        Unit::Health => {
            vec![
                (0, "Quiet", HEALTHY),
                (1, "Warning", colour(Severity::Warning)),
                (2, "Critical", colour(Severity::Critical)),
            ]
        }
        Unit::State => [0, 1].map(|state| state_words(panel, state)).to_vec(),
        _ => return Vec::new(),
    };
    let options: serde_json::Map<_, _> = words
        .into_iter()
        .map(|(value, text, color)| {
            (value.to_string(), json!({ "color": color, "index": value, "text": text }))
        })
        .collect();
    vec![json!({ "options": options, "type": "value" })]
}

fn state_words(panel: &Panel, state: u8) -> (u8, &'static str, &'static str) {
    let beyond = panel.beyond();
    let worst = panel.thresholds.iter().rev().find(|level| beyond.holds(f64::from(state), level.limit));
    match worst.map(|level| level.severity) {
        None => (state, "Healthy", HEALTHY),
        Some(Severity::Info) => (state, "Notable", colour(Severity::Info)),
        Some(Severity::Warning) => (state, "Warning", colour(Severity::Warning)),
        Some(Severity::Critical) => (state, "Critical", colour(Severity::Critical)),
    }
}

fn custom(panel: &Panel) -> Option<Value> {
    match panel.visualization {
        Visualization::TimeSeries => Some(lines(panel)),
        Visualization::StateTimeline => Some(json!({ "fillOpacity": 80, "lineWidth": 0 })),
        Visualization::Heatmap => Some(json!({ "scaleDistribution": { "type": "linear" } })),
        Visualization::Stat | Visualization::Gauge | Visualization::Bar => None,
    }
}

/// The axis begins at 0 and reaches at least to the first threshold, so that one sees how far away it is.
fn lines(panel: &Panel) -> Value {
    let mut custom = json!({
        "axisSoftMin": 0,
        "drawStyle": "line",
        "fillOpacity": if panel.stacked { 30 } else { 8 },
        "gradientMode": "none",
        "lineInterpolation": "linear",
        "lineWidth": if panel.stacked { 1 } else { 2 },
        "showPoints": "auto",
        "spanNulls": false,
        "stacking": { "group": "A", "mode": if panel.stacked { "normal" } else { "none" } },
        "thresholdsStyle": { "mode": if panel.thresholds.is_empty() { "off" } else { "dashed+area" } },
    });
    if let Some(first) = panel.thresholds.first() {
        custom["axisSoftMax"] = drawn_at(first.limit, panel.beyond(), panel.unit).into();
    }
    custom
}

/// What is said of single series.
fn overrides(panel: &Panel) -> Vec<Value> {
    if panel.unit == Unit::Health { ways_to_boards(panel) } else { red_failures(panel) }
}

/// A click on the worst alert of one subsystem among others leads to its board.
fn ways_to_boards(panel: &Panel) -> Vec<Value> {
    let [_, _, ..] = &*panel.queries else { return Vec::new() };
    let named = |query: &Query| subsystems().find(|subsystem| subsystem.title == query.legend.text);
    let way = |subsystem| {
        let url = format!("/d/{}?${{__url_time_range}}&${{datasource:queryparam}}", board_uid(subsystem));
        let link = json!({ "targetBlank": false, "title": subsystem.title, "url": url });
        overridden(subsystem.title, "links", &json!([link]))
    };
    panel.queries.iter().filter_map(named).map(way).collect()
}

/// Failures are red where a label tells them, and nothing else gets a colour of its own.
fn red_failures(panel: &Panel) -> Vec<Value> {
    let failing = match (panel.visualization, &*panel.queries) {
        (Visualization::TimeSeries, [query]) if query.legend.text.is_empty() => {
            let rules = query.vector.metrics().into_iter().filter_map(FailureRule::of);
            let told = rules.filter(|rule| query.legend.labels == [rule.label]);
            told.flat_map(|rule| rule.failing).collect()
        }
        _ => Vec::new(),
    };
    let red = json!({ "fixedColor": "red", "mode": "fixed" });
    failing.into_iter().map(|value| overridden(value, "color", &red)).collect()
}

/// One property of the series of this name.
fn overridden(series: &str, id: &str, value: &Value) -> Value {
    json!({
        "matcher": { "id": "byName", "options": series },
        "properties": [{ "id": id, "value": value }],
    })
}

/// The options of the plugin.
pub(super) fn options(panel: &Panel) -> Value {
    match panel.visualization {
        Visualization::Stat => stat(panel),
        Visualization::Gauge => json!({
            "orientation": "auto",
            "reduceOptions": last(),
            "showThresholdLabels": false,
            "showThresholdMarkers": true,
        }),
        Visualization::Bar => json!({
            "displayMode": "basic",
            "orientation": "horizontal",
            "reduceOptions": last(),
            "showUnfilled": true,
            "valueMode": "color",
        }),
        Visualization::TimeSeries => json!({
            "legend": legend("table", &["lastNotNull", "max"]),
            "tooltip": { "mode": "multi", "sort": "desc" },
        }),
        Visualization::StateTimeline => json!({
            "alignValue": "left",
            "legend": legend("list", &[]),
            "mergeValues": true,
            "rowHeight": 0.85,
            "showValue": "auto",
            "tooltip": { "mode": "single", "sort": "none" },
        }),
        Visualization::Heatmap => heatmap(panel),
    }
}

/// What only says that something is there is shown by its name.
fn stat(panel: &Panel) -> Value {
    json!({
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "reduceOptions": last(),
        "textMode": if panel.unit == Unit::Presence { "name" } else { "auto" },
    })
}

/// The buckets come from Prometheus as they are; cells without an observation stay empty.
fn heatmap(panel: &Panel) -> Value {
    json!({
        "calculate": false,
        "cellGap": 1,
        "cellValues": { "unit": unit(Unit::PerSecond) },
        "color": {
            "exponent": 0.5,
            "fill": "dark-orange",
            "mode": "scheme",
            "reverse": false,
            "scale": "exponential",
            "scheme": "Oranges",
            "steps": 64,
        },
        "filterValues": { "le": 1e-9 },
        "legend": { "show": true },
        "rowsFrame": { "layout": "auto" },
        "showValue": "never",
        "tooltip": { "mode": "single", "showColorScale": true, "yHistogram": true },
        "yAxis": { "axisPlacement": "left", "reverse": false, "unit": unit(panel.unit) },
    })
}

fn last() -> Value {
    json!({ "calcs": ["lastNotNull"], "fields": "", "values": false })
}

fn legend(mode: &str, calcs: &[&str]) -> Value {
    json!({ "calcs": calcs, "displayMode": mode, "placement": "bottom", "showLegend": true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::{Board, boards};
    use telemetry_core::config::Config;

    fn panel(id: &str) -> Panel {
        let boards = boards(&Config::default());
        boards.iter().flat_map(Board::panels).find(|panel| panel.id == id).unwrap().clone()
    }

    #[test]
    fn what_is_well_is_green_and_what_is_beyond_has_the_colour_of_its_severity() {
        let down = mappings(&panel("pushgateway-down"));
        assert_eq!(down[0]["options"]["0"]["text"], "Critical");
        assert_eq!(down[0]["options"]["1"]["color"], "green");
        let stalled = mappings(&panel("axe-stalled"));
        assert_eq!(stalled[0]["options"]["0"]["text"], "Healthy");
        assert_eq!(stalled[0]["options"]["1"]["color"], "red");
        let worst = mappings(&panel("health-agent"));
        assert_eq!(worst[0]["options"]["0"]["text"], "Quiet");
        assert_eq!(mappings(&panel("strange-target"))[0]["options"]["1"]["color"], "blue");
    }

    #[test]
    fn more_than_none_begins_at_one() {
        let steps = steps(&panel("agents-stalled"));
        assert_eq!(steps[1], json!({ "color": "orange", "value": 1.0 }));
    }

    #[test]
    fn a_mere_number_never_turns_red() {
        let fields = fields(&panel("overview-runs-ended"));
        assert_eq!(fields["defaults"]["color"], json!({ "mode": "fixed", "fixedColor": "blue" }));
        assert_eq!(fields["defaults"]["thresholds"]["steps"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn the_health_of_each_subsystem_leads_to_its_board() {
        let ways = overrides(&panel("overview-health"));
        assert_eq!(ways.len(), subsystems().count());
        assert_eq!(ways[0]["matcher"]["options"], "Agent Lifecycle");
        let url = ways[0]["properties"][0]["value"][0]["url"].as_str().unwrap();
        assert!(url.starts_with("/d/telemetry-agent?${__url_time_range}&"), "{url}");
        assert!(overrides(&panel("health-agent")).is_empty());
    }

    #[test]
    fn failures_are_red_where_a_label_tells_them() {
        let overrides = overrides(&panel("agent-runs-rate-by-status"));
        assert_eq!(overrides[0]["matcher"]["options"], "error");
        assert_eq!(overrides.len(), 1);
        assert!(super::overrides(&panel("agent-runs-rate-by-workflow")).is_empty());
    }
}

//! Each check, against a dashboard that was broken on purpose.

use super::expression::Known;
use super::lint::complaints;
use super::rendered;
use serde_json::{Value, json};
use telemetry_core::config::Config;

/// A way to break a dashboard.
type Break = fn(&mut Value);

/// The board that is broken, and the panel of it: a rate with variables, and a heatmap.
const BOARD: &str = "telemetry-agent";
const RATE: &str = "Agent runs per minute, by status";
const HEATMAP: &str = "Agent run duration, distribution";

fn panel<'v>(board: &'v mut Value, title: &str) -> &'v mut Value {
    let panels = board["panels"].as_array_mut().unwrap();
    panels.iter_mut().find(|panel| panel["title"] == title).unwrap()
}

fn asks(board: &mut Value, expr: &str) {
    panel(board, RATE)["targets"][0]["expr"] = expr.into();
}

#[rustfmt::skip]
const BREAKS: &[(Break, &str)] = &[
    (|board| board["panels"] = json!([]), "no panels"),
    (|board| board["id"] = 7.into(), "an id of its own"),
    (|board| board["uid"] = "".into(), "no uid"),
    (|board| board["links"] = json!([]), "no links"),
    (|board| panel(board, RATE)["title"] = " ".into(), "no title"),
    (|board| panel(board, RATE)["description"] = Value::Null, "no description"),
    (|board| panel(board, RATE)["fieldConfig"]["defaults"]["unit"] = "".into(), "no unit"),
    (|board| panel(board, RATE)["type"] = "graph".into(), "unknown kind graph"),
    (|board| panel(board, RATE)["targets"] = json!([]), "no query"),
    (|board| panel(board, RATE)["targets"][0]["legendFormat"] = "".into(), "a series without a name"),
    (|board| panel(board, RATE)["targets"][0]["instant"] = true.into(), "another time than it shows"),
    (|board| panel(board, HEATMAP)["targets"][0]["format"] = "time_series".into(), "the format is another"),
    (|board| panel(board, HEATMAP)["targets"][0]["legendFormat"] = "{{x}}".into(), "the buckets have no names"),
    (|board| panel(board, RATE)["gridPos"]["x"] = 20.into(), "outside of the grid"),
    (|board| panel(board, RATE)["gridPos"]["y"] = 1.into(), "overlaps"),
    (|board| panel(board, RATE)["id"] = 1.into(), "no id of its own"),
    (|board| panel(board, "Agent run duration, percentiles")["targets"][1]["refId"] = "A".into(), "refId A twice"),
    (|board| panel(board, RATE)["datasource"]["uid"] = "prometheus".into(), "panel {"),
    (|board| panel(board, RATE)["targets"][0]["datasource"] = Value::Null, "target {"),
    (|board| board["annotations"]["list"][1]["datasource"] = Value::Null, "annotation {"),
    (|board| board["templating"]["list"][1]["datasource"] = Value::Null, "variable {"),
    (|board| board["templating"]["list"][1]["name"] = "providers".into(), "variable providers: nothing uses it"),
    (|board| board["templating"]["list"][1]["name"] = "providers".into(), "variable provider: nobody declares it"),
    (|board| board["templating"]["list"][1]["multi"] = false.into(), "variable provider: badly declared"),
    (|board| board["templating"]["list"][1]["query"]["query"] = "label_values({__name__=~\"sase_agent_runs_total\"}, provider)".into(), "variable provider: badly declared"),
    (|board| asks(board, "sum by (status) (rate(sase_agent_runs_total[5m]))"), "a range of 300s of its own"),
    (|board| asks(board, "sum by (status) (sase_agent_runs_total)"), "a counter that is no rate"),
    (|board| asks(board, "sum(sase_agent_run_duration_seconds_count)"), "a counter that is no rate"),
    (|board| asks(board, "sum(max_over_time(sase_agent_runs_total[$__rate_interval]))"), "a counter under Some(\"max_over_time\")"),
    (|board| asks(board, "sum(rate(sase_agent_runs_totals[$__rate_interval]))"), "nobody makes sase_agent_runs_totals"),
    (|board| asks(board, "fleet:sase_agent_runs:increase31m"), "nobody makes fleet:sase_agent_runs:increase31m"),
    (|board| asks(board, "sum by (staus) (rate(sase_agent_runs_total[$__rate_interval]))"), "has no label staus"),
    (|board| asks(board, "sum(rate(sase_agent_runs_total{staus=\"ok\"}[$__rate_interval]))"), "has no label staus"),
    (|board| asks(board, "sum(rate(sase_agent_runs_total[$__rate_interval])"), "does not parse"),
    (|board| asks(board, "sum(sase_agent_active @ 5)"), "an @"),
    (|board| asks(board, "max_over_time(sum(sase_agent_active)[$__rate_interval:1m])"), "a subquery"),
    (|board| asks(board, "sum(rate(sase_agent_run_duration_seconds_bucket{le=\"10\"}[$__rate_interval]))"), "an exact match on le"),
    (|board| asks(board, "rate(sase_agent_runs_total[$__rate_interval]) / rate(sase_agent_runs_total[$__rate_interval])"), "a division of None by None"),
    (|board| asks(board, "sum by (workflow) (rate(sase_agent_runs_total[$__rate_interval])) / sum(rate(sase_agent_runs_total[$__rate_interval]))"), "a division of"),
    (|board| asks(board, "fleet:sase_agent_runs:increase30m / sum by (status) (rate(sase_agent_runs_total[$__rate_interval]))"), "a division of"),
    (|board| asks(board, "histogram_quantile(0.9, rate(sase_agent_run_duration_seconds_bucket[$__rate_interval]))"), "a quantile of something else"),
    (|board| asks(board, "histogram_quantile(0.9, sum(rate(sase_agent_run_duration_seconds_bucket[$__rate_interval])))"), "a quantile of something else"),
];

#[test]
fn every_check_bites() {
    let (config, series) = (Config::default(), Known::new(&Config::default()));
    let (_, text) = rendered(&config).into_iter().find(|(uid, _)| uid == BOARD).unwrap();
    assert_eq!(complaints(&text, &series), [""; 0]);
    for (number, (damage, expected)) in BREAKS.iter().enumerate() {
        let mut board: Value = serde_json::from_str(&text).unwrap();
        damage(&mut board);
        let found = complaints(&board.to_string(), &series);
        assert!(found.iter().any(|what| what.contains(expected)), "break {number}, {expected}: {found:?}");
    }
}

#[test]
fn what_is_right_in_another_way_is_right() {
    let (config, series) = (Config::default(), Known::new(&Config::default()));
    let (_, text) = rendered(&config).into_iter().find(|(uid, _)| uid == BOARD).unwrap();
    for expr in [
        "sum by (workflow) (rate(sase_agent_runs_total{workflow=~\"$workflow\"}[$__rate_interval])) \
         / sum by (workflow) (increase(sase_agent_runs_total[$__rate_interval]))",
        "fleet:sase_agent_runs_error:increase30m / (fleet:sase_agent_runs:increase30m > 0)",
        "histogram_quantile(0.9, sum by (workflow, le) (rate(sase_agent_run_duration_seconds_bucket[$__rate_interval])))",
    ] {
        let mut board: Value = serde_json::from_str(&text).unwrap();
        asks(&mut board, expr);
        assert_eq!(complaints(&board.to_string(), &series), [""; 0], "{expr}");
    }
}

//! Every rendered dashboard, read back: as JSON and as the PromQL in it. Each check is known to bite.
#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

mod bites;
mod expression;
mod lint;

use expression::{Known, selectors};
use lint::{complaints, expressions};
use serde_json::Value;
use std::collections::BTreeSet;
use telemetry_catalog::indicator::{Beyond, Indicator, Severity, Unit};
use telemetry_catalog::panel::{Panel, boards};
use telemetry_catalog::render::dashboard_json;
use telemetry_catalog::subsystems;
use telemetry_core::config::{Config, HealthThresholds};

/// Configurations with which everything holds as well.
fn configurations() -> Vec<Config> {
    let rates = [(0.0, 0.0), (100.0, 100.0), (12.3, 45.6), (0.1, 0.1)];
    let seconds = [(0.0, 0.0), (0.001, 0.5), (1e9, 1e9), (90.0, 7200.0)];
    let odd = rates.into_iter().zip(seconds).map(|(rate, latency)| HealthThresholds {
        error_rate_warn: rate.0,
        error_rate_critical: rate.1,
        retry_rate_warn: rate.1,
        retry_rate_critical: 100.0,
        p95_latency_warn: latency.0,
        p95_latency_critical: latency.1,
    });
    let mut all: Vec<_> =
        odd.map(|health_thresholds| Config { health_thresholds, ..Config::default() }).collect();
    all.push(Config::default());
    for config in &mut all[..2] {
        config.prometheus.job = "it's \"our\" \\job\n".to_owned();
        config.runbook_base_url = "https://runbook.example/a?b=\"c\"".to_owned();
    }
    all
}

fn rendered(config: &Config) -> Vec<(String, String)> {
    boards(config).into_iter().map(|board| (board.uid.clone(), dashboard_json(&board, config))).collect()
}

#[test]
fn every_dashboard_passes_every_check_with_any_configuration() {
    for config in configurations() {
        let series = Known::new(&config);
        for (uid, text) in rendered(&config) {
            assert_eq!(complaints(&text, &series), [""; 0], "{uid} with {config:?}");
        }
    }
}

#[test]
fn files_are_stable_and_say_first_what_generated_them() {
    for (uid, text) in rendered(&Config::default()) {
        assert!(text.lines().take(2).any(|line| line.contains("cargo xtask gen")), "{uid}");
        assert!(text.ends_with("}\n") && !text.contains('\r'), "{uid}");
        let again = rendered(&Config::default()).into_iter().find(|(other, _)| *other == uid);
        assert_eq!(again.map(|(_, text)| text), Some(text));
    }
}

#[test]
fn uids_are_unique_and_short_enough_for_grafana() {
    let all = rendered(&Config::default());
    let uids: BTreeSet<_> = all.iter().map(|(uid, _)| uid).collect();
    assert_eq!(uids.len(), all.len());
    assert!(uids.iter().all(|uid| uid.len() <= 40));
}

#[test]
fn links_between_boards_lead_to_boards() {
    let all = rendered(&Config::default());
    for (uid, text) in &all {
        let ends = |c: char| "?\"&".contains(c);
        let targets: Vec<_> =
            text.split("\"/d/").skip(1).filter_map(|rest| rest.split(ends).next()).collect();
        assert!(!targets.is_empty(), "{uid} leads nowhere");
        for target in targets {
            assert!(all.iter().any(|(other, _)| other == target), "{uid} leads to {target}");
        }
    }
}

#[test]
fn every_metric_is_on_a_panel() {
    let (config, series) = (Config::default(), Known::new(&Config::default()));
    let texts = rendered(&config).into_iter().map(|(_, text)| text);
    let names: BTreeSet<_> =
        texts.flat_map(|text| expressions(&text)).flat_map(|expr| selectors(&expr)).collect();
    for def in subsystems().flat_map(|subsystem| subsystem.metrics) {
        let shown = names.iter().any(|name| series.family(name).as_deref() == Some(def.name));
        assert!(shown, "{} is on no panel", def.name);
    }
    assert_eq!(telemetry_core::catalog::metrics().count(), 34);
}

#[test]
fn thresholds_are_the_configured_ones() {
    for config in configurations() {
        for board in boards(&config) {
            let json: Value = serde_json::from_str(&dashboard_json(&board, &config)).unwrap();
            let drawn = json["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row");
            for (panel, drawn) in board.panels().zip(drawn) {
                assert_eq!(drawn["title"], *panel.title, "the order is another");
                check_thresholds(panel, drawn, &config);
            }
        }
    }
}

fn check_thresholds(panel: &Panel, drawn: &Value, config: &Config) {
    let steps = drawn["fieldConfig"]["defaults"]["thresholds"]["steps"].as_array().unwrap();
    assert_eq!(steps[0]["value"], Value::Null, "{}: the first step has no value", panel.id);
    let drawn_levels: Vec<_> = steps[1..]
        .iter()
        .map(|step| (step["value"].as_f64().unwrap(), step["color"].as_str().unwrap()))
        .collect();
    let expected = panel.indicator.map(|indicator| expected(indicator, config)).unwrap_or_default();
    assert_eq!(drawn_levels.len(), expected.len(), "{}", panel.id);
    for ((value, colour), (limit, expected_colour)) in drawn_levels.iter().zip(&expected) {
        // JSON is read back with an error in the last digit.
        let agrees = (value - limit).abs() <= limit.abs() * 1e-12 && colour == expected_colour;
        assert!(agrees, "{}: {value} {colour} is drawn for {limit} {expected_colour}", panel.id);
    }
    assert!(drawn_levels.is_sorted_by(|left, right| left.0 <= right.0), "{}", panel.id);
    let style = &drawn["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"]["mode"];
    if drawn["type"] == "timeseries" {
        assert_eq!(style == "off", expected.is_empty(), "{}: {style}", panel.id);
    }
}

/// What somebody who reads the configuration and the table of the indicators would expect.
fn expected(indicator: &Indicator, config: &Config) -> Vec<(f64, &'static str)> {
    if indicator.unit == Unit::State {
        return Vec::new();
    }
    let whole = indicator.beyond == Beyond::Above && indicator.unit == Unit::Count;
    let levels = indicator.limits.levels(&config.health_thresholds).into_iter();
    let colour = |severity| match severity {
        Severity::Info => "blue",
        Severity::Warning => "orange",
        Severity::Critical => "red",
    };
    levels.map(|level| (level.limit + f64::from(u8::from(whole)), colour(level.severity))).collect()
}

#[test]
fn a_configured_percentage_is_drawn_as_the_share_that_it_is() {
    let mut config = Config::default();
    config.health_thresholds.error_rate_warn = 7.5;
    let (_, agent) = rendered(&config).into_iter().find(|(uid, _)| uid == "telemetry-agent").unwrap();
    let json: Value = serde_json::from_str(&agent).unwrap();
    let panels = json["panels"].as_array().unwrap();
    let failed = panels.iter().find(|panel| panel["title"] == "Share of runs that failed").unwrap();
    let steps = &failed["fieldConfig"]["defaults"]["thresholds"]["steps"];
    assert_eq!((&steps[1]["value"], &steps[2]["value"]), (&Value::from(0.075), &Value::from(0.25)));
}

#[test]
fn what_counts_successes_never_turns_red() {
    for (uid, text) in rendered(&Config::default()) {
        let json: Value = serde_json::from_str(&text).unwrap();
        for panel in json["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] == "stat") {
            let defaults = &panel["fieldConfig"]["defaults"];
            assert_eq!(defaults["color"]["mode"], "fixed", "{uid}: {}", panel["title"]);
            assert_ne!(defaults["color"]["fixedColor"], "red", "{uid}: {}", panel["title"]);
        }
    }
}

//! Unit tests of the rules for `promtool test rules`, from the scenarios of the indicators.

use super::rule_groups::{alert_group, recording_group, recording_subsystems};
use super::yaml;
use crate::indicator::indicators;
use crate::rules::{Check, Expected, Reading, Scenario, Series, Suite, suite};
use crate::subsystems;
use std::fmt::Write as _;
use telemetry_core::config::Config;
use telemetry_core::metric::Subsystem;

const HEAD: &str = "\
# Unit tests of the rules, made from the same declarations: promtool test rules <this file>
#
# A series that jumps does so well inside the windows that are looked at, so that it makes no difference whether a window holds the moment
# at which it begins (Prometheus 2) or not (Prometheus 3).
rule_files:
  - ../rules/recording.yml
  - ../rules/alerts.yml
";

/// The unit tests of the rules of a subsystem, `tests/<slug>.yml`, without the line that says what wrote them.
///
/// They expect to stand in a folder beside that of the rules, and hold for the thresholds of this configuration, whichever they are.
/// Tests that span days are in [`slow_rule_tests_yml`].
///
/// ```
/// use telemetry_catalog::{find_subsystem, render::rule_tests_yml};
/// use telemetry_core::config::Config;
///
/// let axe = find_subsystem("axe").expect("it is in the catalog");
/// assert!(rule_tests_yml(axe, &Config::default()).contains("alertname: AxeCycleErrors\n"));
/// ```
#[must_use]
pub fn rule_tests_yml(subsystem: &Subsystem, config: &Config) -> String {
    let own = indicators().filter(|indicator| indicator.subsystem == subsystem);
    let suites: Vec<_> = own.map(|indicator| suite(indicator, config)).collect();
    let usual = suites.into_iter().filter(|suite| !suite.spans_days).collect::<Vec<_>>();
    file(config, &usual)
}

/// The unit tests that span days, `tests/days.yml`, of whichever subsystem; the rules are evaluated less often in them.
#[must_use]
pub fn slow_rule_tests_yml(config: &Config) -> String {
    let suites = indicators().map(|indicator| suite(indicator, config));
    file(config, &suites.filter(|suite| suite.spans_days).collect::<Vec<_>>())
}

fn file(config: &Config, suites: &[Suite]) -> String {
    let step = suites.iter().map(|suite| suite.step).max().unwrap_or(60);
    let mut out = String::from(HEAD);
    // Writing into a string cannot fail, here and below.
    let _ = write!(out, "evaluation_interval: {}\n{}tests:\n", seconds(step), order(config));
    for suite in suites {
        for (what, why) in &suite.left_out {
            let _ = writeln!(out, "  # Not tested of {}: {what}, since {why}.", suite.alert);
        }
        suite.scenarios.iter().for_each(|scenario| test(&mut out, suite.alert, scenario));
    }
    out
}

/// What is recorded comes first, so that an alert sees it at once; promtool else has no order.
fn order(config: &Config) -> String {
    let recorded = recording_subsystems(config).into_iter().map(recording_group);
    let names: Vec<_> = recorded.chain(subsystems().map(alert_group)).collect();
    names.iter().fold(String::from("group_eval_order:\n"), |out, name| format!("{out}  - {name}\n"))
}

fn test(out: &mut String, alert: &str, scenario: &Scenario) {
    let Scenario { about, interval, series, checks, readings } = scenario;
    let _ = write!(out, "\n  - name: {}\n", yaml::string(&format!("{alert}: {about}")));
    let _ = write!(out, "    interval: {}\n    input_series:\n", seconds(*interval));
    for Series { selector, values } in series {
        let _ = writeln!(out, "      - series: {}\n        values: {values}", single(selector));
    }
    out.push_str("    alert_rule_test:\n");
    checks.iter().for_each(|check| alert_test(out, alert, check));
    if !readings.is_empty() {
        out.push_str("    promql_expr_test:\n");
        readings.iter().for_each(|reading| expression_test(out, reading));
    }
}

fn alert_test(out: &mut String, alert: &str, check: &Check) {
    let _ = write!(out, "      - eval_time: {}\n        alertname: {alert}\n", seconds(check.at));
    if check.alerts.is_empty() {
        out.push_str("        exp_alerts: []\n");
        return;
    }
    out.push_str("        exp_alerts:\n");
    for Expected { labels, annotations } in &check.alerts {
        out.push_str("          - exp_labels:\n");
        pairs(out, labels);
        out.push_str("            exp_annotations:\n");
        pairs(out, annotations);
    }
}

fn pairs(out: &mut String, pairs: &[(&'static str, String)]) {
    for (name, value) in pairs {
        let _ = writeln!(out, "              {name}: {}", yaml::string(value));
    }
}

fn expression_test(out: &mut String, reading: &Reading) {
    let Reading { at, expr, samples } = reading;
    let _ = write!(out, "      - expr: |-\n          {}\n", expr.replace('\n', "\n          "));
    let _ = writeln!(out, "        eval_time: {}", seconds(*at));
    if samples.is_empty() {
        out.push_str("        exp_samples: []\n");
        return;
    }
    out.push_str("        exp_samples:\n");
    for (labels, value) in samples {
        let _ = writeln!(out, "          - labels: {}\n            value: {value}", single(labels));
    }
}

/// A duration; none is a day or longer without being whole minutes.
fn seconds(count: u32) -> String {
    if count.is_multiple_of(60) { format!("{}m", count / 60) } else { format!("{count}s") }
}

/// In single quotes, which leave the double ones of a selector as they are; escaped where that would not do.
fn single(text: &str) -> String {
    let is_plain = |c: char| c == ' ' || c.is_ascii_graphic();
    if text.chars().all(is_plain) { format!("'{}'", text.replace('\'', "''")) } else { yaml::quoted(text) }
}

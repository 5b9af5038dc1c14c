//! The reference page of the metrics, `docs/metrics.md`.

use super::markdown::anchor;
use crate::indicator::indicators;
use crate::{Entry, FailureRule, Filter, Group, examples, subsystems};
use std::fmt::Write as _;
use telemetry_core::catalog::{CATALOG, OWN, metrics};
use telemetry_core::config::Config;
use telemetry_core::exposition::write_value;
use telemetry_core::metric::{Combine, Kind, LabelDef, MetricDef, Subsystem, Values};

const READING: &str = "\
## How to read this page

- A **closed** label has only the values listed here; whatever else a program meets is recorded as `other`. A value marked ✗ counts as a
  failure in every failure rate. An **open** label takes any text; beyond the configured number of series per metric, further label sets
  are counted together in a series whose every label is `__overflow__`.
- Each metric also has the labels `job` and `instance`, from the group it was pushed under or the target it was scraped from.
- A **live** gauge is the sum over the processes that are alive, and 0 when none is. A **state** gauge is the last value that any process
  wrote for the label set, and outlives the process.
- The queries work on what a Prometheus scraped. A share is NaN where nothing happened in its window. A percentile is interpolated inside
  a bucket, of which the first begins at 0, and one beyond the last bound reads as that bound. The tables of the commands say of the first
  only that it is below its bound, `< 10 s`, and of the last that it is beyond it, `> 7200 s`.
";

/// The page: every metric by subsystem with its type, labels and their values, buckets, how processes combine it, queries, and the alerts
/// that look at it.
///
/// ```
/// let page = telemetry_catalog::render::metrics_markdown();
/// assert!(page.contains("### `sase_agent_runs_total`"));
/// ```
#[must_use]
pub fn metrics_markdown() -> String {
    let mut page = String::from("# Metrics\n\n");
    page.push_str(&introduction());
    page.push_str(READING);
    subsystems().for_each(|subsystem| page.push_str(&section(subsystem, subsystem.metrics)));
    page
}

/// The same page of these metrics alone, and the whole of it where they are all.
///
/// ```
/// use telemetry_catalog::{Filter, find_subsystem, render};
///
/// let filter = Filter { subsystem: find_subsystem("beads").ok(), metric_type: None };
/// let page = render::metrics_markdown_of(&filter.groups());
/// assert!(page.contains("## Beads\n") && !page.contains("## Agent Lifecycle"));
/// ```
#[must_use]
pub fn metrics_markdown_of(groups: &[Group]) -> String {
    if groups == Filter::default().groups() {
        return metrics_markdown();
    }
    let mut page = String::from("# Metrics\n\n");
    page.push_str(READING);
    groups.iter().for_each(|group| page.push_str(&section(group.subsystem, &group.metrics)));
    page
}

fn introduction() -> String {
    let (count, groups) = (metrics().count(), CATALOG.len());
    let mut text = format!(
        "The catalog has {count} metrics in {groups} subsystems.\n\n| subsystem | short name | metrics |\n|---|---|---|\n"
    );
    for subsystem in CATALOG {
        let Subsystem { title, slug, metrics } = subsystem;
        // Writing into a string cannot fail, here and below.
        let _ = writeln!(text, "| [{title}](#{}) | `{slug}` | {} |", anchor(title), metrics.len());
    }
    let _ = writeln!(
        text,
        "\nBeside the catalog, [{}](#{}) tells about telemetry itself, under the short name `{}`.\n",
        OWN.title,
        anchor(OWN.title),
        OWN.slug
    );
    text
}

fn section(subsystem: &'static Subsystem, metrics: &[&'static MetricDef]) -> String {
    let mut text =
        format!("\n## {}\n\n| metric | type | labels | help |\n|---|---|---|---|\n", subsystem.title);
    for def in metrics {
        let _ = writeln!(
            text,
            "| [`{0}`](#{0}) | {1} | {2} | {3} |",
            def.name,
            def.kind.as_str(),
            label_names(def),
            def.help
        );
    }
    metrics.iter().for_each(|&def| text.push_str(&metric(Entry { subsystem, def })));
    text
}

fn metric(entry: Entry) -> String {
    let def = entry.def;
    let mut text = format!("\n### `{}`\n\n{}. {}\n", def.name, def.help, kind(def));
    if !def.labels.is_empty() {
        text.push_str("\n| label | values |\n|---|---|\n");
        def.labels.iter().for_each(|label| text.push_str(&label_row(def, label)));
    }
    text.push_str("\n```promql\n");
    let queries: Vec<_> =
        examples(def).iter().map(|example| format!("# {}\n{}\n", example.asks, example.query)).collect();
    text.push_str(&queries.join("\n"));
    text.push_str("```\n");
    text.push_str(&alerts(def));
    text
}

/// Which metrics an alert looks at does not depend on the configuration.
fn alerts(def: &MetricDef) -> String {
    let config = Config::default();
    let looking = indicators().filter(|indicator| indicator.metrics(&config).contains(&def));
    let links: Vec<_> =
        looking.map(|indicator| format!("[{}](alerts.md#{})", indicator.alert, indicator.anchor())).collect();
    if links.is_empty() {
        String::new()
    } else {
        format!("\nAlerts that look at it: {}.\n", links.join(", "))
    }
}

fn kind(def: &MetricDef) -> String {
    match def.kind {
        Kind::Counter => "A counter.".to_owned(),
        Kind::Gauge(Combine::Live) => "A live gauge: the sum over the processes that are alive.".to_owned(),
        Kind::Gauge(Combine::State) => "A state gauge: the last value that any process wrote.".to_owned(),
        Kind::Histogram(bounds) => {
            format!("A histogram in seconds, with the bounds {} and `+Inf`.", list_of(bounds))
        }
    }
}

fn list_of(bounds: &[f64]) -> String {
    let written = bounds.iter().map(|bound| {
        let mut text = String::new();
        write_value(&mut text, *bound);
        format!("`{text}`")
    });
    written.collect::<Vec<_>>().join(", ")
}

fn label_names(def: &MetricDef) -> String {
    def.labels.iter().map(|label| format!("`{}`", label.name)).collect::<Vec<_>>().join(", ")
}

fn label_row(def: &MetricDef, label: &LabelDef) -> String {
    let failing = FailureRule::of(def).filter(|rule| rule.label == label.name);
    let is_failure = |value: &str| failing.as_ref().is_some_and(|rule| rule.is_failure(value));
    let values = match label.values {
        Values::Open => "open".to_owned(),
        Values::Closed(values) => {
            let mark =
                |value: &str| if is_failure(value) { format!("`{value}` ✗") } else { format!("`{value}`") };
            values.iter().map(|value| mark(value.text)).collect::<Vec<_>>().join(", ")
        }
    };
    format!("| `{}` | {values} |\n", label.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_its_heading_its_labels_and_its_queries() {
        let page = metrics_markdown();
        for def in subsystems().flat_map(|subsystem| subsystem.metrics) {
            let (_, part) = page.split_once(&format!("\n### `{}`\n", def.name)).unwrap();
            let part = part.split("\n##").next().unwrap();
            assert!(part.contains(def.help) && part.contains(def.kind.as_str()), "{part}");
            assert!(
                def.labels.iter().all(|label| part.contains(&format!("\n| `{}` | ", label.name))),
                "{part}"
            );
            assert!(examples(def).iter().all(|example| part.contains(&example.query)), "{part}");
        }
    }

    #[test]
    fn failing_values_bounds_and_combinations_are_said() {
        let page = metrics_markdown();
        assert!(page.contains("| `status` | `ok`, `error` ✗, `killed`, `other` |"));
        assert!(page.contains("| `status` | `ok`, `error` ✗, `conflict`, `other` |"));
        assert!(page.contains(
            "with the bounds `10`, `30`, `60`, `120`, `300`, `600`, `1800`, `3600`, `7200` and `+Inf`."
        ));
        assert!(page.contains("Active beads. A state gauge"));
    }

    #[test]
    fn every_alert_stands_at_each_metric_that_it_looks_at() {
        let page = metrics_markdown();
        for indicator in indicators() {
            let link = format!("[{}](alerts.md#{})", indicator.alert, indicator.anchor());
            let metrics = indicator.metrics(&Config::default());
            let sections = page.split("\n### `").skip(1).filter(|section| section.contains(&link));
            let names: Vec<_> = sections.filter_map(|section| section.split('`').next()).collect();
            assert_eq!(names.len(), metrics.len(), "{}: {names:?}", indicator.alert);
            assert!(metrics.iter().all(|def| names.contains(&def.name)), "{}: {names:?}", indicator.alert);
        }
        assert!(page.contains("\nAlerts that look at it: [LlmSlow](alerts.md#llmslow).\n"));
    }

    #[test]
    fn the_page_ends_with_one_newline_and_has_no_line_that_ends_in_a_blank() {
        let page = metrics_markdown();
        assert!(page.ends_with("\n") && !page.ends_with("\n\n"));
        assert!(page.lines().all(|line| line.trim_end() == line));
    }
}

//! The numbers of each subsystem, and by how much each has risen.

use super::super::look::{Line, Pace, Section};
use super::flow::Flow;
use crate::samples::subsystem_of;
use crate::tables::{PERCENTILES, harmless, label_names, size, value_of};
use telemetry_catalog::indicator::{Measure, Severity, indicators};
use telemetry_catalog::{Distribution, Estimate, FailureRule, find_metric, subsystems};
use telemetry_core::config::HealthThresholds;
use telemetry_core::exposition::{Family, Metric, Value};
use telemetry_core::metric::{Kind, MetricDef};

/// The most series of one metric that get lines of their own, the largest.
const SERIES: usize = 50;

/// What one metric comes to over all its series.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sum {
    pub(super) def: &'static MetricDef,
    pub(super) value: f64,
    /// By how much it has risen since the base of the rates; `None` without one.
    pub(super) risen: Option<f64>,
    /// How much of that are failures.
    pub(super) failed: f64,
}

/// A series that is looked at.
struct One<'f> {
    metric: &'f Metric<'f>,
    size: f64,
    risen: Option<f64>,
}

/// The numbers of every subsystem that has any, with the sum of each metric. The flow must be at this look.
pub(super) fn sections(
    families: &[Family<'_>],
    flow: &mut Flow,
    thresholds: &HealthThresholds,
) -> (Vec<Section>, Vec<Sum>) {
    let mut sections: Vec<_> =
        subsystems().map(|subsystem| Section { subsystem, lines: Vec::new() }).collect();
    let mut sums = Vec::new();
    for family in families.iter().filter(|family| !family.metrics.is_empty()) {
        let Some(def) = find_metric(&family.name).map(|entry| entry.def) else { continue };
        let (lines, sum) = lines(def, family, flow, warning(def, thresholds));
        let subsystem = subsystem_of(def.name);
        if let Some(section) = sections.iter_mut().find(|section| Some(section.subsystem) == subsystem) {
            section.lines.extend(lines);
        }
        sums.push(sum);
    }
    sections.retain(|section| !section.lines.is_empty());
    (sections, sums)
}

/// The line of a metric with those of its largest series.
fn lines(
    def: &'static MetricDef,
    family: &Family<'_>,
    flow: &mut Flow,
    warning: Option<f64>,
) -> (Vec<Line>, Sum) {
    let rises = !matches!(def.kind, Kind::Gauge(_));
    let mut seen: Vec<_> = family
        .metrics
        .iter()
        .map(|metric| One {
            metric,
            size: size(&metric.value),
            risen: rises.then(|| flow.note(def.name, metric)).flatten(),
        })
        .collect();
    let rule = FailureRule::of(def);
    let sum = sum(def, &seen, rule.as_ref());
    let per_minute = |risen: Option<f64>| Some(risen? / flow.minutes()?);
    let percentiles = percentiles(family.metrics.iter());
    let whole = Line {
        def,
        series: None,
        count: sum.value,
        per_minute: per_minute(sum.risen),
        percentiles,
        pace: pace(percentiles[1], warning),
        failed: rule.and_then(|rule| failed(&seen, &rule)),
    };
    seen.sort_by(|one, other| other.size.total_cmp(&one.size));
    seen.truncate(SERIES);
    let names = names(family);
    let of_series = seen.iter().filter(|_| !names.is_empty()).map(|one| {
        let percentiles = percentiles_of(one.metric);
        Line {
            series: Some(values(one.metric, &names)),
            count: one.size,
            per_minute: per_minute(one.risen),
            percentiles,
            pace: pace(percentiles[1], warning),
            failed: None,
            def,
        }
    });
    ([whole].into_iter().chain(of_series).collect(), sum)
}

fn sum(def: &'static MetricDef, seen: &[One<'_>], rule: Option<&FailureRule>) -> Sum {
    let fails = |one: &&One<'_>| {
        rule.is_some_and(|rule| {
            value_of(&one.metric.labels, rule.label).is_some_and(|value| rule.is_failure(value))
        })
    };
    let risen = seen.iter().filter_map(|one| one.risen);
    Sum {
        def,
        value: seen.iter().map(|one| one.size).sum(),
        risen: seen.iter().any(|one| one.risen.is_some()).then(|| risen.sum()),
        failed: seen.iter().filter(fails).filter_map(|one| one.risen).sum(),
    }
}

fn failed(seen: &[One<'_>], rule: &FailureRule) -> Option<f64> {
    rule.share(seen.iter().map(|one| (value_of(&one.metric.labels, rule.label), one.size))).ratio()
}

/// The labels that tell the series apart: those of the target only where there are several.
fn names<'f>(family: &'f Family<'_>) -> Vec<&'f str> {
    const TARGET: [&str; 2] = ["job", "instance"];
    let is_one = |name: &&&str| {
        let mut values = family.metrics.iter().map(|metric| value_of(&metric.labels, name));
        let first = values.next();
        values.all(|value| Some(value) == first)
    };
    let hidden: Vec<_> = TARGET.iter().filter(is_one).copied().collect();
    label_names(family, &hidden)
}

/// The values of these labels, without those that are empty.
fn values(metric: &Metric<'_>, names: &[&str]) -> String {
    let values = names.iter().filter_map(|name| value_of(&metric.labels, name));
    let values: Vec<_> = values.filter(|value| !value.is_empty()).map(harmless).collect();
    values.join(", ")
}

/// The percentiles over all of these; none where their buckets have different bounds.
fn percentiles<'m>(metrics: impl Iterator<Item = &'m Metric<'m>>) -> [Option<Estimate>; 3] {
    match &*Distribution::sums(metrics.filter_map(distribution)) {
        [one] => PERCENTILES.map(|share| one.quantile(share)),
        _ => [None; 3],
    }
}

fn percentiles_of(metric: &Metric<'_>) -> [Option<Estimate>; 3] {
    let distribution = distribution(metric);
    PERCENTILES.map(|share| distribution.as_ref().and_then(|one| one.quantile(share)))
}

fn distribution(metric: &Metric<'_>) -> Option<Distribution> {
    match &metric.value {
        Value::Histogram(histogram) => Some(Distribution::from(histogram)),
        _ => None,
    }
}

/// From where on the 95th percentile of a metric is a warning; `None` where no indicator looks at it.
fn warning(def: &MetricDef, thresholds: &HealthThresholds) -> Option<f64> {
    let of = |measure: &Measure| matches!(measure, Measure::P95(of) if of.def().name == def.name);
    let indicator = indicators().find(|indicator| of(&indicator.measure))?;
    let levels = indicator.limits.levels(thresholds);
    levels.iter().find(|level| level.severity == Severity::Warning).map(|level| level.limit)
}

/// How fast something is. What is longer than the last bound may be anything beyond it, and what is below the first anything from 0 on; but
/// what alerts take for too slow is called so here.
fn pace(p95: Option<Estimate>, warning: Option<f64>) -> Option<Pace> {
    const FAST: f64 = 0.5;
    let warning = warning?;
    match p95? {
        estimate if estimate.as_prometheus() >= warning => Some(Pace::Slow),
        Estimate::At(most) | Estimate::Below { bound: most, .. } if most < warning * FAST => Some(Pace::Fast),
        Estimate::At(_) => Some(Pace::Normal),
        Estimate::Below { .. } | Estimate::Beyond(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::exposition::{Format, parse};

    const TEXT: &str = "\
# TYPE sase_agent_runs_total counter
sase_agent_runs_total{llm_provider=\"claude\",status=\"ok\",workflow=\"fix\",job=\"j\",instance=\"i\"} 6
sase_agent_runs_total{llm_provider=\"claude\",status=\"error\",workflow=\"fix\",job=\"j\",instance=\"i\"} 2
# TYPE sase_agent_run_duration_seconds histogram
sase_agent_run_duration_seconds_bucket{workflow=\"fix\",le=\"60\"} 10
sase_agent_run_duration_seconds_bucket{workflow=\"fix\",le=\"+Inf\"} 10
sase_agent_run_duration_seconds_count{workflow=\"fix\"} 10
sase_agent_run_duration_seconds_sum{workflow=\"fix\"} 100
# TYPE other gauge
other 1
";

    fn of(text: &str) -> (Vec<Section>, Vec<Sum>) {
        let mut flow = Flow::default();
        flow.begin(0.0);
        sections(&parse(text, Format::Text).unwrap(), &mut flow, &HealthThresholds::default())
    }

    #[test]
    fn a_metric_is_followed_by_its_series_the_largest_first() {
        let (sections, sums) = of(TEXT);
        let [section] = &*sections else { panic!("{sections:?}") };
        let told: Vec<_> =
            section.lines.iter().map(|line| (line.series.as_deref(), line.count, line.failed)).collect();
        assert_eq!(
            told,
            [
                (None, 8.0, Some(0.25)),
                (Some("claude, ok, fix"), 6.0, None),
                (Some("claude, error, fix"), 2.0, None),
                (None, 10.0, None),
                (Some("fix"), 10.0, None),
            ]
        );
        assert_eq!((sums.len(), sums[0].value, sums[0].risen), (2, 8.0, None));
        assert_eq!(section.lines[3].pace, Some(Pace::Fast));
        assert_eq!(section.lines[3].percentiles[0], Some(Estimate::Below { bound: 60.0, guess: 30.0 }));
    }

    #[test]
    fn several_targets_are_told_apart() {
        let other = TEXT.lines().nth(1).unwrap().replace("\"i\"", "\"k\"");
        let (sections, _) =
            of(&TEXT.replacen("# TYPE sase_agent_run_d", &format!("{other}\n# TYPE sase_agent_run_d"), 1));
        assert_eq!(sections[0].lines[1].series.as_deref(), Some("claude, ok, fix, i"));
    }

    #[test]
    fn the_pace_follows_the_limit() {
        let of = |estimate| pace(Some(estimate), Some(100.0));
        assert_eq!(of(Estimate::At(49.0)), Some(Pace::Fast));
        assert_eq!(of(Estimate::At(50.0)), Some(Pace::Normal));
        assert_eq!(of(Estimate::At(100.0)), Some(Pace::Slow));
        let below = |bound, guess| of(Estimate::Below { bound, guess });
        assert_eq!(
            (below(49.0, 1.0), below(50.0, 1.0), below(200.0, 100.0)),
            (Some(Pace::Fast), None, Some(Pace::Slow))
        );
        assert_eq!((of(Estimate::Beyond(100.0)), of(Estimate::Beyond(60.0))), (Some(Pace::Slow), None));
        assert_eq!((pace(None, Some(1.0)), pace(Some(Estimate::At(1.0)), None)), (None, None));
    }

    #[test]
    fn only_the_largest_series_have_lines() {
        let series: Vec<_> =
            (0..90).map(|n| format!("sase_agent_active{{project=\"p{n}\"}} {n}\n")).collect();
        let (sections, sums) = of(&format!("# TYPE sase_agent_active gauge\n{}", series.concat()));
        assert_eq!((sections[0].lines.len(), sections[0].lines[1].count), (1 + SERIES, 89.0));
        assert_eq!(sums[0].value, 4005.0);
    }
}

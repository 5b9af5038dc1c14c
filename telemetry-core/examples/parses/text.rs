//! An exposition of ten thousand samples, about a megabyte: counters with three labels, gauges, histograms with ten bounds.

use telemetry_core::exposition::{Bucket, Family, FamilyKind, Format, Histogram, Label, Metric, write};

const PROVIDERS: [&str; 4] = ["claude", "codex", "gemini", "open-weights"];
const WORKFLOWS: [&str; 5] =
    ["fix_failing_tests", "review", "split_commit", "update_dependencies", "write_docs"];
const BOUNDS: [f64; 11] = [0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, f64::INFINITY];

/// How many samples the text has.
pub(crate) const SAMPLES: usize = 10_000;

/// The text, whose metrics stand in the order of their labels, as nearly every library writes them.
#[must_use]
pub(crate) fn exposition() -> String {
    let mut families = Vec::new();
    for name in ["runs", "retries", "tool_calls", "tokens"] {
        let metrics = (0..1000).map(|i| Metric::counter(labels(i), (i * 7919 % 100_003) as f64));
        let help = format!("How many {name} of agents there have been, those that failed included.");
        families.push(family(format!("sase_agent_{name}_total"), FamilyKind::Counter, help, metrics));
    }
    for name in ["agents", "sessions"] {
        let metrics = (0..502).map(|i| Metric::gauge(labels(i), (i % 17) as f64));
        let help = format!("How many {name} there are at this moment.");
        families.push(family(format!("sase_{name}_active"), FamilyKind::Gauge, help, metrics));
    }
    for name in ["run", "tool_call"] {
        let metrics = (0..192).map(|i| Metric::histogram(labels(i), histogram(i)));
        let help = format!("How long each {name} took, in seconds.");
        families.push(family(format!("sase_agent_{name}_seconds"), FamilyKind::Histogram, help, metrics));
    }
    // What is left of the ten thousand.
    let metrics = (0..4).map(|i| Metric::gauge(vec![Label::new("version", format!("1.{i}"))], 1.0));
    families.push(family("sase_build_info".to_owned(), FamilyKind::Gauge, "What runs.".to_owned(), metrics));
    let mut text = String::new();
    write(&families, Format::Text, &mut text);
    text
}

/// The text with the metrics of each family in no order, as libraries write them that keep them in hash tables.
#[must_use]
pub(crate) fn unordered_exposition() -> String {
    let ordered = exposition();
    let mut families = telemetry_core::exposition::parse(&ordered, Format::Text).unwrap_or_default();
    for family in &mut families {
        let metrics = std::mem::take(&mut family.metrics);
        let count = metrics.len();
        let mut numbered: Vec<_> = metrics.into_iter().enumerate().collect();
        numbered.sort_by_key(|(number, _)| number * 7919 % count.max(1));
        family.metrics = numbered.into_iter().map(|(_, metric)| metric).collect();
    }
    let mut text = String::new();
    write(&families, Format::Text, &mut text);
    text
}

fn family(
    name: String,
    kind: FamilyKind,
    help: String,
    metrics: impl Iterator<Item = Metric<'static>>,
) -> Family<'static> {
    Family::new(name, kind).with_help(help).with_metrics(metrics)
}

fn labels(i: usize) -> Vec<Label<'static>> {
    vec![
        Label::new("project", format!("telemetry-{:02}", i / 20)),
        Label::new("provider", PROVIDERS[i / 5 % 4]),
        Label::new("workflow", WORKFLOWS[i % 5]),
    ]
}

fn histogram(i: usize) -> Histogram<'static> {
    let observed = |bound: usize| ((i * 31 + 7) * (bound + 1)) as f64;
    let buckets: Vec<_> = BOUNDS.iter().enumerate().map(|(at, le)| Bucket::new(*le, observed(at))).collect();
    Histogram { buckets, sum: Some(observed(3) * 1.37), count: Some(observed(10)), created: None }
}

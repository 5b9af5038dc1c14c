//! What fuzz targets begin with: what the repository has anyway, as inputs of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use telemetry_core::catalog;
use telemetry_core::config::{Config, example_yaml, settings};
use telemetry_core::exposition::{Bucket, Family, FamilyKind, Format, Histogram, Label, Metric, write};
use telemetry_core::metric::{Kind, MetricDef};

use crate::failure::{Outcome, While as _};
use crate::repository::Repository;

/// Where expressions are, from the root of the repository.
const DASHBOARDS: &str = "monitoring/grafana/dashboards";

/// Writes the seeds of a target into a folder, each as a file.
fn write_into(folder: &Path, seeds: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Outcome {
    for (number, seed) in seeds.into_iter().enumerate() {
        let file = folder.join(format!("{number:03}"));
        fs::write(&file, seed).while_doing(format_args!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// Writes the seeds of the target of this name; of one that is not known here, there are only those written by hand.
pub(super) fn sow(repository: &Repository, target: &str, folder: &Path) -> Outcome {
    match target {
        "parse" => write_into(folder, expositions()),
        "gateway" => write_into(folder, expositions().map(|body| format!("PUT /metrics/job/a\n\n{body}"))),
        "config" => write_into(folder, configurations()),
        "promql" => write_into(folder, expressions(&repository.root().join(DASHBOARDS))?),
        _ => Ok(()),
    }
}

/// Each metric of the catalog with one series, in both formats.
fn expositions() -> impl Iterator<Item = String> {
    let formats = [Format::Text, Format::OpenMetrics];
    catalog::metrics().flat_map(move |def| {
        formats.map(|format| {
            let mut text = String::new();
            write(&[family(def)], format, &mut text);
            text
        })
    })
}

fn family(def: &MetricDef) -> Family<'static> {
    let labels = def.labels.iter().map(|label| Label::new(label.name, "a \"b\"")).collect();
    let (kind, metric) = match def.kind {
        Kind::Counter => (FamilyKind::Counter, Metric::counter(labels, 1.0)),
        Kind::Gauge(_) => (FamilyKind::Gauge, Metric::gauge(labels, -2.5)),
        Kind::Histogram(_) => (FamilyKind::Histogram, Metric::histogram(labels, histogram())),
    };
    Family::new(def.name, kind).with_help(def.help).with_metrics([metric])
}

fn histogram() -> Histogram<'static> {
    let buckets = vec![Bucket::new(0.5, 1.0), Bucket::new(f64::INFINITY, 2.0)];
    Histogram { buckets, sum: Some(3.0), count: Some(2.0), created: None }
}

/// The example file, and every setting in a variable and in a flag.
fn configurations() -> impl Iterator<Item = String> {
    let each = settings().flat_map(|setting| {
        let value = setting.value_in(&Config::default()).unwrap_or_default();
        [setting.environment_variable(), setting.key().to_owned()].map(|name| format!("\u{1e}{name}={value}"))
    });
    [example_yaml()].into_iter().chain(each)
}

/// Every expression of the dashboards in a folder.
fn expressions(dashboards: &Path) -> Outcome<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for file in files(dashboards)? {
        let board = serde_json::from_str(&file).while_doing("cannot read a dashboard")?;
        collect(&board, &mut found);
    }
    Ok(found)
}

fn files(folder: &Path) -> Outcome<Vec<String>> {
    let entries = fs::read_dir(folder).while_doing(format_args!("cannot list {}", folder.display()))?;
    let files = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file());
    files
        .map(|path| fs::read_to_string(&path).while_doing(format_args!("cannot read {}", path.display())))
        .collect()
}

/// The expressions anywhere in a dashboard, with what Grafana would put into them.
fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let expression = fields.get("expr").and_then(Value::as_str);
            found.extend(expression.map(|text| text.replace("$__rate_interval", "5m")));
            fields.values().for_each(|value| collect(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_seeds_of_every_kind() {
        let repository = Repository::open().unwrap();
        let expressions = expressions(&repository.root().join(DASHBOARDS)).unwrap();
        assert!(expressions.len() > 50 && expressions.iter().any(|text| text.contains("histogram_quantile")));
        assert!(expressions.iter().all(|text| !text.contains("__rate_interval")));
        assert!(expositions().any(|text| text.contains("_bucket{") && text.ends_with("# EOF\n")));
        assert!(configurations().any(|text| text == "\u{1e}SASE_TELEMETRY_CARRIER=push"));
    }
}

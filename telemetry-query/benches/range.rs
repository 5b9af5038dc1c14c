//! What a range query costs: two hours at a step of a minute, of samples that were taken every 15 seconds.
//!
//! ```console
//! $ cargo bench -p telemetry-query
//! ```

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]

use std::sync::OnceLock;

use telemetry_query::{Labels, Limits, MemoryStore, Query, Sample, Series, Steps};

const HOURS: i64 = 3;
const INTERVAL: i64 = 15_000;
const STEPS: Steps = Steps { start: 3_600_000, end: 3 * 3_600_000, step: 60_000 };

fn main() {
    divan::main();
}

fn store(series: usize) -> &'static MemoryStore {
    static STORES: [OnceLock<MemoryStore>; 2] = [OnceLock::new(), OnceLock::new()];
    STORES[usize::from(series > 500)].get_or_init(|| filled(series))
}

/// Counters of one name with four labels, as a fleet has them.
fn filled(series: usize) -> MemoryStore {
    let mut store = MemoryStore::default();
    for number in 0..series {
        let labels = Labels::new([
            ("__name__", "requests_total".to_owned()),
            ("id", number.to_string()),
            ("instance", format!("host-{}", number % 100)),
            ("job", "fleet".to_owned()),
            ("status", ["ok", "error"][number % 2].to_owned()),
        ]);
        let samples =
            (0..HOURS * 3_600_000 / INTERVAL).map(|step| Sample::new(step * INTERVAL, (step * 3) as f64));
        store.append(&labels, samples);
    }
    store
}

fn run(series: usize, expression: &str) -> Vec<Series> {
    let query = Query::parse(expression).unwrap();
    query.range(store(series), STEPS, &Limits::default()).unwrap()
}

#[divan::bench(args = [500, 10_000], sample_count = 20)]
fn sum_of_rates(bencher: divan::Bencher<'_, '_>, series: usize) {
    store(series);
    bencher.bench(|| run(series, "sum(rate(requests_total[5m]))"));
}

#[divan::bench(args = [500, 10_000], sample_count = 20)]
fn sum_of_rates_by_instance(bencher: divan::Bencher<'_, '_>, series: usize) {
    store(series);
    bencher.bench(|| run(series, "sum by (instance) (rate(requests_total[5m]))"));
}

#[divan::bench(args = [500, 10_000], sample_count = 20)]
fn one_series_by_equality(bencher: divan::Bencher<'_, '_>, series: usize) {
    store(series);
    bencher.bench(|| run(series, r#"rate(requests_total{id="77"}[5m])"#));
}

#[divan::bench(args = [500, 10_000], sample_count = 20)]
fn share_of_failures(bencher: divan::Bencher<'_, '_>, series: usize) {
    store(series);
    let failed = r#"sum by (instance) (increase(requests_total{status="error"}[1h]))"#;
    bencher.bench(|| run(series, &format!("{failed} / sum by (instance) (increase(requests_total[1h]))")));
}

#[divan::bench(args = [500, 10_000], sample_count = 20)]
fn every_series(bencher: divan::Bencher<'_, '_>, series: usize) {
    store(series);
    bencher.bench(|| run(series, "topk(5, rate(requests_total[5m]))"));
}

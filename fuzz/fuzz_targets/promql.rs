//! Any text as PromQL, over a small history: it is evaluated in bounded time and memory or refused, and one step of a range has the
//! values of an instant.
#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use telemetry_query::{Labels, Limits, MemoryStore, Query, STALE, Sample, Series, Steps, Value, selector};

/// The moment of the queries: an hour after the first sample.
const NOW: i64 = 1_700_002_800_000;

/// Milliseconds between samples.
const INTERVAL: i64 = 60_000;

/// How many samples each series has.
const SAMPLES: i64 = 60;

static HISTORY: LazyLock<MemoryStore> = LazyLock::new(history);

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = selector(text);
    let Ok(query) = Query::parse(text) else { return };
    let instant = query.instant(&*HISTORY, NOW, &limits());
    let now = query.range(&*HISTORY, Steps { start: NOW, end: NOW, step: INTERVAL }, &limits());
    if let (Ok(instant), Ok(now)) = (&instant, &now) {
        assert_eq!(of_instant(instant), of_range(now), "{text}");
    }
    let hour = Steps { start: NOW - 3_600_000, end: NOW, step: 7 * INTERVAL };
    for series in query.range(&*HISTORY, hour, &limits()).into_iter().flatten() {
        let rising = series.samples.is_sorted_by(|one, other| one.timestamp < other.timestamp);
        assert!(rising && !series.samples.is_empty(), "{series:?}");
    }
});

/// Values by their labels, to the last bit but for those of NaN.
type Values = BTreeMap<String, u64>;

fn of_instant(value: &Value) -> Values {
    match value {
        Value::Scalar(sample) => Values::from([("{}".to_owned(), bits(sample.value))]),
        Value::Vector(elements) => {
            let values: Values =
                elements.iter().map(|(labels, sample)| (labels.to_string(), bits(sample.value))).collect();
            assert_eq!(values.len(), elements.len(), "two elements have the same labels");
            values
        }
        other => panic!("no range has a {}", other.type_name()),
    }
}

fn of_range(series: &[Series]) -> Values {
    series
        .iter()
        .flat_map(|one| one.samples.iter().map(|it| (one.labels.to_string(), bits(it.value))))
        .collect()
}

fn bits(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() }
}

/// So little that a query which holds much is refused, and a query that does not end is found.
fn limits() -> Limits {
    let deadline = Some(Instant::now() + Duration::from_millis(500));
    Limits { samples: 200_000, points: 1_000, deadline, ..Limits::default() }
}

/// Counters that begin anew, gauges with odd values, a histogram, and a series that ended.
fn history() -> MemoryStore {
    let mut store = MemoryStore::default();
    let times = |from: i64| (from..SAMPLES).map(|number| (NOW - (SAMPLES - number) * INTERVAL, number));
    for (job, instance) in [("api", "1"), ("api", "2"), ("web", "1")] {
        let series = |name: &str, more: [(&str, &str); 1]| {
            let named = [("__name__", name), ("job", job), ("instance", instance)];
            Labels::new(named.into_iter().chain(more))
        };
        let requests = times(0).map(|(time, number)| Sample::new(time, (number % 40) as f64 * 3.0));
        store.append(&series("requests_total", [("code", "200")]), requests);
        let odd = [1.5, f64::NAN, f64::INFINITY, -0.0, f64::NEG_INFINITY, 1e300];
        let odd = times(5).map(|(time, number)| Sample::new(time, odd[number as usize % odd.len()]));
        store.append(&series("temperature", [("zone", "a b")]), odd);
        for (place, le) in ["0.1", "1", "10", "+Inf"].into_iter().enumerate() {
            let counts =
                times(0).map(|(time, number)| Sample::new(time, (number * (place as i64 + 1)) as f64));
            store.append(&series("latency_bucket", [("le", le)]), counts);
        }
        let ended = times(0).map(|(time, number)| Sample::new(time, if number < 50 { 1.0 } else { STALE }));
        store.append(&series("up", [("gone", "yes")]), ended);
    }
    store
}

//! The price of the first call with a label set, which makes its series: time, memory that stays, and allocations.
//!
//! `cargo bench -p telemetry-peers --bench first_touch`. A counter with three open labels is made anew for every round, and called once
//! with each of a thousand label sets. The times are medians of all rounds, in which the libraries take turns.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be prepared has nothing to measure")]
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod labels;

use foldhash::fast::RandomState;
use labels::{Texts, known, open_labels};
use measured::CounterVec;
use metrics_exporter_prometheus::PrometheusBuilder;
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{IntCounterVec, Opts};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use std::time::Instant;
use telemetry_core::config::Config;
use telemetry_core::{Registry, catalog};
use telemetry_peers::race::median;

catalog! {
    /// For this benchmark.
    pub BENCH = "Benchmark", "bench";
    /// Calls
    counter CALLS = "bench_calls_total", Calls<'a> { provider: &'a str, project: &'a str, workflow: &'a str };
}

/// The values of the three labels.
type Set = [String; 3];

/// Calls a counter that was made for this.
type Call = Box<dyn Fn(&Set)>;

/// Makes a counter without any series; what must be known of the sets before is prepared there.
type Make = fn(&[Set]) -> Call;

/// Every library, with what makes its counter.
const LIBRARIES: [(&str, Make); 6] = [
    ("telemetry-core", ours),
    ("prometheus", prometheus),
    ("prometheus-client", prometheus_client),
    ("measured", measured),
    ("metrics", metrics),
    ("opentelemetry_sdk", opentelemetry),
];

const ROUNDS: usize = 51;

fn main() {
    let set = |i: usize| ["claude".to_owned(), format!("telemetry-{i}"), "fix_failing_tests".to_owned()];
    let sets: Vec<Set> = (0..1000).map(set).collect();
    let mut times = LIBRARIES.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        for ((_, counter), times) in LIBRARIES.iter().zip(&mut times) {
            let call = counter(&sets);
            let start = Instant::now();
            sets.iter().for_each(&call);
            times.push(start.elapsed().as_secs_f64() * 1e9 / sets.len() as f64);
        }
    }
    println!("| library | first touch, ns | ÷ ours | bytes | allocations |\n|---|---|---|---|---|");
    let medians = times.map(|times| median(&times));
    for ((library, counter), median) in LIBRARIES.iter().zip(medians) {
        let call = counter(&sets);
        let taken = allocation_counter::measure(|| sets.iter().for_each(&call));
        let (bytes, count) =
            (taken.bytes_current / sets.len() as i64, taken.count_total as f64 / sets.len() as f64);
        println!("| {library} | {median:.0} | {:.2} | {bytes} | {count:.1} |", median / medians[0]);
    }
}

fn ours(_: &[Set]) -> Call {
    let calls = CALLS.in_registry(&Registry::new(&Config::default()));
    Box::new(move |[provider, project, workflow]| calls.with(|| Calls { provider, project, workflow }).inc())
}

fn prometheus(_: &[Set]) -> Call {
    let options = Opts::new("bench_total", "Calls");
    let vector = IntCounterVec::new(options, &["provider", "project", "workflow"]).unwrap();
    Box::new(move |set| vector.with_label_values(set).inc())
}

fn prometheus_client(_: &[Set]) -> Call {
    let family = Family::<Vec<(String, String)>, Counter>::default();
    Box::new(move |set| {
        let labels = ["provider", "project", "workflow"].iter().zip(set);
        let labels = labels.map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        family.get_or_create(&labels).inc();
    })
}

type Known = Texts<RandomState>;

open_labels!(Open in OpenSet of Known: provider, project, workflow);

/// It is given all texts beforehand, since it takes no others.
fn measured(sets: &[Set]) -> Call {
    let [provider, project, workflow] = [0, 1, 2].map(|label| known(sets.iter().map(|set| &set[label])));
    let labels = OpenSet { provider, project, workflow };
    let vector = CounterVec::with_label_set(labels);
    Box::new(move |[provider, project, workflow]| vector.inc(Open { provider, project, workflow }))
}

fn metrics(_: &[Set]) -> Call {
    let recorder = PrometheusBuilder::new().build_recorder();
    Box::new(move |[provider, project, workflow]| {
        let (provider, project, workflow) = (provider.clone(), project.clone(), workflow.clone());
        metrics::with_local_recorder(&recorder, || {
            metrics::counter!("bench", "provider" => provider, "project" => project, "workflow" => workflow)
                .increment(1);
        });
    })
}

fn opentelemetry(_: &[Set]) -> Call {
    let exporter = opentelemetry_prometheus::exporter().with_registry(::prometheus::Registry::new());
    let provider = SdkMeterProvider::builder().with_reader(exporter.build().unwrap()).build();
    let counter = provider.meter("bench").u64_counter("bench").build();
    Box::new(move |set| {
        let _kept_open = &provider;
        let labels = ["provider", "project", "workflow"].into_iter().zip(set);
        let labels: Vec<_> = labels.map(|(name, value)| KeyValue::new(name, value.clone())).collect();
        counter.add(1, &labels);
    })
}

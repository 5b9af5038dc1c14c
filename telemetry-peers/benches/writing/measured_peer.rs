//! `measured`, whose open labels are texts that are known beforehand.

use super::Write;
use super::content::Content;
use super::labels::{Texts, known, open_labels};
use foldhash::fast::RandomState;
use measured::metric::MetricFamilyEncoding;
use measured::metric::histogram::Thresholds;
use measured::metric::name::MetricName;
use measured::text::BufferedTextEncoder;
use measured::{CounterVec, GaugeVec, HistogramVec};
use telemetry_peers::given::BOUNDS;

type Known = Texts<RandomState>;

open_labels!(Runs in RunsSet of Known: provider, project, status);
open_labels!(Agents in AgentsSet of Known: provider, project);
open_labels!(Time in TimeSet of Known: provider, workflow);

pub(crate) fn writer(content: &Content) -> (&'static str, Write) {
    let of_counters = |at: usize| known(content.counters.iter().map(move |(labels, _)| &labels[at]));
    let of_gauges = |at: usize| known(content.gauges.iter().map(move |(labels, _)| &labels[at]));
    let of_histograms = |at: usize| known(content.histograms.iter().map(move |(labels, _)| &labels[at]));
    let runs = CounterVec::with_label_set(RunsSet {
        provider: of_counters(0),
        project: of_counters(1),
        status: of_counters(2),
    });
    let agents = GaugeVec::with_label_set(AgentsSet { provider: of_gauges(0), project: of_gauges(1) });
    let time = HistogramVec::with_label_set_and_metadata(
        TimeSet { provider: of_histograms(0), workflow: of_histograms(1) },
        Thresholds::with_buckets(BOUNDS),
    );
    for ([provider, project, status], count) in &content.counters {
        runs.inc_by(Runs { provider, project, status }, *count);
    }
    for ([provider, project], count) in &content.gauges {
        agents.set(Agents { provider, project }, *count as i64);
    }
    for ([provider, workflow], seconds) in &content.histograms {
        seconds.iter().for_each(|seconds| time.observe(Time { provider, workflow }, *seconds));
    }
    let mut encoder = BufferedTextEncoder::new();
    let name = MetricName::from_str;
    let write = move |out: &mut String| {
        runs.collect_family_into(name("bench_runs_total"), &mut encoder).unwrap();
        agents.collect_family_into(name("bench_agents"), &mut encoder).unwrap();
        time.collect_family_into(name("bench_seconds"), &mut encoder).unwrap();
        // It makes a text of its own, which whoever serves it would send as it is.
        *out = String::from_utf8(encoder.finish().to_vec()).unwrap();
    };
    ("measured", Box::new(write))
}

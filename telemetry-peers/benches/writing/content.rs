//! What every library has recorded: texts of a usual length and numbers of any.

use telemetry_peers::given::PROVIDERS;

const STATUSES: [&str; 4] = ["ok", "error", "killed", "other"];

/// A label set of each metric with what was recorded on it.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    /// Provider, project and status of runs, and how many there were.
    pub(crate) counters: Vec<([String; 3], u64)>,
    /// Provider and project of agents, and how many there are.
    pub(crate) gauges: Vec<([String; 2], u64)>,
    /// Provider and workflow of runs, and how long each of them took.
    pub(crate) histograms: Vec<([String; 2], Vec<f64>)>,
}

impl Default for Content {
    fn default() -> Self {
        let counter = |i: usize| {
            let project = format!("telemetry-{:04}", i / 16);
            let labels = [PROVIDERS[i % 4].to_owned(), project, STATUSES[i / 4 % 4].to_owned()];
            (labels, i as u64 * 37 % 100_000)
        };
        let gauge =
            |i: usize| ([PROVIDERS[i % 4].to_owned(), format!("telemetry-{:04}", i / 4)], i as u64 % 50);
        let histogram = |i: usize| {
            let seconds = |j: usize| ((i + j) * 37 % 400) as f64 + 0.123 * j as f64;
            let labels = [PROVIDERS[i % 4].to_owned(), format!("workflow_{:02}", i / 4)];
            (labels, (0..30).map(seconds).collect())
        };
        Self {
            counters: (0..5000).map(counter).collect(),
            gauges: (0..2400).map(gauge).collect(),
            histograms: (0..200).map(histogram).collect(),
        }
    }
}

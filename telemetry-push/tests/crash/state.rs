//! What a ledger says, and what it has to say after a process has merged: plain arithmetic, apart from the ledger's own.

use std::collections::BTreeMap;
use std::path::Path;
use telemetry_core::Registry;
use telemetry_core::catalog::{
    AGENT_ACTIVE, AgentActive, BEAD_ACTIVE, BeadActive, LLM_INVOCATION_DURATION, LLM_RETRIES,
    LlmInvocationDuration, LlmRetries,
};
use telemetry_core::config::Config;
use telemetry_core::exposition::{Family, Value};
use telemetry_core::metric::Kind;
use telemetry_push::{Carry, Error, Ledger, Totals};

/// The configuration of the ledger below this folder. The instance is a configured one, so that it is the same for every user.
pub(crate) fn config(root: &Path) -> Config {
    let mut config = Config { ledger_path: Some(root.join("state")), ..Config::default() };
    config.prometheus.instance = Some("crash".to_owned());
    config
}

/// The ledger below this folder, of a new process.
pub(crate) fn ledger(root: &Path) -> Ledger {
    Ledger::new(&config(root)).unwrap()
}

/// A process that counts under a name of its own.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    merges: u32,
    registry: Registry,
    pub(crate) carry: Carry,
}

impl Process {
    pub(crate) fn begin(root: &Path, name: &str) -> Self {
        Self::configured(&config(root), name)
    }

    pub(crate) fn configured(config: &Config, name: &str) -> Self {
        let registry = Registry::new(config);
        let carry = Carry::new(Ledger::new(config).unwrap(), registry.clone());
        Self { name: name.to_owned(), merges: 0, registry, carry }
    }

    /// Counts what comes before each merge: [`State::plus`] says the same. The live gauge stands at 1 ever after.
    pub(crate) fn count(&mut self) {
        self.merges += 1;
        let registry = &self.registry;
        for (provider, retries) in [(&*self.name, 3), ("all", 2)] {
            LLM_RETRIES.in_registry(registry).with(|| LlmRetries { provider }).add(retries);
        }
        for seconds in OBSERVED {
            let provider = "all";
            LLM_INVOCATION_DURATION
                .in_registry(registry)
                .with(|| LlmInvocationDuration { provider })
                .observe(seconds);
        }
        let (project, status) = (&*self.name, "open");
        BEAD_ACTIVE.in_registry(registry).with(|| BeadActive { project, status }).set(self.merges);
        AGENT_ACTIVE
            .in_registry(registry)
            .with(|| AgentActive { llm_provider: project, project: "p" })
            .set(1.0);
    }

    /// Counts and merges, and has nothing to say about it.
    pub(crate) fn merge(&mut self) {
        assert_eq!(self.merge_and_tell(), Vec::<String>::new());
    }

    /// Counts and merges, and says what there is to say about it.
    pub(crate) fn merge_and_tell(&mut self) -> Vec<String> {
        self.count();
        self.carry.merge().unwrap().notes
    }
}

/// In seconds; their sums are exact.
const OBSERVED: [f64; 2] = [0.5, 64.0];

/// The totals of a ledger, of the metrics that a [`Process`] counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct State {
    /// By provider.
    retries: BTreeMap<String, f64>,
    /// By project: a state, the last write.
    beads: BTreeMap<String, f64>,
    /// Observations up to each bound, and the last of them up to infinity.
    buckets: Vec<f64>,
    sum: f64,
    /// The live gauge, over all series: how many processes live that have merged.
    pub(crate) living: f64,
}

impl State {
    /// What anybody reads below this folder, together with what he should know.
    pub(crate) fn read(root: &Path) -> (Self, Vec<String>) {
        Self::of_ledger(&ledger(root))
    }

    pub(crate) fn of_ledger(ledger: &Ledger) -> (Self, Vec<String>) {
        let mut notes = Vec::new();
        let totals = match ledger.totals(&mut notes) {
            // There are no totals until somebody merges and sets it aside.
            Err(Error::Damaged { .. }) => None,
            totals => totals.unwrap(),
        };
        (totals.as_ref().map(Self::of).unwrap_or_default(), notes)
    }

    fn of(totals: &Totals) -> Self {
        let mut state = Self::default();
        totals.families().iter().for_each(|family| state.take(family));
        state
    }

    fn take(&mut self, family: &Family<'_>) {
        for metric in &family.metrics {
            let label = |name| {
                let label = metric.labels.iter().find(|label| label.name == name);
                label.unwrap().value.to_string()
            };
            match (&*family.name, &metric.value) {
                ("sase_llm_retries_total", Value::Counter(counter)) => {
                    self.retries.insert(label("provider"), counter.value);
                }
                ("sase_bead_active", Value::Gauge(value)) => {
                    self.beads.insert(label("project"), *value);
                }
                ("sase_agent_active", Value::Gauge(value)) => self.living += value,
                ("sase_llm_invocation_duration_seconds", Value::Histogram(histogram)) => {
                    self.buckets = histogram.buckets.iter().map(|bucket| bucket.cumulative).collect();
                    self.sum = histogram.sum.unwrap();
                    assert_eq!(histogram.count, self.buckets.last().copied());
                }
                (name, value) => panic!("nobody counted {name} with {value:?}"),
            }
        }
    }

    /// The state after this process has merged what [`Process::count`] counts, for the so-many-th time in its life.
    pub(crate) fn plus(&self, name: &str, merges: u32) -> Self {
        let mut state = self.clone();
        *state.retries.entry(name.to_owned()).or_default() += 3.0;
        *state.retries.entry("all".to_owned()).or_default() += 2.0;
        state.beads.insert(name.to_owned(), merges.into());
        let Kind::Histogram(bounds) = LLM_INVOCATION_DURATION.def().kind else { unreachable!() };
        state.buckets.resize(bounds.len() + 1, 0.0);
        for (bucket, bound) in state.buckets.iter_mut().zip(bounds.iter().copied().chain([f64::INFINITY])) {
            *bucket += OBSERVED.iter().map(|seconds| f64::from(*seconds <= bound)).sum::<f64>();
        }
        state.sum += OBSERVED.iter().sum::<f64>();
        state
    }

    /// The same state with this many living processes.
    pub(crate) fn with_living(&self, living: u32) -> Self {
        Self { living: living.into(), ..self.clone() }
    }
}

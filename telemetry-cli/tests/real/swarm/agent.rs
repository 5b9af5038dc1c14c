//! The process: it counts for a short life under the guard of the library, and notes in its journal what it did.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};
use telemetry_core::Registry;
use telemetry_core::catalog::{
    AGENT_ACTIVE, AgentActive, LLM_INVOCATION_DURATION, LLM_RETRIES, LlmInvocationDuration, LlmRetries,
};
use telemetry_core::config::{Address, Config};
use telemetry_push::{ExitGuard, Problem, PushOnExit};

use super::journal::{Journal, OBSERVATIONS, Step};
use super::plan::End;

/// Holds the orders of the process.
const ORDERS: &str = "TELEMETRY_TEST_AGENT";

/// More series than the metrics of all processes of a test have, so that none is counted together with others.
pub(crate) const MAX_SERIES: usize = 2000;

/// After this time a process ends that nobody has killed, since whoever should have is gone.
const FORGOTTEN: Duration = Duration::from_secs(60);

/// The exit code of a process that was forgotten.
const FORGOTTEN_CODE: i32 = 9;

/// The exit code of [`End::Exits`].
pub(crate) const EXIT_CODE: i32 = 7;

/// What a process is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Orders {
    pub(crate) gateway: String,
    pub(crate) ledger: PathBuf,
    pub(crate) journal: PathBuf,
    /// The label value of its counter.
    pub(crate) counter: String,
    /// The label value of its histogram.
    pub(crate) histogram: String,
    pub(crate) seed: u64,
    pub(crate) length: Duration,
    pub(crate) bound: Duration,
    pub(crate) every: Option<Duration>,
    pub(crate) end: End,
}

static GUARD: OnceLock<ExitGuard> = OnceLock::new();

/// Counts as it is ordered to; without orders it does nothing.
#[test]
#[ignore = "this is the process that other tests start"]
fn the_agent() {
    let Ok(orders) = std::env::var(ORDERS) else { return };
    serde_json::from_str::<Orders>(&orders).unwrap().follow();
}

impl Orders {
    /// Has a command, which starts this test program, follow these orders.
    pub(crate) fn give(&self, command: &mut Command) {
        command.args(["--exact", "swarm::agent::the_agent", "--ignored", "--nocapture", "--test-threads=1"]);
        command.env(ORDERS, serde_json::to_string(self).unwrap());
    }

    fn follow(&self) {
        setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).unwrap();
        let mut journal = Journal::create(&self.journal);
        let config = self.config();
        let registry = Registry::new(&config);
        let guard =
            PushOnExit::new(&config).registry(&registry).bound(self.bound).on_problem(self.problems());
        let guard = if let Some(period) = self.every { guard.every(period) } else { guard };
        let begun = Instant::now();
        let guard = guard.start().unwrap();
        journal.took(begun.elapsed());
        let labels = || AgentActive { llm_provider: "agent", project: "swarm" };
        AGENT_ACTIVE.in_registry(&registry).with(labels).add(1);
        self.live(&registry, &guard, &mut journal);
        self.end(guard, &mut journal);
    }

    /// Notes what goes wrong, for whoever wants to know why a process left less than it should have.
    fn problems(&self) -> impl Fn(&Problem) + Send + Sync + 'static {
        let path = self.journal.with_extension("problems");
        move |problem| {
            let mut file = OpenOptions::new().append(true).create(true).open(&path).unwrap();
            file.write_all(format!("{problem}\n").as_bytes()).unwrap();
        }
    }

    fn config(&self) -> Config {
        let mut config = Config { enabled: Some(true), ..Config::default() };
        config.max_series_per_metric = MAX_SERIES;
        config.ledger_path = Some(self.ledger.clone());
        config.prometheus.pushgateway_url = Address::parse(&self.gateway).unwrap();
        config
    }

    fn live(&self, registry: &Registry, guard: &ExitGuard, journal: &mut Journal) {
        let (begun, mut random) = (Instant::now(), Rng::with_seed(self.seed));
        let length = if self.end == End::Never { FORGOTTEN } else { self.length };
        loop {
            self.step(registry, &mut random, journal);
            if random.u8(..10) == 0 {
                flush(guard, journal);
            }
            thread::sleep(Duration::from_millis(random.u64(2..30)));
            if begun.elapsed() >= length {
                return;
            }
        }
    }

    fn step(&self, registry: &Registry, random: &mut Rng, journal: &mut Journal) {
        let step = Step { amount: random.u32(1..100), observation: random.usize(..OBSERVATIONS.len()) };
        journal.begin(step);
        LLM_RETRIES.in_registry(registry).with(|| LlmRetries { provider: &self.counter }).add(step.amount);
        LLM_INVOCATION_DURATION
            .in_registry(registry)
            .with(|| LlmInvocationDuration { provider: &self.histogram })
            .observe(OBSERVATIONS[step.observation]);
        journal.done();
    }

    fn end(&self, guard: ExitGuard, journal: &mut Journal) {
        match self.end {
            End::Returns => {
                let begun = Instant::now();
                drop(guard);
                journal.over();
                journal.took(begun.elapsed());
            }
            End::Exits => {
                GUARD.set(guard).unwrap();
                std::process::exit(EXIT_CODE);
            }
            End::Panics => panic!("with {guard:?}"),
            End::DropsAndAborts => {
                let begun = Instant::now();
                drop(guard);
                journal.over();
                journal.took(begun.elapsed());
                std::process::abort();
            }
            End::WaitsStill { flushes } => {
                while flushes && !flush(&guard, journal) {}
                journal.still();
                thread::sleep(FORGOTTEN);
                forgotten();
            }
            End::Never => forgotten(),
        }
    }
}

/// Flushes, and says whether everything is durable.
fn flush(guard: &ExitGuard, journal: &mut Journal) -> bool {
    let flushed = guard.flush();
    if flushed.durable {
        journal.durable();
    }
    flushed.durable
}

fn forgotten() -> ! {
    std::process::exit(FORGOTTEN_CODE)
}

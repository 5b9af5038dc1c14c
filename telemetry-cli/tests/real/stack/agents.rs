//! The agents of the fleet: real runs, begun at an even pace.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use telemetry_core::catalog::{AGENT_ACTIVE, AGENT_KILLS, AGENT_RUN_DURATION, AGENT_RUNS, AGENT_SPAWNS};

use super::parts::Parts;
use super::plan::histogram_lines;
use super::predict::{Labels, Line};
use crate::support::{Scratch, eventually};

/// How often a run begins.
const PACE: Duration = Duration::from_secs(1);

/// Every how many runs one fails.
const FAILING: usize = 4;

/// Every how many runs one is killed.
const KILLED: usize = 20;

/// How many agents work on and on.
const PATIENT: usize = 2;

/// Agents that run until they are stopped.
pub(crate) struct Agents {
    ledger: Arc<Scratch>,
    gateway: String,
    state: Arc<State>,
    thread: Mutex<Option<JoinHandle<()>>>,
    patient: Mutex<Vec<Child>>,
}

#[derive(Default)]
struct State {
    ends: AtomicBool,
    fails: AtomicBool,
}

impl Agents {
    /// Begins runs that push to the gateway.
    pub(crate) fn start(parts: &Parts) -> Self {
        let (ledger, gateway) = (Arc::new(Scratch::new()), parts.gateway_url());
        let state = Arc::new(State::default());
        let agents =
            Self { ledger, gateway, state, thread: Mutex::new(None), patient: Mutex::new(Vec::new()) };
        let patient = (0..PATIENT).map(|_| run(&agents.ledger, &agents.gateway, "site", "exec sleep 600"));
        *agents.patient.lock().unwrap() = patient.collect();
        let (ledger, gateway, state) =
            (Arc::clone(&agents.ledger), agents.gateway.clone(), Arc::clone(&agents.state));
        *agents.thread.lock().unwrap() = Some(thread::spawn(move || keep_running(&ledger, &gateway, &state)));
        agents
    }

    /// Whether every run fails from now on.
    pub(crate) fn fail(&self, fails: bool) {
        self.state.fails.store(fails, Relaxed);
    }

    /// The series that follow from the pace, in the group under which the runs push.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let group = self.group();
        let with = |labels: &[(&str, &str)]| -> Labels {
            let own = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            own.chain(group.clone()).collect()
        };
        let line = |name: &str, labels: &[(&str, &str)], start: f64, slope: f64| Line {
            name: name.to_owned(),
            labels: with(labels),
            start,
            slope,
        };
        let each = 1.0 / PACE.as_secs_f64();
        let (killed, failed) = (each / KILLED as f64, each / FAILING as f64);
        let runs = |status, slope| {
            let labels = [("llm_provider", "claude"), ("workflow", "fix"), ("status", status)];
            line(AGENT_RUNS.def().name, &labels, 0.0, slope)
        };
        let durations = with(&[("llm_provider", "claude"), ("workflow", "fix")]);
        let active = |project, count| {
            line(AGENT_ACTIVE.def().name, &[("llm_provider", "claude"), ("project", project)], count, 0.0)
        };
        let spawns = |project, slope| {
            line(AGENT_SPAWNS.def().name, &[("llm_provider", "claude"), ("project", project)], 0.0, slope)
        };
        let mut lines = vec![
            runs("ok", each - killed - failed),
            runs("error", failed),
            runs("killed", killed),
            active("site", PATIENT as f64),
            active("api", 0.0),
            spawns("site", 0.0),
            spawns("api", each),
            line(AGENT_KILLS.def().name, &[("reason", "signal")], 0.0, killed),
        ];
        lines.extend(histogram_lines(AGENT_RUN_DURATION.def(), &durations, &[0.1], each));
        // Each run pushes, so that the last push is never long ago.
        lines.push(Line {
            name: "push_time_seconds".to_owned(),
            labels: group.clone(),
            start: 0.0,
            slope: 1.0,
        });
        lines
    }

    fn group(&self) -> Labels {
        let instance = eventually("the ledger says its instance", || {
            let ledger = std::fs::read_dir(self.ledger.path().join("ledger")).ok()?.next()?.ok()?.path();
            let instance = std::fs::read_dir(ledger).ok()?.next()?.ok()?.file_name();
            Some(instance.to_string_lossy().into_owned())
        });
        [("job".to_owned(), "sase_agent".to_owned()), ("instance".to_owned(), instance)].into()
    }

    /// Ends the agents.
    pub(crate) fn stop(&self) {
        self.state.ends.store(true, Relaxed);
        // A thread that panicked has said so.
        let _ = self.thread.lock().unwrap().take().map(JoinHandle::join);
        for mut child in self.patient.lock().unwrap().drain(..) {
            // The wrapper hands the signal on to its command, and ends with it.
            let _ = rustix::process::kill_process(Pid::from_child(&child), Signal::TERM);
            let _ = child.wait();
        }
    }
}

impl Drop for Agents {
    fn drop(&mut self) {
        self.stop();
    }
}

fn keep_running(ledger: &Scratch, gateway: &str, state: &State) {
    let (mut next, mut running) = (Instant::now(), Vec::new());
    for number in 1.. {
        if state.ends.load(Relaxed) {
            break;
        }
        let script = match number {
            _ if state.fails.load(Relaxed) => "exit 1",
            _ if number % KILLED == 0 => "kill -9 $$",
            _ if number % FAILING == 1 => "exit 1",
            _ => "exit 0",
        };
        running.push(run(ledger, gateway, "api", script));
        running.retain_mut(|child: &mut Child| child.try_wait().unwrap().is_none());
        next += PACE;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    for mut child in running {
        let _ = child.wait();
    }
}

fn run(ledger: &Scratch, gateway: &str, project: &str, script: &str) -> Child {
    let mut command: Command = ledger.telemetry_pushing_to(gateway);
    command.args(["--set", "prometheus.instance=fleet", "run", "--provider", "claude", "--workflow", "fix"]);
    command.args(["--project", project, "--", "sh", "-c", script]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
}

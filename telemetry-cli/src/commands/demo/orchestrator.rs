//! The orchestrator of the fleet: a long-lived daemon that goes round, looks after its workers and tracks work items. It has an exposition
//! server, and its counts are scraped from there.
//!
//! The demo tells it on standard input, a word a line, how the world is: the name of a phase; `killed` for each agent that was killed; and
//! `rest`, upon which it goes round no more and prints what it counted.

use super::course::{Phase, in_the_fleet};
use super::tally::Tally;
use crate::failure::Failure;
use crate::output::print;
use crate::session::Session;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;
use telemetry_core::catalog::{
    AGENT_KILLS, AXE_CYCLE_DURATION, AXE_CYCLES, AXE_ERRORS, AXE_LUMBERJACK_RESTARTS, AXE_LUMBERJACKS_ACTIVE,
    AgentKills, AxeCycleDuration, AxeCycles, AxeErrors, AxeLumberjackRestarts, BEAD_OPERATIONS,
    BEAD_STATUS_TRANSITIONS, BeadOperation, BeadOperations, BeadStatusTransitions, CycleType, KillReason,
    ZOMBIE_DETECTIONS, ZombieDetections,
};
use telemetry_core::guard::{AxeCycle, BeadChange, BeadTransition};
use telemetry_server::Exposition;

/// What it is told when its counts are wanted.
pub(super) const REST: &str = "rest";

/// What it is told of an agent that was killed.
pub(super) const KILLED: &str = "killed";

/// From one cycle to the next.
const PAUSE: Duration = Duration::from_millis(200);

/// How long a cycle takes.
const CYCLE: Duration = Duration::from_millis(20);

/// How many workers it has.
const LUMBERJACKS: u32 = 4;

/// Every how many cycles it looks through everything.
const FULL: u64 = 5;

/// Every how many cycles of the fault phase a worker is started again.
const RESTART: u64 = 12;

/// What a cycle runs into in the fault phase.
const ERROR_TYPE: &str = "provider_unavailable";

/// The project whose beads it tracks.
const PROJECT: &str = "site";

pub(super) fn run(session: &Session, told: &Receiver<String>) -> Result<ExitCode, Failure> {
    let config = session.config()?;
    telemetry_core::init(&config);
    begin();
    let server =
        Exposition::default().with_service("telemetry demo", env!("CARGO_PKG_VERSION")).serve(&config)?;
    print(&format!("{}\n", server.local_addr()))?;
    let mut axe = Axe::default();
    loop {
        match told.recv_timeout(PAUSE) {
            Ok(word) => axe.hear(&word)?,
            Err(RecvTimeoutError::Timeout) if axe.rests => {}
            Err(RecvTimeoutError::Timeout) => axe.cycle(),
            Err(RecvTimeoutError::Disconnected) => return Ok(ExitCode::SUCCESS),
        }
    }
}

/// What may be counted later is there from the start, or nobody would see its first count.
fn begin() {
    AXE_LUMBERJACKS_ACTIVE.set(LUMBERJACKS);
    AXE_LUMBERJACK_RESTARTS.touch(|| AxeLumberjackRestarts);
    AXE_ERRORS.touch(|| AxeErrors { error_type: ERROR_TYPE });
    ZOMBIE_DETECTIONS.touch(|| ZombieDetections);
    AGENT_KILLS.touch(|| AgentKills { reason: KillReason::Signal });
}

/// Its state.
#[derive(Default)]
struct Axe {
    cycles: u64,
    fails: bool,
    rests: bool,
    /// What it counted, to be compared with what its exposition said.
    tally: Tally,
}

impl Axe {
    fn hear(&mut self, word: &str) -> Result<(), Failure> {
        match word {
            REST => {
                self.rests = true;
                print(&format!("{}\n", self.tally.line()?))?;
            }
            KILLED => self.bury(),
            phase => (self.rests, self.fails) = (false, phase == Phase::Fault.name()),
        }
        Ok(())
    }

    /// An agent was killed from outside and cannot say so itself.
    fn bury(&mut self) {
        ZOMBIE_DETECTIONS.inc();
        self.tally.add(&ZOMBIE_DETECTIONS, ZombieDetections, 1);
        let labels = AgentKills { reason: KillReason::Signal };
        AGENT_KILLS.with(|| labels).inc();
        self.tally.add(&AGENT_KILLS, labels, 1);
    }

    fn cycle(&mut self) {
        self.cycles += 1;
        let is_full = self.cycles.is_multiple_of(FULL);
        let cycle_type = if is_full { CycleType::Full } else { CycleType::Tick };
        let mut cycle = AxeCycle::begin(cycle_type);
        thread::sleep(CYCLE);
        cycle.lasted(in_the_fleet(CYCLE));
        if is_full {
            self.track();
        }
        if self.fails {
            cycle.error(ERROR_TYPE);
            self.tally.add(&AXE_ERRORS, AxeErrors { error_type: ERROR_TYPE }, 1);
            self.lose_a_worker();
        }
        cycle.done();
        self.tally.add(&AXE_CYCLES, AxeCycles { cycle_type }, 1);
        self.tally.add(&AXE_CYCLE_DURATION, AxeCycleDuration { cycle_type }, 1);
    }

    /// Every now and then a worker ends, and is started again at once.
    fn lose_a_worker(&mut self) {
        if self.cycles.is_multiple_of(RESTART) {
            AXE_LUMBERJACK_RESTARTS.inc();
            self.tally.add(&AXE_LUMBERJACK_RESTARTS, AxeLumberjackRestarts, 1);
        }
    }

    /// A new work item takes the place of an old one, so that there are as many as before but for a few.
    fn track(&mut self) {
        let open = 3 + self.cycles / FULL % 5;
        let (operation, from_status, to_status) = (BeadOperation::Create, "new", "open");
        let change = BeadChange { operation, project: PROJECT, from_status, to_status };
        BeadTransition::begin(change).done_leaving(0, open);
        self.tally.add(&BEAD_OPERATIONS, BeadOperations { operation }, 1);
        self.tally.add(&BEAD_STATUS_TRANSITIONS, BeadStatusTransitions { from_status, to_status }, 1);
    }
}

//! Off is free: while telemetry is off, a call allocates nothing, asks the kernel for nothing, creates nothing and evaluates no
//! labels; and what was taken while it was off becomes live, without making up for what it missed.
//!
//! The switch belongs to the process and turns only once, so this is one test that does one thing after another.
#![cfg(feature = "live")]
#![cfg_attr(
    feature = "live",
    expect(clippy::unwrap_used, reason = "a test reports by panicking, and its support is no different")
)]

use std::cell::Cell;
use std::sync::Barrier;
use std::time::Duration;
use telemetry_core::catalog::*;
use telemetry_core::config::Config;
use telemetry_core::guard::*;
use telemetry_core::{
    BoundCounter, BoundGauge, BoundHistogram, Snapshot, Switch, default_registry, init, is_on,
};

#[test]
fn off_is_free_and_what_was_taken_while_off_becomes_live() {
    init_without_being_asked_to_turns_nothing_on();
    let bound = Bounds::take();

    let evaluated = Cell::new(0);
    let calls = || every_call(&bound, &evaluated);
    assert_eq!(allocation_counter::measure(calls).count_total, 0, "allocations while off");
    assert_eq!(evaluated.get(), 0, "labels evaluated while off");
    #[cfg(target_os = "linux")]
    system_calls::none_are_made();

    let guards = Guards::begin();
    let (active, timed) = (bound.gauge.track(), bound.histogram.start_timer());
    assert_eq!(one_of_many_threads_turns_it_on(), 1);
    assert!(is_on());
    assert_eq!(series(), 0, "series that were created while off");

    drop((active, timed));
    guards.end();
    assert_eq!(series(), 0, "series of guards that began while off");

    handles_and_bound_handles_are_live(&bound);
    let on = allocation_counter::measure(|| every_call(&bound, &evaluated));
    assert!(on.count_total > 0, "the same calls allocate while on");
    assert_eq!(evaluated.get(), LABELLED_CALLS, "the same calls evaluate their labels while on");
    assert!(series() > 20, "the same calls create series while on");
}

fn init_without_being_asked_to_turns_nothing_on() {
    assert_eq!(init(&Config::default()), Switch::Off);
    assert_eq!(init(&Config { enabled: Some(false), ..Config::default() }), Switch::Off);
    assert!(!is_on() && default_registry().is_none());
}

/// How many of many threads were told that they turned it on; the others were told that it was on.
fn one_of_many_threads_turns_it_on() -> usize {
    const THREADS: usize = 8;
    let barrier = Barrier::new(THREADS);
    let turn_on = || {
        barrier.wait();
        let found = init(&Config { enabled: Some(true), ..Config::default() });
        assert!(is_on(), "whoever has called init finds it on");
        found
    };
    let found: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(turn_on)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(found.iter().all(|found| matches!(found, Switch::TurnedOn | Switch::WasOn)), "{found:?}");
    assert_eq!(init(&Config::default()), Switch::WasOn);
    found.into_iter().filter(|found| *found == Switch::TurnedOn).count()
}

fn handles_and_bound_handles_are_live(bound: &Bounds) {
    bound.counter.add(2);
    bound.gauge.set(5);
    bound.histogram.observe(Duration::from_secs(20));
    AXE_LUMBERJACK_RESTARTS.inc();
    AGENT_SPAWNS.with(|| SPAWNS).inc();
    let now = snapshot();
    assert_eq!(
        now.value("sase_agent_spawns_total", &["claude", "site"]),
        Some(3.0),
        "bound and unbound are one series"
    );
    assert_eq!(now.value("sase_agent_active", &["claude", "site"]), Some(5.0));
    assert_eq!(now.value("sase_agent_run_duration_seconds", &["claude", "fix"]), Some(1.0));
    assert_eq!(now.value("sase_axe_lumberjack_restarts_total", &[]), Some(1.0));
}

fn snapshot() -> Snapshot {
    default_registry().unwrap().snapshot()
}

fn series() -> usize {
    snapshot().metrics.iter().map(|metric| metric.series.len()).sum()
}

const SPAWNS: AgentSpawns<'_> = AgentSpawns { llm_provider: "claude", project: "site" };
const ACTIVE: AgentActive<'_> = AgentActive { llm_provider: "claude", project: "site" };
const DURATION: AgentRunDuration<'_> = AgentRunDuration { llm_provider: "claude", workflow: "fix" };
const AGENT: Agent<'_> = Agent { llm_provider: "claude", project: "site", workflow: "fix" };
const CHANGE: BeadChange<'_> =
    BeadChange { operation: BeadOperation::Close, project: "site", from_status: "open", to_status: "closed" };

/// A bound handle of each kind.
struct Bounds {
    counter: BoundCounter,
    gauge: BoundGauge,
    histogram: BoundHistogram,
}

impl Bounds {
    fn take() -> Self {
        Self {
            counter: AGENT_SPAWNS.bind(SPAWNS),
            gauge: AGENT_ACTIVE.bind(ACTIVE),
            histogram: AGENT_RUN_DURATION.bind(DURATION),
        }
    }
}

/// How many closures [`labelled_calls`] hands over.
const LABELLED_CALLS: u32 = 15;

/// Every call of every kind of handle and guard.
fn every_call(bound: &Bounds, evaluated: &Cell<u32>) {
    labelled_calls(evaluated);
    unlabelled_calls();
    bound_calls(bound);
    Guards::begin().end();
    drop(Guards::begin());
    other_ends();
}

fn labelled_calls(evaluated: &Cell<u32>) {
    fn note<L>(evaluated: &Cell<u32>, labels: L) -> L {
        evaluated.set(evaluated.get() + 1);
        labels
    }
    let spawns = || AGENT_SPAWNS.with(|| note(evaluated, SPAWNS));
    spawns().inc();
    spawns().add(3_u64);
    spawns().add(0.5);
    AGENT_SPAWNS.touch(|| note(evaluated, SPAWNS));
    AGENT_SPAWNS.when_on(|spawns| spawns.with(|| note(evaluated, SPAWNS)).inc());
    let active = || AGENT_ACTIVE.with(|| note(evaluated, ACTIVE));
    active().set(7);
    active().inc();
    active().dec();
    active().add(2.5);
    active().sub(2);
    drop(active().track());
    let duration = || AGENT_RUN_DURATION.with(|| note(evaluated, DURATION));
    duration().observe(Duration::from_millis(3));
    duration().observe(0.003);
    drop(duration().start_timer());
    duration().start_timer().discard();
}

fn unlabelled_calls() {
    AXE_LUMBERJACK_RESTARTS.inc();
    AXE_LUMBERJACK_RESTARTS.add(2);
    AXE_LUMBERJACKS_ACTIVE.set(4);
    AXE_LUMBERJACKS_ACTIVE.inc();
    AXE_LUMBERJACKS_ACTIVE.dec();
    drop(AXE_LUMBERJACKS_ACTIVE.track());
}

fn bound_calls(Bounds { counter, gauge, histogram }: &Bounds) {
    counter.inc();
    counter.add(3);
    gauge.set(1);
    gauge.inc();
    gauge.dec();
    gauge.add(1);
    gauge.sub(1);
    drop(gauge.track());
    histogram.observe(Duration::from_millis(3));
    drop(histogram.start_timer());
    histogram.as_ref().observe(0.003);
}

/// A guard of each kind.
struct Guards {
    agent: AgentRun,
    axe: AxeCycle,
    bead: BeadTransition,
    hook: HookExecution,
    llm: LlmInvocation,
    mentor: MentorExecution,
    notification: NotificationSending,
    vcs: VcsAction,
    workflow: WorkflowExecution,
    workspace: WorkspaceLease,
}

impl Guards {
    fn begin() -> Self {
        Self {
            agent: AgentRun::begin(AGENT),
            axe: AxeCycle::begin(CycleType::Tick),
            bead: BeadTransition::begin(CHANGE),
            hook: HookExecution::begin("pre_commit"),
            llm: LlmInvocation::begin("claude"),
            mentor: MentorExecution::begin(),
            notification: NotificationSending::begin("email"),
            vcs: VcsAction::begin("git", VcsOperation::Commit),
            workflow: WorkflowExecution::begin("fix"),
            workspace: WorkspaceLease::acquire("site"),
        }
    }

    fn end(self) {
        self.axe.error("disk");
        self.hook.retry();
        self.llm.retry();
        self.llm.input_tokens(1);
        self.llm.output_tokens(1);
        self.llm.cache_read_tokens(1);
        self.agent.ok();
        self.axe.done();
        self.bead.done_leaving(1, 2);
        self.hook.passed();
        self.llm.ok();
        self.mentor.ok();
        self.notification.ok();
        self.vcs.committed("fix");
        self.workflow.ok();
        self.workspace.release();
    }
}

/// The outcomes that [`Guards::end`] does not have.
fn other_ends() {
    AgentRun::begin(AGENT).error();
    AgentRun::begin(AGENT).killed(KillReason::Timeout);
    AgentRun::begin(AGENT).other();
    BeadTransition::begin(CHANGE).done();
    HookExecution::begin("pre_commit").failed();
    HookExecution::begin("pre_commit").killed();
    HookExecution::begin("pre_commit").other();
    LlmInvocation::begin("claude").error("timeout");
    LlmInvocation::begin("claude").killed();
    LlmInvocation::begin("claude").other();
    MentorExecution::begin().error();
    MentorExecution::begin().killed();
    NotificationSending::begin("email").error();
    VcsAction::begin("git", VcsOperation::Push).error();
    VcsAction::begin("git", VcsOperation::Merge).conflict();
    VcsAction::begin("git", VcsOperation::Fetch).ok();
    WorkflowExecution::begin("fix").error();
    WorkflowExecution::begin("fix").killed();
    WorkspaceLease::acquire("site").release_failed();
}

#[cfg(target_os = "linux")]
mod system_calls {
    //! Counts system calls by forbidding them all: the kernel ends a thread at its first.

    use super::{Bounds, Cell, Duration, every_call};
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::Instant;

    /// How long a loaded machine may take for what is done in microseconds.
    const PATIENCE: Duration = Duration::from_secs(60);

    static OUTLIVED_THE_CALLS: AtomicBool = AtomicBool::new(false);
    static OUTLIVED_A_SYSTEM_CALL: AtomicBool = AtomicBool::new(false);

    pub(super) fn none_are_made() {
        let bound = Bounds::take();
        forbidden(&OUTLIVED_THE_CALLS, move || every_call(&bound, &Cell::new(0)));
        assert!(comes_true(&OUTLIVED_THE_CALLS, PATIENCE), "a system call was made while off");

        forbidden(&OUTLIVED_A_SYSTEM_CALL, thread::yield_now);
        assert!(!comes_true(&OUTLIVED_A_SYSTEM_CALL, PATIENCE / 200), "the kernel does not forbid anything");
    }

    /// Runs `calls` in a thread that may make no system call, and sets the flag when it has outlived them. Nobody can wait for the
    /// end of the thread: it ends at the system call behind the flag, while it holds no lock that others need.
    fn forbidden(outlived: &'static AtomicBool, calls: impl FnOnce() + Send + 'static) {
        let filter = everything_is_deadly();
        thread::spawn(move || {
            apply_filter(&filter).unwrap();
            calls();
            outlived.store(true, Ordering::Release);
            thread::yield_now();
        });
    }

    /// A filter for one thread; unlike the strict mode of the kernel it can be had inside a container, which has a filter already.
    fn everything_is_deadly() -> BpfProgram {
        let architecture = std::env::consts::ARCH.try_into().unwrap();
        let nothing = BTreeMap::new();
        let filter =
            SeccompFilter::new(nothing, SeccompAction::KillThread, SeccompAction::Allow, architecture);
        filter.unwrap().try_into().unwrap()
    }

    fn comes_true(flag: &AtomicBool, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while !flag.load(Ordering::Acquire) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        flag.load(Ordering::Acquire)
    }
}

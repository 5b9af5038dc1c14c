//! What the fleet will do, drawn from a seed: every agent with what it does, in which order, and how it ends.
//!
//! The plan holds no clock and no process. An agent draws it again from the same seed and does its part; the check draws it a third time
//! and counts.

use super::course::{Course, Phase};
use fastrand::Rng;
use std::time::Duration;
use telemetry_core::catalog::{BeadOperation, RunStatus, VcsOperation, VcsStatus};

/// The providers of language models, and where version control is.
const PROVIDERS: [&str; 3] = ["claude", "gemini", "codex"];
const PROJECTS: [&str; 3] = ["site", "api", "docs"];
const WORKFLOWS: [&str; 3] = ["fix", "review", "write"];
const HOOKS: [&str; 3] = ["pre_commit", "post_edit", "on_finish"];
const CHANNELS: [&str; 2] = ["chat", "email"];
const COMMITS: [&str; 3] = ["fix", "feature", "chore"];

/// What providers answer in the fault phase in place of an answer.
const LLM_ERROR_TYPES: [&str; 3] = ["rate_limit", "timeout", "overloaded"];

/// How agents end in the fault phase, each as likely as it is often here.
const ENDS_IN_FAULT: [End; 8] =
    [End::Ok, End::Ok, End::Ok, End::Error, End::Error, End::Error, End::TimedOut, End::Killed];

/// The version control system of the fleet.
pub(super) const VCS: &str = "git";

/// How long an agent of one slot is away before the next one comes, in milliseconds: long enough for a process to start on a busy machine.
const BREAK: std::ops::Range<u64> = 700..1500;

/// At most one agent is killed in this time, so that what it held is no leak that calls somebody.
const BETWEEN_KILLS: Duration = Duration::from_secs(8);

/// Everything that is to happen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    /// From what it was drawn.
    pub(super) seed: u64,
    /// The phases.
    pub(super) course: Course,
    /// How many agents there are at most at one time.
    pub(super) agents: usize,
    /// Every agent, in the order in which they begin.
    pub(super) lives: Vec<Life>,
}

/// One agent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Life {
    /// The slot that it takes; in one slot there is one agent at a time.
    pub(super) slot: usize,
    /// When it begins, from the beginning of the first phase.
    pub(super) begin: Duration,
    /// The provider of its language model.
    pub(super) provider: &'static str,
    /// The project that it works on.
    pub(super) project: &'static str,
    /// The workflow that it carries out.
    pub(super) workflow: &'static str,
    /// What it does, and how long each takes.
    pub(super) steps: Vec<(Duration, Step)>,
    /// How it ends.
    pub(super) end: End,
    /// Whether it does once more what the one before it failed to do.
    pub(super) is_retry: bool,
}

/// One thing that an agent does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It calls its language model.
    Call { input: u64, output: u64, cache_read: u64, retries: u32, error: Option<&'static str> },
    /// It runs a hook.
    Hook { kind: &'static str, retries: u32, passes: bool },
    /// It has its work reviewed.
    Mentor(RunStatus),
    /// It works with version control.
    Vcs(VcsOperation, VcsStatus),
    /// It commits.
    Commit(&'static str),
    /// It moves a bead from one status to another.
    Bead { operation: BeadOperation, from: &'static str, to: &'static str },
    /// It tells people.
    Notify(&'static str, RunStatus),
}

/// How an agent ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It did what it was asked.
    Ok,
    /// It failed.
    Error,
    /// It took too long, and ended itself.
    TimedOut,
    /// It is killed, after it has made durable what it counted.
    Killed,
}

impl Plan {
    /// The plan that follows from this seed.
    pub(super) fn draw(seed: u64, agents: usize, course: Course) -> Self {
        let mut random = Rng::with_seed(seed);
        let mut lives: Vec<Life> =
            (0..agents).flat_map(|slot| Slot { slot, course, random: random.fork() }.lives()).collect();
        lives.sort_by_key(|life| life.begin);
        spare_most(&mut lives);
        Self { seed, course, agents, lives }
    }

    /// How many agents end so.
    pub(super) fn ending(&self, end: End) -> usize {
        self.lives.iter().filter(|life| life.end == end).count()
    }
}

impl Life {
    /// How long it takes, apart from starting a process.
    pub(super) fn length(&self) -> Duration {
        self.steps.iter().map(|(pause, _)| *pause).sum()
    }
}

/// Of the agents that would be killed, those that come too soon after another fail instead.
fn spare_most(lives: &mut [Life]) {
    let mut last: Option<Duration> = None;
    for life in lives.iter_mut().filter(|life| life.end == End::Killed) {
        if last.is_some_and(|last| life.begin < last + BETWEEN_KILLS) {
            life.end = End::Error;
        } else {
            last = Some(life.begin);
        }
    }
}

/// Draws the agents of one slot.
struct Slot {
    slot: usize,
    course: Course,
    random: Rng,
}

impl Slot {
    /// One agent after the other, as many as end in time. The first ones that fail show all ways to end.
    fn lives(mut self) -> Vec<Life> {
        let mut lives: Vec<Life> = Vec::new();
        let mut begin = Duration::from_millis(self.random.u64(..1500));
        let mut struck = 0;
        loop {
            let is_retry = lives.last().is_some_and(|last| last.end == End::Error);
            let calm = self.life(begin, is_retry);
            let is_struck = self.is_in_fault(&calm);
            let life = if is_struck { self.struck(calm, struck) } else { calm };
            struck += usize::from(is_struck);
            let end = begin + life.length();
            if end > self.course.last_end() {
                return lives;
            }
            lives.push(life);
            begin = end + Duration::from_millis(self.random.u64(BREAK));
        }
    }

    /// Whether the whole of it is in the fault phase: what fails is over when the phase is.
    fn is_in_fault(&self, life: &Life) -> bool {
        let fault = self.course.span(Phase::Fault);
        life.begin >= fault.start && life.begin + life.length() <= fault.end
    }

    /// An agent to which nothing happens.
    fn life(&mut self, begin: Duration, is_retry: bool) -> Life {
        let provider = self.one_of(&PROVIDERS);
        let (project, workflow) = (self.one_of(&PROJECTS), self.one_of(&WORKFLOWS));
        let steps = self.steps();
        Life { slot: self.slot, begin, provider, project, workflow, steps, end: End::Ok, is_retry }
    }

    fn steps(&mut self) -> Vec<(Duration, Step)> {
        let mut steps = vec![
            Step::Bead { operation: BeadOperation::Update, from: "open", to: "in_progress" },
            Step::Vcs(VcsOperation::Checkout, VcsStatus::Ok),
        ];
        steps.extend((0..self.random.u32(2..=4)).map(|_| self.call()));
        steps.extend((0..self.random.u32(1..=2)).map(|_| self.hook()));
        steps.extend([Step::Commit(self.one_of(&COMMITS)), Step::Mentor(RunStatus::Ok), self.merge()]);
        steps.push(Step::Bead { operation: BeadOperation::Close, from: "in_progress", to: "closed" });
        steps.push(Step::Notify(self.one_of(&CHANNELS), RunStatus::Ok));
        steps.into_iter().map(|step| (self.pause(&step), step)).collect()
    }

    fn call(&mut self) -> Step {
        let random = &mut self.random;
        let (input, output) = (random.u64(800..6000), random.u64(100..900));
        Step::Call { input, output, cache_read: random.u64(..4000), retries: 0, error: None }
    }

    fn hook(&mut self) -> Step {
        Step::Hook { kind: self.one_of(&HOOKS), retries: 0, passes: true }
    }

    /// Now and then there is a conflict, which is no failure.
    fn merge(&mut self) -> Step {
        let status = if self.random.u8(..8) == 0 { VcsStatus::Conflict } else { VcsStatus::Ok };
        Step::Vcs(VcsOperation::Merge, status)
    }

    fn pause(&mut self, step: &Step) -> Duration {
        let range = if matches!(step, Step::Call { .. }) { 200..600 } else { 30..150 };
        Duration::from_millis(self.random.u64(range))
    }

    /// The same agent when much goes wrong.
    fn struck(&mut self, life: Life, before: usize) -> Life {
        let end = match (self.slot, before) {
            (0, 0) => End::Error,
            (0, 1) => End::Ok,
            (0, 2) => End::Killed,
            (0, 3) => End::TimedOut,
            _ => self.random.choice(ENDS_IN_FAULT).unwrap_or(End::Ok),
        };
        let steps = life.steps.into_iter().map(|(pause, step)| (pause, self.struck_step(step))).collect();
        Life { steps, end, ..life }
    }

    fn struck_step(&mut self, step: Step) -> Step {
        match step {
            Step::Call { input, cache_read, .. } if self.happens(45) => {
                let error = Some(self.one_of(&LLM_ERROR_TYPES));
                Step::Call { input, output: 0, cache_read, retries: self.random.u32(1..=3), error }
            }
            Step::Hook { kind, .. } if self.happens(60) => {
                Step::Hook { kind, retries: self.random.u32(1..=2), passes: false }
            }
            Step::Vcs(operation, _) if self.happens(40) => Step::Vcs(operation, VcsStatus::Error),
            Step::Mentor(_) if self.happens(50) => Step::Mentor(RunStatus::Error),
            Step::Notify(kind, _) if self.happens(50) => Step::Notify(kind, RunStatus::Error),
            step => step,
        }
    }

    /// Whether something happens that does so in this many of a hundred cases.
    fn happens(&mut self, percent: u32) -> bool {
        self.random.u32(..100) < percent
    }

    fn one_of(&mut self, all: &[&'static str]) -> &'static str {
        self.random.choice(all).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::course::{SHORTEST, in_the_fleet};
    use super::super::tally::{Tally, counting_name};
    use super::*;
    use std::collections::BTreeSet;
    use telemetry_core::catalog::{AGENT_RUNS, LLM_RETRY_SPAWNS};
    use telemetry_core::metric::MetricDef;

    fn plan(seed: u64, agents: usize) -> Plan {
        Plan::draw(seed, agents, Course::new(SHORTEST))
    }

    #[test]
    fn the_same_seed_gives_the_same_plan_and_another_one_another() {
        assert_eq!(plan(3, 6), plan(3, 6));
        assert_ne!(plan(3, 6).lives, plan(4, 6).lives);
    }

    #[test]
    fn a_slot_has_one_agent_at_a_time_and_all_end_in_time() {
        for seed in 0..20 {
            let plan = plan(seed, 6);
            assert!(plan.lives.is_sorted_by_key(|life| life.begin));
            for slot in 0..6 {
                let own: Vec<_> = plan.lives.iter().filter(|life| life.slot == slot).collect();
                assert!(own.len() > 8, "{}", own.len());
                assert!(own.windows(2).all(|pair| pair[0].begin + pair[0].length() < pair[1].begin));
                let last = own.last().unwrap();
                assert!(last.begin + last.length() <= plan.course.last_end());
            }
        }
    }

    #[test]
    fn only_the_fault_phase_has_failures_and_it_has_them_for_every_seed() {
        for seed in 0..50 {
            let plan = plan(seed, 1);
            let fault = plan.course.span(Phase::Fault);
            for life in plan.lives.iter().filter(|life| life.end != End::Ok) {
                assert!(fault.contains(&life.begin) && fault.contains(&(life.begin + life.length())));
            }
            assert!(plan.ending(End::Error) > 0 && plan.ending(End::Killed) > 0, "{}", plan.summary());
            let tally = Tally::of_plan(&plan);
            assert!(tally.total(LLM_RETRY_SPAWNS.def()) > 0);
            assert_eq!(tally.total(AGENT_RUNS.def()) as usize, plan.lives.len() - plan.ending(End::Killed));
        }
    }

    #[test]
    fn kills_are_rare() {
        let plan = plan(5, 50);
        let kills: Vec<_> = plan.lives.iter().filter(|life| life.end == End::Killed).collect();
        assert!(kills.windows(2).all(|pair| pair[1].begin >= pair[0].begin + BETWEEN_KILLS));
        assert!(!kills.is_empty());
    }

    /// A percentile that falls into the first bucket is no more than its bound, and one at a limit would call somebody.
    #[test]
    fn durations_suit_the_buckets_and_are_below_the_limits_of_alerts() {
        use telemetry_core::catalog::{AGENT_RUN_DURATION, HOOK_DURATION, LLM_INVOCATION_DURATION};
        for seed in 0..50 {
            for life in plan(seed, 6).lives {
                let is_within = |real: Duration, def: &MetricDef, limit: f64| {
                    let told = in_the_fleet(real).as_secs_f64();
                    assert!(told > def.bounds()[0] && told < limit, "{}: {told}", def.name);
                };
                is_within(life.length(), AGENT_RUN_DURATION.def(), 300.0);
                for (pause, step) in &life.steps {
                    match step {
                        Step::Call { .. } => is_within(*pause, LLM_INVOCATION_DURATION.def(), 60.0),
                        Step::Hook { .. } => is_within(*pause, HOOK_DURATION.def(), 60.0),
                        _ => {}
                    }
                }
            }
        }
    }

    /// The orchestrator counts the others.
    #[test]
    fn agents_count_every_metric_but_those_of_the_orchestrator() {
        let tally = Tally::of_plan(&plan(1, 6));
        let counted: BTreeSet<_> = tally.series().map(|(series, _)| series.name.clone()).collect();
        let missing = telemetry_core::catalog::metrics()
            .filter(|def| !matches!(def.kind, telemetry_core::metric::Kind::Gauge(_)))
            .map(counting_name)
            .filter(|name| !counted.contains(name));
        let axe = [
            "sase_axe_cycles_total",
            "sase_axe_cycle_duration_seconds_count",
            "sase_axe_lumberjack_restarts_total",
            "sase_axe_errors_total",
            "sase_zombie_detections_total",
        ];
        assert_eq!(missing.collect::<Vec<_>>(), axe);
    }
}

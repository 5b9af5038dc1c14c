//! The plan of the workload: which series there are and how evenly each of them grows, with what makes it so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use telemetry_core::catalog::*;
use telemetry_core::cell::{CounterCell, GaugeCell, HistogramCell};
use telemetry_core::label::LabelSet;
use telemetry_core::metric::MetricDef;
use telemetry_core::{Counter, Gauge, Histogram, Registry, Schema};

use super::predict::{Labels, Line};

/// How often everything that the plan names happens once more.
pub(crate) const TICK: Duration = Duration::from_millis(200);

/// The most series of a metric; one metric is given more.
pub(crate) const SERIES_CAP: usize = 12;

/// What happens at each tick, and the series that follow from it.
pub(crate) struct Plan {
    registry: Registry,
    target: Labels,
    steps: Vec<Box<dyn Fn() + Send>>,
    /// What happens at each tick beside that, while the fleet fails.
    failures: Vec<Box<dyn Fn() + Send>>,
    pub(crate) lines: Vec<Line>,
}

/// A workload that ticks on a thread of its own until it is dropped.
pub(crate) struct Workload {
    ends: Arc<AtomicBool>,
    fails: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Plan {
    /// Everything that a well fleet does but for the runs of agents, recorded in this registry, which is scraped as this target.
    pub(crate) fn of_a_well_fleet(registry: &Registry, target: &Labels) -> Self {
        let (registry, target) = (registry.clone(), target.clone());
        let mut plan = Self { registry, target, steps: Vec::new(), failures: Vec::new(), lines: Vec::new() };
        plan.models();
        plan.axe();
        plan.hooks_mentors_and_workflows();
        plan.beads_and_workspaces();
        plan.version_control();
        plan.notifications();
        plan.failures();
        plan
    }

    fn models(&mut self) {
        for (provider, share) in [("claude", 3), ("gemini", 1)] {
            self.counter(&LLM_INVOCATIONS, LlmInvocations { provider, status: RunStatus::Ok }, 20 * share);
            self.counter(&LLM_INVOCATIONS, LlmInvocations { provider, status: RunStatus::Error }, share);
            self.counter(&LLM_ERRORS, LlmErrors { provider, error_type: "timeout" }, share);
            self.counter(&LLM_RETRIES, LlmRetries { provider }, share);
            self.counter(&LLM_INPUT_TOKENS, LlmInputTokens { provider }, 9_000 * share);
            self.counter(&LLM_OUTPUT_TOKENS, LlmOutputTokens { provider }, 1_000 * share);
            self.counter(&LLM_CACHE_READ_TOKENS, LlmCacheReadTokens { provider }, 500 * share);
            self.histogram(&LLM_INVOCATION_DURATION, LlmInvocationDuration { provider }, &[2.0, 7.0, 12.0]);
        }
        self.counter(&LLM_RETRY_SPAWNS, LlmRetrySpawns { outcome: RetryOutcome::Ok }, 1);
        self.constant(&LLM_RETRY_SPAWNS, LlmRetrySpawns { outcome: RetryOutcome::Error }, 2);
    }

    fn axe(&mut self) {
        self.counter(&AXE_CYCLES, AxeCycles { cycle_type: CycleType::Tick }, 4);
        self.counter(&AXE_CYCLES, AxeCycles { cycle_type: CycleType::Full }, 1);
        self.histogram(
            &AXE_CYCLE_DURATION,
            AxeCycleDuration { cycle_type: CycleType::Tick },
            &[0.3, 0.7, 3.0, 7.0],
        );
        self.histogram(&AXE_CYCLE_DURATION, AxeCycleDuration { cycle_type: CycleType::Full }, &[20.0]);
        self.gauge(&AXE_LUMBERJACKS_ACTIVE, AxeLumberjacksActive, 3);
        self.constant(&AXE_LUMBERJACK_RESTARTS, AxeLumberjackRestarts, 1);
        self.constant(&AXE_ERRORS, AxeErrors { error_type: "lock" }, 2);
    }

    fn hooks_mentors_and_workflows(&mut self) {
        for (hook_type, share) in [("pre_commit", 1), ("post_run", 2)] {
            self.counter(
                &HOOK_EXECUTIONS,
                HookExecutions { hook_type, status: HookStatus::Passed },
                30 * share,
            );
            self.counter(
                &HOOK_EXECUTIONS,
                HookExecutions { hook_type, status: HookStatus::Failed },
                2 * share,
            );
            self.counter(&HOOK_EXECUTIONS, HookExecutions { hook_type, status: HookStatus::Killed }, share);
            self.counter(&HOOK_RETRIES, HookRetries { hook_type }, share);
            self.histogram(&HOOK_DURATION, HookDuration { hook_type }, &[0.03, 0.3, 2.0]);
        }
        self.counter(&MENTOR_EXECUTIONS, MentorExecutions { status: RunStatus::Ok }, 19);
        self.counter(&MENTOR_EXECUTIONS, MentorExecutions { status: RunStatus::Error }, 1);
        for (workflow, seconds) in [("fix", &[45.0]), ("review", &[100.0])] {
            self.counter(&WORKFLOW_EXECUTIONS, WorkflowExecutions { workflow, status: RunStatus::Ok }, 24);
            self.counter(&WORKFLOW_EXECUTIONS, WorkflowExecutions { workflow, status: RunStatus::Error }, 1);
            self.histogram(&WORKFLOW_DURATION, WorkflowDuration { workflow }, seconds);
        }
        self.constant(&ZOMBIE_DETECTIONS, ZombieDetections, 4);
    }

    fn beads_and_workspaces(&mut self) {
        for (project, count) in [("site", 4), ("api", 7)] {
            self.gauge(&BEAD_ACTIVE, BeadActive { project, status: "open" }, count);
            self.gauge(&WORKSPACE_ACTIVE, WorkspaceActive { project }, count + 1);
            self.counter(&WORKSPACE_ACQUISITIONS, WorkspaceAcquisitions { project }, 2);
            self.counter(&WORKSPACE_RELEASES, WorkspaceReleases { project }, 2);
        }
        self.counter(&BEAD_OPERATIONS, BeadOperations { operation: BeadOperation::Create }, 2);
        self.counter(&BEAD_OPERATIONS, BeadOperations { operation: BeadOperation::Close }, 1);
        self.counter(
            &BEAD_STATUS_TRANSITIONS,
            BeadStatusTransitions { from_status: "open", to_status: "closed" },
            1,
        );
    }

    fn version_control(&mut self) {
        for (status, count) in [(VcsStatus::Ok, 30), (VcsStatus::Error, 1), (VcsStatus::Conflict, 4)] {
            self.counter(
                &VCS_OPERATIONS,
                VcsOperations { provider: "git", operation: VcsOperation::Push, status },
                count,
            );
        }
        self.counter(&VCS_COMMITS, VcsCommits { provider: "git", r#type: "fix" }, 3);
        self.overflow();
    }

    fn notifications(&mut self) {
        for r#type in ["slack", "mail"] {
            self.counter(&NOTIFICATIONS_SENT, NotificationsSent { r#type, status: RunStatus::Ok }, 29);
            self.counter(&NOTIFICATIONS_SENT, NotificationsSent { r#type, status: RunStatus::Error }, 1);
        }
    }

    /// What goes wrong while the fleet fails: most calls of one provider, and cycles of the axe.
    fn failures(&mut self) {
        let errors = LLM_ERRORS
            .in_registry(&self.registry)
            .bind(LlmErrors { provider: "claude", error_type: "timeout" });
        let cycles = AXE_ERRORS.in_registry(&self.registry).bind(AxeErrors { error_type: "lock" });
        self.failures.push(Box::new(move || errors.add(60_u32)));
        self.failures.push(Box::new(move || cycles.inc()));
    }

    /// More types of commits than the registry keeps apart, once at the beginning. How it folds them is not this plan's business.
    fn overflow(&mut self) {
        let commits = VCS_COMMITS.in_registry(&self.registry);
        for number in 0..SERIES_CAP + 3 {
            let r#type = format!("type {number:02}");
            commits.bind(VcsCommits { provider: "git", r#type: &r#type }).inc();
        }
        self.as_it_is(VCS_COMMITS.def());
        self.as_it_is(SERIES_OVERFLOW.def());
    }

    /// The series of a metric as they are now, where the plan does not have them yet; they stay so.
    fn as_it_is(&mut self, def: &'static MetricDef) {
        let snapshot = self.registry.snapshot();
        for metric in snapshot.metrics.iter().filter(|metric| metric.def == def) {
            for series in &metric.series {
                let values: Vec<&str> = series.values.iter().map(AsRef::as_ref).collect();
                let labels = self.labels_of(def, &values);
                if !self.lines.iter().any(|line| line.name == def.name && line.labels == labels) {
                    let value = snapshot.value(def.name, &values).unwrap();
                    self.line(def.name.to_owned(), labels, value, 0.0);
                }
            }
        }
    }

    /// A counter that grows by so much at each tick.
    fn counter<S: Schema<Cell = CounterCell>>(
        &mut self,
        handle: &Counter<S>,
        labels: S::Labels<'static>,
        each: u32,
    ) {
        let bound = handle.in_registry(&self.registry).bind(labels);
        self.steps.push(Box::new(move || bound.add(each)));
        let labels = self.labels(handle.def(), labels);
        self.line(handle.def().name.to_owned(), labels, 0.0, per_second(each));
    }

    /// A counter that was counted up once and rests.
    fn constant<S: Schema<Cell = CounterCell>>(
        &mut self,
        handle: &Counter<S>,
        labels: S::Labels<'static>,
        value: u32,
    ) {
        handle.in_registry(&self.registry).bind(labels).add(value);
        let labels = self.labels(handle.def(), labels);
        self.line(handle.def().name.to_owned(), labels, f64::from(value), 0.0);
    }

    /// A gauge that stays as it is.
    fn gauge<S: Schema<Cell = GaugeCell>>(
        &mut self,
        handle: &Gauge<S>,
        labels: S::Labels<'static>,
        value: u32,
    ) {
        handle.in_registry(&self.registry).bind(labels).set(value);
        let labels = self.labels(handle.def(), labels);
        self.line(handle.def().name.to_owned(), labels, f64::from(value), 0.0);
    }

    /// A histogram that observes these seconds at each tick.
    fn histogram<S: Schema<Cell = HistogramCell>>(
        &mut self,
        handle: &Histogram<S>,
        labels: S::Labels<'static>,
        seconds: &'static [f64],
    ) {
        let bound = handle.in_registry(&self.registry).bind(labels);
        self.steps.push(Box::new(move || seconds.iter().for_each(|seconds| bound.observe(*seconds))));
        let labels = self.labels(handle.def(), labels);
        self.lines.extend(histogram_lines(handle.def(), &labels, seconds, per_second(1)));
    }

    fn labels<L: LabelSet>(&self, def: &MetricDef, labels: L) -> Labels {
        labels.with_values(|values| self.labels_of(def, values))
    }

    fn labels_of(&self, def: &MetricDef, values: &[&str]) -> Labels {
        let own =
            def.labels.iter().zip(values).map(|(label, value)| (label.name.to_owned(), (*value).to_owned()));
        own.chain(self.target.clone()).collect()
    }

    fn line(&mut self, name: String, labels: Labels, start: f64, slope: f64) {
        self.lines.push(Line { name, labels, start, slope });
    }

    /// Lets it all happen at each tick, late ticks made up for, until the workload is dropped.
    pub(crate) fn start(self) -> Workload {
        let (ends, fails) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (told, told_to_fail) = (Arc::clone(&ends), Arc::clone(&fails));
        let (steps, failures) = (self.steps, self.failures);
        let thread = thread::spawn(move || {
            let mut next = Instant::now();
            while !told.load(Relaxed) {
                steps.iter().for_each(|step| step());
                if told_to_fail.load(Relaxed) {
                    failures.iter().for_each(|step| step());
                }
                next += TICK;
                thread::sleep(next.saturating_duration_since(Instant::now()));
            }
        });
        Workload { ends, fails, thread: Some(thread) }
    }
}

impl Workload {
    /// Whether the fleet fails from now on.
    pub(crate) fn fail(&self, fails: bool) {
        self.fails.store(fails, Relaxed);
    }
}

impl Drop for Workload {
    fn drop(&mut self) {
        self.ends.store(true, Relaxed);
        // A thread that panicked has said so.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// The series of a histogram that observes these seconds so many times a second.
pub(crate) fn histogram_lines(def: &MetricDef, labels: &Labels, seconds: &[f64], each: f64) -> Vec<Line> {
    let line = |suffix: &str, labels: Labels, slope: f64| Line {
        name: format!("{}{suffix}", def.name),
        labels,
        start: 0.0,
        slope: slope * each,
    };
    let within = |bound: f64| seconds.iter().filter(|seconds| **seconds <= bound).count() as f64;
    let bucket = |bound: f64, text: String| {
        let with_bound = labels.clone().into_iter().chain([("le".to_owned(), text)]).collect();
        line("_bucket", with_bound, within(bound))
    };
    let bounds = def.bounds().iter().map(|bound| bucket(*bound, bound.to_string()));
    let mut lines: Vec<_> = bounds.collect();
    lines.push(bucket(f64::INFINITY, "+Inf".to_owned()));
    lines.push(line("_sum", labels.clone(), seconds.iter().sum()));
    lines.push(line("_count", labels.clone(), seconds.len() as f64));
    lines
}

fn per_second(each: u32) -> f64 {
    f64::from(each) / TICK.as_secs_f64()
}

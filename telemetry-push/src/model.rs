//! The ledger against a simple reference: random processes that count, merge, wait in vain, fail and die at any step of what they do,
//! with whatever else happens to a ledger in between.
//!
//! Each process counts in a series of its own, so that of one that died in the middle of a merge both outcomes are right, and
//! nothing between them.

use crate::fault::{Death, Fault, armed};
use crate::lease::Release;
use crate::ledger::LOCK_BOUND;
use crate::ledger::Ledger;
use crate::made;
use crate::pusher::{self, Pushed, Pusher, Wish};
use crate::totals::Totals;
use crate::{Acquired, Carry, Error, PushError};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use telemetry_core::Registry;
use telemetry_core::catalog::{
    AGENT_ACTIVE, AgentActive, BEAD_ACTIVE, BeadActive, LLM_INVOCATION_DURATION, LLM_RETRIES,
    LlmInvocationDuration, LlmRetries, WORKSPACE_ACQUISITIONS, WORKSPACE_ACTIVE, WORKSPACE_RELEASES,
};
use telemetry_core::config::Config;
use telemetry_core::exposition::Value;
use telemetry_core::metric::MetricDef;
use tempfile::TempDir;

/// How many sequences of steps are tried; each of the tests below tries this many.
const CASES: u32 = 10_000;

/// Something that happens.
#[derive(Debug, Clone)]
enum Step {
    Count(u8, u8),
    SetLive(u8, u8),
    SetState(u8),
    Merge { process: u8, busy: bool, fault: Option<Fault> },
    Exit(u8),
    Kill(u8),
    Look(Option<Fault>),
    Acquire(u8, Option<Fault>),
    Release(u8, bool, Option<Fault>),
    Push { wish: Wish, fate: Fate, fault: Option<Fault> },
    Wipe,
    Damage,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Fate {
    #[default]
    Answered,
    /// The gateway is not there.
    Lost,
    /// The gateway has taken it, and its answer is lost.
    Unanswered,
}

/// A gateway that keeps what it is given, and does with a request as it is told.
#[derive(Debug, Default)]
struct Gateway {
    fate: Mutex<Fate>,
    group: Mutex<Option<String>>,
    /// Whether its disk was wiped, or the ledger begun anew, since it last took something: then a counter may be lower.
    forgot: AtomicBool,
}

impl pusher::Gateway for Gateway {
    fn replace(&self, totals: String, timeout: Duration, _: Duration) -> Result<(), PushError> {
        let url = "http://model".to_owned();
        let fate = *self.fate.lock().unwrap();
        if fate == Fate::Lost {
            return Err(PushError::Refused { url });
        }
        let before = self.group.lock().unwrap().replace(totals.clone());
        if !self.forgot.swap(false, Ordering::Relaxed) {
            assert_no_reset(&before.unwrap_or_default(), &totals);
        }
        match fate {
            Fate::Unanswered => Err(PushError::Timeout { url, timeout }),
            _ => Ok(()),
        }
    }
}

/// Every counter and every bucket that was there is still there and no lower.
fn assert_no_reset(before: &str, after: &str) {
    let number = |line: &str| {
        line.rsplit_once(' ').map(|(series, number)| (series.to_owned(), number.parse::<f64>().unwrap()))
    };
    let rising = |text: &str| -> BTreeMap<String, f64> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .filter(|line| {
                ["_total", "_bucket", "_count", "_sum"]
                    .iter()
                    .any(|end| line.split(['{', ' ']).next().unwrap().ends_with(end))
            })
            .filter_map(number)
            .collect()
    };
    let after = rising(after);
    for (series, number) in rising(before) {
        assert!(after.get(&series).is_some_and(|later| *later >= number), "{series} was {number}: {after:?}");
    }
}

fn fault() -> impl Strategy<Value = Option<Fault>> {
    prop_oneof![
        2 => Just(None),
        2 => (0..40_u32).prop_map(|steps| Some(Fault::Dies(steps))),
        1 => (0..40_u32).prop_map(|steps| Some(Fault::Fails(steps))),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let process = 0..3_u8;
    prop_oneof![
        4 => (process.clone(), 1..5_u8).prop_map(|(process, by)| Step::Count(process, by)),
        2 => (process.clone(), 0..3_u8).prop_map(|(process, to)| Step::SetLive(process, to)),
        2 => process.clone().prop_map(Step::SetState),
        8 => (process.clone(), any::<bool>(), fault())
            .prop_map(|(process, busy, fault)| Step::Merge { process, busy, fault }),
        1 => process.clone().prop_map(Step::Exit),
        1 => process.prop_map(Step::Kill),
        2 => fault().prop_map(Step::Look),
        2 => (0..2_u8, fault()).prop_map(|(id, fault)| Step::Acquire(id, fault)),
        2 => (0..2_u8, any::<bool>(), fault()).prop_map(|(id, failed, fault)| Step::Release(id, failed, fault)),
        4 => (any::<bool>(), 0..3_u8, fault()).prop_map(|(explicit, fate, fault)| Step::Push {
            wish: if explicit { Wish::Explicit } else { Wish::Passing },
            fate: [Fate::Answered, Fate::Lost, Fate::Unanswered][usize::from(fate)],
            fault,
        }),
        1 => Just(Step::Wipe),
        1 => Just(Step::Damage),
    ]
}

/// A number of which it is not known whether it changed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Maybe {
    before: f64,
    after: f64,
}

impl Maybe {
    const fn sure(value: f64) -> Self {
        Self { before: value, after: value }
    }

    fn settle(&mut self, seen: f64, what: &dyn std::fmt::Debug) {
        assert!(seen == self.before || seen == self.after, "{what:?}: {seen} is none of {self:?}");
        *self = Self::sure(seen);
    }
}

/// What is known of a process, dead or alive.
#[derive(Debug, Default)]
struct Known {
    /// What it has counted.
    counted: f64,
    /// What of that is in the ledger, or waits for it.
    merged: Maybe,
    /// What it had merged when the ledger was last damaged.
    lost: f64,
    /// What its live gauge may stand at: of merges that failed, the gauge may be shown or not.
    live: Vec<f64>,
    dead: bool,
}

struct Process {
    number: usize,
    registry: Registry,
    carry: Carry,
    live: f64,
    state: Option<f64>,
}

struct World {
    config: Config,
    ledger: Ledger,
    gateway: Arc<Gateway>,
    processes: Vec<Process>,
    known: Vec<Known>,
    /// What the state may stand at: each process that died while it merged may have written its own, or not.
    state: Vec<f64>,
    states: f64,
    /// By id, whether it is held for sure, or only perhaps.
    leases: BTreeMap<String, Maybe>,
    acquisitions: Maybe,
    releases: Maybe,
    /// Whether the ledger may have a damage to tell of.
    damaged: bool,
    _folder: TempDir,
}

/// Memory rather than disk where there is some: what is synced is tried elsewhere.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let memory = memory.is_dir().then(|| tempfile::tempdir_in(memory).ok()).flatten();
    memory.unwrap_or_else(|| tempfile::tempdir().unwrap())
}

fn label(number: usize) -> String {
    format!("p{number}")
}

impl World {
    fn new() -> Self {
        let folder = folder();
        let mut config = Config { ledger_path: Some(folder.path().join("state")), ..Config::default() };
        config.prometheus.instance = Some("model".to_owned());
        let mut world = Self {
            ledger: Ledger::new(&config).unwrap(),
            config,
            gateway: Arc::default(),
            processes: Vec::new(),
            known: Vec::new(),
            state: vec![0.0],
            states: 0.0,
            leases: BTreeMap::new(),
            acquisitions: Maybe::default(),
            releases: Maybe::default(),
            damaged: false,
            _folder: folder,
        };
        (0..3).for_each(|_| world.spawn());
        world
    }

    fn spawn(&mut self) {
        let registry = Registry::new(&self.config);
        let carry = Carry::new(self.ledger.clone(), registry.clone());
        let number = self.known.len();
        self.known.push(Known { live: vec![0.0], ..Known::default() });
        self.processes.push(Process { number, registry, carry, live: 0.0, state: None });
    }

    fn apply(&mut self, step: &Step) {
        match step {
            Step::Count(process, by) => self.count(usize::from(*process), f64::from(*by)),
            Step::SetLive(process, to) => self.set_live(usize::from(*process), f64::from(*to)),
            Step::SetState(process) => self.set_state(usize::from(*process)),
            Step::Merge { process, busy, fault } => self.merge(usize::from(*process), *busy, *fault),
            Step::Exit(process) => {
                self.merge(usize::from(*process), false, None);
                self.end(usize::from(*process), false);
            }
            Step::Kill(process) => self.end(usize::from(*process), true),
            Step::Look(fault) => self.look(*fault),
            Step::Acquire(id, fault) => self.acquire(&format!("ws {id}"), *fault),
            Step::Release(id, failed, fault) => self.release(&format!("ws {id}"), *failed, *fault),
            Step::Push { wish, fate, fault } => self.push(*wish, *fate, *fault),
            Step::Wipe => {
                *self.gateway.group.lock().unwrap() = None;
                self.gateway.forgot.store(true, Ordering::Relaxed);
            }
            Step::Damage => self.damage(),
        }
    }

    fn count(&mut self, process: usize, by: f64) {
        let Process { number, registry, .. } = &self.processes[process];
        let provider = label(*number);
        LLM_RETRIES.in_registry(registry).with(|| LlmRetries { provider: &provider }).add(by as u64);
        for _ in 0..by as u64 {
            let labels = || LlmInvocationDuration { provider: &provider };
            LLM_INVOCATION_DURATION.in_registry(registry).with(labels).observe(1.0);
        }
        self.known[*number].counted += by;
    }

    fn set_live(&mut self, process: usize, to: f64) {
        let Process { number, registry, live, .. } = &mut self.processes[process];
        let (provider, project) = (label(*number), "p");
        let labels = || AgentActive { llm_provider: &provider, project };
        AGENT_ACTIVE.in_registry(registry).with(labels).set(to);
        *live = to;
    }

    fn set_state(&mut self, process: usize) {
        self.states += 1.0;
        let Process { registry, state, .. } = &mut self.processes[process];
        let labels = || BeadActive { project: "p", status: "open" };
        BEAD_ACTIVE.in_registry(registry).with(labels).set(self.states);
        *state = Some(self.states);
    }

    /// A merge, while somebody else holds the lock or not, and with a fault at one of its steps or not.
    fn merge(&mut self, process: usize, busy: bool, fault: Option<Fault>) {
        let held = busy.then(|| self.hold());
        let bound = if busy { Duration::ZERO } else { LOCK_BOUND };
        let Process { number, carry, live, state, .. } = &mut self.processes[process];
        let result = armed(fault, || carry.merge_within(bound));
        drop(held);
        let known = &mut self.known[*number];
        match result {
            Ok(Ok(merged)) => {
                assert!(busy || merged.durable, "{merged:?}");
                known.merged = Maybe::sure(known.counted);
                known.live = vec![*live];
                if let Some(written) = state.take() {
                    self.state = vec![written];
                }
                // The copy of a half hour may fail without harm, and the sync of the folder is no reason to count twice.
                assert!(self.damaged || fault.is_some() || merged.notes.is_empty(), "{merged:?}");
                self.damaged &= merged.notes.is_empty();
            }
            Ok(Err(error)) => {
                assert!(fault.is_some(), "{error}");
                known.live.push(*live);
            }
            Err(Death) => {
                known.merged.after = known.counted;
                self.state.extend(*state);
                self.end(process, true);
                self.damaged |= fault.is_some();
            }
        }
    }

    fn hold(&self) -> fs::File {
        let folder = &self.ledger.place().folder;
        fs::create_dir_all(folder).unwrap();
        let lock = made::open(&folder.join("ledger.lock")).unwrap();
        lock.lock().unwrap();
        lock
    }

    /// Ends a process, and lets another begin in its place.
    fn end(&mut self, process: usize, killed: bool) {
        let Process { number, carry, .. } = self.processes.remove(process);
        self.known[number].dead = true;
        if killed {
            carry.die();
        }
        self.spawn();
    }

    fn acquire(&mut self, id: &str, fault: Option<Fault>) {
        let held = self.leases.entry(id.to_owned()).or_default();
        match armed(fault, || self.ledger.acquire_workspace(id, "w")) {
            Ok(Ok(Acquired::Now)) => {
                held.settle(0.0, &id);
                *held = Maybe::sure(1.0);
                self.acquisitions = Maybe::sure(self.acquisitions.after + 1.0);
            }
            Ok(Ok(Acquired::Before(_))) => held.settle(1.0, &id),
            Ok(Err(error)) => assert!(fault.is_some(), "{error}"),
            // Settled at once, since what comes next depends on it.
            Err(Death) => {
                *held = Maybe { before: held.before, after: 1.0 };
                self.acquisitions.after += 1.0;
                self.look(None);
            }
        }
    }

    fn release(&mut self, id: &str, failed: bool, fault: Option<Fault>) {
        let held = self.leases.entry(id.to_owned()).or_default();
        let release = if failed { Release::Failed } else { Release::Done };
        let counted = if failed { 0.0 } else { 1.0 };
        match armed(fault, || self.ledger.release_workspace(id, release)) {
            Ok(Ok(Some(_))) => {
                held.settle(1.0, &id);
                *held = Maybe::sure(0.0);
                self.releases = Maybe::sure(self.releases.after + counted);
            }
            Ok(Ok(None)) => held.settle(0.0, &id),
            Ok(Err(error)) => assert!(fault.is_some(), "{error}"),
            Err(Death) => {
                *held = Maybe { before: held.before, after: 0.0 };
                self.releases.after += counted;
                self.look(None);
            }
        }
    }

    /// Somebody looks, and dies of it or not; after a look without a fault nothing is in doubt.
    fn look(&mut self, fault: Option<Fault>) {
        let mut notes = Vec::new();
        let totals = armed(fault, || self.ledger.totals(&mut notes));
        assert!(self.damaged || fault.is_some() || notes.is_empty(), "{notes:?}");
        match totals {
            Ok(Ok(totals)) if fault.is_none() => self.compare(totals.as_ref()),
            Ok(Err(error)) => assert!(fault.is_some(), "{error}"),
            _ => {}
        }
    }

    fn compare(&mut self, totals: Option<&Totals>) {
        let value = |def: &'static MetricDef, values: &[&str]| {
            let families = totals.map(Totals::families).unwrap_or_default();
            value(&families, def, values)
        };
        for (number, known) in self.known.iter_mut().enumerate() {
            let label = label(number);
            let counted = value(LLM_RETRIES.def(), &[&label]).unwrap_or(0.0) + known.lost;
            known.merged.settle(counted, &label);
            let observed = value(LLM_INVOCATION_DURATION.def(), &[&label]).unwrap_or(0.0) + known.lost;
            assert_eq!(observed, counted, "the counter and the histogram of {label}");
            let live = value(AGENT_ACTIVE.def(), &[&label, "p"]);
            match known.dead {
                true => assert_eq!(live.unwrap_or(0.0), 0.0, "{label} is dead"),
                false => {
                    let live = live.unwrap_or(0.0);
                    assert!(known.live.contains(&live), "{label}: {live} is none of {:?}", known.live);
                    known.live = vec![live];
                }
            }
        }
        let state = value(BEAD_ACTIVE.def(), &["p", "open"]).unwrap_or(0.0);
        assert!(self.state.contains(&state), "the state: {state} is none of {:?}", self.state);
        self.state = vec![state];
        self.compare_leases(totals, &value);
    }

    fn compare_leases(
        &mut self,
        totals: Option<&Totals>,
        value: &dyn Fn(&'static MetricDef, &[&str]) -> Option<f64>,
    ) {
        let held: BTreeSet<_> = totals.into_iter().flat_map(Totals::leases).map(|(id, _)| id).collect();
        for (id, lease) in &mut self.leases {
            lease.settle(f64::from(u8::from(held.contains(id.as_str()))), id);
        }
        let active = value(WORKSPACE_ACTIVE.def(), &["w"]).unwrap_or(0.0);
        assert_eq!(active, held.len() as f64);
        let acquisitions = value(WORKSPACE_ACQUISITIONS.def(), &["w"]).unwrap_or(0.0);
        self.acquisitions.settle(acquisitions, &"acquisitions");
        self.releases.settle(value(WORKSPACE_RELEASES.def(), &["w"]).unwrap_or(0.0), &"releases");
    }

    /// Somebody pushes. Where that succeeds, the gateway has what the ledger has.
    fn push(&mut self, wish: Wish, fate: Fate, fault: Option<Fault>) {
        *self.gateway.fate.lock().unwrap() = fate;
        let pusher = Pusher::to(&self.ledger, self.gateway.clone(), "http://model");
        let mut notes = Vec::new();
        let pushed = armed(fault, || pusher.push(wish, &mut notes));
        assert!(self.damaged || fault.is_some() || notes.is_empty(), "{notes:?}");
        match pushed {
            Ok(Ok(Pushed::Current)) if fault.is_none() && (wish == Wish::Explicit || self.is_known()) => {
                assert!(wish == Wish::Passing || fate == Fate::Answered);
                let totals = self.ledger.totals(&mut Vec::new()).unwrap().unwrap();
                assert_eq!(self.gateway.group.lock().unwrap().as_deref(), Some(&*totals.exposition()));
            }
            Ok(Ok(pushed)) => assert!(wish == Wish::Passing || fault.is_some() || pushed != Pushed::HeldOff),
            Ok(Err(error)) => assert!(fault.is_some() || fate != Fate::Answered, "{error}"),
            Err(Death) => {}
        }
    }

    /// Whether the gateway still has what it once took.
    fn is_known(&self) -> bool {
        !self.gateway.forgot.load(Ordering::Relaxed)
    }

    /// Somebody overwrites the ledger: everything that was in it is gone from it, and nothing else is.
    fn damage(&mut self) {
        self.look(None);
        let Ok(before) = fs::read(self.ledger.file()) else { return };
        fs::write(self.ledger.file(), "rubbish").unwrap();
        let kept = |path: &PathBuf| fs::read(path).unwrap() == b"rubbish";
        for known in &mut self.known {
            known.lost = known.merged.after;
        }
        self.state = vec![0.0];
        self.leases.clear();
        (self.acquisitions, self.releases) = (Maybe::default(), Maybe::default());
        self.damaged = true;
        self.gateway.forgot.store(true, Ordering::Relaxed);
        let read = self.ledger.totals(&mut Vec::new());
        assert!(
            matches!(read, Err(Error::Damaged { .. })) && kept(&self.ledger.file()),
            "a reader leaves it: {read:?}"
        );
        assert_eq!(self.ledger.release_workspace("of nobody", Release::Done).unwrap(), None);
        self.look(None);
        let aside = fs::read_dir(&self.ledger.place().folder).unwrap().map(|entry| entry.unwrap().path());
        let aside = aside.filter(|path| path.to_string_lossy().contains("set-aside")).collect::<Vec<_>>();
        assert!(!before.is_empty() && aside.iter().any(kept), "what stood in its place is kept");
        self.damaged = false;
    }

    /// Nothing but what belongs there is left.
    fn assert_tidy(&self) {
        let count = |name| fs::read_dir(self.ledger.place().folder.join(name)).map_or(0, Iterator::count);
        assert_eq!(count("waiting"), 0);
        assert!(count("living") <= self.processes.len());
    }
}

fn value(
    families: &[telemetry_core::exposition::Family<'_>],
    def: &MetricDef,
    values: &[&str],
) -> Option<f64> {
    let family = families.iter().find(|family| family.name == def.name)?;
    let found = family
        .metrics
        .iter()
        .find(|metric| metric.labels.iter().map(|l| &*l.value).eq(values.iter().copied()))?;
    match &found.value {
        Value::Counter(counter) => Some(counter.value),
        Value::Gauge(value) => Some(*value),
        Value::Histogram(histogram) => {
            assert_eq!(histogram.sum, histogram.count, "every observation was of 1");
            histogram.count
        }
        other => unreachable!("{other:?} in a ledger"),
    }
}

fn run(steps: &[Step]) {
    let mut world = World::new();
    steps.iter().for_each(|step| world.apply(step));
    world.look(None);
    (0..3).for_each(|process| world.merge(process, false, None));
    world.look(None);
    world.push(Wish::Explicit, Fate::Answered, None);
    world.assert_tidy();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_doubled_or_going_down(steps in prop::collection::vec(step(), 1..25)) {
        run(&steps);
    }

    #[test]
    fn nor_is_it_among_processes_that_do_nothing_but_merge(
        steps in prop::collection::vec(
            prop_oneof![
                (0..3_u8, 1..3_u8).prop_map(|(process, by)| Step::Count(process, by)),
                (0..3_u8, any::<bool>(), fault())
                    .prop_map(|(process, busy, fault)| Step::Merge { process, busy, fault }),
            ],
            1..20,
        )
    ) {
        run(&steps);
    }
}

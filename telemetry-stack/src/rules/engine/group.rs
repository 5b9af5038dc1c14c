//! One group: its rules, evaluated one after the other at one time.

use super::alert::OUTAGE_TOLERANCE;
use super::alerting::{self, Alerting};
use super::asked::{Asked, Failure, Moment, Shared};
use super::metrics::Outcome;
use super::milliseconds;
use super::recording::Recording;
use super::state::{SavedGroup, SavedRule};
use super::status::{GroupStatus, RuleHealth, RuleStatus};
use crate::history::FUTURE;
use crate::rules::set::{Rule, RuleGroup, RuleKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A group, which can be asked how it goes while it is evaluated.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) place: usize,
    pub(super) interval: Duration,
    limit: usize,
    offset: i64,
    /// Held by the one evaluation that is under way.
    work: Mutex<Work>,
    /// Never held for longer than it takes to write a few words.
    status: Mutex<GroupStatus>,
}

#[derive(Debug)]
struct Work {
    rules: Vec<Evaluated>,
    /// When it was last evaluated by this process.
    last: Option<i64>,
    /// When it was last evaluated by a process before this one, until this one has done so.
    restored: Option<i64>,
}

#[derive(Debug)]
enum Evaluated {
    Recording(Recording),
    Alerting(Alerting),
}

impl Group {
    /// A group that goes on where it was left. What it takes of `saved` is not there afterwards. `is_unique` says of a name whether no
    /// other rule records series of that name.
    pub(super) fn new(
        (place, group): (usize, RuleGroup),
        interval: Duration,
        saved: Option<&mut SavedGroup>,
        is_unique: &dyn Fn(&str) -> bool,
    ) -> Self {
        let interval = group.interval.unwrap_or(interval).max(Duration::from_millis(1));
        let rules: Vec<_> = group.rules.into_iter().map(Arc::new).collect();
        let restored = saved.as_ref().map(|saved| saved.evaluated_at);
        let saved = saved.map(|saved| &mut saved.rules);
        let mut evaluated: Vec<_> = rules.iter().map(|rule| Evaluated::new(rule, is_unique)).collect();
        saved.into_iter().for_each(|saved| restore(&mut evaluated, saved));
        let statuses = rules.iter().zip(&evaluated).map(|(rule, evaluated)| RuleStatus {
            rule: Arc::clone(rule),
            health: RuleHealth::Unknown,
            last_evaluation: None,
            evaluation_time: Duration::ZERO,
            alerts: evaluated.told(),
        });
        let status = GroupStatus {
            name: group.name,
            file: group.file,
            interval,
            limit: group.limit,
            last_evaluation: None,
            evaluation_time: Duration::ZERO,
            rules: statuses.collect(),
        };
        Self {
            place,
            interval,
            limit: group.limit,
            offset: milliseconds(group.query_offset),
            work: Mutex::new(Work { rules: evaluated, last: None, restored }),
            status: Mutex::new(status),
        }
    }

    /// What rules that are not there any more have left: it ends with the first evaluation, and is told for a while.
    pub(super) fn of_gone(place: usize, interval: Duration, saved: &[SavedRule]) -> Self {
        let nothing = RuleGroup {
            name: String::new(),
            file: String::new(),
            interval: None,
            limit: 0,
            query_offset: Duration::ZERO,
            rules: Vec::new(),
        };
        let group = Self::new((place, nothing), interval, None, &|_| true);
        group.work().rules = saved.iter().map(Alerting::gone).map(Evaluated::Alerting).collect();
        group
    }

    /// What must be known of it after a restart.
    pub(super) fn saved(&self) -> SavedGroup {
        let (work, status) = (self.work(), self.status());
        SavedGroup {
            file: status.file.clone(),
            name: status.name.clone(),
            evaluated_at: work.restored.unwrap_or_default(),
            rules: work.rules.iter().map(Evaluated::saved).collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.work().rules.is_empty()
    }

    pub(super) fn status(&self) -> GroupStatus {
        self.telling().clone()
    }

    /// The name by which it keeps its place in the interval.
    pub(super) fn key(&self) -> String {
        let status = self.telling();
        format!("{};{}", status.file, status.name)
    }

    pub(super) fn name(&self) -> String {
        self.telling().name.clone()
    }

    /// Evaluates its rules, one after the other. It blocks.
    pub(super) fn evaluate(&self, moment: &Moment, shared: &Shared) {
        let (begun, name) = (Instant::now(), self.name());
        let mut work = self.work();
        let refusal = refusal(work.last, moment.at, shared);
        let forgotten = refusal.is_none() && work.resume(moment, milliseconds(self.interval));
        for (index, rule) in work.rules.iter_mut().enumerate() {
            let begun = Instant::now();
            let asked = self.asked(index, moment, shared);
            let ended = match &refusal {
                Some(why) => Err(Failure::Rule(why.clone())),
                None if forgotten => rule.forget(&asked).and_then(|()| rule.evaluate(&asked)),
                None => rule.evaluate(&asked),
            };
            if moment.is_given_up() {
                return;
            }
            let outcome = if ended.is_ok() { Outcome::Ok } else { Outcome::Error };
            shared.instruments.evaluated(&name, outcome);
            self.note(index, rule, &ended, (moment.at, begun.elapsed()));
        }
        if refusal.is_none() {
            work.last = Some(moment.at);
        }
        drop(work);
        shared.instruments.took(&name, begun.elapsed());
        let mut status = self.telling();
        (status.last_evaluation, status.evaluation_time) = (Some(moment.at), begun.elapsed());
    }

    fn asked<'a>(&self, index: usize, moment: &'a Moment, shared: &'a Shared) -> Asked<'a> {
        let place = (self.place, index);
        let interval = milliseconds(self.interval);
        Asked { shared, moment, place, offset: self.offset, limit: self.limit, interval }
    }

    fn note(&self, index: usize, rule: &Evaluated, ended: &Result<(), Failure>, (at, took): (i64, Duration)) {
        let mut status = self.telling();
        let Some(status) = status.rules.get_mut(index) else { return };
        status.health = match ended {
            Ok(()) => RuleHealth::Ok,
            Err(failure) => RuleHealth::Err(failure.to_string()),
        };
        (status.last_evaluation, status.evaluation_time) = (Some(at), took);
        status.alerts = rule.told();
    }

    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn telling(&self) -> MutexGuard<'_, GroupStatus> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why nothing can be said of this time. What was known of alerts stays then: a clock that was set back would else look at the past, in
/// which they were not there yet, and nothing more of which comes in.
fn refusal(last: Option<i64>, at: i64, shared: &Shared) -> Option<String> {
    if let Some(last) = last.filter(|last| at < *last) {
        let behind = Duration::from_millis((last - at).unsigned_abs());
        return Some(format!(
            "the clock was set back: this rule was evaluated {} later already, and is not evaluated before then",
            crate::duration_text(behind)
        ));
    }
    let ahead = shared.sink.youngest()?.saturating_sub(at);
    (ahead > FUTURE).then(|| {
        let ahead = Duration::from_millis(ahead.unsigned_abs());
        format!("the history has samples that are {} ahead of the clock", crate::duration_text(ahead))
    })
}

/// Gives each alert rule what was saved of it. A rule is the one of its name and labels; of several such, first of all the one with the
/// same expression.
fn restore(rules: &mut [Evaluated], saved: &mut Vec<SavedRule>) {
    let alerting = rules.iter_mut().filter_map(|rule| match rule {
        Evaluated::Alerting(rule) => Some(rule),
        Evaluated::Recording(_) => None,
    });
    let mut rules: Vec<_> = alerting.collect();
    for is_own in [Alerting::is, Alerting::is_like] {
        rules.retain_mut(|rule| {
            let own = saved.iter().position(|saved| is_own(rule, saved)).map(|at| saved.remove(at));
            own.iter().for_each(|saved| rule.restore(saved));
            own.is_none()
        });
    }
}

impl Work {
    /// Goes on after the evaluation before, by this process or by the one before it. Whether that is too long ago to count.
    fn resume(&mut self, moment: &Moment, interval: i64) -> bool {
        let apart = self.restored.take().map(|before| moment.at.saturating_sub(before));
        let skipped = match apart {
            Some(apart) => apart.saturating_sub(interval).max(0),
            None => moment.jump,
        };
        if apart.is_some() || skipped != 0 {
            self.rules.iter_mut().for_each(|rule| rule.resume(skipped, moment.at));
        }
        apart.is_some_and(|apart| apart > OUTAGE_TOLERANCE)
    }
}

impl Evaluated {
    fn new(rule: &Arc<Rule>, is_unique: &dyn Fn(&str) -> bool) -> Self {
        match &rule.kind {
            RuleKind::Recording { record } => {
                Self::Recording(Recording::new(rule, record, is_unique(record)))
            }
            RuleKind::Alert { alert, .. } => {
                Self::Alerting(Alerting::new(rule, alerting::identity(rule, alert)))
            }
        }
    }

    fn evaluate(&mut self, asked: &Asked<'_>) -> Result<(), Failure> {
        match self {
            Self::Recording(rule) => rule.evaluate(asked),
            Self::Alerting(rule) => rule.evaluate(asked),
        }
    }

    fn forget(&mut self, asked: &Asked<'_>) -> Result<(), Failure> {
        match self {
            Self::Recording(_) => Ok(()),
            Self::Alerting(rule) => rule.forget(asked),
        }
    }

    fn resume(&mut self, skipped: i64, at: i64) {
        if let Self::Alerting(rule) = self {
            rule.resume(skipped, at);
        }
    }

    fn saved(&self) -> SavedRule {
        match self {
            Self::Recording(_) => SavedRule::default(),
            Self::Alerting(rule) => rule.saved(),
        }
    }

    fn told(&self) -> Vec<super::ActiveAlert> {
        match self {
            Self::Recording(_) => Vec::new(),
            Self::Alerting(rule) => rule.told(),
        }
    }
}

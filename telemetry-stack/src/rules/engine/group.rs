//! One group: its rules, evaluated one after the other at one time.

use super::alerting::{self, Alerting};
use super::asked::{Asked, Failure, Moment, Shared};
use super::left::Left;
use super::metrics::Outcome;
use super::milliseconds;
use super::recording::Recording;
use super::restore::Place;
use super::state::{SavedGroup, SavedRule};
use super::status::{GroupStatus, RuleHealth, RuleStatus};
use crate::history::FUTURE;
use crate::rules::set::{Rule, RuleGroup, RuleKind};
use std::collections::BTreeMap;
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
}

#[derive(Debug)]
enum Evaluated {
    Recording(Recording),
    Alerting(Alerting),
    /// What a rule has left that is not there any more, by its number.
    Left(usize),
}

impl Group {
    /// A group that goes on where it was left: each rule with what `own` has at its place. `is_unique` says of a name whether no other
    /// rule records series of that name.
    pub(super) fn new(
        (place, group): (usize, RuleGroup),
        interval: Duration,
        own: &BTreeMap<Place, SavedRule>,
        is_unique: &dyn Fn(&str) -> bool,
    ) -> Self {
        let interval = group.interval.unwrap_or(interval).max(Duration::from_millis(1));
        let rules: Vec<_> = group.rules.into_iter().map(Arc::new).collect();
        let evaluated = |(index, rule)| Evaluated::new(rule, own.get(&(place, index)), is_unique);
        let evaluated: Vec<_> = rules.iter().enumerate().map(evaluated).collect();
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
            work: Mutex::new(Work { rules: evaluated, last: None }),
            status: Mutex::new(status),
        }
    }

    /// What rules that are not there any more have left: it ends, and is told for a while.
    pub(super) fn of_left(place: usize, interval: Duration, left: &Left) -> Self {
        let nothing = RuleGroup {
            name: String::new(),
            file: String::new(),
            interval: None,
            limit: 0,
            query_offset: Duration::ZERO,
            rules: Vec::new(),
        };
        let group = Self::new((place, nothing), interval, &BTreeMap::new(), &|_| true);
        group.work().rules = (0..left.len()).map(Evaluated::Left).collect();
        group
    }

    /// What must be known of it after a restart.
    pub(super) fn saved(&self) -> SavedGroup {
        let rules = self.work().rules.iter().map(Evaluated::saved).collect();
        let status = self.telling();
        SavedGroup { file: status.file.clone(), name: status.name.clone(), rules }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.work().rules.is_empty()
    }

    pub(super) fn status(&self) -> GroupStatus {
        self.telling().clone()
    }

    /// When it was last evaluated, in milliseconds since 1970.
    pub(super) fn last_evaluation(&self) -> Option<i64> {
        self.telling().last_evaluation
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
        let mut failed = Vec::new();
        for (index, rule) in work.rules.iter_mut().enumerate() {
            let begun = Instant::now();
            let asked = self.asked(index, moment, shared);
            let ended = match &refusal {
                Some(why) => rule.refuse(&asked, why),
                None => rule.evaluate(&asked),
            };
            if moment.is_given_up() {
                return;
            }
            let outcome = if ended.is_ok() { Outcome::Ok } else { Outcome::Error };
            shared.instruments.evaluated(&name, outcome);
            failed.extend(ended.as_ref().err().map(|why| (index, why.to_string())));
            self.note(index, rule, &ended, (moment.at, begun.elapsed()));
        }
        if refusal.is_none() {
            work.last = Some(moment.at);
        }
        shared.tell_of_trouble(self.place, failed, moment.at);
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
        let alerts = rule.told();
        let mut status = self.telling();
        let Some(status) = status.rules.get_mut(index) else { return };
        status.health = match ended {
            Ok(()) => RuleHealth::Ok,
            Err(failure) => RuleHealth::Err(failure.to_string()),
        };
        (status.last_evaluation, status.evaluation_time) = (Some(at), took);
        status.alerts = alerts;
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

impl Evaluated {
    fn new(rule: &Arc<Rule>, own: Option<&SavedRule>, is_unique: &dyn Fn(&str) -> bool) -> Self {
        let alert = match &rule.kind {
            RuleKind::Recording { record } => {
                return Self::Recording(Recording::new(rule, record, is_unique(record)));
            }
            RuleKind::Alert { alert, .. } => alert,
        };
        let mut alerting = Alerting::new(rule, alerting::identity(rule, alert));
        own.iter().for_each(|saved| alerting.restore(saved));
        Self::Alerting(alerting)
    }

    fn evaluate(&mut self, asked: &Asked<'_>) -> Result<(), Failure> {
        match self {
            Self::Recording(rule) => rule.evaluate(asked),
            Self::Alerting(rule) => {
                if rule.resume(asked) {
                    rule.forget(asked)?;
                }
                rule.evaluate(asked)
            }
            Self::Left(number) => asked.shared.left.evaluate(*number, asked),
        }
    }

    /// What there is to do at a time of which nothing can be said.
    fn refuse(&mut self, asked: &Asked<'_>, why: &str) -> Result<(), Failure> {
        if let Self::Alerting(rule) = self {
            rule.remind(asked);
        }
        Err(Failure::Rule(why.to_owned()))
    }

    fn saved(&self) -> SavedRule {
        match self {
            Self::Recording(_) | Self::Left(_) => SavedRule::default(),
            Self::Alerting(rule) => rule.saved(),
        }
    }

    fn told(&self) -> Arc<[super::ActiveAlert]> {
        match self {
            Self::Recording(_) | Self::Left(_) => Arc::default(),
            Self::Alerting(rule) => rule.told(),
        }
    }
}

//! How well each subsystem is, and why: the verdict of each indicator about what is measured, with what the alerts say.
//!
//! Nothing is asked here. Whoever wants to know asks for the vectors of each [`Check`] as it can, in terms of recorded series or in full,
//! and brings what was answered; so all who tell the health of a fleet tell the same.
//!
//! | module | responsible for |
//! |---|---|
//! | here | what is judged, what from which answers, and the worst of it |
//! | `question` | several checks as one expression, and which part of its answer belongs to which |
//! | `coverage` | how much of a window a source has seen, and whether what it says is of now |
//! | `remembered` | what happened in a window by the totals of a ledger, as a source of samples |

mod coverage;
mod question;
mod remembered;

use crate::words;
use std::collections::BTreeMap;
use telemetry_catalog::indicator::{Indicator, Measure, Unit as Measured, indicators};
use telemetry_catalog::panel::Unit;
use telemetry_catalog::promql::{Vector, Window};
use telemetry_catalog::quantity::exact;
use telemetry_catalog::subsystems;
use telemetry_catalog::verdict::{Judgement, Reason, Verdict};
use telemetry_core::config::{Config, HealthThresholds};
use telemetry_core::metric::Subsystem;
use telemetry_query::Labels;

pub use coverage::{Coverage, coverage};
pub use question::{Answers, Batch, batches};
pub use remembered::Remembered;

/// The values of an expression, each with its label set.
pub type Rows = [(Labels, f64)];

/// What is to be asked about one indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// The indicator.
    pub indicator: &'static Indicator,
    /// The window that is looked at: the indicator's own, or another.
    pub over: Window,
    /// What it measures, where the alert could fire on it.
    pub value: Vector,
    /// How much there is of that of which it could be measured. Where it is there and the value is not, nothing happened.
    pub events: Option<Vector>,
}

/// What was found about one indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The indicator.
    pub indicator: &'static Indicator,
    /// The worst of everything that it measures; `None` where nothing was measured, or why that is not known.
    pub judged: Result<Option<Judged>, Unjudged>,
}

/// Why nothing is known about an indicator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unjudged {
    /// Who was asked has no answer, for this reason: it may be well or not.
    Trouble(String),
    /// Who was asked can never tell, for this reason: it says neither that something is well nor that it is not.
    NotTestable(&'static str),
}

/// The verdict about one thing that an indicator measures.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// What tells it from others, such as the name of a provider; empty where there is only one.
    pub which: String,
    /// The verdict, with its numbers.
    pub judgement: Judgement,
}

/// How well a subsystem is.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The subsystem.
    pub subsystem: &'static Subsystem,
    /// The worst verdict about it.
    pub verdict: Verdict,
    /// Why, in a few words.
    pub reason: String,
    /// The worst first.
    pub findings: Vec<Finding>,
}

/// Everything that is to be asked, over the windows of the alerts.
#[must_use]
pub fn checks(config: &Config) -> Vec<Check> {
    checks_over(config, None)
}

/// Everything that is to be asked, over this window in place of those of the alerts.
///
/// A window stands in for another where events are counted in it: for shares, percentiles, increases, surges and leaks, each with the
/// limits that it always has. What says that something stands still or has gone keeps its own window, since that is its meaning: a bead
/// that nobody moved for half an hour is not stuck. What looks at this moment has no window.
#[must_use]
pub fn checks_over(config: &Config, window: Option<Window>) -> Vec<Check> {
    indicators().map(|indicator| check(indicator, config, window)).collect()
}

fn check(indicator: &'static Indicator, config: &Config, window: Option<Window>) -> Check {
    let over = window.filter(|_| counts(&indicator.measure)).unwrap_or(indicator.over);
    let looking = Indicator { over, ..indicator.clone() };
    Check { indicator, over, value: value(&looking, config), events: events(&looking) }
}

/// Whether it is about what was counted in its window, however long that is.
const fn counts(measure: &Measure) -> bool {
    match measure {
        Measure::Share { .. }
        | Measure::P95(_)
        | Measure::Count(_)
        | Measure::Surge { .. }
        | Measure::Leak { .. } => true,
        Measure::Stalled { .. }
        | Measure::Idle(_)
        | Measure::Gone { .. }
        | Measure::GatewayUp
        | Measure::ExpositionUp
        | Measure::SincePush
        | Measure::Stranger => false,
    }
}

/// How many events there are is judged by itself, so that it can be said.
fn value(indicator: &Indicator, config: &Config) -> Vector {
    let signal = indicator.signal(config);
    let (value, mut guards) = (signal.value, signal.guards);
    if indicator.measure.least_events().is_some() {
        guards.pop();
    }
    guards.into_iter().fold(value, Vector::and)
}

/// What has no event in the window has no share and no percentile, and what is not known for the whole window does not stand still in it.
fn events(indicator: &Indicator) -> Option<Vector> {
    let Indicator { over, by, .. } = *indicator;
    match &indicator.measure {
        Measure::Share { whole, .. } => Some(Vector::counted(whole, over, by)),
        Measure::Surge { of, .. } => Some(Vector::counted(of, over, by)),
        Measure::P95(of) => Some(Vector::observations(of, Some(over.max(Window::minutes(1))), by)),
        Measure::Stalled { active, .. } => Some(Vector::total(active, by)),
        Measure::Gone { gauge, .. } => Some(Vector::total(gauge, by)),
        Measure::Leak { acquired, .. } => Some(Vector::counted(acquired, over, by)),
        _ => None,
    }
}

impl Check {
    /// What follows from the answers. Of several things that are as bad, the first is told.
    #[must_use]
    pub fn judged(&self, thresholds: &HealthThresholds, value: &Rows, events: &Rows) -> Option<Judged> {
        let indicator = self.indicator;
        let mut pairs: BTreeMap<Labels, (Option<f64>, Option<f64>)> = BTreeMap::new();
        for (labels, value) in value {
            pairs.entry(told(indicator, labels)).or_default().0 = Some(*value);
        }
        for (labels, events) in events {
            // Only a share says less for being one of a few; elsewhere it matters alone that it could have been measured.
            let events = indicator.measure.least_events().map_or(0.0, |_| *events);
            pairs.entry(told(indicator, labels)).or_default().1 = Some(events);
        }
        let judged = pairs.into_iter().map(|(labels, (value, events))| Judged {
            which: words::cut(&values(indicator, &labels)),
            judgement: indicator.judge(thresholds, value, events),
        });
        judged.reduce(|worst, other| if other.rank() > worst.rank() { other } else { worst })
    }
}

/// How well every subsystem is, in the order of the catalog. An alert that fires makes its subsystem at least as bad; `firing` tells the worst of
/// one, with its name.
pub fn conditions<'a>(
    findings: &[Finding],
    firing: impl Fn(&Subsystem) -> Option<(Verdict, &'a str)>,
) -> Vec<Condition> {
    subsystems().map(|subsystem| condition(subsystem, findings, firing(subsystem))).collect()
}

/// What is known to be bad is bad however old it is; what was well a while ago need not be any more. A subsystem of which nothing was ever
/// heard is not there, as long as another one is.
#[must_use]
pub fn overall(conditions: &[Condition], is_live: bool) -> Verdict {
    let known = conditions.iter().map(|condition| condition.verdict);
    let silent = |condition: &&Condition| condition.verdict == Verdict::Unknown && !condition.is_silent();
    let doubt = conditions.iter().find(silent).map(|_| Verdict::Unknown);
    let stale = (!is_live).then_some(Verdict::Unknown);
    Verdict::worst(known.filter(|verdict| *verdict != Verdict::Unknown).chain(doubt).chain(stale))
}

/// Whether anything was found, or could not be told, that is about more than whether somebody listens: that a gateway is up says nothing of
/// those who would push to it.
#[must_use]
pub fn knows_the_fleet(conditions: &[Condition]) -> bool {
    let is_of_the_fleet = |measure: &Measure| {
        !matches!(measure, Measure::GatewayUp | Measure::ExpositionUp | Measure::Stranger)
    };
    let findings = conditions.iter().flat_map(|condition| &condition.findings);
    findings
        .filter(|finding| is_of_the_fleet(&finding.indicator.measure))
        .any(|finding| finding.verdict().is_some())
}

/// The labels that tell one thing from another; a recorded series has others beside them.
fn told(indicator: &Indicator, labels: &Labels) -> Labels {
    Labels::new(indicator.by.iter().map(|label| (*label, labels.get(label))))
}

fn values(indicator: &Indicator, labels: &Labels) -> String {
    indicator.by.iter().map(|label| labels.get(label)).collect::<Vec<_>>().join(", ")
}

impl Judged {
    /// What is beyond a limit says more than what is idle.
    fn rank(&self) -> (Verdict, u8) {
        let told = match self.judgement.reason {
            Reason::Beyond { .. } => 3,
            Reason::TooFew { .. } => 2,
            Reason::Within { .. } => 1,
            Reason::Idle | Reason::Missing => 0,
        };
        (self.judgement.verdict, told)
    }
}

impl Finding {
    /// Nothing where nothing was measured.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        match &self.judged {
            Ok(Some(judged)) if matches!(judged.judgement.reason, Reason::Missing) => None,
            Ok(judged) => judged.as_ref().map(|judged| judged.judgement.verdict),
            Err(Unjudged::Trouble(_)) => Some(Verdict::Unknown),
            Err(Unjudged::NotTestable(_)) => None,
        }
    }

    /// What was measured, in the unit of the indicator; nothing where nothing was.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        match self.judged.as_ref().ok()?.as_ref()?.judgement.reason {
            Reason::Within { value, .. } | Reason::Beyond { value, .. } | Reason::TooFew { value, .. } => {
                Some(value)
            }
            Reason::Idle | Reason::Missing => None,
        }
    }

    /// Whether the value lies beyond a limit and says nothing all the same, being one of too few events.
    #[must_use]
    pub fn is_of_too_few(&self) -> bool {
        matches!(&self.judged, Ok(Some(judged)) if matches!(judged.judgement.reason, Reason::TooFew { .. }))
    }

    /// Which of several things it is about, such as the name of a provider; empty where there is only one, or none.
    #[must_use]
    pub fn which(&self) -> &str {
        self.judged.as_ref().ok().and_then(Option::as_ref).map_or("", |judged| &judged.which)
    }

    /// The same as people read it. A percentile among what lasted longer than the last bound of its buckets is more than that bound, and
    /// nobody knows how much more.
    #[must_use]
    pub fn shown(&self) -> Option<String> {
        self.value().map(|value| shown(self.indicator, value))
    }

    /// What was found, in a few words.
    #[must_use]
    pub fn said(&self) -> String {
        match &self.judged {
            Ok(Some(Judged { which, judgement })) if which.is_empty() => said(self.indicator, judgement),
            Ok(Some(Judged { which, judgement })) => format!("{which}: {}", said(self.indicator, judgement)),
            Ok(None) => "nothing measured".to_owned(),
            Err(Unjudged::Trouble(trouble)) => words::cut(trouble),
            Err(Unjudged::NotTestable(why)) => format!("not testable from a ledger: {why}"),
        }
    }
}

impl Condition {
    /// Whether nothing was ever heard of it, though who was asked did answer.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.verdict == Verdict::Unknown && self.findings.iter().all(|finding| finding.verdict().is_none())
    }
}

fn condition(
    subsystem: &'static Subsystem,
    findings: &[Finding],
    firing: Option<(Verdict, &str)>,
) -> Condition {
    let mut own: Vec<_> =
        findings.iter().filter(|finding| finding.indicator.subsystem == subsystem).cloned().collect();
    own.sort_by_key(|finding| std::cmp::Reverse(finding.verdict()));
    let measured = Verdict::worst(own.iter().filter_map(Finding::verdict));
    let (verdict, reason) = match firing {
        Some((verdict, name)) if verdict > measured || measured <= Verdict::Unknown => {
            (verdict.max(measured), format!("{name} is firing"))
        }
        _ => (measured, reason(&own, measured)),
    };
    Condition { subsystem, verdict, reason, findings: own }
}

fn reason(findings: &[Finding], verdict: Verdict) -> String {
    let measured = findings.iter().filter(|finding| finding.verdict().is_some()).count();
    let untold = findings.iter().filter(|finding| matches!(finding.judged, Err(Unjudged::NotTestable(_))));
    let beside = match untold.count() {
        0 => String::new(),
        all if all == findings.len() => return "no data: not testable from a ledger".to_owned(),
        some => format!("; {some} not testable from a ledger"),
    };
    let few = findings.iter().filter(|finding| finding.is_of_too_few()).count();
    let (within, beside) = match few {
        0 => (measured, beside),
        few => (measured - few, format!("; {few} beyond a limit, of too few events to tell{beside}")),
    };
    match (verdict, findings.iter().find(|finding| finding.verdict() == Some(verdict))) {
        (Verdict::Healthy, _) if within == 1 => format!("1 check is within its limits{beside}"),
        (Verdict::Healthy, _) => format!("{within} checks are within their limits{beside}"),
        (Verdict::Unknown, None) => format!("no data: nothing of it was measured{beside}"),
        (_, Some(finding)) => format!("{}: {}", finding.indicator.title, finding.said()),
        (_, None) => String::new(),
    }
}

/// Whether its value is there only while something may be wrong.
const fn is_a_sign(indicator: &Indicator) -> bool {
    matches!(indicator.measure, Measure::Stalled { .. } | Measure::Gone { .. } | Measure::Leak { .. })
}

/// A value of an indicator. Where a percentile lies beyond the last bound, evaluators give that bound, which says more than is known.
fn shown(indicator: &Indicator, value: f64) -> String {
    match last_bound(indicator).filter(|bound| value >= *bound) {
        Some(bound) => format!("> {} s", exact(bound)),
        None => Unit::from(indicator.unit).shown(value),
    }
}

fn last_bound(indicator: &Indicator) -> Option<f64> {
    match &indicator.measure {
        Measure::P95(of) => of.def().bounds().last().copied(),
        _ => None,
    }
}

fn said(indicator: &Indicator, judgement: &Judgement) -> String {
    let limit_of = |value| Unit::from(judgement.unit).shown(value);
    let shown = |value| shown(indicator, value);
    let is_state = judgement.unit == Measured::State;
    match judgement.reason {
        Reason::Within { value, .. } | Reason::Beyond { value, .. } if is_state => shown(value),
        Reason::Within { value, limit } => format!("{}, the limit is {}", shown(value), limit_of(limit)),
        Reason::Beyond { value, level } => {
            format!("{}, {} at {}", shown(value), level.severity.as_str(), limit_of(level.limit))
        }
        Reason::TooFew { value, events } => {
            format!("{} of only {}, too few to tell", shown(value), Unit::Count.shown(events))
        }
        Reason::Idle if is_a_sign(indicator) => "no sign of it".to_owned(),
        Reason::Idle => "nothing happened".to_owned(),
        Reason::Missing => "no data".to_owned(),
    }
}

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod tests;

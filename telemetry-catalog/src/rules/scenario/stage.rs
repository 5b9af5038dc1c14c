//! From what happens and what is measured to series, checks and expected alerts.

use super::course::Course;
use super::{Check, Expected, Reading, Scenario, Series, Suite, spans_days, step, told::told};
use crate::indicator::{Indicator, Level};
use crate::promql::{Scope, Vector, escaped};
use crate::rules::{dashboard_url, runbook_url};
use crate::target::EXPOSITION_JOB;
use telemetry_core::config::Config;
use telemetry_core::exposition::write_value;
use telemetry_core::metric::{MetricDef, Values};

/// What a counter had reached before it began anew.
pub(super) const BEFORE: f64 = 1000.0;

/// The value of the labels by which an indicator tells things apart, of the one that is unwell.
pub(super) const UNWELL: &str = "unwell";

/// The same of one that is well.
pub(super) const WELL: &str = "well";

/// The target that is scraped itself; the other host pushes.
pub(super) const EXPOSITION: &str = "127.0.0.1:9464";

/// How the counters and their targets fare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// They are there, and events happen.
    Usual,
    /// They begin anew before the events.
    Restart,
    /// They begin anew between the events, again and again, so that none of their values tells how many there were.
    Again,
    /// They are born with the events, while their target has been there.
    Born,
    /// They and their target were away, and come with all they have counted.
    Back,
    /// They are away for a while, and come back as they were.
    Wiped,
}

/// What an indicator must have as its value for one thing that it tells apart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    /// The values of its labels.
    pub(super) labels: Vec<String>,
    /// What it must have.
    pub(super) value: f64,
    /// Whether there is enough of it to alert anybody.
    pub(super) counts: bool,
}

/// What happens, and what must come of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Play {
    pub(super) about: String,
    pub(super) interval: u32,
    pub(super) series: Vec<(String, Course)>,
    /// From when on the values are as the outcomes say.
    pub(super) begins: u32,
    /// When nothing may fire any more.
    pub(super) ends: Option<u32>,
    pub(super) outcomes: Vec<Outcome>,
    /// How exactly values can be foretold.
    pub(super) precision: Precision,
    /// What else is to be read when the alert fires, with its values.
    pub(super) also: Vec<(Vector, Vec<Outcome>)>,
}

/// How exactly a value can be foretold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    /// To the last digit.
    Exact,
    /// To a thousandth, since it is interpolated.
    Thousandth,
}

/// Where the scenarios of one indicator are put together.
pub(super) struct Stage<'a> {
    pub(super) indicator: &'static Indicator,
    pub(super) config: &'a Config,
    /// How many seconds lie between two evaluations; everything that happens does so at a multiple of an eighth of it.
    pub(super) step: u32,
    scenarios: Vec<Scenario>,
    left_out: Vec<(String, String)>,
}

impl Outcome {
    pub(super) fn new(label: &str, value: f64) -> Self {
        Self { labels: vec![label.to_owned()], value, counts: true }
    }
}

impl Play {
    fn new(about: String, step: u32) -> Self {
        Self {
            about,
            interval: step / 8,
            series: Vec::new(),
            begins: step,
            ends: None,
            outcomes: Vec::new(),
            precision: Precision::Exact,
            also: Vec::new(),
        }
    }
}

impl<'a> Stage<'a> {
    pub(super) fn new(indicator: &'static Indicator, config: &'a Config) -> Self {
        let step = step(indicator);
        Self { indicator, config, step, scenarios: Vec::new(), left_out: Vec::new() }
    }

    pub(super) fn into_suite(self) -> Suite {
        let Self { indicator, step, scenarios, left_out, .. } = self;
        let spans_days = spans_days(indicator);
        Suite { alert: indicator.alert, step, spans_days, scenarios, left_out }
    }

    /// The levels of the indicator, the mildest first.
    pub(super) fn levels(&self) -> Vec<Level> {
        self.indicator.limits.levels(&self.config.health_thresholds)
    }

    /// The window of the indicator in seconds.
    pub(super) const fn window(&self) -> u32 {
        self.indicator.over.seconds()
    }

    /// The time between two scrapes, unless a play says otherwise.
    pub(super) const fn interval(&self) -> u32 {
        self.step / 8
    }

    pub(super) fn leave_out(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.left_out.push((what.into(), why.into()));
    }

    /// The two targets from which series come: a host that pushes, and a process that is scraped.
    pub(super) fn targets(&self) -> [(&str, &'static str); 2] {
        [(&self.config.prometheus.job, "host"), (EXPOSITION_JOB, EXPOSITION)]
    }

    /// What tells that the two targets are there.
    pub(super) fn presence(&self, fate: Fate) -> Vec<(String, Course)> {
        let (begins, reset) = (self.begins(fate), self.reset());
        let [host, exposition] = self.targets();
        let (pushed, up) = match fate {
            Fate::Usual | Fate::Restart | Fate::Again | Fate::Born => (Course::of(1.0), Course::of(1.0)),
            Fate::Back => (Course::absent().then(begins, 1.0), Course::of(0.0).then(begins, 1.0)),
            Fate::Wiped => (
                Course::of(1.0).leaves(reset).then(begins, 1.0),
                Course::of(1.0).then(reset, 0.0).then(begins, 1.0),
            ),
        };
        vec![(foreign("push_time_seconds", host), pushed), (foreign("up", exposition), up)]
    }

    /// A play about this, to which the rest is added.
    pub(super) fn play(&self, about: impl Into<String>) -> Play {
        Play::new(about.into(), self.step)
    }

    /// When things happen under this fate: at an evaluation, and so late that what must have been before was.
    pub(super) const fn begins(&self, fate: Fate) -> u32 {
        match fate {
            Fate::Usual | Fate::Restart | Fate::Again => self.step,
            Fate::Wiped => 2 * self.step,
            Fate::Born | Fate::Back => self.later_than(self.window()),
        }
    }

    /// When a counter begins anew, or something goes away, before what happens.
    pub(super) const fn reset(&self) -> u32 {
        self.step / 2
    }

    /// The first evaluation at that time or after it.
    pub(super) const fn later_than(&self, at: u32) -> u32 {
        at.next_multiple_of(self.step)
    }

    /// The first evaluation whose window has left behind what happened at that time.
    pub(super) const fn forgotten(&self, at: u32) -> u32 {
        self.later_than(at + self.window() + 1)
    }

    /// A counter on which so many events happen, spread over both targets.
    pub(super) fn counted(
        &self,
        (def, labels): (&MetricDef, &[(&str, &str)]),
        events: u32,
        fate: Fate,
    ) -> Vec<(String, Course)> {
        let each = self.targets().into_iter().zip([events - events / 2, events / 2]);
        each.map(|(target, events)| (series(def, "", labels, target), self.fated(f64::from(events), fate)))
            .collect()
    }

    /// How a counter on which so many events happen goes.
    pub(super) fn fated(&self, events: f64, fate: Fate) -> Course {
        let (begins, reset) = (self.begins(fate), self.reset());
        match fate {
            Fate::Usual => Course::of(0.0).then(begins, events),
            Fate::Restart => Course::of(BEFORE).then(reset, 0.0).then(begins, events),
            Fate::Again => self.again(events),
            Fate::Born | Fate::Back => Course::absent().then(begins, events),
            Fate::Wiped => Course::of(events).leaves(reset).then(begins, events),
        }
    }

    /// Three lives with as many events each as can be.
    fn again(&self, events: f64) -> Course {
        let (begins, reset, interval) = (self.begins(Fate::Again), self.reset(), self.interval());
        let each = (events / 3.0).floor();
        let course = Course::of(0.0).then(reset, each).then(reset + interval, 0.0);
        course
            .then(reset + 2 * interval, each)
            .then(reset + 3 * interval, 0.0)
            .then(begins, events - 2.0 * each)
    }

    /// Of two subjects only the first, where the indicator tells nothing apart.
    pub(super) fn told_apart<T>(&self, subjects: [T; 2]) -> impl Iterator<Item = T> {
        subjects.into_iter().take(if self.indicator.by.is_empty() { 1 } else { 2 })
    }

    /// Puts a play into the suite, with the checks that follow from its outcomes.
    pub(super) fn put_on(&mut self, play: Play) {
        let alerts = self.expected(&play.outcomes);
        let (step, hold) = (self.step, self.indicator.hold.seconds());
        let fires = play.begins + hold.next_multiple_of(step);
        let quiet = |at| Check { at, alerts: Vec::new() };
        let mut checks = vec![quiet(fires - step)];
        checks.push(Check { at: fires, alerts });
        checks.extend(play.ends.filter(|ends| *ends > fires).map(quiet));
        let until = play.ends.unwrap_or(fires).max(fires);
        let readings = self.readings(&play, fires);
        let series = play
            .series
            .into_iter()
            .map(|(selector, course)| Series { selector, values: course.values(play.interval, until) });
        self.scenarios.push(Scenario {
            about: play.about,
            interval: play.interval,
            series: series.collect(),
            checks,
            readings,
        });
    }

    fn expected(&self, outcomes: &[Outcome]) -> Vec<Expected> {
        let levels = self.levels();
        let counting = outcomes.iter().filter(|outcome| outcome.counts);
        counting
            .flat_map(|outcome| {
                let beyond =
                    levels.iter().filter(|level| self.indicator.beyond.holds(outcome.value, level.limit));
                beyond.map(|level| self.alert(outcome, *level))
            })
            .collect()
    }

    fn alert(&self, outcome: &Outcome, level: Level) -> Expected {
        let Self { indicator, config, .. } = self;
        let told = |sentence| told(sentence, indicator, level, outcome.value, &outcome.labels);
        let own = indicator.by.iter().copied().zip(outcome.labels.iter().cloned());
        let added = [("severity", level.severity.as_str()), ("subsystem", indicator.subsystem.slug)];
        Expected {
            labels: own.chain(added.map(|(name, value)| (name, value.to_owned()))).collect(),
            annotations: vec![
                ("summary", told(indicator.summary)),
                ("description", told(indicator.description)),
                ("runbook_url", runbook_url(config, indicator)),
                ("dashboard", dashboard_url(config, indicator)),
            ],
        }
    }

    fn readings(&self, play: &Play, at: u32) -> Vec<Reading> {
        let value = self.indicator.signal(self.config).value;
        let main = match play.precision {
            Precision::Exact => reading(at, &value, &play.outcomes),
            Precision::Thousandth => rounded(at, &value, &play.outcomes),
        };
        let also = play.also.iter().map(|(vector, outcomes)| reading(at, vector, outcomes));
        [main].into_iter().chain(also).collect()
    }
}

fn reading(at: u32, vector: &Vector, outcomes: &[Outcome]) -> Reading {
    let expr = vector.written(&Scope::rules());
    let is_name = expr.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':'));
    let name = if is_name { expr.as_str() } else { "" };
    let sample = |outcome: &Outcome| (labelled(name, vector.by(), outcome), number(outcome.value));
    let samples = outcomes.iter().map(sample).collect();
    Reading { at, samples, expr }
}

/// Rounded as `round` does it, which drops the name.
fn rounded(at: u32, vector: &Vector, outcomes: &[Outcome]) -> Reading {
    let round = |value: f64| (value * 1000.0 + 0.5).floor() / 1000.0;
    let samples =
        outcomes.iter().map(|outcome| (labelled("", vector.by(), outcome), number(round(outcome.value))));
    let expr = format!("round({}, 0.001)", vector.written(&Scope::rules()));
    Reading { at, samples: samples.collect(), expr }
}

fn labelled(name: &str, by: &[&str], outcome: &Outcome) -> String {
    let pairs: Vec<_> = by.iter().copied().zip(outcome.labels.iter().map(String::as_str)).collect();
    selector(name, &pairs)
}

fn number(value: f64) -> String {
    let mut text = String::new();
    write_value(&mut text, value);
    text
}

/// A name with labels as PromQL writes it.
fn selector(name: &str, labels: &[(&str, &str)]) -> String {
    let pairs: Vec<_> =
        labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
    format!("{name}{{{}}}", pairs.join(","))
}

/// A series of a metric at a target. A label for which nothing is given has any value that is no failure.
pub(super) fn series(
    def: &MetricDef,
    suffix: &str,
    given: &[(&str, &str)],
    (job, instance): (&str, &str),
) -> String {
    let of = |name| given.iter().find(|(label, _)| *label == name).map(|(_, value)| *value);
    let mut labels: Vec<_> = def
        .labels
        .iter()
        .map(|label| (label.name, of(label.name).unwrap_or(harmless(label.values))))
        .collect();
    labels.extend(of("le").map(|le| ("le", le)));
    labels.extend([("job", job), ("instance", instance)]);
    selector(&format!("{}{suffix}", def.name), &labels)
}

fn harmless(values: Values) -> &'static str {
    match values {
        Values::Open => "some",
        Values::Closed(values) => {
            values.iter().find(|value| !value.failure).map_or("other", |value| value.text)
        }
    }
}

/// A series that Prometheus or the Pushgateway makes about a target.
pub(super) fn foreign(name: &str, (job, instance): (&str, &str)) -> String {
    selector(name, &[("job", job), ("instance", instance)])
}

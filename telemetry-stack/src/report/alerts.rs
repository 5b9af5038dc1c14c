//! Which alerts fired in the period, when, how often and for how long.

use crate::page::alerts::{ALERT_NAME, SEVERITY, SUBSYSTEM, severity};
use crate::source::{Source, SourceError};
use crate::words;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use telemetry_catalog::indicator::{Indicator, Severity, indicators};
use telemetry_catalog::promql::Foreign;
use telemetry_catalog::verdict::Verdict;
use telemetry_core::metric::Subsystem;
use telemetry_query::{Labels, METRIC_NAME, Series, Steps};

/// How many times the period is looked at, at most: evaluators bound the values of a line at 11,000.
const LOOKS: i64 = 5_000;

/// The least time from one look to the next, in milliseconds: hardly any rules are evaluated more often.
const LEAST: i64 = 1_000;

/// The label that says whether an alert is pending or fires.
const STATE: &str = "alertstate";

/// An alert that fired.
#[derive(Debug, Clone)]
pub(super) struct Fired {
    pub(super) name: String,
    /// How bad it is, where its labels say so.
    pub(super) severity: Option<Severity>,
    /// The word in its labels, whatever it is.
    pub(super) severity_word: String,
    /// The subsystem in its labels, whatever it is.
    subsystem: String,
    /// Its other labels.
    pub(super) labels: Vec<(String, String)>,
    /// When it fired, in order; at least one.
    pub(super) stretches: Vec<Stretch>,
    /// The indicator from which it follows, where it is one of ours.
    pub(super) indicator: Option<&'static Indicator>,
}

/// A time in which an alert fired without a pause. Times are in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) from: i64,
    pub(super) to: i64,
    /// Whether it fired already when the period began.
    pub(super) is_older: bool,
    /// Whether it still fired when the period ended.
    pub(super) goes_on: bool,
}

/// When a period is looked at for alerts.
pub(super) fn steps(from: i64, to: i64) -> Steps {
    let step = ((to - from) / LOOKS).max(LEAST) / 1000 * 1000;
    Steps { start: to - (to - from) / step * step, end: to, step }
}

/// The alerts that fired at these times, those first that are worse, and of them those that fired longer.
pub(super) fn fired(source: &dyn Source, steps: Steps) -> Result<Vec<Fired>, SourceError> {
    let found = source.range(&expression(steps), steps)?;
    let mut fired: Vec<_> =
        merged(found).into_iter().map(|(labels, times)| Fired::of(&labels, &times, steps)).collect();
    fired.sort_by_key(|fired| (Reverse(fired.severity), Reverse(fired.length()), fired.name.clone()));
    Ok(fired)
}

/// Where rules are evaluated more often than the period is looked at, an alert may have come and gone between two looks.
fn expression(steps: Steps) -> String {
    let alerts = format!("{}{{{STATE}=\"firing\"}}", Foreign::Alerts.name());
    format!("{alerts} or max_over_time({alerts}[{}s])", steps.step / 1000)
}

/// The times of each alert; what was found of one may be in several series, since a function takes the name from it.
fn merged(found: Vec<Series>) -> BTreeMap<Labels, Vec<i64>> {
    let mut all: BTreeMap<Labels, Vec<i64>> = BTreeMap::new();
    for series in found {
        let own = series.labels.iter().filter(|label| ![METRIC_NAME, STATE].contains(&&*label.name));
        let labels = Labels::new(own.map(|label| (&*label.name, &*label.value)));
        all.entry(labels).or_default().extend(series.samples.iter().map(|sample| sample.timestamp));
    }
    all
}

/// The stretches in which times follow each other step by step.
fn stretches(times: &[i64], steps: Steps) -> Vec<Stretch> {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.dedup();
    let parts = times.chunk_by(|one, next| next - one <= steps.step * 3 / 2);
    let ends = parts.filter_map(|part| Some((*part.first()?, *part.last()?)));
    ends.map(|(from, to)| Stretch { from, to, is_older: from <= steps.start, goes_on: to >= steps.end })
        .collect()
}

impl Fired {
    fn of(labels: &Labels, times: &[i64], steps: Steps) -> Self {
        let placed = [ALERT_NAME, SEVERITY, SUBSYSTEM];
        let others = labels.iter().filter(|label| !placed.contains(&&*label.name));
        let name = words::cut(labels.get(ALERT_NAME));
        Self {
            severity: severity(labels.get(SEVERITY)),
            severity_word: words::cut(labels.get(SEVERITY)),
            subsystem: labels.get(SUBSYSTEM).to_owned(),
            labels: others.map(|label| (words::cut(&label.name), words::cut(&label.value))).collect(),
            stretches: stretches(times, steps),
            indicator: indicators().find(|indicator| indicator.alert == name),
            name,
        }
    }

    /// How long it fired in all, in milliseconds.
    pub(super) fn length(&self) -> i64 {
        self.stretches.iter().map(|stretch| stretch.to - stretch.from).sum()
    }

    /// Whether it still fired when the period ended.
    pub(super) fn goes_on(&self) -> bool {
        self.stretches.last().is_some_and(|stretch| stretch.goes_on)
    }

    /// What it says of its subsystem.
    pub(super) fn verdict(&self) -> Verdict {
        self.severity.map_or(Verdict::Unknown, Verdict::of)
    }

    /// What it is about, with its labels filled in; nothing for an alert of others.
    pub(super) fn sentence(&self) -> Option<String> {
        let mut text = self.indicator?.summary.to_owned();
        for (name, value) in &self.labels {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        Some(text)
    }
}

/// The same by the name of the alert: one and the same fires for several sets of labels, and with several severities.
pub(super) fn grouped(fired: &[Fired]) -> Vec<Vec<&Fired>> {
    let mut groups: Vec<Vec<&Fired>> = Vec::new();
    for one in fired {
        match groups.iter_mut().find(|group| group.iter().any(|other| other.name == one.name)) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

/// The worst that still fired in a subsystem when the period ended, with its name.
pub(super) fn worst<'a>(fired: &'a [Fired], subsystem: &Subsystem) -> Option<(Verdict, &'a str)> {
    let own = fired.iter().filter(|fired| fired.goes_on() && fired.subsystem == subsystem.slug);
    let bad = own.filter(|fired| matches!(fired.verdict(), Verdict::Warning | Verdict::Critical));
    bad.map(|fired| (fired.verdict(), fired.name.as_str())).max_by_key(|(verdict, _)| *verdict)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use telemetry_core::catalog::{AGENT, LLM};
    use telemetry_query::Sample;

    const STEPS: Steps = Steps { start: 0, end: 600_000, step: 15_000 };

    fn stretch(from: i64, to: i64) -> Stretch {
        Stretch { from, to, is_older: from == 0, goes_on: to == 600_000 }
    }

    #[test]
    fn times_that_follow_each_other_are_one_stretch() {
        let every = |from: i64, to: i64| (from..=to).step_by(15_000);
        let times: Vec<_> =
            every(0, 30_000).chain(every(60_000, 60_000)).chain(every(540_000, 600_000)).collect();
        let expected = [stretch(0, 30_000), stretch(60_000, 60_000), stretch(540_000, 600_000)];
        assert_eq!(stretches(&times, STEPS), expected);
        let twice: Vec<_> = times.iter().chain(&times).copied().collect();
        assert_eq!(stretches(&twice, STEPS), expected);
        assert_eq!(stretches(&[], STEPS), []);
    }

    #[test]
    fn a_long_period_is_looked_at_no_more_often_than_evaluators_allow() {
        for length in [60_000, 3_600_000, 86_400_000, 90 * 86_400_000] {
            let steps = steps(1_000, 1_000 + length);
            assert!((steps.end - steps.start) / steps.step <= 2 * LOOKS, "{length}");
            assert!(steps.step >= LEAST && steps.start - 1_000 < steps.step, "{length}");
        }
    }

    /// Says that these alerts fired at these times, with and without their name.
    struct Said(Vec<(Pairs, Vec<i64>)>);

    type Pairs = Vec<(&'static str, &'static str)>;

    impl Source for Said {
        fn instant(&self, _: &str, _: i64) -> Result<Vec<(Labels, f64)>, SourceError> {
            Ok(Vec::new())
        }

        fn range(&self, _: &str, _: Steps) -> Result<Vec<Series>, SourceError> {
            let series = |labels: &[(&'static str, &'static str)], times: &[i64]| Series {
                labels: Labels::new(labels.iter().copied()),
                samples: times.iter().map(|time| Sample::new(*time, 1.0)).collect(),
            };
            Ok(self.0.iter().map(|(labels, times)| series(labels, times)).collect())
        }

        fn targets(&self) -> Result<Vec<crate::source::SeenTarget>, SourceError> {
            Ok(Vec::new())
        }
    }

    pub(in crate::report) fn some() -> Vec<Fired> {
        let llm = [
            (ALERT_NAME, "LlmErrors"),
            (SEVERITY, "critical"),
            (SUBSYSTEM, "llm"),
            ("provider", "a<b>\u{202e}"),
        ];
        let with =
            |name: &[(&'static str, &'static str)]| llm.iter().chain(name).copied().collect::<Vec<_>>();
        let foreign = vec![(ALERT_NAME, "Disk<full>"), (SEVERITY, "page")];
        let mild = vec![(ALERT_NAME, "AgentRunsFailing"), (SEVERITY, "warning"), (SUBSYSTEM, "agent")];
        let said = Said(vec![
            (foreign, vec![0, 15_000]),
            (mild, vec![600_000]),
            (with(&[(METRIC_NAME, "ALERTS"), (STATE, "firing")]), vec![30_000, 45_000, 300_000]),
            (with(&[(STATE, "firing")]), vec![45_000, 60_000]),
        ]);
        fired(&said, STEPS).unwrap()
    }

    #[test]
    fn an_alert_is_one_however_it_is_told_and_the_worst_comes_first() {
        let fired = some();
        let names: Vec<_> = fired.iter().map(|fired| fired.name.as_str()).collect();
        assert_eq!(names, ["LlmErrors", "AgentRunsFailing", "Disk<full>"]);
        assert_eq!(fired[0].stretches, [stretch(30_000, 60_000), stretch(300_000, 300_000)]);
        assert_eq!((fired[0].length(), fired[0].goes_on(), fired[1].goes_on()), (30_000, false, true));
        assert_eq!(fired[0].labels, [("provider".to_owned(), "a<b>\u{fffd}".to_owned())]);
        assert!(fired[2].sentence().is_none() && !fired[0].sentence().unwrap().contains('{'));
    }

    #[test]
    fn an_alert_of_several_severities_and_labels_is_one() {
        let twice = [some(), some()].concat();
        let groups = grouped(&twice);
        let sizes: Vec<_> = groups.iter().map(|group| (group[0].name.as_str(), group.len())).collect();
        assert_eq!(sizes, [("LlmErrors", 2), ("AgentRunsFailing", 2), ("Disk<full>", 2)]);
    }

    #[test]
    fn only_what_still_fires_says_something_of_the_end() {
        let fired = some();
        assert_eq!(worst(&fired, &AGENT), Some((Verdict::Warning, "AgentRunsFailing")));
        assert_eq!(worst(&fired, &LLM), None);
    }
}

//! What happened in a window by the totals of a ledger, as samples: each counter stands at 0 where the window begins and at what it rose
//! by where it ends, so that the same expressions that a Prometheus answers have exact answers here.
//!
//! Two samples are no course: what is about one, or about the targets that a Prometheus scrapes, cannot be told from them.

use super::{Check, Finding, Unjudged};
use crate::source::{SourceError, rows, with_causes};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use telemetry_catalog::indicator::Measure;
use telemetry_catalog::promql::{Scope, Vector, Window};
use telemetry_core::config::HealthThresholds;
use telemetry_core::exposition::{self, Event, Family, FamilyKind, Format, ParseError, Reader};
use telemetry_query::{Labels, Limits, METRIC_NAME, MemoryStore, Query, QueryError, Sample};

/// The samples of a window.
#[derive(Debug)]
pub struct Remembered {
    store: MemoryStore,
    over: Window,
    at: i64,
}

impl Remembered {
    /// What rose by this between two times, with gauges as they are now. A window that is not of whole seconds is taken for one of the
    /// next more.
    ///
    /// # Errors
    /// Where the families, written as an exposition, do not read back; those of a ledger do.
    pub fn new(families: &[Family<'_>], from: SystemTime, to: SystemTime) -> Result<Self, ParseError> {
        let (over, at) = (window(to.duration_since(from).unwrap_or_default()), milliseconds(to));
        // A range leaves its own beginning out.
        let begin = at - i64::from(over.seconds()) * 1000 + 1;
        Ok(Self { store: store(families, begin, at)?, over, at })
    }

    /// How long the window is.
    #[must_use]
    pub const fn over(&self) -> Window {
        self.over
    }

    /// What is found about each check, which must be over [this window](Self::over).
    #[must_use]
    pub fn findings(&self, checks: &[Check], thresholds: &HealthThresholds) -> Vec<Finding> {
        let judged = |check: &Check| match not_testable(&check.indicator.measure) {
            Some(why) => Err(Unjudged::NotTestable(why)),
            None => self.asked(check).map_err(|why| Unjudged::Trouble(why.to_string())),
        };
        let judged = |check| judged(check).map(|(value, events)| check.judged(thresholds, &value, &events));
        checks.iter().map(|check| Finding { indicator: check.indicator, judged: judged(check) }).collect()
    }

    fn asked(&self, check: &Check) -> Result<Asked, SourceError> {
        let events = check.events.as_ref().map(|events| self.ask(events)).transpose()?;
        Ok((self.ask(&check.value)?, events.unwrap_or_default()))
    }

    fn ask(&self, vector: &Vector) -> Result<Vec<(Labels, f64)>, SourceError> {
        let evaluated = Query::parse(&vector.written(&Scope::plain()))
            .and_then(|query| query.instant(&self.store, self.at, &Limits::default()));
        rows(evaluated.map_err(|error: QueryError| SourceError::Query(with_causes(&error)))?)
    }
}

/// The value of a check and its events.
type Asked = (Vec<(Labels, f64)>, Vec<(Labels, f64)>);

/// Why totals cannot tell this; nothing where they can.
const fn not_testable(measure: &Measure) -> Option<&'static str> {
    match measure {
        Measure::Share { .. } | Measure::P95(_) | Measure::Count(_) => None,
        Measure::Stalled { .. } | Measure::Gone { .. } | Measure::Leak { .. } => {
            Some("it follows a number over time")
        }
        Measure::Surge { .. } => Some("it compares with other days"),
        Measure::Idle(_)
        | Measure::GatewayUp
        | Measure::ExpositionUp
        | Measure::SincePush
        | Measure::Stranger => Some("it is about what is scraped"),
    }
}

fn store(families: &[Family<'_>], begin: i64, end: i64) -> Result<MemoryStore, ParseError> {
    let mut store = MemoryStore::default();
    for family in families {
        let rises = !matches!(family.kind, FamilyKind::Gauge);
        let begin = rises.then(|| Sample::new(begin, 0.0));
        let mut text = String::new();
        exposition::write(std::slice::from_ref(family), Format::Text, &mut text);
        for (labels, value) in samples(&text)? {
            store.append(&labels, begin.into_iter().chain([Sample::new(end, value)]));
        }
    }
    Ok(store)
}

/// The lines of an exposition, buckets and sums among them, each with its labels.
pub(super) fn samples(text: &str) -> Result<Vec<(Labels, f64)>, ParseError> {
    let (mut reader, mut samples) = (Reader::new(text, Format::Text), Vec::new());
    loop {
        match reader.next_event()? {
            Event::Sample(sample) => {
                let own = sample.labels.iter().map(|label| (&*label.name, &*label.value));
                samples.push((Labels::new(own.chain([(METRIC_NAME, sample.name)])), sample.value));
            }
            Event::Eof => return Ok(samples),
            _ => {}
        }
    }
}

fn window(length: Duration) -> Window {
    let seconds = length.as_secs() + u64::from(length.subsec_nanos() > 0);
    Window::of_seconds(u32::try_from(seconds).unwrap_or(u32::MAX))
}

fn milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::checks_over;
    use telemetry_catalog::verdict::Verdict;
    use telemetry_core::config::Config;

    const FROM: u64 = 1_700_000_000;

    /// What a ledger has counted since the window began, as text.
    const GROWN: &str = "\
# TYPE sase_agent_runs_total counter
sase_agent_runs_total{llm_provider=\"claude\",workflow=\"fix\",status=\"ok\"} 5
sase_agent_runs_total{llm_provider=\"claude\",workflow=\"fix\",status=\"error\"} 3
sase_agent_runs_total{llm_provider=\"codex\",workflow=\"fix\",status=\"killed\"} 2
# TYPE sase_llm_invocations_total counter
sase_llm_invocations_total{provider=\"claude\",status=\"ok\"} 0
# TYPE sase_axe_errors_total counter
sase_axe_errors_total{} 4
# TYPE sase_agent_run_duration_seconds histogram
sase_agent_run_duration_seconds_bucket{workflow=\"fix\",le=\"60\"} 0
sase_agent_run_duration_seconds_bucket{workflow=\"fix\",le=\"300\"} 10
sase_agent_run_duration_seconds_bucket{workflow=\"fix\",le=\"+Inf\"} 10
sase_agent_run_duration_seconds_sum{workflow=\"fix\"} 1000
sase_agent_run_duration_seconds_count{workflow=\"fix\"} 10
# TYPE sase_agent_active gauge
sase_agent_active{project=\"site\",llm_provider=\"claude\"} 3
";

    fn remembered(length: Duration) -> Remembered {
        let families = exposition::parse(GROWN, Format::Text).unwrap();
        let from = UNIX_EPOCH + Duration::from_secs(FROM);
        Remembered::new(&families, from, from + length).unwrap()
    }

    fn finding(remembered: &Remembered, alert: &str) -> Finding {
        let checks = checks_over(&Config::default(), Some(remembered.over()));
        let findings = remembered.findings(&checks, &HealthThresholds::default());
        findings.into_iter().find(|finding| finding.indicator.alert == alert).unwrap()
    }

    #[test]
    fn what_was_counted_is_exact_however_long_the_window_is() {
        for seconds in [1, 7, 60, 1_800, 2_799, 86_400] {
            let window = remembered(Duration::from_secs(seconds));
            let value = |alert| finding(&window, alert).value();
            assert_eq!(value("AgentRunsFailing"), Some(0.3), "{seconds}");
            assert_eq!(value("AgentRunsKilled"), Some(0.2), "{seconds}");
            assert_eq!(value("AxeCycleErrors"), Some(4.0), "{seconds}");
            // All ten lie between 60 and 300 s, so that the last half of one is a twentieth below the end.
            assert_eq!(value("AgentRunsSlow"), Some(288.0), "{seconds}");
        }
    }

    #[test]
    fn a_window_has_whole_seconds() {
        assert_eq!(remembered(Duration::from_millis(1_800_001)).over(), Window::of_seconds(1_801));
        assert_eq!(finding(&remembered(Duration::from_millis(1)), "AgentRunsFailing").value(), Some(0.3));
    }

    #[test]
    fn the_verdicts_are_those_of_the_limits() {
        let window = remembered(Duration::from_secs(1_800));
        let verdict = |alert| finding(&window, alert).verdict();
        assert_eq!(verdict("AgentRunsFailing"), Some(Verdict::Critical));
        assert_eq!(verdict("AgentRunsKilled"), Some(Verdict::Warning));
        assert_eq!(verdict("AxeCycleErrors"), Some(Verdict::Warning));
        assert_eq!(verdict("LlmErrors"), Some(Verdict::Healthy), "none was called");
        assert_eq!(verdict("ZombieProcesses"), None, "nothing was ever heard of them");
    }

    #[test]
    fn what_totals_cannot_tell_is_neither_well_nor_unwell_and_said() {
        let window = remembered(Duration::from_secs(1_800));
        for alert in [
            "AgentsStalled",
            "BeadsStalled",
            "AxeStalled",
            "AxeLumberjacksGone",
            "WorkspaceReleasesFailing",
            "LlmOutputTokensSurge",
            "PushgatewayDown",
            "ExpositionDown",
            "PushGroupStale",
            "StrangeTarget",
        ] {
            let finding = finding(&window, alert);
            assert!(matches!(finding.judged, Err(Unjudged::NotTestable(_))), "{finding:?}");
            assert!(finding.said().starts_with("not testable from a ledger: it "), "{}", finding.said());
            assert_eq!((finding.verdict(), finding.value()), (None, None));
        }
    }
}

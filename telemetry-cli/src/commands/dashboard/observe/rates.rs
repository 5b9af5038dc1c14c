//! What happens per time, and how bad that is. Everything is over the last minute, or over as much of it as the looks go back.

use super::section::Sum;
use telemetry_catalog::indicator::{Indicator, Measure, indicators};
use telemetry_catalog::panel::Unit;
use telemetry_catalog::promql::{Counters, Selection, counter};
use telemetry_catalog::verdict::Verdict;
use telemetry_core::catalog::{
    AGENT, AGENT_RUNS, AGENT_SPAWNS, AXE, AXE_CYCLES, AXE_ERRORS, AXE_LUMBERJACK_RESTARTS, BEAD_OPERATIONS,
    BEAD_STATUS_TRANSITIONS, BEADS, HOOK_EXECUTIONS, HOOK_RETRIES, HOOKS, LLM, LLM_ERRORS, LLM_INPUT_TOKENS,
    LLM_INVOCATIONS, LLM_OUTPUT_TOKENS, LLM_RETRIES, NOTIFICATIONS, NOTIFICATIONS_SENT, OWN, SERIES_OVERFLOW,
    VCS, VCS_COMMITS, VCS_OPERATIONS, WORKFLOW_EXECUTIONS, WORKSPACE_ACQUISITIONS, WORKSPACE_RELEASES,
};
use telemetry_core::config::HealthThresholds;
use telemetry_core::metric::Subsystem;

/// What is told of a subsystem.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) subsystem: &'static Subsystem,
    /// Whether it is shown of the whole fleet, or only with its subsystem.
    pub(super) is_of_fleet: bool,
    what: What,
}

/// How it is computed.
#[derive(Debug)]
enum What {
    /// How often something happens, under this title.
    PerMinute(&'static str, Selection<Counters>),
    /// How much of something is this, under the title of the indicator that measures it.
    Of { part: Selection<Counters>, whole: Selection<Counters> },
}

/// All of them, in this order always.
pub(super) static RATES: [Asked; 25] = [
    fleet(&AGENT, What::PerMinute("Agent runs", counter(&AGENT_RUNS))),
    fleet(&AGENT, What::Of { part: counter(&AGENT_RUNS).failing(), whole: counter(&AGENT_RUNS) }),
    own(&AGENT, What::PerMinute("Agent spawns", counter(&AGENT_SPAWNS))),
    own(&LLM, What::PerMinute("Invocations", counter(&LLM_INVOCATIONS))),
    own(&LLM, What::Of { part: counter(&LLM_ERRORS), whole: counter(&LLM_INVOCATIONS) }),
    fleet(&LLM, What::Of { part: counter(&LLM_RETRIES), whole: counter(&LLM_INVOCATIONS) }),
    fleet(&LLM, What::PerMinute("Tokens in", counter(&LLM_INPUT_TOKENS))),
    fleet(&LLM, What::PerMinute("Tokens out", counter(&LLM_OUTPUT_TOKENS))),
    own(&AXE, What::PerMinute("Cycles", counter(&AXE_CYCLES))),
    own(&AXE, What::PerMinute("Cycle errors", counter(&AXE_ERRORS))),
    own(&AXE, What::PerMinute("Lumberjack restarts", counter(&AXE_LUMBERJACK_RESTARTS))),
    own(&HOOKS, What::PerMinute("Hooks", counter(&HOOK_EXECUTIONS))),
    own(&HOOKS, What::Of { part: counter(&HOOK_EXECUTIONS).failing(), whole: counter(&HOOK_EXECUTIONS) }),
    own(&HOOKS, What::Of { part: counter(&HOOK_RETRIES), whole: counter(&HOOK_EXECUTIONS) }),
    own(&HOOKS, What::PerMinute("Workflows", counter(&WORKFLOW_EXECUTIONS))),
    own(&BEADS, What::PerMinute("Bead operations", counter(&BEAD_OPERATIONS))),
    own(&BEADS, What::PerMinute("Status changes", counter(&BEAD_STATUS_TRANSITIONS))),
    own(&VCS, What::PerMinute("VCS operations", counter(&VCS_OPERATIONS))),
    own(&VCS, What::Of { part: counter(&VCS_OPERATIONS).failing(), whole: counter(&VCS_OPERATIONS) }),
    own(&VCS, What::PerMinute("Commits", counter(&VCS_COMMITS))),
    own(&VCS, What::PerMinute("Workspaces acquired", counter(&WORKSPACE_ACQUISITIONS))),
    own(&VCS, What::PerMinute("Workspaces released", counter(&WORKSPACE_RELEASES))),
    own(&NOTIFICATIONS, What::PerMinute("Notifications", counter(&NOTIFICATIONS_SENT))),
    own(
        &NOTIFICATIONS,
        What::Of { part: counter(&NOTIFICATIONS_SENT).failing(), whole: counter(&NOTIFICATIONS_SENT) },
    ),
    own(&OWN, What::PerMinute("Recordings folded into overflow", counter(&SERIES_OVERFLOW))),
];

const fn fleet(subsystem: &'static Subsystem, what: What) -> Asked {
    Asked { subsystem, is_of_fleet: true, what }
}

const fn own(subsystem: &'static Subsystem, what: What) -> Asked {
    Asked { subsystem, is_of_fleet: false, what }
}

/// A rate without its course.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rated {
    pub(super) title: &'static str,
    pub(super) unit: Unit,
    pub(super) value: Option<f64>,
    pub(super) verdict: Option<Verdict>,
}

/// Each of [`RATES`]; without a value where two looks have not seen what it is made of.
pub(super) fn rates(sums: &[Sum], minutes: Option<f64>, thresholds: &HealthThresholds) -> Vec<Rated> {
    RATES.iter().map(|asked| asked.what.rated(sums, minutes, thresholds)).collect()
}

impl What {
    fn rated(&self, sums: &[Sum], minutes: Option<f64>, thresholds: &HealthThresholds) -> Rated {
        match self {
            Self::PerMinute(title, of) => {
                let value = risen(sums, of).zip(minutes).map(|(risen, minutes)| risen / minutes);
                Rated { title, unit: Unit::PerMinute, value, verdict: None }
            }
            Self::Of { part, whole } => {
                let indicator = indicator(part, whole);
                let all = risen(sums, whole);
                // Of what was never retried there is no series, though there are calls.
                let share = |all: f64| risen(sums, part).unwrap_or_default() / all;
                let value = all.filter(|all| *all > 0.0).map(share);
                let judged = indicator.zip(all);
                Rated {
                    title: indicator.map_or("", |indicator| indicator.title),
                    // A part of a whole is never more than that; of retries there may be several to a call.
                    unit: if part.def() == whole.def() { Unit::Share } else { Unit::Count },
                    value,
                    verdict: judged.map(|(one, all)| one.judge(thresholds, value, Some(all)).verdict),
                }
            }
        }
    }
}

/// By how much a selection has risen, over all families that have its name: all of a metric, or its failures.
fn risen(sums: &[Sum], of: &Selection<Counters>) -> Option<f64> {
    let fails = of.matcher().is_some();
    let mut found = sums.iter().filter(|sum| sum.def == of.def() && sum.risen.is_some()).peekable();
    let risen = |sum: &Sum| if fails { sum.failed } else { sum.risen.unwrap_or_default() };
    found.peek().is_some().then(|| found.map(risen).sum())
}

/// The indicator that measures this share.
fn indicator(part: &Selection<Counters>, whole: &Selection<Counters>) -> Option<&'static Indicator> {
    let is_this = |measure: &Measure| matches!(measure, Measure::Share { part: of, whole: all } if of == part && all == whole);
    indicators().find(|indicator| is_this(&indicator.measure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_catalog::subsystems;
    use telemetry_core::metric::MetricDef;

    fn sum(def: &'static MetricDef, risen: f64, failed: f64) -> Sum {
        Sum { def, value: 1000.0, risen: Some(risen), failed }
    }

    /// Those of the fleet.
    fn of_fleet(sums: &[Sum]) -> Vec<Rated> {
        let rates = rates(sums, Some(2.0), &HealthThresholds::default());
        let fleet = RATES.iter().zip(rates).filter(|(asked, _)| asked.is_of_fleet);
        fleet.map(|(_, rated)| rated).collect()
    }

    fn values(sums: &[Sum]) -> Vec<(Option<f64>, Option<Verdict>)> {
        of_fleet(sums).iter().map(|rate| (rate.value, rate.verdict)).collect()
    }

    #[test]
    fn what_rose_is_told_per_minute_or_as_a_share_with_the_verdict_of_its_alert() {
        let found = values(&[
            sum(AGENT_RUNS.def(), 20.0, 10.0),
            sum(LLM_INVOCATIONS.def(), 100.0, 0.0),
            sum(LLM_INPUT_TOKENS.def(), 3000.0, 0.0),
        ]);
        assert_eq!(
            found,
            [
                (Some(10.0), None),
                (Some(0.5), Some(Verdict::Critical)),
                (Some(0.0), Some(Verdict::Healthy)),
                (Some(1500.0), None),
                (None, None),
            ]
        );
    }

    #[test]
    fn retries_are_a_number_for_each_call_since_there_may_be_more_of_them_than_calls() {
        let told = of_fleet(&[
            sum(AGENT_RUNS.def(), 50.0, 10.0),
            sum(LLM_INVOCATIONS.def(), 100.0, 0.0),
            sum(LLM_RETRIES.def(), 108.0, 0.0),
        ]);
        let shown = |rate: &Rated| (rate.title, rate.unit.shown(rate.value.unwrap()));
        assert_eq!(shown(&told[1]), ("Share of runs that failed", "20.0 %".to_owned()));
        assert_eq!(shown(&told[2]), ("Retries per invocation", "1.08".to_owned()));
    }

    #[test]
    fn one_failure_of_one_run_is_not_critical_and_of_no_run_there_is_no_share() {
        let found = values(&[sum(AGENT_RUNS.def(), 1.0, 1.0)]);
        assert_eq!(found[1], (Some(1.0), Some(Verdict::Healthy)));
        let idle = values(&[sum(AGENT_RUNS.def(), 0.0, 0.0)]);
        assert_eq!((idle[0], idle[1]), ((Some(0.0), None), (None, Some(Verdict::Healthy))));
    }

    #[test]
    fn every_subsystem_has_rates_of_its_own_metrics_and_every_share_its_indicator() {
        for subsystem in subsystems() {
            assert!(RATES.iter().any(|asked| asked.subsystem == subsystem), "{}", subsystem.slug);
        }
        for Asked { subsystem, what, .. } in &RATES {
            let of = match what {
                What::PerMinute(_, of) => vec![of],
                What::Of { part, whole } => {
                    assert!(
                        indicator(part, whole).is_some_and(|one| one.subsystem == *subsystem),
                        "{what:?}"
                    );
                    // Failures are all that is noted of a part of a metric.
                    assert!(part.matcher().is_none() || *part == whole.failing(), "{what:?}");
                    vec![part, whole]
                }
            };
            assert!(of.iter().all(|one| subsystem.metrics.contains(&one.def())), "{what:?}");
        }
    }
}

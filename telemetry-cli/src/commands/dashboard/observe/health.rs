//! How every subsystem is, by whoever remembers the last half hour.

use super::super::{Plan, Source};
use crate::clock::now;
use crate::commands::health::{Report, by_ledger, by_prometheus};
use crate::tables::harmless;
use std::time::Duration;
use telemetry_catalog::quantity::seconds;
use telemetry_catalog::verdict::Verdict;
use telemetry_stack::health::Condition;

/// How often health is judged where no new samples are a reason to: what was half an hour ago counts less and less.
const SELDOM: Duration = Duration::from_secs(15);

/// How old health may be for it to be said of now, beside what a source may take to answer.
const OLD: Duration = Duration::from_secs(60);

/// What judging takes, within which nobody says that it is late.
const SLACK: Duration = Duration::from_secs(2);

/// How much of the window must be missing for that to be said, as a share.
const NOTABLE: f64 = 0.01;

/// What is known of health.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// When it was judged, in milliseconds since 1970.
    pub(super) at: i64,
    pub(super) verdict: Verdict,
    pub(super) conditions: Vec<Condition>,
    pub(super) notes: Vec<String>,
}

/// The time from one judgement to the next that is asked for.
pub(super) fn pause(plan: &Plan) -> Duration {
    SELDOM.max(plan.interval)
}

/// Asks whoever tells, or says why nobody does: a Prometheus that knows of the fleet, and else the ledger. A gateway and an exposition server
/// remember nothing.
pub(super) fn ask(plan: &Plan) -> Result<Known, String> {
    let (config, timeout) = (&plan.config, plan.timeout);
    let ledger = || by_ledger(config, timeout).map_err(|trouble| trouble.sentence());
    match plan.source {
        Source::Prometheus => by_prometheus(config, timeout).map(known),
        Source::Ledger => ledger().map(known),
        Source::Pushgateway | Source::Exposition => Err("it remembers nothing".to_owned()),
        Source::Auto => {
            let scraped = by_prometheus(config, timeout);
            if let Ok(report) = &scraped
                && report.has_data()
                && report.knows_the_fleet()
            {
                return scraped.map(known);
            }
            match (scraped, ledger()) {
                (_, Ok(remembered)) if remembered.has_data() => Ok(known(remembered)),
                (Ok(report), _) => Ok(known(report)),
                (Err(why), _) => Err(why),
            }
        }
    }
}

fn most_age(plan: &Plan) -> Duration {
    OLD.max(plan.interval * 3) + plan.timeout
}

fn known(report: Report) -> Known {
    let mut notes: Vec<_> = report.remarks.iter().map(|remark| harmless(remark)).collect();
    let seen = &report.seen;
    let asked = Duration::from_secs(u64::from(seen.asked.seconds()));
    if report.source != "prometheus" || seen.covered < asked.mul_f64(1.0 - NOTABLE) || !seen.is_live {
        notes.push(format!("health: {}", seen.said()));
    }
    Known { at: now(), verdict: report.verdict, conditions: report.conditions, notes }
}

impl Known {
    /// What it is worth by now. What is older than it should be says so, and what is much older says nothing of now.
    pub(super) fn aged(&self, now: i64, plan: &Plan) -> (Verdict, Option<String>) {
        let age = Duration::from_millis(u64::try_from(now - self.at).unwrap_or_default());
        // It is judged at the first look at which it is due.
        if age <= pause(plan) + plan.interval + SLACK {
            return (self.verdict, None);
        }
        let verdict = if age <= most_age(plan) { self.verdict } else { Verdict::Unknown };
        (verdict, Some(format!("health was last judged {} ago", seconds(age.as_secs_f64().round()))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::state::made_up::plan;
    use super::*;

    #[test]
    fn what_was_judged_longer_ago_than_it_should_be_says_so_and_at_last_says_nothing() {
        let plan = plan();
        let known = Known { at: 0, verdict: Verdict::Healthy, conditions: Vec::new(), notes: Vec::new() };
        let at = |seconds: i64| known.aged(seconds * 1000, &plan);
        // The clock may have been set back since.
        for seconds in [-9, 0, 15, 22] {
            assert_eq!(at(seconds), (Verdict::Healthy, None), "{seconds}");
        }
        assert_eq!(at(25), (Verdict::Healthy, Some("health was last judged 25 s ago".to_owned())));
        assert_eq!(at(61).0, Verdict::Healthy);
        assert_eq!(at(62), (Verdict::Unknown, Some("health was last judged 1 m 2 s ago".to_owned())));
    }
}

//! How every subsystem is, by whoever remembers the last half hour.

use super::super::{Plan, Source};
use crate::clock::now;
use crate::commands::health::{Report, by_ledger, by_prometheus};
use crate::tables::harmless;
use std::time::Duration;
use telemetry_catalog::quantity::seconds;
use telemetry_catalog::verdict::Verdict;
use telemetry_stack::health::Condition;

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
    /// What it is worth by now: what was judged longer ago than this says nothing of now, and what is said of it says so.
    pub(super) fn aged(&self, now: i64, most: i64) -> (Verdict, Option<String>) {
        let age = now - self.at;
        if age <= most {
            return (self.verdict, None);
        }
        let ago = Duration::from_millis(age.unsigned_abs()).as_secs_f64().round();
        (Verdict::Unknown, Some(format!("health was last judged {} ago", seconds(ago))))
    }
}

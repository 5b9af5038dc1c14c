//! What was found, whoever was asked.

use super::window::Seen;
use telemetry_catalog::promql::Window;
use telemetry_catalog::verdict::Verdict;
use telemetry_core::metric::Subsystem;
use telemetry_stack::health::{Check, Condition, Finding, conditions, knows_the_fleet, overall};

/// How well everything is.
#[derive(Debug)]
pub(crate) struct Report {
    /// Who told it, in one word: `prometheus` or `ledger`.
    pub(crate) source: &'static str,
    /// Where that is: a URL or a file.
    pub(crate) place: String,
    /// What part of the window is known.
    pub(crate) seen: Seen,
    /// The worst of all.
    pub(crate) verdict: Verdict,
    /// How each subsystem is.
    pub(crate) conditions: Vec<Condition>,
    /// The window of each check.
    pub(crate) checks: Vec<Check>,
    /// What a person should know beside.
    pub(crate) remarks: Vec<String>,
}

impl Report {
    /// What follows from the findings. `firing` tells the worst alert that fires in a subsystem, with its name.
    pub(super) fn new<'a>(
        (source, place): (&'static str, String),
        seen: Seen,
        (checks, findings): (Vec<Check>, &[Finding]),
        firing: impl Fn(&Subsystem) -> Option<(Verdict, &'a str)>,
    ) -> Self {
        let conditions = conditions(findings, firing);
        let verdict = overall(&conditions, seen.is_live);
        let report = Self { source, place, seen, verdict, conditions, checks, remarks: Vec::new() };
        report.not_healthy_without_a_fleet()
    }

    /// That a gateway is up says nothing of those who would push to it.
    fn not_healthy_without_a_fleet(mut self) -> Self {
        if self.verdict == Verdict::Healthy && !self.knows_the_fleet() {
            self.verdict = Verdict::Unknown;
            self.remarks
                .push(format!("{} knows nothing of the fleet yet but that its targets answer", self.place));
        }
        self
    }

    /// Whether anything is known of the window.
    pub(super) const fn has_data(&self) -> bool {
        self.seen.from.is_some()
    }

    /// Whether anything was found, or could not be told, that is about more than whether somebody listens.
    pub(super) fn knows_the_fleet(&self) -> bool {
        knows_the_fleet(&self.conditions)
    }

    /// The report of one subsystem, where one is asked for.
    pub(super) fn only(mut self, subsystem: Option<&Subsystem>) -> Self {
        if let Some(subsystem) = subsystem {
            self.conditions.retain(|condition| condition.subsystem == subsystem);
            self.verdict = overall(&self.conditions, self.seen.is_live);
        }
        self
    }

    /// The same with why another source was not the one.
    pub(super) fn instead_of(mut self, why: &str) -> Self {
        self.remarks.push(format!("the ledger was asked, since no Prometheus tells: {why}"));
        self
    }

    /// The same where another source knows nothing of the fleet in this window.
    pub(super) fn rather_than(self, other: &Self) -> Self {
        self.instead_of(&format!("{} has scraped nothing of the fleet in this window", other.place))
    }

    /// The window over which an alert was judged.
    pub(crate) fn over(&self, alert: &str) -> Window {
        let check = self.checks.iter().find(|check| check.indicator.alert == alert);
        check.map_or(Window::ZERO, |check| check.over)
    }
}

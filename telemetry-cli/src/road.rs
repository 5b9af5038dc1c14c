//! The road by which what one call of ours counted leaves the process: merged into the ledger within a bound, then pushed in the
//! background, for which the caller waits only so long.

use crate::args::Global;
use crate::failure::warn;
use std::time::{Duration, Instant};
use telemetry_core::Registry;
use telemetry_core::config::Carrier;
use telemetry_push::{Carry, Ledger};

mod background;

use background::BackgroundPush;

/// How long the user may be kept waiting for the merge and the push after what was recorded.
pub(crate) const BOUND_AFTER: Duration = Duration::from_secs(2);

/// The road by which the counts of this call leave the process.
pub(crate) struct Road<'a> {
    global: &'a Global,
    carrier: Carrier,
    carry: Carry,
}

impl<'a> Road<'a> {
    /// The road of what this registry counts into this ledger, and on from there.
    pub(crate) fn new(global: &'a Global, carrier: Carrier, ledger: Ledger, registry: Registry) -> Self {
        Self { global, carrier, carry: Carry::new(ledger, registry) }
    }

    /// The ledger that it leads into.
    pub(crate) const fn ledger(&self) -> &Ledger {
        self.carry.ledger()
    }

    /// Merges into the ledger, and has it pushed where that is its road.
    pub(crate) fn carry_out(
        &mut self,
        bound: Duration,
        problems: &mut Problems,
    ) -> Result<(), telemetry_push::Error> {
        let end = Instant::now() + bound;
        self.merge(bound, problems)?;
        self.push(end.saturating_duration_since(Instant::now()), problems);
        Ok(())
    }

    /// Merges into the ledger. What finds it held for longer than the bound waits beside it for whoever merges next.
    pub(crate) fn merge(
        &mut self,
        bound: Duration,
        problems: &mut Problems,
    ) -> Result<(), telemetry_push::Error> {
        self.carry.merge_within(bound)?.notes.into_iter().for_each(|note| problems.warn(note));
        Ok(())
    }

    /// Has the ledger pushed where that is its road, and waits for that only so long.
    pub(crate) fn push(&self, bound: Duration, problems: &mut Problems) {
        match self.carrier {
            Carrier::Push | Carrier::Textfile if self.ledger().place().advice.is_some() => {
                self.ledger().advice_once().into_iter().for_each(|advice| problems.warn(advice));
            }
            Carrier::Push => self.push_beside(bound, problems),
            Carrier::Serve | Carrier::Textfile | Carrier::None => {}
        }
    }

    fn push_beside(&self, bound: Duration, problems: &mut Problems) {
        match BackgroundPush::start(self.global, self.ledger().place()) {
            Ok(push) => push.wait(bound).into_iter().for_each(|problem| problems.pass(problem)),
            Err(error) => problems.pass(format!("cannot start the push: {error}")),
        }
    }
}

/// What went wrong with telemetry, of which the user is told one line.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    failures: Vec<String>,
    warnings: Vec<String>,
    passing: Vec<String>,
}

impl Problems {
    pub(crate) fn fail(&mut self, failure: impl Into<String>) {
        note(&mut self.failures, failure.into());
    }

    pub(crate) fn warn(&mut self, warning: impl Into<String>) {
        note(&mut self.warnings, warning.into());
    }

    /// A push that failed: the ledger has what it would have carried, and the next one makes up for it or tells the same.
    fn pass(&mut self, problem: impl Into<String>) {
        note(&mut self.passing, problem.into());
    }

    /// What failed is told before what merely deserves a word, and that before what the next call tells again: that a ledger was set aside
    /// is told once.
    pub(crate) fn report(&self) {
        let all: Vec<_> = self.failures.iter().chain(&self.warnings).chain(&self.passing).collect();
        match all.as_slice() {
            [] => {}
            [only] => warn(only),
            [first, rest @ ..] => warn(&format!("{first} (and {} more)", rest.len())),
        }
    }
}

fn note(problems: &mut Vec<String>, problem: String) {
    if !problems.contains(&problem) {
        problems.push(problem);
    }
}

//! From events to the ledger and on to the gateway.

use super::nothing_is_recorded;
use crate::events::{Event, Place};
use crate::failure::Failure;
use crate::road::{BOUND_AFTER, Problems, Road};
use crate::session::{Session, why_nothing_is_recorded};
use std::time::{Duration, Instant};
use telemetry_core::Registry;
use telemetry_push::{Error, Ledger};

/// How often what a batch recorded is pushed while it goes on.
const PUSH_EVERY: Duration = Duration::from_secs(10);

/// Records events, and carries them out.
pub(super) struct Recorder<'a> {
    registry: Registry,
    road: Road<'a>,
    problems: Problems,
    /// How many events were recorded since the last merge.
    unmerged: u64,
    pushed: Instant,
}

impl<'a> Recorder<'a> {
    /// `None` where nothing is to be recorded.
    pub(super) fn new(session: &'a Session) -> Result<Option<Self>, Failure> {
        let config = session.config()?;
        if let Some(why) = why_nothing_is_recorded(&config) {
            nothing_is_recorded(why, session);
            return Ok(None);
        }
        let ledger = Ledger::new(&config)?;
        let registry = Registry::new(&config);
        let road = Road::new(session.global(), config.carrier, ledger, registry.clone());
        let pushed = Instant::now();
        Ok(Some(Self { registry, road, problems: Problems::default(), unmerged: 0, pushed }))
    }

    /// Records the event, whole or not at all; it is in the ledger after the next merge.
    pub(super) fn record(&mut self, event: &Event) -> Result<(), String> {
        event.record(&Place { registry: &self.registry, ledger: self.road.ledger() })?;
        self.unmerged += u64::from(!event.is_lease());
        Ok(())
    }

    /// How many events would be lost if the process died now.
    pub(super) const fn unmerged(&self) -> u64 {
        self.unmerged
    }

    /// Merges what was recorded, and has it pushed now and then. Where that fails, the next merge carries it.
    pub(super) fn merge(&mut self) -> Result<(), Error> {
        self.road.merge(BOUND_AFTER, &mut self.problems)?;
        self.unmerged = 0;
        if self.pushed.elapsed() >= PUSH_EVERY {
            self.road.push(BOUND_AFTER, &mut self.problems);
            self.pushed = Instant::now();
        }
        Ok(())
    }

    /// Merges and pushes the rest, and says what went wrong with the push. What is in the ledger is recorded, whatever becomes of that.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        let carried = match self.unmerged {
            0 => {
                self.road.push(BOUND_AFTER, &mut self.problems);
                Ok(())
            }
            _ => self.road.carry_out(BOUND_AFTER, &mut self.problems),
        };
        self.problems.report();
        carried.map_err(|error| unwritable(error, self.unmerged))?;
        self.unmerged = 0;
        Ok(())
    }
}

fn unwritable(error: Error, events: u64) -> Failure {
    let what = match events {
        1 => "not recorded".to_owned(),
        events => format!("the last {events} events were not recorded"),
    };
    let line = Failure::from(error).line();
    Failure::new(format!("{what}: {line}"))
        .advice("The ledger is what must be written; telemetry.ledger_path says in which folder it is.")
}

//! The fleet while it runs: which agents there are, when the next one begins, and who is to be killed.

use super::agent::FAILED;
use super::child::Part;
use super::home::Home;
use super::part::agent_arguments;
use super::plan::{End, Plan};
use crate::failure::Failure;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;
use telemetry_core::config::Carrier;

/// The agents of a plan, one at a time in each slot.
pub(super) struct Fleet<'a> {
    plan: &'a Plan,
    gateway: String,
    carrier: Carrier,
    /// Of each slot: the agents that are still to come, the next one last, and the one that is there.
    slots: Vec<Slot>,
    /// How many have ended.
    ended: usize,
}

struct Slot {
    coming: Vec<usize>,
    here: Option<Here>,
}

/// An agent that is there.
struct Here {
    number: usize,
    part: Part,
    ready: PathBuf,
    killed: bool,
}

impl<'a> Fleet<'a> {
    /// A fleet of which nobody is there yet.
    pub(super) fn new(plan: &'a Plan, gateway: String, carrier: Carrier) -> Self {
        let mut slots: Vec<Slot> =
            (0..plan.agents).map(|_| Slot { coming: Vec::new(), here: None }).collect();
        for (number, life) in plan.lives.iter().enumerate().rev() {
            slots[life.slot].coming.push(number);
        }
        Self { plan, gateway, carrier, slots, ended: 0 }
    }

    /// How many agents are there now.
    pub(super) fn active(&self) -> usize {
        self.slots.iter().filter(|slot| slot.here.is_some()).count()
    }

    /// How many have ended.
    pub(super) const fn ended(&self) -> usize {
        self.ended
    }

    /// Whether nobody is there and nobody is to come.
    pub(super) fn is_done(&self) -> bool {
        self.ended == self.plan.lives.len()
    }

    /// Does what is due at this time; the answer is how many agents were killed that no longer are there.
    pub(super) fn attend(&mut self, elapsed: Duration, home: &Home) -> Result<usize, Failure> {
        let mut killed = 0;
        for index in 0..self.slots.len() {
            killed += self.look_after(index)?;
            self.begin_next(index, elapsed, home)?;
        }
        Ok(killed)
    }

    /// Kills the agent of a slot if it asks for it, and takes it out when it has ended.
    fn look_after(&mut self, index: usize) -> Result<usize, Failure> {
        let Some(here) = &mut self.slots[index].here else { return Ok(0) };
        if !here.killed && here.ready.exists() {
            here.killed = true;
            here.part.child().kill()?;
        }
        let Some(status) = here.part.ended()? else { return Ok(0) };
        let _removed = fs::remove_file(&here.ready);
        let (number, end) = (here.number, self.plan.lives[here.number].end);
        self.slots[index].here = None;
        self.ended += 1;
        if !is_as_planned(end, status) {
            return Err(Failure::new(format!(
                "agent {number} was to end as {end:?}, and ended with {status}"
            )));
        }
        Ok(usize::from(end == End::Killed))
    }

    fn begin_next(&mut self, index: usize, elapsed: Duration, home: &Home) -> Result<(), Failure> {
        let slot = &mut self.slots[index];
        let Some(&number) = slot.coming.last() else { return Ok(()) };
        if slot.here.is_some() || self.plan.lives[number].begin > elapsed {
            return Ok(());
        }
        slot.coming.pop();
        let ready = home.file(&format!("ready-{number}"));
        let mut command = home.part()?;
        command.args(agent_arguments(self.plan, number)).arg(&ready);
        command.env("SASE_TELEMETRY_CARRIER", self.carrier.name());
        command.env("SASE_TELEMETRY_PROMETHEUS__INSTANCE", "demo");
        command.env("SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL", &self.gateway);
        let part = Part::start(&mut command)
            .map_err(|error| Failure::new("cannot start an agent").because(error))?;
        slot.here = Some(Here { number, part, ready, killed: false });
        Ok(())
    }
}

/// Whether an agent that was to end so ends with this status.
fn is_as_planned(end: End, status: ExitStatus) -> bool {
    match end {
        End::Ok => status.success(),
        End::Error | End::TimedOut => status.code() == Some(FAILED.into()),
        End::Killed => status.signal() == Some(signal_hook::consts::SIGKILL),
    }
}

//! Events that scripts and children of ours tell: as lines of JSON, which `telemetry record` reads and `telemetry run --metrics-from`
//! too, and as the words and flags of `telemetry record`. One declaration of each event makes both.
//!
//! An event is something that is over: it is recorded through the guard of the library that a program would have held meanwhile.

mod agent;
mod axe;
mod bead;
mod hook;
mod known;
mod label;
mod llm;
mod notification;
mod number;
mod read;
#[cfg(test)]
mod tests;
mod vcs;
mod workflow;
mod workspace;

use clap::Subcommand;
use serde::Deserialize;
use telemetry_core::Registry;
use telemetry_push::Ledger;

/// What an event is labelled with where nobody said: the text that `telemetry run` uses too.
const UNKNOWN: &str = "unknown";

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Subcommand, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    Agent(agent::AgentEvent),
    Llm(llm::LlmEvent),
    RetrySpawn(llm::RetrySpawnEvent),
    #[command(subcommand)]
    Axe(axe::AxeEvent),
    Hook(hook::HookEvent),
    Mentor(workflow::MentorEvent),
    Workflow(workflow::WorkflowEvent),
    Zombie(hook::ZombieEvent),
    Bead(bead::BeadEvent),
    Vcs(vcs::VcsEvent),
    #[command(subcommand)]
    Workspace(workspace::WorkspaceEvent),
    Notification(notification::NotificationEvent),
}

/// Where events are recorded.
#[derive(Debug)]
pub(crate) struct Place<'p> {
    /// What is counted; it is merged by the caller.
    pub(crate) registry: &'p Registry,
    /// Where workspaces are leased.
    pub(crate) ledger: &'p Ledger,
}

/// What every event can do.
trait Happened {
    /// What is wrong with fields that are right each for itself.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Records it, whole or not at all.
    fn record(&self, place: &Place<'_>) -> Result<(), String>;
}

impl Event {
    /// Reads one line, an object with the name of the event under `event` and its fields beside it.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it, and what would be right.
    pub(crate) fn read(line: &str) -> Result<Self, String> {
        let event = read::object(line)?;
        Self::check(&event)?;
        Ok(event)
    }

    /// Whether its fields go together: those of [`read`](Self::read) do, and those of flags may not.
    ///
    /// # Errors
    /// A sentence that says which do not.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.happened().check()
    }

    /// Records it, whole or not at all. All but the lease of a workspace is in the registry then, and for the caller to merge; a lease
    /// is durable in the ledger.
    ///
    /// # Errors
    /// A sentence that says why nothing of it was recorded.
    pub(crate) fn record(&self, place: &Place<'_>) -> Result<(), String> {
        self.happened().record(place)
    }

    /// Whether it is durable as soon as it is recorded, and nothing of it is in the registry.
    pub(crate) const fn is_lease(&self) -> bool {
        matches!(self, Self::Workspace(_))
    }

    fn happened(&self) -> &dyn Happened {
        match self {
            Self::Agent(event) => event,
            Self::Llm(event) => event,
            Self::RetrySpawn(event) => event,
            Self::Axe(event) => event,
            Self::Hook(event) => event,
            Self::Mentor(event) => event,
            Self::Workflow(event) => event,
            Self::Zombie(event) => event,
            Self::Bead(event) => event,
            Self::Vcs(event) => event,
            Self::Workspace(event) => event,
            Self::Notification(event) => event,
        }
    }
}

//! Guards for the things that really happen, so that nobody has to remember which metrics belong together.
//!
//! A guard begins when the thing begins and ends with its outcome. When it begins, it creates at 0 every series that its end may
//! touch with a known value, because `increase()` cannot see a counter that is born at 1. Dropped without an outcome, it records
//! a failure, so that an early return or a panic is not mistaken for a success. A guard that began while telemetry was off
//! records nothing at its end either: a gauge never goes to -1.
//!
//! Something that is over when it is recorded, as an event that a script tells, has taken its time before the guard begins: each
//! guard with a duration can be told how long that was, with `lasted`, or that nobody knows it, with `lasted_unknown`.
//!
//! Each guard has `begin`, for the default registry, and `begin_in`, for a registry of your own.

mod agent;
mod axe;
mod bead;
mod clock;
mod hook;
mod llm;
mod mentor;
mod notification;
mod vcs;
mod workflow;
mod workspace;

pub use agent::{Agent, AgentRun};
pub use axe::AxeCycle;
pub use bead::{BeadChange, BeadTransition};
pub use hook::HookExecution;
pub use llm::LlmInvocation;
pub use mentor::MentorExecution;
pub use notification::NotificationSending;
pub use vcs::VcsAction;
pub use workflow::WorkflowExecution;
pub use workspace::WorkspaceLease;

use crate::declare::Schema;
use crate::handle::{Bound, Handle};
use crate::recorded::Recorded;
use crate::registry::{Kept, Registry};
use crate::switch;

/// The error type that is recorded where a guard was dropped without an outcome.
pub const DROPPED: &str = "dropped";

/// The registry in which a guard records: the default one, or one of its own.
#[derive(Debug, Clone)]
struct Scope(Option<Registry>);

impl Scope {
    /// The default registry, if it is on.
    fn global() -> Option<Self> {
        switch::is_on().then_some(Self(None))
    }

    /// A registry of the caller's.
    fn own(registry: &Registry) -> Option<Self> {
        cfg!(feature = "live").then(|| Self(Some(registry.clone())))
    }

    /// The series with these labels, created at 0 if it is not there.
    fn series<C: Kept, S: Schema<Cell = C>>(&self, handle: &Handle<C, S>, labels: S::Labels<'_>) -> Bound<C> {
        match &self.0 {
            Some(registry) => handle.in_registry(registry).bind(labels),
            None => handle.bind(labels),
        }
    }

    /// Creates the series with these labels at 0.
    fn touch<C: Kept, S: Schema<Cell = C>>(&self, handle: &Handle<C, S>, labels: S::Labels<'_>) {
        let _created = self.series(handle, labels);
    }
}

/// What a guard does when nobody said how it ended.
trait Abandoned {
    fn abandoned(self);
}

/// What a guard holds between its beginning and its end; nothing if its beginning was not recorded.
#[derive(Debug)]
struct Begun<T: Abandoned>(Recorded<T>);

impl<T: Abandoned> Begun<T> {
    fn new(held: Option<T>) -> Self {
        Self(Recorded::new(held))
    }

    /// Ends the guard: what it held, if its beginning was recorded.
    fn end(mut self) -> Option<T> {
        self.0.take()
    }

    const fn get(&self) -> Option<&T> {
        self.0.get()
    }

    fn change(&mut self, f: impl FnOnce(&mut T)) {
        if let Some(held) = self.0.get_mut() {
            f(held);
        }
    }
}

impl<T: Abandoned> Drop for Begun<T> {
    fn drop(&mut self) {
        if let Some(held) = self.0.take() {
            held.abandoned();
        }
    }
}

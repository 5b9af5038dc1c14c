//! One cycle of the axe: count, duration and errors.

use super::clock::{Clock, told_durations};
use super::{Abandoned, Begun, DROPPED, Scope};
use crate::catalog::{
    AXE_CYCLE_DURATION, AXE_CYCLES, AXE_ERRORS, AxeCycleDuration, AxeCycles, AxeErrors, CycleType,
};
use crate::handle::{BoundCounter, BoundHistogram};
use crate::registry::Registry;

/// One cycle of the axe, the orchestrator daemon.
///
/// Records `sase_axe_cycles_total` and `sase_axe_cycle_duration_seconds` at its end, and `sase_axe_errors_total` as errors are told.
/// Dropped without an end it is a cycle with an error of the type [`DROPPED`].
#[derive(Debug)]
#[must_use = "dropped at once, the cycle counts an error"]
pub struct AxeCycle(Begun<Cycling>);

told_durations!(AxeCycle);

#[derive(Debug)]
struct Cycling {
    scope: Scope,
    clock: Clock,
    cycles: BoundCounter,
    duration: BoundHistogram,
}

impl AxeCycle {
    /// The cycle begins.
    pub fn begin(cycle_type: CycleType) -> Self {
        Self(Begun::new(Scope::global().map(|scope| Cycling::begin(scope, cycle_type))))
    }

    /// The cycle begins, and is recorded in this registry.
    pub fn begin_in(registry: &Registry, cycle_type: CycleType) -> Self {
        Self(Begun::new(Scope::own(registry).map(|scope| Cycling::begin(scope, cycle_type))))
    }

    /// Counts an error that the cycle met and survived.
    pub fn error(&self, error_type: &str) {
        if let Some(cycling) = self.0.get() {
            cycling.error(error_type);
        }
    }

    /// The cycle ended.
    pub fn done(self) {
        if let Some(cycling) = self.0.end() {
            cycling.end();
        }
    }
}

impl Cycling {
    fn begin(scope: Scope, cycle_type: CycleType) -> Self {
        scope.touch(&AXE_ERRORS, AxeErrors { error_type: DROPPED });
        Self {
            cycles: scope.series(&AXE_CYCLES, AxeCycles { cycle_type }),
            duration: scope.series(&AXE_CYCLE_DURATION, AxeCycleDuration { cycle_type }),
            clock: Clock::start(),
            scope,
        }
    }

    fn error(&self, error_type: &str) {
        self.scope.series(&AXE_ERRORS, AxeErrors { error_type }).inc();
    }

    fn end(self) {
        self.clock.observe(&self.duration);
        self.cycles.inc();
    }
}

impl Abandoned for Cycling {
    fn abandoned(self) {
        self.error(DROPPED);
        self.end();
    }
}

//! The catalog: every metric of an agent fleet, declared once, one file per subsystem.
//!
//! To add a metric, add its declaration to the file of its subsystem; everything else follows from it.

mod agent;
mod axe;
mod beads;
mod buckets;
mod hooks;
mod llm;
mod notifications;
mod own;
mod values;
mod vcs;

use crate::metric::{MetricDef, Subsystem};

pub use agent::*;
pub use axe::*;
pub use beads::*;
pub use hooks::*;
pub use llm::*;
pub use notifications::*;
pub use own::*;
pub use values::*;
pub use vcs::*;

/// The subsystems of the catalog, in the order in which they are shown.
pub static CATALOG: [&Subsystem; 7] = [&AGENT, &LLM, &AXE, &HOOKS, &BEADS, &VCS, &NOTIFICATIONS];

/// The subsystems of the catalog and what telemetry tells about itself.
pub(crate) static BUILT_IN: [&Subsystem; 8] =
    [&AGENT, &LLM, &AXE, &HOOKS, &BEADS, &VCS, &NOTIFICATIONS, &OWN];

const _: () = Subsystem::check_unique(&BUILT_IN);

/// Every metric of the catalog, in order; the metrics about telemetry itself ([`OWN`]) are not among them.
pub fn metrics() -> impl Iterator<Item = &'static MetricDef> {
    CATALOG.iter().flat_map(|subsystem| subsystem.metrics.iter().copied())
}

/// The metric of this name, in the catalog or among those about telemetry itself.
#[must_use]
pub fn find(name: &str) -> Option<&'static MetricDef> {
    metrics().chain(OWN.metrics.iter().copied()).find(|def| def.name == name)
}

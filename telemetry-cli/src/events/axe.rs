//! What the axe, the orchestrator daemon, does.

use super::known::Known;
use super::label::Label;
use super::number::Seconds;
use super::{Happened, Place};
use clap::{Args, Subcommand};
use serde::{Deserialize, Deserializer};
use telemetry_core::catalog::{AXE_LUMBERJACK_RESTARTS, CycleType};
use telemetry_core::guard::AxeCycle;

/// A cycle of the axe, or a restart of one of its lumberjacks
#[derive(Debug, Clone, PartialEq, Subcommand, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum AxeEvent {
    Cycle(CycleEvent),
    Restart(RestartEvent),
}

/// A cycle: how long it took, and the errors that it met and survived
#[derive(Debug, Clone, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(after_help = "\
Examples:
  telemetry record axe cycle --type tick --seconds 0.8
  telemetry record axe cycle --type full --seconds 42 --error-type timeout --error-type disk")]
pub(crate) struct CycleEvent {
    /// Its kind
    #[arg(long)]
    r#type: Known<CycleType>,
    /// How long it took, if that is known
    #[arg(long)]
    seconds: Option<Seconds>,
    /// The type of an error that it met; can be repeated
    #[arg(long, value_name = "TYPE")]
    #[serde(default, deserialize_with = "one_or_more")]
    error_type: Vec<Label>,
}

/// A restart of a lumberjack, a worker of the axe
#[derive(Debug, Clone, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(after_help = "\
Examples:
  telemetry record axe restart")]
pub(crate) struct RestartEvent {}

/// One text, several of them, or nothing.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Label>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "invalid error_type: expected a text that is not empty, or a list of such")]
    enum Texts {
        One(Label),
        More(Vec<Label>),
    }
    Ok(match Option::deserialize(deserializer)? {
        None => Vec::new(),
        Some(Texts::One(text)) => vec![text],
        Some(Texts::More(texts)) => texts,
    })
}

impl Happened for AxeEvent {
    fn record(&self, place: &Place<'_>) -> Result<(), String> {
        match self {
            Self::Cycle(cycle) => cycle.record(place),
            Self::Restart(RestartEvent {}) => AXE_LUMBERJACK_RESTARTS.in_registry(place.registry).inc(),
        }
        Ok(())
    }
}

impl CycleEvent {
    fn record(&self, place: &Place<'_>) {
        let mut cycle = AxeCycle::begin_in(place.registry, self.r#type.0);
        self.error_type.iter().for_each(|error| cycle.error(error));
        match self.seconds {
            Some(Seconds(lasted)) => cycle.lasted(lasted),
            None => cycle.lasted_unknown(),
        }
        cycle.done();
    }
}

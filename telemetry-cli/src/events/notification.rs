//! A notification to a person.

use super::known::Known;
use super::label::Label;
use super::{Happened, Place};
use clap::Args;
use serde::Deserialize;
use telemetry_core::catalog::RunStatus;
use telemetry_core::guard::NotificationSending;

/// A notification to a person: whether it was sent
#[derive(Debug, Clone, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(after_help = "\
Examples:
  telemetry record notification --type email --status ok")]
pub(crate) struct NotificationEvent {
    /// How it went out, such as email
    #[arg(long, value_name = "TYPE")]
    r#type: Label,
    /// How sending it ended
    #[arg(long)]
    status: Known<RunStatus>,
}

impl Happened for NotificationEvent {
    fn record(&self, place: &Place<'_>) -> Result<(), String> {
        NotificationSending::begin_in(place.registry, &self.r#type).end(self.status.0);
        Ok(())
    }
}

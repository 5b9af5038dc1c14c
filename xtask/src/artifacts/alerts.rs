//! `docs/alerts.md`: the runbook, with the default thresholds.

use super::{Artifact, Group};
use telemetry_core::config::Config;

pub(super) const ARTIFACT: Artifact = Artifact {
    path: "docs/alerts.md",
    group: Group::Docs,
    about: "Every alert: what it means, its limits, likely causes, what to look at and how to silence it",
    body: || telemetry_catalog::render::alerts_markdown(&Config::default()),
};

//! `docs/alerts.md`: the runbook, with the default thresholds.

use std::borrow::Cow;

use super::{Artifact, Body, Group};
use telemetry_core::config::Config;

pub(super) const ARTIFACT: Artifact = Artifact {
    path: Cow::Borrowed("docs/alerts.md"),
    group: Group::Docs,
    about: "Every alert: what it means, its limits, likely causes, what to look at and how to silence it",
    body: Body::Alone(|| telemetry_catalog::render::alerts_markdown(&Config::default())),
};

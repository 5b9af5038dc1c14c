//! `docs/configuration.md`: every setting, with its default and where it may be set.

use super::{Artifact, Group};

pub(super) const ARTIFACT: Artifact = Artifact {
    path: "docs/configuration.md",
    group: Group::Docs,
    about: "Every setting, its default and its environment variable",
    body: telemetry_core::config::reference_markdown,
};

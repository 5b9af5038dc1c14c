//! `docs/configuration.md`: every setting, with its default and where it may be set.

use std::borrow::Cow;

use super::{Artifact, Body, Group};

pub(super) const ARTIFACT: Artifact = Artifact {
    path: Cow::Borrowed("docs/configuration.md"),
    group: Group::Docs,
    about: "Every setting, its default and its environment variable",
    body: Body::Alone(telemetry_core::config::reference_markdown),
};

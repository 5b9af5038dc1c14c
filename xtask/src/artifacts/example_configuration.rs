//! `monitoring/sase.example.yml`: a configuration to start from, with every default spelled out.

use std::borrow::Cow;

use super::{Artifact, Body, Group};

pub(super) const ARTIFACT: Artifact = Artifact {
    path: Cow::Borrowed("monitoring/sase.example.yml"),
    group: Group::Config,
    about: "A configuration in which every setting stands with its default; copy it to `sase.yml`",
    body: Body::Alone(telemetry_core::config::example_yaml),
};

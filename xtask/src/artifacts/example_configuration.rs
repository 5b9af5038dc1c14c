//! `monitoring/sase.example.yml`: a configuration to start from, with every default spelled out.

use super::{Artifact, Group};

pub(super) const ARTIFACT: Artifact = Artifact {
    path: "monitoring/sase.example.yml",
    group: Group::Config,
    about: "A configuration in which every setting stands with its default; copy it to `sase.yml`",
    body: telemetry_core::config::example_yaml,
};

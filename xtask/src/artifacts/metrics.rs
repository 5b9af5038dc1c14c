//! `docs/metrics.md`: every metric of the catalog, with its labels and with queries to begin from.

use super::{Artifact, Group};

pub(super) const ARTIFACT: Artifact = Artifact {
    path: "docs/metrics.md",
    group: Group::Docs,
    about: "Every metric, its labels and example queries",
    body: telemetry_catalog::render::metrics_markdown,
};

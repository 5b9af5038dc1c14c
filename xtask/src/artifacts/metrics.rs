//! `docs/metrics.md`: every metric of the catalog, with its labels and with queries to begin from.

use std::borrow::Cow;

use super::{Artifact, Body, Group};

pub(super) const ARTIFACT: Artifact = Artifact {
    path: Cow::Borrowed("docs/metrics.md"),
    group: Group::Docs,
    about: "Every metric, its labels and example queries",
    body: Body::Alone(telemetry_catalog::render::metrics_markdown),
};

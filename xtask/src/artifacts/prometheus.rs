//! `monitoring/prometheus/prometheus.yml`: what a Prometheus needs to scrape a fleet with the default configuration.

use telemetry_core::config::Config;

use super::{Artifact, Group};

pub(super) const ARTIFACT: Artifact = Artifact {
    path: "monitoring/prometheus/prometheus.yml",
    group: Group::Config,
    about: "A Prometheus that scrapes the orchestrator and the Pushgateway",
    body: || telemetry_catalog::render::prometheus_yml(&Config::default()),
};

//! `monitoring/`: the files of the monitoring stack, as they are with the default configuration.

use telemetry_catalog::stack::{STACK, StackFile};

use super::monitoring_readme::FOLDER;
use super::{Artifact, Body, Group};

/// The files of the table, each below the folder.
pub(super) fn artifacts() -> impl Iterator<Item = Artifact> {
    STACK.iter().map(|file| Artifact {
        path: format!("{FOLDER}{}", file.path).into(),
        group: group(file),
        about: file.about,
        body: Body::OfConfig(file.render),
    })
}

/// What follows from the indicators and the metrics can be written alone; the rest is configuration.
fn group(file: &StackFile) -> Group {
    const ALERTS: [&str; 3] = ["prometheus/rules/", "prometheus/tests/", "kubernetes/prometheusrule"];
    if ALERTS.iter().any(|beginning| file.path.starts_with(beginning)) {
        Group::Alerts
    } else if file.path.starts_with("grafana/dashboards/") {
        Group::Dashboards
    } else {
        Group::Config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_of_the_group_that_their_folder_says() {
        let of = |path| group(&StackFile { path, ..STACK[0] });
        assert_eq!(of("prometheus/prometheus.yml"), Group::Config);
        assert_eq!(of("prometheus/rules/alerts.yml"), Group::Alerts);
        assert_eq!(of("kubernetes/prometheusrule.yml"), Group::Alerts);
        assert_eq!(of("grafana/dashboards/overview.json"), Group::Dashboards);
        assert_eq!(of("grafana/provisioning/dashboards/telemetry.yml"), Group::Config);
    }
}

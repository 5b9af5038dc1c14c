//! `monitoring/README.md`: what the generated files of that folder are, for someone who only copies them.

use std::borrow::Cow;

use super::{Artifact, Body, Group, all};

/// The folder that holds nothing but generated files.
pub(crate) const FOLDER: &str = "monitoring/";

pub(super) const ARTIFACT: Artifact = Artifact {
    path: Cow::Borrowed("monitoring/README.md"),
    group: Group::Docs,
    about: "This list",
    body: Body::Alone(|| render(&all())),
};

const INTRODUCTION: &str = "\
# Monitoring files

Ready-made files for running Prometheus and its companions over this project's metrics. They are generated from the metric
catalog and the default configuration, so they always agree with the programs of the same version. Copy them as they are; to
change one, change what it is generated from and run `cargo xtask gen`. With ports, addresses or thresholds of your own, let
`telemetry export-config` write them: it needs no copy of this repository.

To run the whole stack from here, with Docker:

```sh
(umask 077; echo \"GF_ADMIN_PASSWORD=$(openssl rand -hex 16)\" > .env)
docker compose up -d                                  # on Linux
docker compose -f docker-compose.desktop.yml up -d    # with Docker Desktop, on macOS and Windows
```

Grafana is then at <http://localhost:3000>, where everybody on the machine may look, and `admin` with the password in `.env` may edit.

| file | what it is |
|---|---|
";

/// What the tests do with these files, and what they do not.
const TRIED: &str = "
## What is tried of this

Each test run has these files read by the programs or the published types that know them: Prometheus' configuration, the rules and their
tests by promtool, Alertmanager's configuration by amtool, the compose files by `docker-compose config`, the dashboards by the types of
Grafana's schema 10.4, 11.3 and 13.2, and the Kubernetes objects by those of the Prometheus operator. Debian's versions of Pushgateway,
Prometheus and Alertmanager run with the flags of `docker-compose.yml` beside a workload, over windows of seconds: every panel and every
recording rule has to say of it what a plan predicts, to within about a third, and three of the alerts have to fire and to reach
Alertmanager; the others fire in the tests of the rules alone. Where a program is missing, its tests are skipped and named.

Not tried: starting the containers, importing into a running Grafana and its provisioning files, applying the objects in a cluster, and
the newer versions that the compose files name, Prometheus 3 among them.
";

fn render(artifacts: &[Artifact]) -> String {
    let rows: String = artifacts.iter().filter_map(row).collect();
    format!("{INTRODUCTION}{rows}{TRIED}")
}

/// The artifact's row of the table, if it lies in this folder.
fn row(artifact: &Artifact) -> Option<String> {
    let file = artifact.path.strip_prefix(FOLDER)?;
    Some(format!("| [`{file}`]({file}) | {} |\n", artifact.about))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_elsewhere_are_left_out() {
        let elsewhere = Artifact { path: Cow::Borrowed("docs/metrics.md"), ..ARTIFACT };
        assert_eq!(render(&[elsewhere]), format!("{INTRODUCTION}{TRIED}"));
        let row = "| [`README.md`](README.md) | This list |\n";
        assert_eq!(render(&[ARTIFACT]), format!("{INTRODUCTION}{row}{TRIED}"));
    }

    #[test]
    fn what_is_said_to_be_tried_is_what_the_tests_have() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../telemetry-cli/tests/real/npm/package.json");
        let packages = std::fs::read_to_string(file).unwrap();
        let minor = |line: &str| {
            let (_, version) = line.split_once("npm:@grafana/schema@")?;
            version.rsplit_once('.').map(|(minor, _)| minor.to_owned())
        };
        let versions: Vec<_> = packages.lines().filter_map(minor).collect();
        assert!(
            !versions.is_empty() && versions.iter().all(|version| TRIED.contains(version)),
            "{versions:?}"
        );
    }
}

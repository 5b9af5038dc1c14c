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

fn render(artifacts: &[Artifact]) -> String {
    let rows = artifacts.iter().filter_map(row);
    rows.fold(INTRODUCTION.to_owned(), |text, row| text + &row)
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
        assert_eq!(render(&[elsewhere]), INTRODUCTION);
        assert!(render(&[ARTIFACT]).ends_with("| [`README.md`](README.md) | This list |\n"));
    }
}

//! `monitoring/README.md`: what the generated files of that folder are, for someone who only copies them.

use super::{ALL, Artifact, Group};

/// The folder that holds nothing but generated files.
pub(crate) const FOLDER: &str = "monitoring/";

pub(super) const ARTIFACT: Artifact =
    Artifact { path: "monitoring/README.md", group: Group::Docs, about: "This list", body: || render(ALL) };

const INTRODUCTION: &str = "\
# Monitoring files

Ready-made files for running Prometheus and its companions over this project's metrics. They are generated from the metric
catalog and the default configuration, so they always agree with the programs of the same version. Copy them as they are; to
change one, change what it is generated from and run `cargo xtask gen`.

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
        let elsewhere =
            Artifact { path: "docs/metrics.md", group: Group::Docs, about: "Elsewhere", body: String::new };
        assert_eq!(render(&[elsewhere]), INTRODUCTION);
        assert!(render(&[ARTIFACT]).ends_with("| [`README.md`](README.md) | This list |\n"));
    }
}

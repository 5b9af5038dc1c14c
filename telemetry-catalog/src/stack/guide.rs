//! What to run with the exported files: said on the terminal, and written beside them.

use super::env::ENV_FILE;
use super::server::{Place, Server};
use super::{Part, StackFile};
use telemetry_core::config::Config;

/// Something to do, with the commands that do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What to do or what to know, in sentences.
    pub what: String,
    /// The commands, to be run in the folder of the files.
    pub commands: Vec<&'static str>,
}

impl Step {
    fn new(what: impl Into<String>, commands: &[&'static str]) -> Self {
        Self { what: what.into(), commands: commands.to_vec() }
    }
}

/// What to do with these parts of the stack, in the order in which it is done.
///
/// ```
/// use telemetry_catalog::stack::{Part, steps};
/// use telemetry_core::config::Config;
///
/// let steps = steps(&Part::ALL, &Config::default());
/// assert_eq!(steps[0].commands, ["docker compose up -d"]);
/// ```
#[must_use]
pub fn steps(parts: &[Part], config: &Config) -> Vec<Step> {
    if parts.contains(&Part::Containers) {
        return containers(parts, config);
    }
    let of_part = |part: &Part| match part {
        Part::Containers => Vec::new(),
        Part::Prometheus => prometheus(config),
        Part::Grafana => grafana(),
        Part::Kubernetes => kubernetes(config),
    };
    parts.iter().flat_map(of_part).collect()
}

fn containers(parts: &[Part], config: &Config) -> Vec<Step> {
    let mut steps = vec![
        Step::new("Start the stack, on Linux:", &["docker compose up -d"]),
        Step::new(
            "or with Docker Desktop, on macOS and Windows:",
            &["docker compose -f docker-compose.desktop.yml up -d"],
        ),
        Step::new(
            format!(
                "Grafana is then at {}, for everybody on this machine to look at. To change something there, log in as admin with \
                 the password in {ENV_FILE}.",
                config.prometheus.grafana_url
            ),
            &[],
        ),
        Step::new(receiver(config), &[]),
    ];
    if parts.contains(&Part::Prometheus) {
        steps.push(runbook(config));
    }
    steps
}

/// The links of alerts lead to nothing until somebody publishes the page.
fn runbook(config: &Config) -> Step {
    let url = &config.runbook_base_url;
    Step::new(
        format!(
            "Alerts link to {url}, where nothing of this stack answers. Publish docs/alerts.md there, as a page whose headings have the \
             usual anchors, with docs/metrics.md beside it; or set telemetry.runbook_base_url to where you have it, and export again."
        ),
        &[],
    )
}

fn receiver(config: &Config) -> String {
    match Server::Alertmanager.place(config) {
        Place::Stack(_) => {
            "Nobody is called until you fill in a receiver in alertmanager/alertmanager.yml.".to_owned()
        }
        Place::Elsewhere(url) => format!("Alerts go to the Alertmanager at {url}."),
    }
}

fn prometheus(config: &Config) -> Vec<Step> {
    vec![
        Step::new("Check the files:", &["promtool check config prometheus/prometheus.yml"]),
        Step::new(
            "Add the jobs of prometheus/prometheus.yml to yours, copy prometheus/rules to where its rule_files point, and reload it. \
             For Alertmanager, take the inhibition and the routes of alertmanager/alertmanager.yml.",
            &[],
        ),
        runbook(config),
    ]
}

fn grafana() -> Vec<Step> {
    vec![Step::new(
        "Import the files of grafana/dashboards in Grafana, and choose your Prometheus there. Or let Grafana find them by itself: set \
         TELEMETRY_PROMETHEUS_URL and TELEMETRY_ALERTMANAGER_URL in its environment, and copy grafana/dashboards and \
         grafana/provisioning to /etc/grafana.",
        &[],
    )]
}

fn kubernetes(config: &Config) -> Vec<Step> {
    vec![
        Step::new(
            "With a Prometheus operator in the cluster, and after reading what kubernetes/podmonitor.yml says of labels:",
            &["kubectl apply -f kubernetes/"],
        ),
        Step::new(
            format!(
                "Alerts link to {}, where the runbook has to be published; `telemetry export-config --only prometheus` writes it.",
                config.runbook_base_url
            ),
            &[],
        ),
    ]
}

/// The page beside the files: what to do with them, and what each is.
#[must_use]
pub fn readme(files: &[&StackFile], parts: &[Part], config: &Config) -> String {
    let steps: String = steps(parts, config).iter().map(paragraph).collect();
    let rows: String = files.iter().map(|file| row(file.path, file.about)).collect();
    format!(
        "\
# Monitoring

The monitoring of an agent fleet, from the section `telemetry` of sase.yml. To change a port or a threshold, change it there and run
`telemetry export-config -f`, which keeps `{ENV_FILE}` and the files that are yours.

## What to run

{steps}## Files

| file | what it is |
|---|---|
{rows}"
    )
}

fn paragraph(step: &Step) -> String {
    let commands: String = step.commands.iter().map(|command| format!("{command}\n")).collect();
    let block = if commands.is_empty() { String::new() } else { format!("```sh\n{commands}```\n\n") };
    format!("{}\n\n{block}", step.what)
}

/// A row of a table of files.
fn row(path: &str, about: &str) -> String {
    format!("| [`{path}`]({path}) | {about} |\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::{STACK, everything_elsewhere};

    #[test]
    fn every_selection_has_something_to_do() {
        for part in Part::ALL {
            let steps = steps(&[part], &Config::default());
            assert!(
                !steps.is_empty() && steps.iter().all(|step| step.what.ends_with(['.', ':'])),
                "{steps:?}"
            );
        }
        let said =
            |config: &Config| steps(&Part::ALL, config).into_iter().map(|step| step.what).collect::<String>();
        assert!(said(&Config::default()).contains("http://localhost:3000,"));
        let elsewhere = said(&everything_elsewhere());
        assert!(
            elsewhere.contains("https://alerts.example:1/am.")
                && elsewhere.contains("https://grafana.example")
        );
    }

    #[test]
    fn whoever_gets_alerts_hears_where_their_links_lead() {
        let config =
            Config { runbook_base_url: "https://wiki.example/runbook".to_owned(), ..Config::default() };
        let said =
            |parts: &[Part]| steps(parts, &config).into_iter().map(|step| step.what).collect::<String>();
        for parts in [&Part::ALL[..], &[Part::Prometheus], &[Part::Kubernetes]] {
            assert!(said(parts).contains("Alerts link to https://wiki.example/runbook, "), "{parts:?}");
        }
        // A page is named only where it is written.
        assert!(
            said(&Part::ALL).contains("docs/alerts.md")
                && said(&[Part::Prometheus]).contains("docs/alerts.md")
        );
        assert!(!said(&[Part::Kubernetes, Part::Grafana]).contains("docs/"));
        assert!(!said(&[Part::Containers]).contains("docs/"));
    }

    #[test]
    fn the_page_names_every_file_and_every_command() {
        let files: Vec<_> = STACK.iter().collect();
        let page = readme(&files, &Part::ALL, &Config::default());
        assert!(STACK.iter().all(|file| page.contains(&row(file.path, file.about))));
        assert!(page.contains("```sh\ndocker compose up -d\n```\n"), "{page}");
        assert!(!page.contains("\n\n\n") && page.ends_with(" |\n"), "{page}");
    }
}

//! The monitoring stack as files: one table, from which the committed copies and those of `telemetry export-config` both come.
//!
//! | module | responsible for |
//! |---|---|
//! | `server` | which servers the stack runs, where each listens, and what is configured to run elsewhere |
//! | `compose`, `env` | the containers |
//! | `alertmanager` | which alerts are told together, and which of them make others superfluous |
//! | `generated` | the dashboards and the tests of the rules |
//! | `grafana` | what Grafana finds when it starts |
//! | `kubernetes` | the same jobs for the Prometheus operator |
//! | `secrets` | the files of the configuration that Prometheus has to read |
//! | `guide` | what to run, and the page that says so |
//!
//! What Prometheus itself reads is rendered in [`crate::render`]. Nothing here reads or writes a file.

mod alertmanager;
mod compose;
mod env;
mod generated;
mod grafana;
mod guide;
mod kubernetes;
mod secrets;
pub(crate) mod server;

use crate::render;
use telemetry_core::config::Config;

pub use env::{ADMIN_PASSWORD, ENV_FILE, env_file, has_admin_password};
pub use guide::{Step, readme, steps};
pub use server::{Place, Server};

/// One file of the monitoring stack.
#[derive(Debug, Clone, Copy)]
pub struct StackFile {
    /// The path below the stack's folder, with forward slashes.
    pub path: &'static str,
    /// What the file belongs to.
    pub part: Part,
    /// What the file is for, in a sentence without a final full stop.
    pub about: &'static str,
    /// Renders the file without the line that says what generated it; [`StackFile::contents`] adds that line.
    pub render: fn(&Config) -> String,
}

/// The file in which people say who is told of an alert.
const ALERTMANAGER_FILE: &str = "alertmanager/alertmanager.yml";

/// What can be had alone by people who already run the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The containers of the whole stack.
    Containers,
    /// What Prometheus and Alertmanager read.
    Prometheus,
    /// What Grafana reads.
    Grafana,
    /// What a Prometheus operator reads.
    Kubernetes,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 4] = [Self::Containers, Self::Prometheus, Self::Grafana, Self::Kubernetes];
}

/// Every file of the stack, in the order of their paths.
pub static STACK: &[StackFile] = &[
    StackFile {
        path: ".env.example",
        part: Part::Containers,
        about: "What the containers want to be told: the password of Grafana's administrator",
        render: env::example,
    },
    StackFile {
        path: ALERTMANAGER_FILE,
        part: Part::Prometheus,
        about: "An Alertmanager that tells alerts in groups, with a receiver to fill in",
        render: alertmanager::alertmanager_yml,
    },
    StackFile {
        path: "docker-compose.desktop.yml",
        part: Part::Containers,
        about: "The containers of the stack for Docker Desktop, on macOS and Windows",
        render: compose::desktop,
    },
    StackFile {
        path: "docker-compose.yml",
        part: Part::Containers,
        about: "The containers of the stack for Linux, which listen on this machine only",
        render: compose::linux,
    },
    generated::board_file!("agent", "Dashboard: Agent lifecycle"),
    generated::board_file!("axe", "Dashboard: The axe orchestrator"),
    generated::board_file!("beads", "Dashboard: Beads"),
    generated::board_file!("hooks", "Dashboard: Hooks, mentors and workflows"),
    generated::board_file!("llm", "Dashboard: Providers of language models"),
    generated::board_file!("notifications", "Dashboard: Notifications"),
    generated::board_file!("overview", "Dashboard: The fleet at a glance"),
    generated::board_file!("telemetry", "Dashboard: Telemetry itself"),
    generated::board_file!("vcs", "Dashboard: Version control and workspaces"),
    StackFile {
        path: "grafana/provisioning/dashboards/telemetry.yml",
        part: Part::Grafana,
        about: "Where Grafana finds the dashboards",
        render: grafana::dashboards_yml,
    },
    StackFile {
        path: "grafana/provisioning/datasources/telemetry.yml",
        part: Part::Grafana,
        about: "Where Grafana finds Prometheus and Alertmanager",
        render: grafana::datasources_yml,
    },
    StackFile {
        path: "kubernetes/podmonitor.yml",
        part: Part::Kubernetes,
        about: "The pods that a Prometheus operator scrapes",
        render: kubernetes::podmonitor_yml,
    },
    StackFile {
        path: "kubernetes/prometheusrule.yml",
        part: Part::Kubernetes,
        about: "The alert and recording rules for a Prometheus operator",
        render: render::prometheus_rule_yml,
    },
    StackFile {
        path: "prometheus/prometheus.desktop.yml",
        part: Part::Prometheus,
        about: "The same Prometheus in a container of Docker Desktop",
        render: render::prometheus_desktop_yml,
    },
    StackFile {
        path: "prometheus/prometheus.yml",
        part: Part::Prometheus,
        about: "A Prometheus that scrapes the orchestrator and the Pushgateway",
        render: render::prometheus_yml,
    },
    StackFile {
        path: "prometheus/rules/alerts.yml",
        part: Part::Prometheus,
        about: "The alert rules: two levels of most health indicators",
        render: render::alerts_yml,
    },
    StackFile {
        path: "prometheus/rules/recording.yml",
        part: Part::Prometheus,
        about: "The recording rules that alerts and dashboards share",
        render: render::recording_yml,
    },
    generated::rule_test_file!("agent", "Tests of the rules for promtool: agent lifecycle"),
    generated::rule_test_file!("axe", "Tests of the rules for promtool: the axe orchestrator"),
    generated::rule_test_file!("beads", "Tests of the rules for promtool: beads"),
    StackFile {
        path: "prometheus/tests/days.yml",
        part: Part::Prometheus,
        about: "Tests of the rules for promtool: what takes days",
        render: render::slow_rule_tests_yml,
    },
    generated::rule_test_file!("hooks", "Tests of the rules for promtool: hooks, mentors and workflows"),
    generated::rule_test_file!("llm", "Tests of the rules for promtool: providers of language models"),
    generated::rule_test_file!("notifications", "Tests of the rules for promtool: notifications"),
    generated::rule_test_file!("telemetry", "Tests of the rules for promtool: telemetry itself"),
    generated::rule_test_file!("vcs", "Tests of the rules for promtool: version control and workspaces"),
];

/// The pages that alerts lead to, for those who have no copy of the repository: there they lie in `docs`, beside the stack's folder, and
/// so belong to no table of its files.
pub static PAGES: &[StackFile] = &[
    StackFile {
        path: "docs/alerts.md",
        part: Part::Prometheus,
        about: "The runbook that alerts link to: what each means, and what to do about it",
        render: render::alerts_markdown,
    },
    StackFile {
        path: "docs/metrics.md",
        part: Part::Prometheus,
        about: "Every metric, its labels and example queries, to which the runbook links",
        render: |_| render::metrics_markdown(),
    },
];

impl StackFile {
    /// Whether whoever runs the stack has to write something into the file: what was filled in there is not to be replaced.
    #[must_use]
    pub fn is_filled_in(&self) -> bool {
        self.path == ALERTMANAGER_FILE
    }

    /// The whole file: the notice that says what generated it, where the format has comments, and the text.
    ///
    /// ```
    /// use telemetry_catalog::stack::STACK;
    /// use telemetry_core::config::Config;
    ///
    /// let compose = STACK.iter().find(|file| file.path == "docker-compose.yml").expect("it is in the table");
    /// let text = compose.contents(&Config::default(), "Generated by hand.");
    /// assert!(text.starts_with("# Generated by hand.\n"));
    /// ```
    #[must_use]
    pub fn contents(&self, config: &Config, notice: &str) -> String {
        with_notice(self.path, notice, &(self.render)(config))
    }
}

/// A text below a comment, in the notation of a file of that name. JSON has no comments, and is left as it is.
#[must_use]
pub fn with_notice(path: &str, notice: &str, text: &str) -> String {
    match path.rsplit_once('.') {
        Some((_, "md" | "html" | "svg")) => format!("<!-- {notice} -->\n\n{text}"),
        Some((_, "json")) => text.to_owned(),
        _ => format!("# {notice}\n{text}"),
    }
}

/// Renders a configuration in which every address is elsewhere, and every secret has its file.
#[cfg(test)]
fn everything_elsewhere() -> Config {
    use telemetry_core::config::Address;
    let mut config = Config::default();
    let address = |url: &str, name: &str| Address {
        username: Some("no".to_owned()),
        password_file: Some(format!("/run/secrets/{name}: $password").into()),
        ca_file: Some("/etc/ca.pem".into()),
        ..Address::parse(url).unwrap()
    };
    config.prometheus.pushgateway_url = address("https://gateway.example/push", "gateway");
    config.prometheus.alertmanager_url = Some(address("https://alerts.example:1/am", "alerts"));
    config.prometheus.url = address("https://prometheus.example", "prometheus");
    config.prometheus.grafana_url = "https://grafana.example/g$1".to_owned();
    config.prometheus.exposition_tls.cert_file = Some("/etc/exposition.pem".into());
    config.prometheus.exposition_auth.bearer_token_file = Some("/run/secrets/token".into());
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_unique_and_in_order() {
        assert!(STACK.is_sorted_by(|left, right| left.path < right.path), "sort `STACK` by path, each once");
    }

    #[test]
    fn no_path_leaves_the_folder_or_needs_a_system_of_its_own() {
        for StackFile { path, .. } in STACK.iter().chain(PAGES) {
            assert!(STACK.iter().chain(PAGES).filter(|file| file.path == *path).count() == 1, "{path}");
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/".contains(c);
            assert!(path.chars().all(plain), "{path}");
            assert!(path.split('/').all(|part| !matches!(part, "" | "." | "..")), "{path}");
            assert_ne!(*path, ENV_FILE, "the file of the secrets is nobody's to copy");
        }
    }

    #[test]
    fn every_file_is_rendered_the_same_twice_and_tidily() {
        for config in [Config::default(), everything_elsewhere()] {
            for file in STACK.iter().chain(PAGES) {
                let text = (file.render)(&config);
                assert_eq!(text, (file.render)(&config), "{} is not rendered by a pure function", file.path);
                assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{} ends badly", file.path);
                let tidy = |line: &str| line.trim_end() == line && !line.contains('\t');
                assert!(text.lines().all(tidy), "{} has a line that ends in a blank", file.path);
            }
        }
    }

    #[test]
    fn every_part_has_files_and_descriptions_fit_into_a_table() {
        assert_eq!(STACK.iter().filter(|file| file.is_filled_in()).count(), 1);
        assert!(Part::ALL.iter().all(|part| STACK.iter().any(|file| file.part == *part)));
        for file in STACK.iter().chain(PAGES) {
            let about = file.about;
            assert!(!about.is_empty() && !about.contains(['\n', '|']) && !about.ends_with('.'), "{about}");
        }
    }

    #[test]
    fn a_notice_is_a_comment_of_the_format() {
        assert_eq!(with_notice("a/b.md", "N.", "x\n"), "<!-- N. -->\n\nx\n");
        assert_eq!(with_notice("a.b.yml", "N.", "x\n"), "# N.\nx\n");
        assert_eq!(with_notice(".env.example", "N.", "X=\n"), "# N.\nX=\n");
        assert_eq!(with_notice("a.json", "N.", "{}\n"), "{}\n");
    }
}

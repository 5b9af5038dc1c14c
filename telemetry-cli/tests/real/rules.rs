//! The generated rules and their unit tests, as promtool sees them.

use crate::support::{Scratch, promtool, require};
use telemetry_catalog::render::{alerts_yml, recording_yml, rule_tests_yml, slow_rule_tests_yml};
use telemetry_catalog::subsystems;
use telemetry_core::config::{Config, HealthThresholds};

/// The rules and their tests in a folder, as they are generated or broken on purpose.
pub(crate) struct Rules {
    pub(crate) alerts: String,
    pub(crate) recording: String,
    /// The tests of a subsystem, or those that span days.
    pub(crate) tests: String,
}

impl Rules {
    /// The tests of a subsystem, given by its slug, or of `days`.
    pub(crate) fn of(slug: &str, config: &Config) -> Self {
        let subsystem = subsystems().find(|subsystem| subsystem.slug == slug);
        let tests = subsystem.map_or_else(|| slow_rule_tests_yml(config), |own| rule_tests_yml(own, config));
        Self { alerts: alerts_yml(config), recording: recording_yml(config), tests }
    }

    /// The same without the rules of other subsystems, which take most of the time and are never looked at.
    pub(crate) fn alone(slug: &str, config: &Config) -> Self {
        let all = Self::of(slug, config);
        let slug = if slug == "days" { "llm" } else { slug };
        Self { alerts: groups_of(slug, &all.alerts), recording: groups_of(slug, &all.recording), ..all }
    }

    /// Whether the tests pass, and what promtool says.
    pub(crate) fn tested(&self) -> (bool, String) {
        let scratch = Scratch::new();
        for folder in ["rules", "tests"] {
            std::fs::create_dir(scratch.path().join(folder)).unwrap();
        }
        let files = [
            ("rules/alerts.yml", &self.alerts),
            ("rules/recording.yml", &self.recording),
            ("tests/it.yml", &self.tests),
        ];
        for (file, text) in files {
            std::fs::write(scratch.path().join(file), text).unwrap();
        }
        promtool::run(scratch.path(), &["test", "rules", "tests/it.yml"])
    }
}

fn groups_of(slug: &str, rules: &str) -> String {
    let mut parts = rules.split("  - name: ");
    let head = parts.next().unwrap();
    let own = parts.filter(|group| group.starts_with(&format!("{slug}-")));
    let text = own.fold(head.to_owned(), |text, group| format!("{text}  - name: {group}"));
    if text == head { "groups: []\n".to_owned() } else { text }
}

fn passes(slug: &str) {
    let (good, said) = Rules::of(slug, &Config::default()).tested();
    assert!(good, "{said}");
}

macro_rules! each_file_passes {
    ($($name:ident: $slug:literal),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                require!(Promtool);
                passes($slug);
            }
        )+

        #[test]
        fn no_file_of_tests_is_left_out() {
            let here = [$($slug),+];
            let all: Vec<_> = subsystems().map(|subsystem| subsystem.slug).chain(["days"]).collect();
            assert_eq!(here[..], all[..]);
        }
    };
}

each_file_passes! {
    the_rules_of_agents_do_as_foretold: "agent",
    the_rules_of_llms_do_as_foretold: "llm",
    the_rules_of_the_axe_do_as_foretold: "axe",
    the_rules_of_hooks_do_as_foretold: "hooks",
    the_rules_of_beads_do_as_foretold: "beads",
    the_rules_of_vcs_do_as_foretold: "vcs",
    the_rules_of_notifications_do_as_foretold: "notifications",
    the_rules_of_telemetry_do_as_foretold: "telemetry",
    the_rules_that_span_days_do_as_foretold: "days",
}

/// Thresholds that somebody may configure, however odd.
fn configured(errors: (f64, f64), retries: (f64, f64), p95: (f64, f64)) -> Config {
    let health_thresholds = HealthThresholds {
        error_rate_warn: errors.0,
        error_rate_critical: errors.1,
        retry_rate_warn: retries.0,
        retry_rate_critical: retries.1,
        p95_latency_warn: p95.0,
        p95_latency_critical: p95.1,
    };
    Config { health_thresholds, ..Config::default() }
}

/// A configuration in which every text needs quotes somewhere.
fn strangely_named() -> Config {
    let mut config = configured((25.0, 25.0), (7.0, 7.0), (7_200.0, 7_200.0));
    config.prometheus.job = "a \"job\" of \\ 'theirs' {{ é }}".to_owned();
    config.runbook_base_url = "https://example.com/{{ page }}?a=b: c".to_owned();
    config.prometheus.grafana_url = "http://[::1]:3000/\"graphs\"/".to_owned();
    config
}

fn all_pass(config: &Config) {
    let scratch = Scratch::new();
    for (file, text) in [("alerts.yml", alerts_yml(config)), ("recording.yml", recording_yml(config))] {
        std::fs::write(scratch.path().join(file), text).unwrap();
    }
    let (good, said) = promtool::run(scratch.path(), &["check", "rules", "alerts.yml", "recording.yml"]);
    assert!(good, "{said}");
    for slug in subsystems().map(|subsystem| subsystem.slug).chain(["days"]) {
        let (good, said) = Rules::alone(slug, config).tested();
        assert!(good, "{:?}: {slug}: {said}", config.health_thresholds);
    }
}

#[test]
fn rules_of_the_default_configuration_are_well_formed() {
    require!(Promtool);
    all_pass(&Config::default());
}

#[test]
fn rules_whose_thresholds_are_all_zero_do_as_foretold() {
    require!(Promtool);
    all_pass(&configured((0.0, 0.0), (0.0, 0.0), (0.0, 0.0)));
}

#[test]
fn rules_whose_thresholds_are_out_of_reach_do_as_foretold() {
    require!(Promtool);
    all_pass(&configured((100.0, 100.0), (100.0, 100.0), (1e9, f64::MAX)));
}

#[test]
fn rules_whose_thresholds_are_not_round_do_as_foretold() {
    require!(Promtool);
    all_pass(&configured((12.3, 33.3), (0.1, 66.6), (1e-3, 123.456)));
}

#[test]
fn rules_whose_thresholds_are_tiny_and_huge_do_as_foretold() {
    require!(Promtool);
    all_pass(&configured((0.001, 99.999), (1e-300, 29.000_000_000_000_004), (9.5, 7_199.999)));
}

#[test]
fn rules_whose_names_need_quotes_do_as_foretold() {
    require!(Promtool);
    all_pass(&strangely_named());
}

//! What the exported files are to the programs and the types of those who read them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{
    Scratch, amtool_check, compose_config, require, typecheck_dashboards, validate_kubernetes,
};

const COMPOSE_FILES: [&str; 2] = ["docker-compose.yml", "docker-compose.desktop.yml"];

/// A configuration with servers on other machines, secrets in files, and thresholds of its own.
const ELSEWHERE: [&str; 7] = [
    "prometheus.pushgateway_url=https://gateway.example/push",
    "prometheus.pushgateway_url.username=pusher",
    "prometheus.pushgateway_url.password_file=/run/secrets/gateway",
    "prometheus.pushgateway_url.ca_file=/etc/ssl/own.pem",
    "prometheus.alertmanager_url=https://alerts.example",
    "prometheus.exposition_port=9999",
    "health_thresholds.error_rate_warn=7.5",
];

#[test]
fn every_version_of_grafana_takes_every_dashboard() {
    require!(Node, NpmPackages);
    let stack = exported(&[]);
    let texts = texts(&stack.path().join("stack/grafana/dashboards"));
    let dashboards: Vec<_> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert!(dashboards.len() > 7, "a board for each subsystem and an overview");
    typecheck_dashboards(&dashboards).unwrap();
}

#[test]
fn the_prometheus_operator_takes_every_object() {
    require!(Node, NpmPackages);
    let stack = exported(&[]);
    let texts = texts(&stack.path().join("stack/kubernetes"));
    assert!(texts.len() > 1, "a PrometheusRule and a PodMonitor");
    let all: Vec<_> = texts.iter().map(|(_, text)| text.as_str()).collect();
    validate_kubernetes(&all.join("\n---\n")).unwrap();
}

#[test]
fn docker_compose_takes_both_files_and_publishes_nothing_beyond_this_machine() {
    require!(DockerCompose);
    let stack = exported(&[]);
    for file in COMPOSE_FILES {
        let resolved =
            compose_config(&stack.path().join("stack"), file, &[("GF_ADMIN_PASSWORD", "x")]).unwrap();
        for line in resolved
            .lines()
            .filter(|line| line.contains("--web.listen-address") || line.contains("published"))
        {
            assert!(file.contains("desktop") || line.contains("127.0.0.1"), "{file}: {line}");
        }
        let document: serde_yaml::Value = serde_yaml::from_str(&resolved).unwrap();
        for (name, service) in document["services"].as_mapping().unwrap() {
            for port in service["ports"].as_sequence().into_iter().flatten() {
                let text = serde_yaml::to_string(port).unwrap();
                assert!(text.contains("127.0.0.1"), "{file}: {name:?} publishes {text}");
            }
        }
    }
}

#[test]
fn a_stack_of_which_much_runs_elsewhere_is_taken_too() {
    require!(DockerCompose, Node, NpmPackages);
    let stack = exported(&ELSEWHERE);
    for file in COMPOSE_FILES {
        let resolved =
            compose_config(&stack.path().join("stack"), file, &[("GF_ADMIN_PASSWORD", "x")]).unwrap();
        assert!(
            !resolved.contains("prom/pushgateway"),
            "{file}: it runs elsewhere, and is started all the same"
        );
    }
    let objects = texts(&stack.path().join("stack/kubernetes"));
    objects
        .iter()
        .for_each(|(name, text)| validate_kubernetes(text).unwrap_or_else(|error| panic!("{name}: {error}")));
}

#[test]
fn alertmanager_takes_its_configuration() {
    require!(Amtool);
    let stack = exported(&[]);
    amtool_check(&stack.path().join("stack/alertmanager/alertmanager.yml")).unwrap();
}

/// The folder that the command exports, as `stack`.
fn exported(settings: &[&str]) -> Scratch {
    let folder = Scratch::new();
    let mut command = folder.telemetry();
    for setting in settings {
        command.args(["--set", setting]);
    }
    let output = command.args(["export-config", "-o", "stack"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder
}

fn texts(folder: &Path) -> Vec<(String, String)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let text = |path: PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    paths.into_iter().map(text).collect()
}

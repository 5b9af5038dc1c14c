//! `telemetry endpoint`: what it prints is taken by those who are to read it.

use std::fs;

use crate::support::reviewed::reviewed;
use crate::support::schema::conforms;
use crate::support::{Scratch, promtool, require, validate_kubernetes};

/// Addresses with everything that an address can have.
const EVERYTHING: &str = r#"telemetry:
  carrier: push
  prometheus:
    exposition_port: 9999
    exposition_tls: {cert_file: cert.pem, key_file: key.pem}
    exposition_auth: {username: reader, password_file: "pass $word"}
    pushgateway_url: {url: "https://gateway.example/push", bearer_token_file: token, ca_file: ca.pem}
    alertmanager_url: http://alerts.example:9093
"#;

/// A folder with that configuration. The files that it names are there, since promtool looks for them.
fn everything() -> Scratch {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("everything.yml"), EVERYTHING).unwrap();
    for secret in ["cert.pem", "key.pem", "pass $word", "token", "ca.pem"] {
        fs::write(scratch.path().join(secret), "hunter2\n").unwrap();
    }
    scratch
}

fn endpoint(scratch: &Scratch, arguments: &[&str]) -> String {
    let output = scratch.telemetry().arg("endpoint").args(arguments).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.is_empty(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// Each form of the plain configuration, and of the one with everything.
fn both(form: &str) -> [(Scratch, String); 2] {
    let plain = Scratch::new();
    let of_plain = endpoint(&plain, &["-f", form]);
    let everything = everything();
    let of_everything = endpoint(&everything, &["--config", "everything.yml", "-f", form]);
    for text in [&of_plain, &of_everything] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    [(plain, of_plain), (everything, of_everything)]
}

#[test]
fn prometheus_takes_its_jobs() {
    require!(Promtool);
    for (scratch, text) in both("prometheus") {
        fs::write(scratch.path().join("scrape.yml"), &text).unwrap();
        // The certificates are none, and only their being there is looked at.
        let (content, said) =
            promtool::run(scratch.path(), &["check", "config", "--syntax-only", "scrape.yml"]);
        assert!(content, "{said}\n{text}");
        assert!(text.contains("honor_labels: true") && text.contains("job_name: sase_axe"), "{text}");
    }
}

#[test]
fn a_collector_has_the_same_jobs() {
    let scratch = everything();
    for config in [&[][..], &["--config", "everything.yml"]] {
        let [ours, theirs] =
            ["prometheus", "otel"].map(|form| endpoint(&scratch, &[config, &["-f", form]].concat()));
        let read = |text: &str| serde_yaml::from_str::<serde_yaml::Value>(text).unwrap();
        let theirs = read(&theirs.replace("$$", "$"));
        let jobs = &theirs["receivers"]["prometheus/telemetry"]["config"]["scrape_configs"];
        assert_eq!(jobs, &read(&ours)["scrape_configs"]);
        let pipeline = &theirs["service"]["pipelines"]["metrics/telemetry"];
        assert_eq!(pipeline["receivers"][0], "prometheus/telemetry");
        assert!(!theirs["exporters"][pipeline["exporters"][0].as_str().unwrap()].is_null());
    }
}

#[test]
fn kubernetes_takes_the_pods() {
    require!(Node, NpmPackages);
    for (_, text) in both("kubernetes") {
        validate_kubernetes(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    }
}

#[test]
fn the_addresses_are_shown_with_their_origins() {
    let [_, (_, text)] = both("rich");
    reviewed("endpoint", &text, &[(r"/\S*/telemetry-test-\w+", "HOME")]);
    for (_, text) in both("json") {
        let document = conforms("endpoint", &text);
        assert!(document["scrape_configs"].as_str().unwrap().starts_with("scrape_configs:\n"));
    }
}

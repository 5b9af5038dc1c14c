//! `telemetry alerts`, of our stack and of a real Prometheus.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use serde_json::{Value, json};
use telemetry_catalog::WORKER_JOB;

use super::exporter::Exporter;
use crate::support::schema::conforms;
use crate::support::{Program, Prometheus, Scratch, Up, eventually, require};

/// Rules of each severity, over what the exporter shows.
const RULES: &str = r#"groups:
  - name: levels
    rules:
      - alert: Informs
        expr: level >= 1
        labels: {severity: info}
      - alert: Waits
        expr: level >= 1
        for: 1h
        labels: {severity: critical}
      - alert: Warns
        expr: level >= 2
        annotations: {summary: "level {{ $value }} in {{ $labels.zone }}"}
      - alert: Burns
        expr: level >= 3
        labels: {severity: critical}
"#;

/// What the command says: its exit code, its output, and what stands on standard error.
fn alerts(folder: &Scratch, arguments: &[&str]) -> (i32, String, String) {
    let output = folder.telemetry().arg("alerts").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Shows each level, and holds the command to its exit code.
fn follows(exporter: &Exporter, url: &str) {
    let folder = Scratch::new();
    for (level, code, names) in [
        (0, 0, &[][..]),
        (1, 0, &["Informs", "Waits"]),
        (2, 1, &["Warns", "Informs", "Waits"]),
        (3, 2, &["Burns", "Warns", "Informs", "Waits"]),
    ] {
        exporter.show(&format!("level{{zone=\"north\"}} {level}\n"));
        let document = eventually(&format!("level {level} at {url}"), || {
            let (_, printed, _) = alerts(&folder, &["-j", "--timeout", "30", "--from", url]);
            assert!(!printed.starts_with('{') || printed.starts_with("{\n  \"version\": 1,\n"), "{printed}");
            let document: Value = serde_json::from_str(&printed).ok()?;
            let alerts = document["alerts"].as_array()?;
            let found: Vec<_> = alerts.iter().map(|alert| alert["alert"].as_str().unwrap()).collect();
            (found == names && document["not_evaluated_yet"] == json!([])).then(|| document.clone())
        });
        conforms("alerts", &document.to_string());
        assert_eq!((&document["version"], &document["alert_rules"]), (&json!(1), &json!(4)));
        let (found, printed, _) = alerts(&folder, &["--timeout", "30", "--from", url]);
        assert_eq!(found, code, "{printed}");
        assert!(names.iter().all(|name| printed.contains(name)), "{printed}");
        assert_eq!(printed.contains("level 2 in north"), level == 2, "{printed}");
        assert_eq!(printed.starts_with("Nothing fires and nothing is pending"), level == 0, "{printed}");
    }
}

#[test]
fn its_exit_code_is_how_bad_it_is_at_our_stack() {
    let exporter = Exporter::silent();
    exporter.show("level 0\n");
    let folder = Scratch::new();
    fs::write(folder.path().join("rules.yml"), RULES).unwrap();
    let scraped = exporter.address().to_string();
    let up =
        Up::start_in(folder, &["--scrape", &scraped, "--rules", "rules.yml", "--evaluation-interval", "1s"]);
    follows(&exporter, &up.api().url());
}

#[test]
fn its_exit_code_is_how_bad_it_is_at_a_real_prometheus() {
    require!(Prometheus);
    let exporter = Exporter::silent();
    exporter.show("level 0\n");
    let prometheus = prometheus_with(RULES, &exporter.address().to_string());
    follows(&exporter, &prometheus.url());
}

/// A real Prometheus with these rules, evaluated every second, that scrapes this target under the job that `--scrape` gives it.
pub(super) fn prometheus_with(rules: &str, target: &str) -> Prometheus {
    let folder = Scratch::new();
    fs::write(folder.path().join("rules.yml"), rules).unwrap();
    let configuration = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\nrule_files: [rules.yml]\n\
         scrape_configs:\n  - job_name: {WORKER_JOB}\n    static_configs:\n      - targets: ['{target}']\n"
    );
    fs::write(folder.path().join("prometheus.yml"), configuration).unwrap();
    let home = folder.path().to_owned();
    Prometheus::start_by(folder, move |address| {
        let mut command = Command::new(Program::Prometheus.path());
        command.current_dir(&home).args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
        command.arg(format!("--web.listen-address={address}"));
        command
    })
}

#[test]
fn what_is_not_known_is_never_taken_for_good_or_bad() {
    let folder = Scratch::new();
    let stranger = Exporter::silent();
    stranger.show("level 0\n");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().unwrap().to_string();
    let no_rules = Up::start(&["--no-rules"]);
    for (address, words) in [
        ("127.0.0.1:1".to_owned(), "connection refused"),
        (stranger.address().to_string(), "is no Prometheus"),
        (silent, "no answer within 0.5 s"),
        (no_rules.api().url(), "no alert rules are loaded"),
        (no_rules.gateway_url(), "HTTP status 404"),
    ] {
        for form in
            [&["--from", &address, "--timeout", "0.5"][..], &["-j", "--from", &address, "--timeout", "0.5"]]
        {
            let (code, printed, said) = alerts(&folder, form);
            assert_eq!((code, printed.as_str()), (3, ""), "{address}: {said}");
            assert!(
                said.contains(words) || code == 3 && said.contains("no answer within"),
                "{address}: {said}"
            );
        }
    }
    fs::write(folder.path().join("broken.yml"), "telemetry: [").unwrap();
    let (code, _, said) = alerts(&folder, &["--config", "broken.yml"]);
    assert_eq!(code, 3, "{said}");
    for wrong in [&["--from", "http://me:secret@localhost:1"][..], &["--timeout", "0"], &["--nonsense"]] {
        let (code, _, said) = alerts(&folder, wrong);
        assert_eq!(code, 64, "{wrong:?}: {said}");
    }
}

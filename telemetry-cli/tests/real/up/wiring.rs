//! Where the rules and the page are, with our own history and beside a real Prometheus.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::alertmanager::RULES;
use super::alerts_command::prometheus_with;
use super::exporter::Exporter;
use crate::support::{Api, Prometheus, Scrape, Scratch, Up, eventually, http, require};

/// Which keys there are, and of what type their values are. Lists have the shapes of all their elements.
fn shape(value: &Value, path: &str, shapes: &mut BTreeSet<String>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    shapes.insert(format!("{path}: {kind}"));
    let list = value.as_array().into_iter().flatten();
    list.for_each(|element| shape(element, &format!("{path}[]"), shapes));
    for (key, value) in value.as_object().into_iter().flatten() {
        shape(value, &format!("{path}.{key}"), shapes);
    }
}

fn shapes(value: &Value) -> BTreeSet<String> {
    let mut shapes = BTreeSet::new();
    shape(value, "", &mut shapes);
    shapes
}

/// What stays the same from one evaluation to the next and from one server to the other.
fn lasting(mut value: Value) -> Value {
    for key in ["activeAt", "evaluationTime", "lastEvaluation", "file"] {
        without(&mut value, key);
    }
    value
}

fn without(value: &mut Value, key: &str) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(|element| without(element, key)),
        Value::Object(fields) => {
            fields.remove(key);
            fields.values_mut().for_each(|field| without(field, key));
        }
        _ => {}
    }
}

/// Waits until the alert fires.
fn fires(api: &Api) {
    eventually("an alert that fires", || {
        let alerts = api.api("alerts")["alerts"].as_array().cloned().unwrap_or_default();
        alerts.iter().any(|alert| alert["state"] == "firing").then_some(())
    });
}

#[test]
fn rules_and_alerts_are_told_as_a_real_prometheus_tells_them() {
    require!(Prometheus);
    let exporter = Exporter::silent();
    exporter.show("broken{zone=\"north\",machine=\"1\"} 1.5\nbroken{zone=\"north\",machine=\"2\"} 1\n");
    let target = exporter.address().to_string();
    let folder = Scratch::new();
    fs::write(folder.path().join("rules.yml"), RULES).unwrap();
    let arguments =
        ["--scrape", &target, "--rules", "rules.yml", "--evaluation-interval", "1s", "--no-gateway"];
    let up = Up::start_in(folder, &arguments);
    let (ours, theirs) = (up.api(), prometheus_with(RULES, &target));
    fires(&ours);
    fires(&theirs);
    for path in ["rules", "alerts", "rules?type=alert", "rules?type=record"] {
        let answers = [ours.api(path), theirs.api(path)];
        assert_eq!(shapes(&answers[0]), shapes(&answers[1]), "{path}: {answers:?}");
        let [ours, theirs] = answers.map(lasting);
        assert_eq!(ours, theirs, "{path}");
    }
    let wrong = |api: &Api| http::get(&format!("{}/api/v1/rules?type=both", api.url())).unwrap();
    let (wrong_ours, wrong_theirs) = (wrong(&ours), wrong(&theirs));
    assert_eq!((wrong_ours.status, wrong_ours.body.trim()), (wrong_theirs.status, wrong_theirs.body.trim()));
    // Newer versions than the one that is compared with know these.
    for (filters, count) in [
        ("rule_name[]=MachinesBroken", 1),
        ("rule_group[]=nobody", 0),
        ("rule_group[]=machines&rule_name[]=zone:broken:sum", 1),
        ("file[]=rules.yml", 2),
        (&format!("match[]={}", http::escape("{severity=\"critical\"}")), 1),
    ] {
        let groups = ours.api(&format!("rules?{filters}"))["groups"].clone();
        let rules = groups.as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap());
        assert_eq!(rules.count(), count, "{filters}: {groups}");
    }
    let excluded = ours.api("rules?exclude_alerts=true&type=alert");
    assert_eq!(excluded["groups"][0]["rules"][0]["alerts"], Value::Null);
}

#[test]
fn the_start_says_where_the_page_is_what_is_evaluated_and_who_is_told() {
    let up = Up::start(&["--alertmanager", "127.0.0.1:1", "--webhook", "http://127.0.0.1:1/a-token"]);
    assert_eq!(up.page_url(), format!("{}/", up.api().url()));
    let line = |name: &str| up.printed.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    assert!(line("rules").contains("every 15s: ") && line("rules").ends_with("generated"), "{}", up.printed);
    assert!(!line("rules").contains(" 0 alerts"), "{}", up.printed);
    let told = "Alertmanager http://127.0.0.1:1, webhook http://127.0.0.1:1, this log";
    assert!(line("alerts").ends_with(told), "{}", up.printed);
    let page = http::get(&up.page_url()).unwrap();
    assert!(page.status == 200 && page.body.contains("<html"), "{page:?}");
}

#[test]
fn the_page_can_have_a_port_of_its_own() {
    let up = Up::start(&["--page-port", "0"]);
    assert_ne!(up.page_url(), format!("{}/", up.api().url()));
    assert_eq!(http::get(&up.page_url()).unwrap().status, 200);
    assert_eq!(http::get(&format!("{}-/healthy", up.page_url())).unwrap().status, 200);
    assert_eq!(http::get(&format!("{}/", up.api().url())).unwrap().status, 307, "the API leads there");
    assert!(!Api::at(up.page_url().trim_end_matches('/')).api("rules")["groups"][0].is_null());
}

#[test]
fn without_rules_there_is_a_page_and_without_a_history_there_is_neither() {
    let up = Up::start(&["--no-rules"]);
    assert_eq!(up.api().api("rules")["groups"], Value::Array(Vec::new()));
    assert_eq!(http::get(&up.page_url()).unwrap().status, 200);
    let up = Up::start(&["--no-history"]);
    assert!(!up.printed.contains("page") && !up.printed.contains("rules"), "{}", up.printed);
}

#[test]
fn beside_a_real_prometheus_rules_and_page_look_there() {
    require!(Prometheus);
    let exporter = Exporter::silent();
    exporter.show("broken{zone=\"north\"} 2\n");
    let theirs = Prometheus::start(&[Scrape::of("worker", exporter.address())]);
    theirs.await_up("worker");
    let port = theirs.url().rsplit(':').next().unwrap().to_owned();
    let folder = Scratch::new();
    fs::write(
        folder.path().join("rules.yml"),
        RULES.replace("zone:broken:sum >", "sum by (zone) (broken) >"),
    )
    .unwrap();
    let arguments = ["--api-port", &port, "--rules", "rules.yml", "--evaluation-interval", "1s"];
    let mut up = Up::start_in(folder, &arguments);
    let page = up.page_url();
    let number: u16 = page.trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap();
    assert!((9095..=9195).contains(&number), "{page}");
    assert_eq!(http::get(&page).unwrap().status, 200);
    let beside = Api::at(page.trim_end_matches('/'));
    fires(&beside);
    let alert = &beside.api("alerts")["alerts"][0];
    assert_eq!(alert["annotations"]["summary"], "2 machines of north are broken");
    up.signal(rustix::process::Signal::TERM);
    let (status, _, rest) = up.ended();
    assert!(status.success(), "{rest}");
    assert!(rest.contains("what the rules record is kept here alone"), "{rest}");
}

#[test]
fn a_wrong_rule_file_ends_the_start_with_its_place() {
    let folder = Scratch::new();
    let text = "groups:\n  - name: a\n    rules:\n      - alert: B\n        expr: sum(\n";
    fs::write(folder.path().join("wrong.yml"), text).unwrap();
    for (file, words) in [("wrong.yml", "wrong.yml:5"), ("missing.yml", "missing.yml")] {
        let mut command = folder.telemetry();
        command.args(["up", "--gateway-port", "0", "--api-port", "0", "--rules", file]);
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(words) && output.stdout.is_empty(), "{said}");
    }
}

#[test]
fn flags_of_rules_that_do_not_go_together_are_wrong_usage() {
    for arguments in [
        &["--no-rules", "--rules", "a.yml"][..],
        &["--no-rules", "--alertmanager", "localhost:1"],
        &["--no-history", "--page-port", "0"],
        &["--no-history", "--webhook", "http://localhost:1"],
        &["--evaluation-interval", "1ms"],
        &["--page-port", "29090", "--api-port", "29090"],
        &["--alertmanager", "http://me:secret@localhost:1"],
    ] {
        let output = Scratch::new().telemetry().arg("up").args(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(64), "{arguments:?}: {said}");
    }
}

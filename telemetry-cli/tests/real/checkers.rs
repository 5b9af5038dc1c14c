//! The checkers that judge what we generate let good files pass and see what is wrong with bad ones.
//!
//! Each sample is good as it is, and a table of changes makes it bad in one place at a time.

use std::fs;

use crate::support::grafana::Grafana;
use crate::support::{
    Scratch, amtool_check, compose_config, require, typecheck_dashboards, validate_kubernetes,
};

const DASHBOARD: &str = include_str!("checkers/dashboard.json");
const OBJECTS: &str = include_str!("checkers/objects.yaml");
const COMPOSE: &str = include_str!("checkers/compose.yml");

const ALERTMANAGER: &str = "route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n";

/// What stands in the dashboard, and what is wrong in its place: names, types, values of enums, and what must not be left out,
/// at every depth.
const DASHBOARD_MISTAKES: &[(&str, &str)] = &[
    (r#""schemaVersion""#, r#""shemaVersion""#),
    (r#""title": "Sample""#, r#""title": 5"#),
    (r#""graphTooltip": 1"#, r#""graphTooltip": 7"#),
    (r#""now-6h", "to""#, r#""now-6h", "til""#),
    (r#""asDropdown": true,"#, ""),
    (r#""type": "dashboards""#, r#""type": "dashboard""#),
    (r#""type": "query""#, r#""type": "qery""#),
    (r#""refresh": 2"#, r#""refresh": 9"#),
    (r#""includeAll""#, r#""includeall""#),
    (r#""iconColor": "red""#, r#""iconColour": "red""#),
    (r#""target": {"expr""#, r#""target": {"exp""#),
    (r#""collapsed""#, r#""colapsed""#),
    (r#""title": "Gauge","#, ""),
    (r#""type": "gauge""#, r#""type": "guage""#),
    (r#""w": 12, "x": 0, "y": 1"#, r#""w": 12, "x": 0"#),
    (r#""description": "d""#, r#""descripton": "d""#),
    (
        r#""uid": "${datasource}"},
      "gridPos""#,
        r#""id": "${datasource}"},
      "gridPos""#,
    ),
    (r#""graphMode": "area""#, r#""graphMode": "are""#),
    (r#""wideLayout""#, r#""wideLayot""#),
    (r#""sort": "desc""#, r#""sort": "descending""#),
    (
        r#""showLegend": true},
        "tooltip": {"mode": "multi""#,
        r#""showLegnd": true},
        "tooltip": {"mode": "multi""#,
    ),
    (r#""exponent": 0.5"#, r#""exponent": "0.5""#),
    (r#""mergeValues""#, r#""mergeValue""#),
    (
        r#""unit": "s",
          "min""#,
        r#""units": "s",
          "min""#,
    ),
    (r#""drawStyle""#, r#""drawStyl""#),
    (r#""drawStyle": "line""#, r#""drawStyle": "lines""#),
    (
        r#""mappings": [
            {"type": "value""#,
        r#""custom": {"lineWidth": 1}, "mappings": [
            {"type": "value""#,
    ),
    (r#""type": "special""#, r#""type": "speciall""#),
    (r#""color": "green", "value": null"#, r#""colour": "green", "value": null"#),
    (r#""custom.lineWidth", "value": 2"#, r#""custom.lineWidth", "value": "2""#),
    (r#""custom.lineWidth""#, r#""custom.linWidth""#),
    (r#""mode": "fixed""#, r#""mode": "fixd""#),
    (r#""legendFormat""#, r#""legendFormt""#),
    (r#""instant": false"#, r#""instant": "false""#),
    (r#""format": "heatmap""#, r#""format": "heat""#),
    (r#""refId": "A", "expr": "x""#, r#""expr": "x""#),
];

/// The same for the objects, with words of the complaint.
const OBJECT_MISTAKES: &[(&str, &str, &str)] = &[
    ("for: 1m", "for: 1 minute", "rules/0/for must match pattern"),
    ("severity: warning", "severity: on", "severity must be string"),
    ("expr: up == 0", "exp: up == 0", "'\"exp\"' does not exist"),
    ("interval: 15s", "intervall: 15s", "'\"intervall\"' does not exist"),
    ("honorLabels: true", "honorLabels: \"true\"", "honorLabels must be boolean"),
    ("clusterIP", "clusterIp", "'\"clusterIp\"' does not exist"),
    ("port: 80", "port: http", "must be integer"),
    ("kind: PodMonitor", "kind: PodMonitr", "nobody knows the kind PodMonitr"),
    ("monitoring.coreos.com/v1\nkind: Service", "monitoring.coreos.com/v9\nkind: Service", "nobody knows"),
    ("name: sample\n  labels", "name: Sample\n  labels", "no name of an object"),
    ("  selector: {}\n", "", "must have required property selector"),
    ("spec:\n  clusterIP", "spec: {}\nspec:\n  clusterIP", "Map keys must be unique"),
];

/// The same for the compose file.
const COMPOSE_MISTAKES: &[(&str, &str, &str)] = &[
    ("restart:", "restrat:", "restrat"),
    ("deploy:", "deploy: 5\n    labels:", "deploy"),
    ("- data:/data", "- dat:/data", "dat"),
    ("${PORT:-9091}", "${PORT}", "variable is not set"),
    ("${SECRET:?copy .env.example to .env}", "${OTHER:?copy .env.example to .env}", "copy .env.example"),
    ("interval: 10s", "interval: often", "interval"),
];

/// The sample with a mistake in it.
fn broken(sample: &str, right: &str, wrong: &str) -> String {
    assert!(sample.contains(right), "the sample has no {right}");
    sample.replacen(right, wrong, 1)
}

#[test]
fn a_dashboard_that_every_version_of_grafana_knows_is_accepted() {
    require!(Node, NpmPackages);
    assert_eq!(typecheck_dashboards(&[("first.json", DASHBOARD), ("second.json", DASHBOARD)]), Ok(()));
}

#[test]
fn every_version_of_grafana_sees_every_mistake_in_a_dashboard() {
    require!(Node, NpmPackages);
    let made: Vec<_> = DASHBOARD_MISTAKES
        .iter()
        .enumerate()
        .map(|(number, (right, wrong))| (format!("{number}.json"), broken(DASHBOARD, right, wrong)))
        .collect();
    let dashboards: Vec<_> = made.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    for version in Grafana::ALL {
        let complaints = version.complaints(&dashboards);
        let seen =
            |number: usize| complaints.lines().any(|line| line.starts_with(&format!("{number}.json.ts(")));
        let missed: Vec<_> = (0..made.len())
            .filter(|number| !seen(*number))
            .map(|number| DASHBOARD_MISTAKES[number])
            .collect();
        assert!(missed.is_empty(), "{version:?} lets these pass: {missed:#?}");
    }
}

#[test]
fn a_complaint_about_a_dashboard_names_its_file_and_line() {
    require!(Node, NpmPackages);
    let wrong = broken(DASHBOARD, r#""graphMode": "area""#, r#""graphMode": "are""#);
    let line = 1 + wrong.lines().position(|line| line.contains("graphMode")).unwrap();
    let complaint = typecheck_dashboards(&[("good.json", DASHBOARD), ("bad.json", &wrong)]).unwrap_err();
    assert_eq!(complaint.matches(&format!("bad.json.ts({line},")).count(), Grafana::ALL.len(), "{complaint}");
    assert!(
        complaint.contains("Did you mean '\"area\"'?") && !complaint.contains("good.json"),
        "{complaint}"
    );
}

#[test]
fn what_only_a_later_grafana_knows_is_no_dashboard_for_all() {
    require!(Node, NpmPackages);
    let later = broken(DASHBOARD, r#""wideLayout": true"#, r#""percentChangeColorMode": "standard""#);
    let dashboards = [("later.json", later.as_str())];
    assert_eq!(Grafana::Latest.complaints(&dashboards), "");
    assert!(typecheck_dashboards(&dashboards).unwrap_err().contains("percentChangeColorMode"));
}

#[test]
fn kubernetes_objects_of_known_kinds_are_accepted() {
    require!(Node, NpmPackages);
    assert_eq!(validate_kubernetes(OBJECTS), Ok(()));
}

#[test]
fn every_mistake_in_a_kubernetes_object_is_seen() {
    require!(Node, NpmPackages);
    // All at once, since the compiler takes a second to begin.
    let files: Vec<_> =
        OBJECT_MISTAKES.iter().map(|(right, wrong, _)| broken(OBJECTS, right, wrong)).collect();
    let said = validate_kubernetes(&files.join("---\n")).unwrap_err();
    let objects = OBJECTS.split("---\n").count();
    for (number, (_, wrong, complaint)) in OBJECT_MISTAKES.iter().enumerate() {
        let own = number * objects..(number + 1) * objects;
        let of_own = |line: &&str| own.clone().any(|object| is_about(line, object));
        assert!(said.lines().filter(of_own).any(|line| line.contains(complaint)), "{wrong}: {said}");
    }
    assert!(validate_kubernetes("").unwrap_err().contains("no object"));
}

/// Whether a line of a complaint is about the object with that index in the file.
fn is_about(line: &str, object: usize) -> bool {
    line.starts_with(&format!("document {}: ", object + 1))
        || line.starts_with(&format!("object-{object}.ts("))
}

#[test]
fn docker_compose_resolves_a_file() {
    require!(DockerCompose);
    let folder = Scratch::new();
    fs::write(folder.path().join("compose.yml"), COMPOSE).unwrap();
    fs::write(folder.path().join(".env"), "SECRET=from the file\n").unwrap();
    let resolved = compose_config(folder.path(), "compose.yml", &[("PORT", "9092")]).unwrap();
    for part in ["127.0.0.1:9092", "SECRET: from the file", "sample/server:v1.2.3"] {
        assert!(resolved.contains(part), "{part}: {resolved}");
    }
}

#[test]
fn docker_compose_sees_every_mistake_in_a_file() {
    require!(DockerCompose);
    let folder = Scratch::new();
    for (right, wrong, complaint) in COMPOSE_MISTAKES {
        fs::write(folder.path().join("compose.yml"), broken(COMPOSE, right, wrong)).unwrap();
        let said = compose_config(folder.path(), "compose.yml", &[("SECRET", "told")]).expect_err(wrong);
        assert!(said.contains(complaint), "{wrong}: {said}");
    }
}

#[test]
fn amtool_accepts_a_good_configuration_and_refuses_a_bad_one() {
    require!(Amtool);
    let folder = Scratch::new();
    let file = folder.path().join("alertmanager.yml");
    fs::write(&file, ALERTMANAGER).unwrap();
    assert_eq!(amtool_check(&file), Ok(()));
    fs::write(&file, broken(ALERTMANAGER, "receiver: nobody", "receiver: somebody")).unwrap();
    assert!(amtool_check(&file).unwrap_err().contains("somebody"));
    assert!(amtool_check(&folder.path().join("none.yml")).is_err());
}

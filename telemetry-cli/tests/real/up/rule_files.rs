//! Rule files and their templates: what Prometheus's own checker reads, and what it makes of templates.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;
use telemetry_query::Labels;
use telemetry_stack::rules::{RuleSet, Template, TemplateData};

use crate::support::{Scratch, promtool, require};

/// Templates that mean the same to Prometheus and to us, whatever the value.
const TEMPLATES: &[&str] = &[
    "{{ $value }}",
    "{{ .Value }}{{ $.Value }}",
    "{{ humanize $value }}",
    "{{ $value | humanize1024 }}",
    "{{ $value | humanizeDuration }}",
    "{{ $value | humanizePercentage }}",
    "{{ printf \"%v|%g|%G\" $value $value $value }}",
    "{{ printf \"%f|%.0f|%.2f|%12.3f|%-12.3f|%012.3f|%+.1f|% .1f\" $value $value $value $value $value $value $value $value }}",
    "{{ printf \"%e|%.0e|%.3E|%14.2e\" $value $value $value $value }}",
    "{{ printf \"%.1g|%.3g|%.4g|%.10g|%10.2g\" $value $value $value $value $value }}",
    "{{ printf \"%.3v|%8v|%-8v|%08v|%+v\" $value $value $value $value $value }}",
    "{{ printf \"%d|%s|%q|%t\" $value $value $value $value }}",
    "{{ printf \"%99999999d\" $value }}|{{ printf \"%.99999999f|\" $value }}|{{ printf \"a%\" }}",
    "{{ if gt $value 1.0 }}>{{ else if eq $value 1.0 }}={{ else if lt $value 1.0 }}<{{ else }}?{{ end }}",
    "{{ ge $value 1.0 }}{{ le $value 1.0 }}{{ gt $value 1.0 }}{{ lt $value 1.0 }}{{ ne $value 1.0 }}{{ eq $value 2.0 1.0 }}",
    "{{ if $value }}yes{{ else }}no{{ end }} {{ not $value }} {{ and $value 5 }} {{ or $value \"none\" }}",
    "{{ with $value }}{{ . }}{{ end }}",
    "{{ print $value 1 \"a\" 2 3 }}{{ println $value \"b\" }}",
    "{{ $value | printf \"%.2f\" | humanize }}",
];

/// Templates that need no value.
const TEXTS: &[&str] = &[
    "",
    "plain } text }} with { braces",
    "{{ $labels.provider }} {{ .Labels.instance }} {{ $.Labels.provider }} {{ index $labels \"provider\" }}",
    "[{{ $labels.nobody }}{{ index .Labels \"nobody\" }}{{ $labels.empty }}]",
    "[{{ $externalURL }}{{ .ExternalURL }}]",
    "{{ $labels }} {{ len $labels }} {{ len $labels.provider }}",
    "a \n {{- 1 -}} \n b {{ 2 -}}   c {{- 3 }} d",
    "{{/* nothing */}}a{{- /* {{ }} */ -}} b {{- /* x\ny */}}",
    "{{ \"a\\tb\\\"c\\\\ \\u00e9 \\x41 \\101\" }} {{ `raw \\n \"x\"` }} {{ \"}}\" }} {{ \"{{\" }}",
    "{{ 1 }} {{ -2 }} {{ +3 }} {{ 0x1F }} {{ 010 }} {{ 0b101 }} {{ 0o17 }} {{ 1.50 }} {{ .5 }} {{ 5. }} {{ 1e3 }} {{ 1E-7 }} {{ 1e21 }} {{ 1e20 }}",
    "{{ 100000.0 }} {{ 1000000.0 }} {{ 20999999.0 }} {{ 123456789.0 }} {{ 0.0001 }} {{ 0.00001 }}",
    "{{ true }} {{ false }} {{ not true }} {{ not \"\" }} {{ and 1 0 2 }} {{ or 0 \"\" 3 }} {{ and true }} {{ or false }}",
    "{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ $x }}{{ end }}{{ $x }}",
    "{{ $x := $labels.provider }}{{ with $y := $x }}{{ $y }}{{ . }}{{ $labels.instance }}{{ else }}none{{ end }}",
    "{{ with $labels.nobody }}x{{ else }}none {{ .Value }}{{ end }}",
    "{{ with $labels }}{{ .provider }} {{ .nobody }}{{ end }}",
    "{{ with .Labels.nobody }}{{ . }}{{ else }}{{ .Labels.provider }}{{ end }}",
    "{{ if $x := $labels.nobody }}a{{ else if $x }}b{{ else }}c{{ $x }}{{ end }}",
    "{{ if eq $labels.provider \"claude\" \"codex\" }}{{ if ne 1 2 }}1{{ end }}{{ else }}2{{ end }}",
    "{{ lt 1 2 }} {{ lt \"a\" \"b\" }} {{ gt 1.5 1.0 }} {{ eq 1 2 1 }} {{ eq true true }} {{ le 2 2 }} {{ ge 1 2 }}",
    "{{ ($labels).provider }} {{ (index $labels \"provider\") | toUpper }} {{ ((1)) }} {{(print 1 2)}}",
    "{{ title $labels.words }} {{ toUpper $labels.words }} {{ toLower $labels.words }}",
    "{{ reReplaceAll \"(.*):(\\\\d+)\" \"$2-${1}x$1x$$\" $labels.instance }} {{ reReplaceAll \"\" \"-\" \"abc\" }}",
    "{{ reReplaceAll \"a*\" \"X\" \"baac\" }} {{ reReplaceAll \"(?P<n>b)\" \"<$n>\" \"abc\" }} {{ reReplaceAll \"b\" \"$9\" \"abc\" }}",
    "{{ match \"^cl\" $labels.provider }} {{ match \"x\" $labels.provider }} {{ match \"(?i)CLAUDE\" $labels.provider }}",
    "{{ $labels.words | html }} {{ $labels.words | urlquery }} {{ $labels.words | safeHtml }} {{ html 1 2 \"<\" }}",
    "{{ printf \"%s|%10s|%-10s|%.2s|%010s|%q|%x|%X|% x\" \"añb\" \"b\" \"c\" \"dññ\" \"e\" \"f\\n\\\"\\x00é\" \"hi\" \"hi\" \"hi\" }}",
    "{{ printf \"%d|%5d|%-5d|%05d|%+d|% d|%x|%X|%.3d|%6.3d|%v|%-05d\" 1 2 3 4 5 6 255 255 7 8 9 10 }}",
    "{{ printf \"%d|%05d|%x|%.3d|%+05d\" -1 -2 -255 -7 5 }} {{ printf \"%.0d|%5.0d|%+.0d\" 0 0 0 }}",
    "{{ printf \"%t|%v|%7t|%d|%s|%f\" true false true true true true }}",
    "{{ printf \"%d|%f|%t\" \"s\" \"s\" \"s\" }} {{ printf \"%s|%f|%t|%s\" 1 1 1 1.5 }} {{ printf \"%5d|%-5t|\" \"a\" \"b\" }}",
    "{{ printf \"%d %d\" 1 }} {{ printf \"%d\" 1 2 \"x\" 1.5 }} {{ printf \"a\" 1 }} {{ printf \"%%|%5%\" }}",
    "{{ printf \"%v %s\" $labels $labels.words }} {{ print }} {{ print $labels 1 }} {{ println }}",
    "{{ printf (print \"%\" \"d\") 5 }} {{ \"%s!\" | printf | len }}",
    "{{ humanize 5 }} {{ humanize \"1234567\" }} {{ humanize \"1e3\" }} {{ humanize \"NaN\" }} {{ humanize \"-Inf\" }} {{ humanizeDuration \"90\" }}",
    "{{ humanizeTimestamp 0 }} {{ humanizeTimestamp 1435065584.128 }} {{ humanizeTimestamp -1.5 }} {{ humanizeTimestamp 1e9 }} {{ humanizeTimestamp \"1.9999999\" }}",
    "{{ humanizeTimestamp 9.2e9 }} {{ humanizeTimestamp -9.2e9 }} {{ humanizeTimestamp \"NaN\" }} {{ humanizeTimestamp \"+Inf\" }}",
    "{{ stripPort \"host:80\" }} {{ stripPort \"[::1]:80\" }} {{ stripPort \"host\" }} {{ stripPort \"::1\" }} {{ stripPort \"\" }}",
    "{{if true}}a{{end}}{{ if\ttrue\n}}b{{ end\n}}{{with 1}}{{.}}{{end}}",
    "{{ \"a\" | printf \"%s%s\" \"b\" | printf \"%s%d\" | len }}",
    "{{ $x := 5 }}{{ $x }}{{ $x = \"a\" }}{{ $x }}{{ $value = 7.0 }}{{ $value }}{{ $labels = 1 }}{{ $labels }}",
];

/// Templates that can be read and not be filled in.
const FAILING: &[&str] = &[
    "{{ gt $value 1 }}",
    "{{ eq \"a\" 1 }}",
    "{{ eq 1 }}",
    "{{ lt true false }}",
    "{{ eq $labels $labels }}",
    "{{ toUpper 5 }}",
    "{{ toUpper $value }}",
    "{{ toUpper \"a\" \"b\" }}",
    "{{ humanize \"x\" }}",
    "{{ humanize \"1e999\" }}",
    "{{ humanize true }}",
    "{{ humanize $labels }}",
    "{{ humanize }}",
    "{{ humanizeTimestamp 1e300 }}",
    "{{ match \"(\" \"x\" }}",
    "{{ reReplaceAll \"(\" \"x\" \"y\" }}",
    "{{ $labels.provider.x }}",
    "{{ $value.x }}",
    "{{ $value 5 }}",
    "{{ 5 | $value }}",
    "{{ \"a\" \"b\" }}",
    "{{ with $labels.provider }}{{ .x }}{{ end }}",
    "{{ index $labels 5 }}",
    "{{ index $value 5 }}",
    "{{ len $value }}",
    "{{ len 5 }}",
    "{{ and }}",
    "{{ not }}",
    "{{ printf }}",
    "{{ printf 5 }}",
    "before {{ $value.x }} behind",
];

const WORDS: &str = "hello wörld_x y-z <a&\"b'> éß ÇA 1st ½x";

/// Values at which rounding and prefixes change, and others by chance.
fn values() -> Vec<f64> {
    let mut values = vec![
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        1.5,
        2.5,
        0.25,
        0.125,
        1e-10,
        -1e-10,
        0.001,
        0.00099995,
        0.0001,
        0.00009999,
        59.0,
        59.9999,
        59.99999,
        60.0,
        61.5,
        3599.9,
        3600.0,
        86399.0,
        86400.0,
        90061.0,
        999.9,
        999.95,
        999.94999,
        1000.0,
        1023.9,
        1024.0,
        1048576.0,
        12345.0,
        99995.0,
        100000.0,
        999999.0,
        1e6,
        1234567.0,
        123456789.0,
        1e15,
        1e20,
        1e21,
        1.5e21,
        1e24,
        1e27,
        1e300,
        -1e300,
        5e-324,
        1e-30,
        f64::MAX,
        9.3e18,
        -12.3456,
        -90.0,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    let mut chance = fastrand::Rng::with_seed(20_26);
    values.extend((0..60).map(|_| (chance.f64() - 0.3) * 10_f64.powi(chance.i32(-16..26))));
    values.extend((0..20).map(|_| chance.f64() * 2_f64.powi(chance.i32(0..40))).map(f64::round));
    values
}

fn number(value: f64) -> String {
    if value == 0.0 {
        return value.to_string();
    }
    if value.is_infinite() {
        format!("{}Inf", if value > 0.0 { "+" } else { "-" })
    } else {
        format!("{value:e}")
    }
}

/// The labels of the sample from which alerts follow.
fn labels() -> Vec<(&'static str, &'static str)> {
    vec![("instance", "host:9090"), ("provider", "claude"), ("words", WORDS)]
}

/// One rule of a file, and what is to become of its annotations.
struct Told {
    value: f64,
    annotations: Vec<(String, &'static str)>,
}

fn told(value: f64, templates: &[&'static str]) -> Told {
    let annotations = templates.iter().enumerate().map(|(at, template)| (format!("t{at}"), *template));
    Told { value, annotations: annotations.collect() }
}

/// Writes a rule file, and a file of tests that expects of it what we make of the templates.
fn write(folder: &Path, all: &[Told]) {
    let (mut rules, mut tests) = (Vec::new(), Vec::new());
    let labels = labels();
    let of_sample = Labels::new(labels.iter().copied());
    for (at, Told { value, annotations }) in all.iter().enumerate() {
        let (name, expr) =
            (format!("A{at}"), format!("sum by (instance, provider, words) (m) * {}", number(*value)));
        let texts: serde_json::Map<_, _> =
            annotations.iter().map(|(name, text)| (name.clone(), json!(text))).collect();
        rules.push(json!({"alert": name, "expr": expr, "annotations": texts}));
        let data = TemplateData { labels: &of_sample, value: *value, external_url: "" };
        let expand =
            |text: &str| Template::parse(text).unwrap_or_else(|e| panic!("{text}: {e}")).expand(&data);
        let expanded: serde_json::Map<_, _> =
            annotations.iter().map(|(name, text)| (name.clone(), json!(expand(text)))).collect();
        let of_alert: serde_json::Map<_, _> =
            labels.iter().map(|(n, v)| ((*n).to_owned(), json!(v))).collect();
        let alerts = json!([{"exp_labels": of_alert, "exp_annotations": expanded}]);
        tests.push(json!({"eval_time": "1m", "alertname": name, "exp_alerts": alerts}));
    }
    let selector = labels.iter().fold(String::new(), |mut out, (name, value)| {
        write!(out, "{name}={value:?},").unwrap();
        out
    });
    let series = json!([{"series": format!("m{{{selector}}}"), "values": "1 1 1 1"}]);
    let test = json!({"rule_files": ["rules.yml"], "tests": [{"interval": "1m", "input_series": series, "alert_rule_test": tests}]});
    let rules = json!({"groups": [{"name": "g", "rules": rules}]});
    std::fs::write(folder.join("rules.yml"), rules.to_string()).unwrap();
    std::fs::write(folder.join("tests.yml"), test.to_string()).unwrap();
}

#[test]
fn promtool_makes_of_templates_what_we_make() {
    require!(Promtool);
    let scratch = Scratch::new();
    let mut all: Vec<_> = values().into_iter().map(|value| told(value, TEMPLATES)).collect();
    all.push(told(1.0, TEXTS));
    write(scratch.path(), &all);
    RuleSet::read(&scratch.path().join("rules.yml")).unwrap();
    let (good, said) = promtool::run(scratch.path(), &["test", "rules", "tests.yml"]);
    assert!(good, "{}", said.chars().take(40_000).collect::<String>());
}

#[test]
fn promtool_cannot_fill_in_what_we_cannot() {
    require!(Promtool);
    let scratch = Scratch::new();
    write(scratch.path(), &[told(1234.5, FAILING)]);
    let (good, said) = promtool::run(scratch.path(), &["test", "rules", "tests.yml"]);
    assert!(!good, "the messages are not the same, and promtool says so");
    let got = said.split("got:").nth(1).unwrap();
    for (at, template) in FAILING.iter().enumerate() {
        let labels = Labels::new(labels());
        let data = TemplateData { labels: &labels, value: 1234.5, external_url: "" };
        let ours = Template::parse(template).unwrap().expand(&data);
        assert!(ours.starts_with("<error expanding template: "), "{template}: {ours}");
        assert!(got.contains(&format!("t{at}=\"<error expanding template: ")), "{template}: {got}");
    }
}

/// A rule file with one group and this below it, indented for a rule.
fn with_rule(rule: &str) -> String {
    format!("groups:\n- name: g\n  rules:\n  - {}\n", rule.replace('\n', "\n    "))
}

/// An alert rule with this besides.
fn alert(more: &str) -> String {
    with_rule(&format!("alert: A\nexpr: up == 0\n{more}"))
}

/// What both accept.
fn accepted() -> Vec<String> {
    let mut files: Vec<String> = [
        "",
        "---\n",
        "# nothing\n",
        "~\n",
        "groups:\n",
        "groups: []\n",
        "{\"groups\": [{\"name\": \"g\", \"rules\": [{\"record\": \"a:b\", \"expr\": \"up\"}]}]}",
        "groups:\n- name: g\n",
        "groups:\n- name: g\n  rules: []\n  interval: 1m30s\n  limit: 5\n",
        "groups:\n- name: 5\n  interval: 0\n  limit: -3\n  rules:\n",
        "groups:\n- name: a\n- name: b\n",
        "\u{feff}groups:\r\n- name: g\r\n  rules:\r\n  - alert: A\r\n    expr: |\r\n      up\r\n      == 0\r\n",
        "groups:\n- &g\n  name: a\n  rules: &r\n  - record: x\n    expr: up\n- <<: *g\n  name: b\n  rules:\n  - record: y\n    expr: up\n",
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    labels: &l {a: b, c: d}\n  - alert: B\n    expr: up\n    labels:\n      <<: *l\n      a: x\n",
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    labels: {severity: a}\n  - alert: A\n    expr: up\n    labels: {severity: b}\n",
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n  - alert: A\n    expr: down\n",
        "groups:\n- name: g\n  rules:\n  - record: a\n    expr: up\n    labels: {a: b}\n  - record: a\n    expr: down\n    labels: {a: b}\n",
    ]
    .map(str::to_owned)
    .to_vec();
    let of_alerts = [
        "",
        "for: 5m",
        "for: 0",
        "for: 0s",
        "for: 1h30m",
        "for:",
        "keep_firing_for: 10m",
        "labels:",
        "labels: {}",
        "labels: {severity: page, on: off, version: 1.10, empty: }",
        "labels: {alertname: x}",
        "annotations: {__name__: x}",
        "annotations: {a: '{{ $labels.x }}', b: '{{ $value | humanize }}'}",
        "labels: {a: '{{ $value }}'}",
        "annotations: {a: ~}",
        "annotations: {a: '}}'}",
        "annotations: {a: 5}",
    ];
    files.extend(of_alerts.map(alert));
    files.extend(
        [
            "record: a:b:c\nexpr: 1",
            "record: a\nexpr: 1e3",
            "record: a\nexpr: '\"text\"'",
            "record: a\nexpr: up[5m]",
            "record: a\nexpr: up\nfor: 0s",
            "record: a\nexpr: up\nlabels: {a: '{{ nonsense'}",
            "record: a\nexpr: up\nannotations: {}",
            "alert: ''\nrecord: a\nexpr: up",
            "alert: any name / at all\nexpr: up",
            "alert: A\nexpr: >-\n  up\n  == 0",
            "alert: A\nexpr: |\n  sum by (job) (\n    # comment\n    up\n  )",
        ]
        .map(with_rule),
    );
    files
}

/// What both refuse.
fn refused() -> Vec<String> {
    let mut files: Vec<String> = [
        "text",
        "- groups\n",
        "groups: {}\n",
        "groups: 5\n",
        "rules: []\n",
        "groups: []\ngroups: []\n",
        "groups:\n- rules: []\n",
        "groups:\n- name: ''\n",
        "groups:\n- name: a\n- name: a\n",
        "groups:\n- name: a\n  interval: 5\n",
        "groups:\n- name: a\n  interval: -1m\n",
        "groups:\n- name: a\n  limit: x\n",
        "groups:\n- name: a\n  name: b\n",
        "groups:\n- name: a\n  rule: []\n",
        "groups:\n- name: [a]\n",
        "groups:\n- name: a\n  rules: {}\n",
        "groups: [\n",
        "groups: *x\n",
        "groups:\n\t- name: a\n",
        "a: b: c\n",
        "\0",
    ]
    .map(str::to_owned)
    .to_vec();
    let of_alerts = [
        "for: 5",
        "for: x",
        "for: -5m",
        "for: 5m5m",
        "for: ''",
        "for: 1.5h",
        "for: [1m]",
        "keep_firing_for: y",
        "labels: {a-b: c}",
        "labels: {'': c}",
        "labels: {1a: c}",
        "labels: {__name__: c}",
        "labels: [a]",
        "labels: {a: {b: c}}",
        "labels: {a: [b]}",
        "labels: {a: b, a: c}",
        "annotations: {a-b: c}",
        "annotations: {a: '{{ '}",
        "annotations: {a: '{{ $nobody }}'}",
        "annotations: {a: '{{ nonsense }}'}",
        "annotations: {a: '{{ if true }}'}",
        "annotations: {a: '{{ end }}'}",
        "annotations: {a: '{{ else }}'}",
        "annotations: {a: '{{ }}'}",
        "annotations: {a: '{{ \"x }}'}",
        "annotations: {a: '{{ 5x }}'}",
        "annotations: {a: '{{ | humanize }}'}",
        "annotations: {a: '{{ 1 | 2 }}'}",
        "annotations: {a: '{{ ( }}'}",
        "annotations: {a: '{{ ) }}'}",
        "annotations: {a: '{{ (1 }}'}",
        "annotations: {a: '{{ if true }}{{ else }}{{ else }}{{ end }}'}",
        "annotations: {a: '{{/* }}'}",
        "annotations: {a: '{{/* */ x}}'}",
        "annotations: {a: '{{ 99999999999999999999 }}'}",
        "annotations: {a: '{{ \"\\q\" }}'}",
        "annotations: {a: '{{ \"a\"\"b\" }}'}",
        "annotations: {a: '{{ \"a\".b }}'}",
        "annotations: {a: '{{ end }}{{ if true }}'}",
        "annotations: {a: '{{ if }}x{{ end }}'}",
        "annotations: {a: '{{ if $x := 1 }}{{ end }}{{ $x }}'}",
        "annotations: {a: '{{ $labels,$value }}'}",
        "annotations: {a: '{{ a-b }}'}",
        "annotations: {a: '{{ 1 + 2 }}'}",
        "annotations: {a: '{{ 09 }}'}",
        "labels: {a: '{{ nonsense }}'}",
        "unknown: 1",
        "expr: up",
        "alert: B",
    ];
    files.extend(of_alerts.map(alert));
    files.extend(
        [
            "alert: A",
            "expr: up",
            "record: a\nalert: B\nexpr: up",
            "alert: A\nexpr: ''",
            "alert: A\nexpr: up ==",
            "alert: A\nexpr: nobody(up)",
            "alert: A\nexpr: up{",
            "alert: A\nexpr: [up]",
            "alert: A\nexpr: rate(up)",
            "record: a-b\nexpr: up",
            "record: 1a\nexpr: up",
            "record: a\nexpr: up\nfor: 1m",
            "record: a\nexpr: up\nkeep_firing_for: 1m",
            "record: a\nexpr: up\nannotations: {a: b}",
            "record: a\nexpr: up\nlabels: {__name__: b}",
        ]
        .map(with_rule),
    );
    files
}

/// What Prometheus accepts and we refuse by name, since we would do something else.
fn refused_here_alone() -> Vec<String> {
    let of_alerts = [
        "annotations: {a: '{{ query \"up\" }}'}",
        "annotations: {a: '{{ range $k, $v := $labels }}{{ end }}'}",
        "annotations: {a: '{{ define \"x\" }}{{ end }}'}",
        "annotations: {a: '{{ $externalLabels.x }}'}",
        "annotations: {a: '{{ .ExternalLabels }}'}",
        "annotations: {a: '{{ . }}'}",
        "annotations: {a: '{{ $ }}'}",
        "annotations: {a: '{{ .Nobody }}'}",
        "annotations: {a: '{{ printf \"%c\" 5 }}'}",
        "annotations: {a: '{{ 1i }}'}",
        "annotations: {a: '{{ $x = 1 }}'}",
        "annotations: {a: '{{ nil }}'}",
        "annotations: {a: '{{ $value | }}'}",
    ];
    let mut files = of_alerts.map(alert).to_vec();
    let whole = [
        "groups: []\n---\ngroups:\n- name: a\n",
        "groups:\n- name: a\n  limit: 1.5\n",
        "groups:\n- ~\n",
        "groups:\n- name: a\n  rules:\n  - ~\n",
    ];
    files.extend(whole.map(str::to_owned));
    files
}

/// Whether both accept a file: promtool, and we.
fn accept(scratch: &Scratch, text: &str) -> (bool, bool, String) {
    let file = scratch.path().join("rules.yml");
    std::fs::write(&file, text).unwrap();
    // What promtool finds no good style, Prometheus loads.
    let arguments = ["check", "rules", "--lint=none", "rules.yml"];
    let (good, said) = promtool::run(scratch.path(), &arguments);
    let ours = RuleSet::read(&file);
    (
        good,
        ours.is_ok(),
        format!("{text}\npromtool: {said}\nwe: {}", ours.err().map_or(String::new(), |e| e.to_string())),
    )
}

#[test]
fn promtool_and_we_accept_and_refuse_the_same_files() {
    require!(Promtool);
    let scratch = Scratch::new();
    let mut differ = String::new();
    let tables =
        [(accepted(), (true, true)), (refused(), (false, false)), (refused_here_alone(), (true, false))];
    for (files, expected) in tables {
        for text in files {
            let (theirs, ours, said) = accept(&scratch, &text);
            if (theirs, ours) != expected {
                writeln!(differ, "expected {expected:?}, but promtool: {theirs} and we: {ours}\n{said}")
                    .unwrap();
            }
        }
    }
    assert_eq!(differ, "");
}

#[test]
fn the_rules_of_the_repository_are_read() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../monitoring/prometheus/rules");
    let files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    let mut all = RuleSet::default();
    for file in &files {
        all.merge(RuleSet::read(file).unwrap());
    }
    assert!(files.len() >= 2 && all.len() >= 50 && all.alerts().count() >= 20, "{files:?}");
}

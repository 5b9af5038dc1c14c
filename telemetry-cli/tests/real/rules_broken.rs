//! Rules that are broken on purpose: the generated unit tests must fail of each, so that they are known to bite.

use crate::rules::Rules;
use crate::support::require;
use std::collections::BTreeSet;
use telemetry_catalog::rules::{AlertRule, RecordingRule, alert_rules, recording_rules};
use telemetry_core::config::Config;

/// What may go wrong with the text of a rule; `None` where it has nothing of the kind.
type Breaks = fn(&str) -> Option<String>;

/// What may go wrong with an alert rule as a whole.
const OF_ALERTS: [(&str, Breaks); 11] = [
    ("the comparison is flipped", |rule| at_threshold(rule, |op, limit| (flipped(op), limit))),
    ("the threshold is higher", |rule| at_threshold(rule, |op, limit| (op, higher(limit)))),
    ("the threshold is lower", |rule| at_threshold(rule, |op, limit| (op, lower(limit)))),
    ("the guard is gone", without_guards),
    ("the last guard is stricter", |rule| at_guard(rule, |least| least + 1.0)),
    ("the last guard is laxer", |rule| at_guard(rule, |least| least - 1.0)),
    ("it fires at once", |rule| replaced(rule, "        for: 2m\n", "")),
    ("it hesitates", |rule| match rule.contains("        for: ") {
        true => None,
        false => replaced(rule, "        labels:\n", "        for: 2m\n        labels:\n"),
    }),
    ("its severity is another", |rule| replaced(rule, "severity: ", "severity: not-")),
    ("it says too much", |rule| {
        replaced(rule, "summary: \"", "summary: \"!").or(replaced(rule, "summary: ", "summary: not "))
    }),
    ("its value is shown raw", |rule| {
        let formats = [
            " | humanizePercentage",
            " | humanizeDuration",
            " | printf \\\"%.1f\\\"",
            " | printf \\\"%.0f\\\"",
        ];
        formats.into_iter().find_map(|format| replaced(rule, format, " | printf \\\"%.7f\\\""))
    }),
];

/// What may go wrong with the expression of a recording rule.
const OF_RECORDS: [(&str, Breaks); 16] = [
    ("the largest is taken for the sum", |expr| replaced_once(expr, "sum", "max")),
    ("another aggregation", |expr| replaced_once(expr, "avg", "max")),
    ("labels are aggregated away", without_labels),
    ("which series are meant is lost", without_matchers),
    ("the window is twice as long", doubled_window),
    ("newborn series are not counted", |expr| {
        replaced(expr, "max_over_time", "0 * max_over_time").filter(|_| expr.contains("push_time"))
    }),
    ("groups that are pushed are unknown", |expr| without_push(expr)),
    ("targets that were down count as known", |expr| {
        replaced(expr, " == 1 or push_time", " >= 0 or push_time")
    }),
    ("a restarted counter counts for what it was", |expr| {
        replaced(expr, "floor(increase", "1e9 + floor(increase")
    }),
    ("a restarted counter is extrapolated", |expr| replaced(expr, "floor(increase", "1.5 * (increase")),
    ("what was never counted is absent", |expr| replaced(expr, " * 0", " * NaN")),
    ("one more", |expr| Some(format!("({expr})\n+ 1"))),
    ("another quantile", |expr| replaced(expr, "0.95", "0.9")),
    ("the least is the most", |expr| {
        replaced(expr, "min_over_time", "max_over_time").filter(|_| !expr.contains("increase"))
    }),
    ("it counts although others say no", |expr| replaced_once(expr, "\nunless ", "\nor ")),
    ("zero and more are confused", |expr| replaced_once(expr, "bool 0", "bool 1")),
];

fn replaced(text: &str, from: &str, to: &str) -> Option<String> {
    text.contains(from).then(|| text.replace(from, to))
}

fn replaced_once(text: &str, from: &str, to: &str) -> Option<String> {
    text.contains(from).then(|| text.replacen(from, to, 1))
}

/// The first comparison of the expression with a number, changed.
fn at_threshold(rule: &str, change: fn(&'static str, f64) -> (&'static str, f64)) -> Option<String> {
    let (at, op) = ["== ", ">= ", "> "]
        .into_iter()
        .filter_map(|op| rule.find(&format!(" {op}")).map(|at| (at + 1, op)))
        .min_by_key(|(at, _)| *at)?;
    let number = &rule[at + op.len()..];
    let end = number.find(|c: char| !matches!(c, '0'..='9' | '.' | 'e' | '+' | '-'))?;
    let (changed, limit) = change(op, number[..end].parse().ok()?);
    Some(format!("{}{changed}{limit}{}", &rule[..at], &number[end..]))
}

fn flipped(op: &'static str) -> &'static str {
    match op {
        "== " => "!= ",
        ">= " => "< ",
        _ => "<= ",
    }
}

fn higher(limit: f64) -> f64 {
    if limit == 0.0 { 1.0 } else { limit * 2.0 }
}

/// Of counts one less, since half of one is no other number of events.
fn lower(limit: f64) -> f64 {
    if limit.fract() == 0.0 && limit <= 20.0 { limit - 1.0 } else { limit / 2.0 }
}

fn without_guards(rule: &str) -> Option<String> {
    let at = [" and ", "\n          and "].into_iter().filter_map(|and| rule.find(and)).min()?;
    let end = at
        + ["\n        for: ", "\n        labels:"]
            .into_iter()
            .filter_map(|next| rule[at..].find(next))
            .min()?;
    Some(format!("{}{}", &rule[..at], &rule[end..]))
}

fn at_guard(rule: &str, change: fn(f64) -> f64) -> Option<String> {
    let and = rule.rfind(" and ").filter(|and| rule[*and..].contains(">= "))?;
    let at = and + rule[and..].find(">= ")? + 3;
    let end = at + rule[at..].find('\n')?;
    Some(format!("{}{}{}", &rule[..at], change(rule[at..end].parse().ok()?), &rule[end..]))
}

fn without_labels(expr: &str) -> Option<String> {
    let at = expr.find("sum by (").filter(|at| !expr[*at..].starts_with("sum by (le)"))?;
    let end = at + expr[at..].find(')')?;
    let by = if expr[at..].starts_with("sum by (le") { "sum by (le" } else { "sum by (" };
    Some(format!("{}{by}{}", &expr[..at], &expr[end..]))
}

fn without_matchers(expr: &str) -> Option<String> {
    let at = expr.find("{status=").or(expr.find("{outcome="))?;
    let end = at + expr[at..].find('}')? + 1;
    replaced(expr, &expr[at..end], "")
}

fn without_push(expr: &str) -> Option<String> {
    let at = expr.find(" or push_time_seconds")?;
    let end = at + expr[at..].find(')')?;
    replaced(expr, &expr[at..end], "")
}

fn doubled_window(expr: &str) -> Option<String> {
    let at = expr.find('[')? + 1;
    let window = &expr[at..at + expr[at..].find(']')?];
    let (count, unit) = window.split_at(window.len() - 1);
    let twice = format!("{}{unit}", count.parse::<u32>().ok()? * 2);
    let ranges = expr.replace(&format!("[{window}]"), &format!("[{twice}]"));
    Some(ranges.replace(&format!("offset {window}"), &format!("offset {twice}")))
}

/// The alerts whose tests failed.
fn failed(said: &str) -> BTreeSet<&str> {
    let names = said.lines().filter_map(|line| line.trim().strip_prefix("name: "));
    names.filter_map(|name| name.split(':').next()).collect()
}

/// The rules before anything is broken, of which the tests must not fail.
fn unbroken(slug: &str) -> Rules {
    let rules = Rules::alone(slug, &Config::default());
    let (good, said) = rules.tested();
    assert!(good, "{said}");
    rules
}

/// Breaks all alert rules of one severity in the same way: each must be missed by tests of its own.
fn alerts_survive(slug: &str, survivors: &mut Vec<String>) {
    let rules = unbroken(slug);
    let tested: Vec<_> = alert_rules(&Config::default())
        .into_iter()
        .filter(|rule| rules.tests.contains(&format!("\n  - name: \"{}: ", rule.name())))
        .collect();
    assert!(!tested.is_empty(), "{slug}");
    let severities: BTreeSet<_> = tested.iter().map(AlertRule::severity).collect();
    for (kind, breaks) in OF_ALERTS {
        for severity in &severities {
            let mut alerts = rules.alerts.clone();
            let mut broken = Vec::new();
            for rule in tested.iter().filter(|rule| rule.severity() == *severity) {
                let text = text_of(&alerts, rule);
                if let Some(changed) = breaks(&text) {
                    alerts = alerts.replacen(&text, &changed, 1);
                    broken.push(rule.name());
                }
            }
            if broken.is_empty() {
                continue;
            }
            let broken_rules = Rules { alerts, recording: rules.recording.clone(), tests: String::new() };
            let mut missed = broken;
            for tests in shortest_first(&rules.tests) {
                if !missed.is_empty() {
                    let said = failing(&broken_rules, tests);
                    let failed = failed(&said);
                    missed.retain(|name| !failed.contains(name));
                }
            }
            survivors.extend(missed.into_iter().map(|name| format!("{name} {}: {kind}", severity.as_str())));
        }
    }
}

/// What promtool says when the tests fail; nothing where they pass, or there are none.
fn failing(rules: &Rules, tests: String) -> String {
    if tests.is_empty() {
        return String::new();
    }
    let Rules { alerts, recording, .. } = rules;
    let (passes, said) = Rules { alerts: alerts.clone(), recording: recording.clone(), tests }.tested();
    assert!(!said.contains("unmarshal") && !said.contains("parse error"), "{said}");
    if passes { String::new() } else { said }
}

/// The tests that take few evaluations, and the others; most breaks already show in the first.
fn shortest_first(tests: &str) -> [String; 2] {
    let minutes = |line: &str| line.split_once(": ")?.1.strip_suffix('m')?.parse::<u32>().ok();
    let step =
        tests.lines().find(|line| line.starts_with("evaluation_interval: ")).and_then(minutes).unwrap();
    let (head, rest) = tests.split_once("tests:\n").unwrap();
    let (short, long): (Vec<_>, Vec<_>) = rest.split("\n  - name: ").skip(1).partition(|test| {
        let times = test.lines().filter(|line| line.contains("eval_time: ")).filter_map(minutes);
        times.max().unwrap() <= 2 * step
    });
    [short, long].map(|tests| match tests[..] {
        [] => String::new(),
        _ => tests.iter().fold(format!("{head}tests:\n"), |text, test| format!("{text}\n  - name: {test}")),
    })
}

/// The lines of an alert rule in the file.
fn text_of(alerts: &str, rule: &AlertRule) -> String {
    let begin = format!("    - alert: {}\n", rule.name());
    let severity = format!("severity: {}\n", rule.severity().as_str());
    let mut parts = alerts.split("    - alert: ").skip(1).map(|part| format!("    - alert: {part}"));
    let part = parts.find(|part| part.starts_with(&begin) && part.contains(&severity)).unwrap();
    part.split("  - name: ").next().unwrap().to_owned()
}

fn records_survive(slug: &str, survivors: &mut Vec<String>) {
    let rules = unbroken(slug);
    for RecordingRule { record, .. } in recording_rules(&Config::default()) {
        let expr = format!("          {}\n", record.expr.replace('\n', "\n          "));
        let text = format!("      - record: {}\n        expr: |-\n{expr}", record.name);
        let tests = tests_that_read(&rules.tests, &record.name);
        if !rules.recording.contains(&text) || tests.is_empty() {
            continue;
        }
        for (kind, breaks) in OF_RECORDS {
            let Some(changed) = breaks(&record.expr) else { continue };
            let changed = format!("          {}\n", changed.replace('\n', "\n          "));
            let recording = rules.recording.replacen(&text, &text.replace(&expr, &changed), 1);
            let broken = Rules { alerts: rules.alerts.clone(), recording, tests: String::new() };
            let passes = shortest_first(&tests).into_iter().all(|tests| failing(&broken, tests).is_empty());
            if passes && !is_the_same(&record.name, kind) {
                survivors.push(format!("{}: {kind}", record.name));
            }
        }
    }
}

/// What breaks nothing, or nothing that could be seen in minutes.
fn is_the_same(record: &str, kind: &str) -> bool {
    match kind {
        // Each target has one series of these, and of the lumberjacks it only matters whether there is any.
        "the largest is taken for the sum" => {
            record.starts_with("job_instance")
                || record.ends_with("_gone:bool")
                || record == "fleet:sase_llm_output_tokens:increase1h"
        }
        // What a target has is gone as soon as it does not answer.
        "targets that were down count as known" => {
            record.ends_with("_here:increase1h") || record == "fleet:sase_llm_output_tokens:increase1h"
        }
        // The lumberjacks are remembered for a day.
        "the window is twice as long" => record.ends_with("_gone:bool"),
        // A single series is looked at over several days; other counters show the rest.
        "a restarted counter is extrapolated" | "groups that are pushed are unknown" => {
            record == "fleet:sase_llm_output_tokens:increase1h"
        }
        _ => false,
    }
}

/// Only those tests of the file that belong to an indicator which needs this record.
fn tests_that_read(tests: &str, record: &str) -> String {
    let config = Config::default();
    let needs = |alert: &str| {
        telemetry_catalog::indicator::indicators().filter(|indicator| indicator.alert == alert).any(
            |indicator| {
                let signal = indicator.signal(&config);
                signal
                    .guards
                    .iter()
                    .chain([&signal.value])
                    .flat_map(telemetry_catalog::promql::Vector::records)
                    .any(|it| it.name == record)
            },
        )
    };
    let (head, rest) = tests.split_once("tests:\n").unwrap();
    let own = rest.split("\n  - name: \"").filter(|test| test.split(':').next().is_some_and(needs));
    let own: String = own.map(|test| format!("\n  - name: \"{test}")).collect();
    if own.is_empty() { own } else { format!("{head}tests:\n{own}") }
}

macro_rules! tests_bite {
    ($($name:ident: $slug:literal),+ $(,)?) => {
        $(
            mod $name {
                use super::*;

                #[test]
                fn alerts() {
                    require!(Promtool);
                    let mut survivors = Vec::new();
                    alerts_survive($slug, &mut survivors);
                    assert!(survivors.is_empty(), "{survivors:#?}");
                }

                #[test]
                fn records() {
                    require!(Promtool);
                    let mut survivors = Vec::new();
                    records_survive($slug, &mut survivors);
                    assert!(survivors.is_empty(), "{survivors:#?}");
                }
            }
        )+
    };
}

tests_bite! {
    agent: "agent",
    llm: "llm",
    axe: "axe",
    hooks: "hooks",
    beads: "beads",
    vcs: "vcs",
    notifications: "notifications",
    telemetry: "telemetry",
    days: "days",
}

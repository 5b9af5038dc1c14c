//! `telemetry list`, and the files that follow from the catalog.

use std::fs;
use std::process::{Command, Output, Stdio};

use telemetry_catalog::indicator::indicators;
use telemetry_catalog::panel::boards;
use telemetry_catalog::{Filter, examples, render, subsystems};
use telemetry_core::catalog;
use telemetry_core::config::{Address, Config};

use crate::support::reviewed::reviewed;
use crate::support::schema::conforms;
use crate::support::{Program, Scratch, require};

fn list(args: &[&str]) -> Output {
    Scratch::new().telemetry().arg("list").args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn promtool(args: &[&str], scratch: &Scratch) -> String {
    let mut promtool: Command = scratch.command(Program::Promtool.path().to_str().unwrap());
    let output = promtool.args(args).output().unwrap();
    let said = text(&[output.stdout, output.stderr].concat());
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn the_whole_catalog_is_listed_plainly() {
    let output = list(&[]);
    assert!(output.status.success() && output.stderr.is_empty());
    let page = text(&output.stdout);
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("sase_")).collect();
    assert_eq!(rows.len(), catalog::metrics().count());
    for (row, def) in rows.iter().zip(catalog::metrics()) {
        let mut words = row.split_whitespace();
        assert_eq!((words.next(), words.next()), (Some(def.name), Some(def.kind.as_str())));
        assert!(def.labels.iter().all(|label| row.contains(label.name)) && row.ends_with(def.help), "{row}");
    }
    assert!(!page.contains('\u{1b}'));
}

#[test]
fn filters_leave_what_they_name() {
    let page = text(&list(&["-s", "HOOKS", "-t", "histogram"]).stdout);
    let names: Vec<_> = page.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["METRIC", "Hooks", "sase_hook_duration_seconds", "sase_workflow_duration_seconds"]);
    let long = list(&["--subsystem", "Hooks / Mentors / Workflows", "--type", "histogram"]);
    assert_eq!(text(&long.stdout), page);
    let own = text(&list(&["-s", "telemetry"]).stdout);
    assert!(own.contains("telemetry_build_info") && !own.contains("sase_"), "{own}");
}

#[test]
fn an_unknown_subsystem_or_type_is_wrong_usage_and_lists_the_right_ones() {
    let output = list(&["-s", "agnet"]);
    assert_eq!((output.status.code(), &*output.stdout), (Some(64), &b""[..]));
    let said = text(&output.stderr);
    assert!(said.contains("did you mean agent?"), "{said}");
    assert!(
        subsystems().all(|subsystem| said.contains(subsystem.slug) && said.contains(subsystem.title)),
        "{said}"
    );
    let output = list(&["-t", "summary"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(text(&output.stderr).contains("counter, gauge, histogram"));
}

#[test]
fn a_closed_pipe_ends_it_quietly_and_with_success() {
    let scratch = Scratch::new();
    for args in [&["list"][..], &["snapshot", "--from", "-", "-f", "json"]] {
        let mut command = scratch.telemetry();
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", output.status);
        assert!(!text(&output.stderr).to_lowercase().contains("pipe"), "{args:?}: {}", text(&output.stderr));
    }
}

#[test]
fn promtool_accepts_the_scrape_configuration() {
    require!(Promtool);
    let scratch = Scratch::new();
    let (password, token) = (scratch.path().join("password: no"), scratch.path().join("token"));
    fs::write(&password, "x").unwrap();
    fs::write(&token, "x").unwrap();
    let with = |change: &dyn Fn(&mut Config)| {
        let mut config = Config::default();
        change(&mut config);
        config
    };
    let configurations = [
        with(&|_| {}),
        with(&|config| config.prometheus.exposition_port = 0),
        with(&|config| {
            let address = Address::parse("https://[::1]:9091/no").unwrap();
            let (username, password_file) = (Some("on".to_owned()), Some(password.clone()));
            config.prometheus.pushgateway_url = Address { username, password_file, ..address };
        }),
        with(&|config| {
            let address = Address::parse("gateway.example").unwrap();
            config.prometheus.pushgateway_url = Address { bearer_token_file: Some(token.clone()), ..address };
        }),
    ];
    for config in configurations {
        let file = scratch.path().join("prometheus.yml");
        fs::write(&file, render::prometheus_yml(&config)).unwrap();
        promtool(&["check", "config", file.to_str().unwrap()], &scratch);
    }
}

#[test]
fn promtool_parses_every_query_of_the_metrics_page() {
    require!(Promtool);
    let scratch = Scratch::new();
    let metrics = subsystems().flat_map(|subsystem| subsystem.metrics);
    let queries: Vec<_> = metrics.flat_map(|def| examples(def)).map(|example| example.query).collect();
    let rule = |(number, query): (usize, &String)| {
        format!("  - record: example:{number}\n    expr: |\n      {}\n", query.replace('\n', "\n      "))
    };
    let rules: String = queries.iter().enumerate().map(rule).collect();
    let file = scratch.path().join("rules.yml");
    fs::write(&file, format!("groups:\n- name: examples\n  rules:\n{rules}")).unwrap();
    let said = promtool(&["check", "rules", file.to_str().unwrap()], &scratch);
    assert!(said.contains(&format!("{} rules found", queries.len())), "{said}");
}

#[test]
fn alerts_have_the_limits_of_the_configuration() {
    let output = list(&["--alerts", "--set", "health_thresholds.error_rate_warn=7.5"]);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
    let page = text(&output.stdout);
    for indicator in indicators() {
        let row = page.lines().find(|line| line.split_whitespace().next() == Some(indicator.alert));
        assert!(row.is_some_and(|row| row.contains(indicator.title)), "{}: {page}", indicator.alert);
    }
    let failing = page.lines().find(|line| line.starts_with("AgentRunsFailing ")).unwrap();
    assert!(failing.contains("warning ≥ 7.5 %, critical ≥ 25 %") && failing.contains(" 30 m "), "{failing}");
    let axe = text(&list(&["--alerts", "-s", "axe"]).stdout);
    assert!(axe.contains("AxeStalled") && !axe.contains("AgentRunsFailing"), "{axe}");
}

#[test]
fn panels_are_listed_by_board() {
    let page = text(&list(&["--panels"]).stdout);
    for board in boards(&Config::default()) {
        assert!(page.contains(&format!("({})", board.uid)), "{page}");
        for panel in board.panels() {
            let row = page.lines().find(|line| line.split_whitespace().next() == Some(&panel.id));
            assert!(row.is_some_and(|row| row.ends_with(&panel.title)), "{}: {page}", panel.id);
        }
    }
    let own = text(&list(&["--panels", "-s", "telemetry"]).stdout);
    assert!(own.contains("(telemetry-telemetry)") && !own.contains("(telemetry-overview)"), "{own}");
}

#[test]
fn one_list_at_a_time() {
    for args in [&["--alerts", "--panels"][..], &["--alerts", "-t", "gauge"], &["--panels", "-t", "gauge"]] {
        let output = list(args);
        assert_eq!((output.status.code(), &*output.stdout), (Some(64), &b""[..]), "{args:?}");
        assert!(text(&output.stderr).contains("cannot be used with"), "{args:?}: {}", text(&output.stderr));
    }
    let broken = list(&["--alerts", "--set", "health_thresholds.error_rate_warn=many"]);
    assert_eq!((broken.status.code(), &*broken.stdout), (Some(64), &b""[..]));
}

#[test]
fn every_list_is_as_somebody_has_read_it() {
    for (name, args) in [
        ("list", &["-s", "agent"][..]),
        ("list_alerts", &["--alerts", "-s", "llm"]),
        ("list_panels", &["--panels", "-s", "beads"]),
        ("list_json", &["-s", "beads", "-f", "json"]),
        ("list_alerts_json", &["--alerts", "-s", "beads", "-f", "json"]),
        ("list_panels_json", &["--panels", "-s", "notifications", "-f", "json"]),
        ("list_markdown", &["-s", "beads", "-f", "markdown"]),
        ("list_panels_markdown", &["--panels", "-s", "beads", "-f", "markdown"]),
    ] {
        let output = list(args);
        assert!(output.status.success() && output.stderr.is_empty(), "{args:?}: {}", text(&output.stderr));
        reviewed(name, &text(&output.stdout), &[]);
    }
}

#[test]
fn json_is_as_its_schema_says_and_has_everything() {
    let metrics = conforms("list", &text(&list(&["-f", "json"]).stdout));
    assert_eq!(
        metrics["metrics"].as_array().unwrap().len(),
        Filter::default().groups().iter().map(|group| group.metrics.len()).sum::<usize>()
    );
    let set = ["--set", "health_thresholds.error_rate_warn=7.5"];
    let alerts = list(&[&["--alerts", "-f", "json"][..], &set].concat());
    let alerts = conforms("list-alerts", &text(&alerts.stdout));
    let alerts = alerts["alerts"].as_array().unwrap();
    assert_eq!(alerts.len(), indicators().count());
    let failing = alerts.iter().find(|alert| alert["alert"] == "AgentRunsFailing").unwrap();
    assert_eq!(
        (&failing["levels"][0]["limit"], &failing["runbook_anchor"]),
        (&0.075.into(), &"agentrunsfailing".into())
    );
    let panels = conforms("list-panels", &text(&list(&["--panels", "-f", "json"]).stdout));
    let boards = boards(&Config::default());
    for (board, printed) in boards.iter().zip(panels["boards"].as_array().unwrap()) {
        assert_eq!(
            (&printed["uid"], printed["panels"].as_array().unwrap().len()),
            (&(*board.uid).into(), board.panels().count())
        );
    }
}

#[test]
fn expressions_in_json_are_promql() {
    require!(Promtool);
    let alerts = conforms("list-alerts", &text(&list(&["--alerts", "-f", "json"]).stdout));
    let levels =
        alerts["alerts"].as_array().unwrap().iter().flat_map(|alert| alert["levels"].as_array().unwrap());
    let expressions = levels.flat_map(|level| [level["rule"].clone(), level["expression"].clone()]);
    let rules: Vec<_> = expressions
        .enumerate()
        .map(|(number, expr)| serde_json::json!({ "record": format!("example:{number}"), "expr": expr }))
        .collect();
    let scratch = Scratch::new();
    let file = scratch.path().join("rules.yml");
    fs::write(&file, serde_json::json!({ "groups": [{ "name": "examples", "rules": rules }] }).to_string())
        .unwrap();
    promtool(&["check", "rules", file.to_str().unwrap()], &scratch);
}

#[test]
fn markdown_is_the_page_of_the_documents() {
    assert_eq!(text(&list(&["-f", "markdown"]).stdout), render::metrics_markdown());
    assert_eq!(
        text(&list(&["--alerts", "-f", "markdown"]).stdout),
        render::alerts_markdown(&Config::default())
    );
}

#[test]
fn a_locale_without_utf8_gets_ascii_also_in_a_pipe() {
    let with = |locale: &str| {
        let output =
            Scratch::new().telemetry().args(["list", "--alerts"]).env("LC_ALL", locale).output().unwrap();
        text(&output.stdout)
    };
    assert!(with("C").is_ascii() && with("C").contains(">= "), "{}", with("C"));
    assert_eq!(with("C.UTF-8"), text(&list(&["--alerts"]).stdout));
}

#[test]
fn colour_is_as_flag_and_environment_want_it() {
    let coloured = |args: &[&str], environment: &[(&str, &str)]| {
        let scratch = Scratch::new();
        let mut command = scratch.telemetry();
        let output = command.args(["list"]).args(args).envs(environment.iter().copied()).output().unwrap();
        text(&output.stdout).contains('\u{1b}')
    };
    assert!(coloured(&["--color", "always"], &[]) && coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[]) && !coloured(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

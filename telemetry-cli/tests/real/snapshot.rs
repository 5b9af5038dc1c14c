//! `telemetry snapshot`: from which sources it has its values, and what it makes of them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use telemetry_catalog::Distribution;
use telemetry_core::exposition::{self, Family, Format};

use crate::support::pushgateway::{Groups, PASSWORD, USER};
use crate::support::reviewed::reviewed;
use crate::support::schema::conforms;
use crate::support::{
    Certificates, DelayProxy, Mode, Prometheus, Pushgateway, Scrape, Scratch, Stub, eventually, http,
    promtool, require,
};

/// Nothing listens on this port, and nobody may without being root.
const NOBODY: &str = "127.0.0.1:1";

pub(crate) const AGENT: &str = "\
# HELP sase_agent_runs_total Total agent runs
# TYPE sase_agent_runs_total counter
sase_agent_runs_total{llm_provider=\"claude\",status=\"ok\",workflow=\"fix\"} 16
sase_agent_runs_total{llm_provider=\"claude\",status=\"error\",workflow=\"fix\"} 2
sase_agent_runs_total{llm_provider=\"codex\",status=\"killed\",workflow=\"fix\"} 2
# HELP sase_agent_run_duration_seconds Agent run duration
# TYPE sase_agent_run_duration_seconds histogram
sase_agent_run_duration_seconds_bucket{llm_provider=\"claude\",workflow=\"fix\",le=\"10\"} 3
sase_agent_run_duration_seconds_bucket{llm_provider=\"claude\",workflow=\"fix\",le=\"7200\"} 17
sase_agent_run_duration_seconds_bucket{llm_provider=\"claude\",workflow=\"fix\",le=\"+Inf\"} 18
sase_agent_run_duration_seconds_sum{llm_provider=\"claude\",workflow=\"fix\"} 20000.5
sase_agent_run_duration_seconds_count{llm_provider=\"claude\",workflow=\"fix\"} 18
sase_agent_run_duration_seconds_bucket{llm_provider=\"codex\",workflow=\"fix\",le=\"10\"} 1
sase_agent_run_duration_seconds_bucket{llm_provider=\"codex\",workflow=\"fix\",le=\"7200\"} 2
sase_agent_run_duration_seconds_bucket{llm_provider=\"codex\",workflow=\"fix\",le=\"+Inf\"} 2
sase_agent_run_duration_seconds_sum{llm_provider=\"codex\",workflow=\"fix\"} 99
sase_agent_run_duration_seconds_count{llm_provider=\"codex\",workflow=\"fix\"} 2
";

const AXE: &str = "# HELP sase_axe_cycles_total Total axe cycles\n# TYPE sase_axe_cycles_total counter\nsase_axe_cycles_total{cycle_type=\"tick\"} 7\n";

/// The binary with these sources; what is not given refuses connections.
fn sources(scratch: &Scratch, gateway: Option<&str>, exposition: Option<&Stub>) -> Command {
    let mut command = scratch.telemetry_pushing_to(gateway.unwrap_or(NOBODY));
    let port = exposition.map_or(1, |stub| stub.address.port()).to_string();
    command.env("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_PORT", port);
    command.env("SASE_TELEMETRY_PROMETHEUS__INSTANCE", "alice@build").arg("snapshot");
    command
}

/// Runs a snapshot, which gives nobody up whom a busy machine lets wait unless the arguments say so.
fn output(command: &mut Command, args: &[&str]) -> Output {
    let patience: &[&str] = if args.contains(&"--timeout") { &[] } else { &["--timeout", "30"] };
    command.args(args).args(patience).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The value of each sample, by its name and labels as they are written in PromQL.
fn samples(output: &Output) -> BTreeMap<String, Value> {
    assert!(output.status.success(), "{}", text(&output.stderr));
    let array: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let name = |sample: &Value| {
        let labels = sample["labels"].as_object().unwrap().iter();
        let labels: Vec<_> =
            labels.map(|(name, value)| format!("{name}={}", value.as_str().unwrap())).collect();
        format!("{}{{{}}}", sample["name"].as_str().unwrap(), labels.join(","))
    };
    array.iter().map(|sample| (name(sample), sample["value"].clone())).collect()
}

fn push(gateway: &Pushgateway, path: &str, body: &str) {
    let answer = http::put(&format!("{}/metrics/{path}", gateway.url()), body).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
}

fn families(text: &str) -> Vec<Family<'_>> {
    exposition::parse(text, Format::Text).unwrap()
}

#[test]
fn gateway_and_exposition_are_one_and_each_sample_keeps_its_job_and_instance() {
    require!(Pushgateway);
    let (scratch, gateway, axe) = (Scratch::new(), Pushgateway::start(Groups::AreLost), Stub::exposing(AXE));
    push(&gateway, "job/sase_agent/instance/alice%40build", AGENT);
    let output = output(&mut sources(&scratch, Some(&gateway.url()), Some(&axe)), &["-f", "json"]);
    let samples = samples(&output);
    let run = "sase_agent_runs_total{instance=alice@build,job=sase_agent,llm_provider=claude,status=ok,workflow=fix}";
    assert_eq!(samples[run], 16);
    let cycle = format!("sase_axe_cycles_total{{cycle_type=tick,instance={},job=sase_axe}}", axe.address);
    assert_eq!(samples[&cycle], 7);
    assert!(
        samples.keys().all(|name| name.starts_with("sase_")),
        "what a gateway tells about itself is noise"
    );
    let said = text(&output.stderr);
    assert!(said.contains("pushgateway http://") && said.contains("exposition http://"), "{said}");
    assert_eq!((said.matches(" ms").count(), said.lines().count()), (2, 2), "{said}");
    let everything = sources(&scratch, Some(&gateway.url()), None)
        .args(["--all", "-f", "prometheus", "--timeout", "30"])
        .output()
        .unwrap();
    assert!(text(&everything.stdout).contains("\npush_time_seconds{"));
}

#[test]
fn the_ledger_takes_the_place_of_a_gateway_that_does_not_answer() {
    let scratch = Scratch::new();
    let mut run = scratch.telemetry();
    run.env("SASE_TELEMETRY_PROMETHEUS__INSTANCE", "alice@build").args([
        "run",
        "--provider",
        "claude",
        "--",
        "true",
    ]);
    assert!(run.status().unwrap().success());
    let broken = Stub::answering("500 Internal Server Error", "text/plain", "disk\nfull");
    let run = "sase_agent_runs_total{instance=alice@build,job=sase_agent,llm_provider=claude,status=ok,workflow=unknown}";
    for (gateway, why) in [
        (None, "connection refused"),
        (Some(broken.url()), "error: HTTP status 500 Internal Server Error: disk full"),
    ] {
        let output = output(&mut sources(&scratch, gateway.as_deref(), None), &["-f", "json"]);
        assert_eq!(samples(&output)[run], 1);
        let said = text(&output.stderr);
        assert!(said.contains("ledger ") && said.contains(why), "{said}");
    }
    let output = output(&mut sources(&scratch, None, None), &["-S", "ledger", "-f", "json"]);
    assert_eq!(samples(&output)[run], 1);
}

#[test]
fn what_is_no_exposition_is_an_error_line_and_no_zero() {
    let (scratch, axe) = (Scratch::new(), Stub::exposing(AXE));
    for (stub, why) in [
        (
            Stub::answering("200 OK", "text/html", "<html>Pushgateway</html>"),
            "not an exposition: line 1, column 1",
        ),
        (
            Stub::answering("200 OK", "text/plain", "sase_agent_runs_total{ 5\n"),
            "not an exposition: line 1, column ",
        ),
        (Stub::answering("404 Not Found", "text/html", "<html>"), "HTTP status 404 Not Found"),
    ] {
        let alone = output(&mut sources(&scratch, Some(&stub.url()), None), &[]);
        assert_eq!((alone.status.code(), &*alone.stdout), (Some(1), &b""[..]));
        let said = text(&alone.stderr);
        assert!(said.contains(why) && said.contains("telemetry run -- COMMAND"), "{said}");
        let beside = output(&mut sources(&scratch, Some(&stub.url()), Some(&axe)), &[]);
        let page = text(&beside.stdout);
        assert!(beside.status.success() && page.contains(&format!("error: {why}")), "{page}");
        assert!(page.contains("sase_axe_cycles_total") && !page.contains("sase_agent_"), "{page}");
    }
}

#[test]
fn nothing_recorded_is_no_failure_and_no_source_is_one() {
    require!(Pushgateway);
    let (scratch, gateway) = (Scratch::new(), Pushgateway::start(Groups::AreLost));
    let empty = |args: &[&str]| output(&mut sources(&scratch, Some(&gateway.url()), None), args);
    assert!(text(&empty(&[]).stdout).contains("\nNothing was recorded yet.\n"));
    let json = empty(&["-f", "json"]);
    assert_eq!(text(&json.stdout), "[]\n");
    assert!(json.status.success() && text(&json.stderr).contains("Nothing was recorded yet"));
    assert!(text(&empty(&["-s", "beads"]).stdout).contains("Nothing was recorded yet of Beads."));
    for (source, advice) in [
        ("auto", "telemetry run -- COMMAND"),
        ("pushgateway", "`telemetry up` is one"),
        ("exposition", "`telemetry --set carrier=serve serve`"),
        ("ledger", "telemetry run -- COMMAND"),
    ] {
        let output = output(&mut sources(&scratch, None, None), &["-S", source]);
        assert_eq!((output.status.code(), &*output.stdout), (Some(1), &b""[..]), "{source}");
        assert!(text(&output.stderr).contains(advice), "{source}: {}", text(&output.stderr));
    }
}

#[test]
fn a_gateway_without_what_the_ledger_has_leads_to_the_ledger() {
    require!(Pushgateway);
    let (scratch, gateway) = (Scratch::new(), Pushgateway::start(Groups::AreLost));
    let mut run = scratch.telemetry();
    run.env("SASE_TELEMETRY_PROMETHEUS__INSTANCE", "alice@build").args(["run", "--", "true"]);
    assert!(run.status().unwrap().success());
    let page = |args: &[&str]| text(&output(&mut sources(&scratch, Some(&gateway.url()), None), args).stdout);
    assert!(page(&[]).contains("telemetry snapshot -S ledger"), "{}", page(&[]));
    assert!(page(&["-S", "ledger"]).contains("sase_agent_runs_total"));
    // Counts that are left for node_exporter are at no gateway, so that the ledger is asked beside it.
    let mut textfile = sources(&scratch, Some(&gateway.url()), None);
    textfile.env("SASE_TELEMETRY_CARRIER", "textfile");
    assert!(text(&output(&mut textfile, &[]).stdout).contains("sase_agent_runs_total"));
}

#[test]
fn a_source_that_never_answers_is_given_up_in_time() {
    require!(Pushgateway);
    let (scratch, gateway, axe) = (Scratch::new(), Pushgateway::start(Groups::AreLost), Stub::exposing(AXE));
    let proxy = DelayProxy::start(gateway.address(), Duration::ZERO, 1);
    proxy.set(Mode::Hang);
    let begun = Instant::now();
    let output = output(&mut sources(&scratch, Some(&proxy.url()), Some(&axe)), &["--timeout", "0.5"]);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let page = text(&output.stdout);
    assert!(output.status.success() && page.contains("error: no answer within 0.5 s"), "{page}");
}

#[test]
fn the_text_format_is_accepted_by_promtool_and_read_back_equal() {
    require!(Pushgateway, Promtool);
    let (scratch, gateway) = (Scratch::new(), Pushgateway::start(Groups::AreLost));
    push(&gateway, "job/sase_agent/instance/alice%40build", AGENT);
    push(&gateway, "job/sase_axe", AXE);
    let output = output(&mut sources(&scratch, Some(&gateway.url()), None), &["-f", "prometheus"]);
    let printed = text(&output.stdout);
    assert_eq!(promtool::complaints(&printed), "");
    let served = gateway.metrics();
    let mut ours: Vec<_> =
        families(&served).into_iter().filter(|family| family.name.starts_with("sase_")).collect();
    let order =
        |family: &Family<'_>| telemetry_core::catalog::metrics().position(|def| def.name == family.name);
    ours.sort_by_key(order);
    assert_eq!(families(&printed), ours);
}

#[test]
fn tables_have_sums_rates_and_percentiles_and_no_colour_in_a_pipe() {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("agent.prom"), AGENT).unwrap();
    let page = text(&output(&mut scratch.telemetry(), &["snapshot", "--from", "agent.prom"]).stdout);
    let row = |name: &str| {
        let line =
            page.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {page}"));
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(row("sase_agent_runs_total"), ["sase_agent_runs_total", "counter", "3", "20", "10.0 %"]);
    // The median lies 6/15 into the bucket from 10 s to 7200 s: (0.5 · 20 − 4) of (19 − 4) observations.
    assert_eq!(
        row("sase_agent_run_duration_seconds"),
        ["sase_agent_run_duration_seconds", "2", "20", "5 h 35 m", "48 m 6 s", "2 h", "> 7200 s", "▃█▂"]
    );
    assert_eq!(row("  claude        ok"), ["claude", "ok", "fix", "16"]);
    assert!(page.contains("Agent Lifecycle") && !page.contains('\u{1b}'));
    assert!(page.lines().all(|line| line.trim_end() == line), "{page}");
}

#[test]
fn any_exposition_is_read_from_a_file_a_url_and_standard_input() {
    const OPEN_METRICS: &str = "# TYPE requests counter\n# UNIT requests \nrequests_total{path=\"/ # x\"} 3 # {trace=\"1\"} 1\n# EOF\n";
    let scratch = Scratch::new();
    fs::write(scratch.path().join("x.om"), OPEN_METRICS).unwrap();
    let stub =
        Stub::answering("200 OK", "application/openmetrics-text; version=1.0.0; charset=utf-8", OPEN_METRICS);
    let from = |from: &str, input: &str| {
        let mut command = scratch.telemetry();
        command
            .args(["snapshot", "-f", "json", "--from", from])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        samples(&child.wait_with_output().unwrap())
    };
    for (place, input) in [("x.om", ""), ("-", OPEN_METRICS), (&*format!("{}/metrics", stub.url()), "")] {
        let samples = from(place, input);
        assert_eq!((samples.len(), &samples["requests_total{path=/ # x}"]), (1, &Value::from(3)), "{place}");
    }
    let page = output(&mut scratch.telemetry(), &["snapshot", "--from", "x.om"]);
    assert!(text(&page.stdout).contains("\nOther ─"), "{}", text(&page.stdout));
    let missing = output(&mut scratch.telemetry(), &["snapshot", "--from", "localhost:9091/metrics"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stderr).contains("a URL begins with http://"), "{}", text(&missing.stderr));
}

#[test]
fn sources_that_contradict_each_other_are_both_shown_and_it_is_said() {
    require!(Pushgateway, Promtool);
    let (scratch, gateway) = (Scratch::new(), Pushgateway::start(Groups::AreLost));
    let pushed = "# HELP sase_axe_errors_total Axe errors\n# TYPE sase_axe_errors_total counter\nsase_axe_errors_total 1\n\
        # HELP sase_zombie_detections_total Zombies\n# TYPE sase_zombie_detections_total counter\nsase_zombie_detections_total 5\n";
    push(&gateway, "job/sase_agent/instance/a", pushed);
    let exposition = Stub::exposing(
        "# TYPE sase_axe_errors_total gauge\nsase_axe_errors_total 2\n# TYPE sase_zombie_detections_total counter\nsase_zombie_detections_total{job=\"sase_agent\",instance=\"a\"} 9\n",
    );
    let run =
        |format| output(&mut sources(&scratch, Some(&gateway.url()), Some(&exposition)), &["-f", format]);
    let json = run("json");
    let own = format!("sase_axe_errors_total{{instance={},job=sase_axe}}", exposition.address);
    let samples = samples(&json);
    assert_eq!(
        (&samples["sase_axe_errors_total{instance=a,job=sase_agent}"], &samples[&own]),
        (&1.into(), &2.into())
    );
    assert_eq!(samples["sase_zombie_detections_total{instance=a,job=sase_agent}"], 5);
    let said = text(&json.stderr);
    assert!(
        said.contains(
            "sase_axe_errors_total has different types: counter in pushgateway, gauge in exposition"
        ),
        "{said}"
    );
    assert!(
        said.contains("one series is in both pushgateway and exposition; the value of pushgateway is shown"),
        "{said}"
    );
    let printed = text(&run("prometheus").stdout);
    assert_eq!(promtool::complaints(&printed), "");
    assert_eq!(printed.matches("sase_axe_errors_total{").count(), 2, "{printed}");
}

#[test]
fn percentiles_are_those_of_prometheus() {
    require!(Pushgateway, Prometheus);
    let gateway = Pushgateway::start(Groups::AreLost);
    push(&gateway, "job/sase_agent/instance/a", AGENT);
    let fallen = "# TYPE fallen histogram\nfallen_bucket{le=\"-1\"} 2\nfallen_bucket{le=\"1\"} 9\nfallen_bucket{le=\"4\"} 6\nfallen_bucket{le=\"+Inf\"} 12\nfallen_sum 3\nfallen_count 12\n";
    push(&gateway, "job/fallen", fallen);
    let prometheus = Prometheus::start(&[Scrape::of("gateway", gateway.address()).honoring_labels()]);
    for (name, text) in [("sase_agent_run_duration_seconds", AGENT), ("fallen", fallen)] {
        let parsed = families(text);
        let family = parsed.iter().find(|family| family.name == name).unwrap();
        let histograms = family.metrics.iter().filter_map(|metric| match &metric.value {
            exposition::Value::Histogram(histogram) => Some(Distribution::from(histogram)),
            _ => None,
        });
        let [sum] = &*Distribution::sums(histograms) else { panic!("one set of bounds") };
        for share in [0.0, 0.05, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0] {
            let query = format!("histogram_quantile({share}, sum by (le) ({name}_bucket))");
            let theirs = eventually(&query, || prometheus.query(&query).first().map(|sample| sample.value));
            let ours = sum.quantile(share).unwrap().as_prometheus();
            assert!(exposition::same_number(ours, theirs), "{query}: {ours} and {theirs}");
        }
    }
}

#[test]
fn a_snapshot_is_as_somebody_has_read_it() {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("agent.prom"), AGENT).unwrap();
    let took = [(r"in (under )?\d+ ms", "in N ms")];
    let page = output(&mut scratch.telemetry(), &["snapshot", "--from", "agent.prom"]);
    reviewed("snapshot", &text(&page.stdout), &took);
    let ascii = output(scratch.telemetry().env("LANG", "C"), &["snapshot", "--from", "agent.prom"]);
    assert!(ascii.stdout.is_ascii(), "{}", text(&ascii.stdout));
    let json = output(&mut scratch.telemetry(), &["snapshot", "--from", "agent.prom", "-f", "json"]);
    conforms("snapshot", &text(&json.stdout));
}

#[test]
fn the_newest_values_of_a_prometheus_are_those_that_it_scraped() {
    require!(Pushgateway, Prometheus);
    let (scratch, gateway) = (Scratch::new(), Pushgateway::start(Groups::AreLost));
    push(&gateway, "job/sase_agent/instance/alice%40build", AGENT);
    let prometheus = Prometheus::start(&[Scrape::of("gateway", gateway.address()).honoring_labels()]);
    let from = |source: &str, extra: &[&str]| {
        let mut command = sources(&scratch, Some(&gateway.url()), None);
        command.env("SASE_TELEMETRY_PROMETHEUS__URL", prometheus.url()).args([
            "-S",
            source,
            "-f",
            "prometheus",
        ]);
        let output = command.args(extra).output().unwrap();
        let mut lines: Vec<_> = text(&output.stdout).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let pushed = from("pushgateway", &[]);
    assert!(pushed.len() > 10, "{pushed:?}");
    eventually("everything is scraped", || (from("prometheus", &[]) == pushed).then_some(()));
    assert_eq!(from("prometheus", &["-s", "llm"]), from("pushgateway", &["-s", "llm"]));
    push(&gateway, "job/sase_axe", AXE);
    eventually("another job", || {
        from("prometheus", &[]).iter().any(|line| line.contains("sase_axe")).then_some(())
    });
    push(&gateway, "job/sase_axe", "");
    eventually("what is stale is absent", || (from("prometheus", &[]) == pushed).then_some(()));
}

#[test]
fn credentials_of_a_server_are_used_there_and_nowhere_else() {
    require!(Pushgateway);
    let (scratch, certificates) = (Scratch::new(), Certificates::new());
    let gateway = Pushgateway::start_guarded(&certificates);
    let password = scratch.path().join("password");
    fs::write(&password, PASSWORD).unwrap();
    let from = |configured: &str| {
        let mut command = scratch.telemetry_pushing_to(configured);
        command.env("SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL__USERNAME", USER);
        command.env("SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL__PASSWORD_FILE", &password);
        command.env("SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL__CA_FILE", certificates.authority());
        command
            .args(["snapshot", "--timeout", "30", "--from", &format!("{}/metrics", gateway.https_url())])
            .output()
            .unwrap()
    };
    let own = from(&gateway.https_url());
    assert!(own.status.success(), "{}", text(&own.stderr));
    let other = from("https://127.0.0.1:1");
    assert_eq!(other.status.code(), Some(1));
}

//! What `promtool` and other clients ask, of both servers over the same samples.
//!
//! Nothing here adds up fractions: since Prometheus 3 the last digit of such a sum is another one.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use telemetry_catalog::WORKER_JOB;

use super::both::Both;
use super::exporter::Exporter;
use super::workload::{self, HOUR, MINUTE, TODAY};
use crate::support::http::escape;
use crate::support::{Api, Prometheus, Scrape, Up, curl, promtool, require};

/// Both servers with some metrics of the workload.
fn both() -> Both {
    let some = [
        "up",
        "push_time_seconds",
        "sase_agent_runs_total",
        "sase_workspace_active",
        "sase_hook_duration_seconds_bucket",
    ];
    let series = workload::series().into_iter();
    Both::with(&series.filter(|(labels, _)| some.contains(&labels.get("__name__"))).collect::<Vec<_>>())
}

/// Seconds since 1970, 7.3 s after a minute of today.
fn at(minute: i64) -> String {
    format!("{}", (TODAY + minute * MINUTE + 7_300) as f64 / 1_000.0)
}

/// Lines in the order of the alphabet, in which the answers have theirs or none.
fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn promtool_has_the_same_answers_from_both() {
    require!(Prometheus, Promtool);
    let both = both();
    let (time, start, end) =
        (format!("--time={}", at(250)), format!("--start={}", at(10)), format!("--end={}", at(290)));
    // It takes whole seconds or a date.
    let whole = ["--start", "--end"].map(|flag| {
        format!("{flag}={}", (TODAY + 5 * HOUR) / 1_000 - if flag == "--start" { 3_600 } else { 0 })
    });
    let (mut different, mut succeeded) = (Vec::new(), 0);
    for arguments in [
        vec!["instant", &time, "URL", "max by (status) (rate(sase_agent_runs_total[5m]))"],
        vec!["instant", &time, "URL", "sase_agent_runs_total"],
        vec![
            "instant",
            &time,
            "URL",
            "histogram_quantile(0.9, rate(sase_hook_duration_seconds_bucket[10m]))",
        ],
        vec!["instant", &time, "URL", "up[5m]"],
        vec!["instant", &time, "URL", "\"text\""],
        vec!["instant", &time, "URL", "nothing"],
        vec!["instant", "-o", "json", &time, "URL", "up"],
        vec!["range", &start, &end, "--step=5m", "URL", "up"],
        vec!["range", &start, &end, "--step=5m", "URL", "max(increase(sase_agent_runs_total[30m]))"],
        vec!["range", "-o", "json", &start, &end, "--step=10m", "URL", "sase_workspace_active"],
        vec![
            "series",
            &whole[0],
            &whole[1],
            "--match=up",
            "--match=sase_agent_runs_total{status=\"error\"}",
            "URL",
        ],
        vec!["labels", &whole[0], &whole[1], "URL", "status"],
        vec!["labels", &whole[0], &whole[1], "URL", "__name__"],
        vec!["labels", "--match=sase_agent_runs_total", &whole[0], &whole[1], "URL", "llm_provider"],
        vec!["instant", "URL", "sum(up"],
        vec!["instant", &time, "URL", "sase_agent_runs_total + on(job) sase_agent_runs_total"],
        vec!["range", "--step=1ms", &start, &end, "URL", "up"],
    ] {
        let said = [both.ours.api().url(), both.theirs.url()].map(|url| {
            let arguments =
                arguments.iter().map(|argument| if *argument == "URL" { url.as_str() } else { argument });
            let command: Vec<_> = ["query"].into_iter().chain(arguments).collect();
            let (good, said) = promtool::run(Path::new("/"), &command);
            (good, said.replace(&url, "URL"))
        });
        let [ours, theirs] = &said;
        succeeded += usize::from(theirs.0);
        let is_same = ours.0 == theirs.0
            && if ours.0 { sorted(&ours.1) == sorted(&theirs.1) } else { !ours.1.is_empty() };
        if !is_same {
            different.push(format!("{arguments:?}\nours:   {ours:?}\ntheirs: {theirs:?}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n\n"));
    assert_eq!(succeeded, 13, "all but the text, which promtool cannot read, and the last three");
}

/// Requests with their bodies as forms, where they have one.
fn requests() -> Vec<(String, Option<String>)> {
    let (start, end, time) = (at(10), at(290), at(250));
    let span = format!("start={start}&end={end}");
    let expressions = [
        "max by (job) (rate(sase_agent_runs_total[5m]))",
        "up == 0",
        "sase_workspace_active offset 1d",
        "1",
        "absent(nothing)",
    ];
    let queries = expressions.iter().flat_map(|expression| {
        let query = format!("query={}", escape(expression));
        let (instant, range) = (format!("{query}&time={time}"), format!("{query}&{span}&step=300"));
        [
            (format!("query?{instant}"), None),
            ("query".to_owned(), Some(instant)),
            (format!("query_range?{range}"), None),
            ("query_range".to_owned(), Some(range)),
        ]
    });
    let plain = [
        format!("query_range?query=up&start={start}&end={end}&step=5m&timeout=10s"),
        format!("query?query=up&time={time}&timeout=1m"),
        format!("series?match[]=up&{span}"),
        format!("series?match[]=up&match[]=sase_workspace_active&{span}"),
        format!("series?match[]=%7Bjob%3D%22sase_agent%22%7D&{span}"),
        format!("labels?{span}&match[]=up"),
        format!("label/__name__/values?{span}&match[]=%7Bjob%3D%22sase_agent%22%7D"),
        format!("label/status/values?{span}"),
        format!("label/job/values?{span}&match[]=sase_agent_runs_total"),
        format!("label/no_such/values?{span}"),
        "rules".to_owned(),
        "alerts".to_owned(),
        "rules?type=alert".to_owned(),
    ];
    let bad = [
        "query?query=up&time=soon".to_owned(),
        "query?query=up&timeout=soon".to_owned(),
        format!("query_range?query=up&start={end}&end={start}&step=300"),
        format!("query_range?query=up&{span}&step=0"),
        format!("query_range?query=up&{span}&step=1.5"),
        format!("query_range?query=up&{span}"),
        format!("series?{span}"),
        "series?match[]=%7B%7D".to_owned(),
        "label/0/values".to_owned(),
    ];
    let forms = [
        ("series", format!("match[]=up&{span}")),
        ("labels", format!("match[]=up&{span}")),
        ("query", "query=up&time=soon".to_owned()),
        ("query_range", format!("query=up&{span}&step=1")),
    ];
    let plain = plain.into_iter().chain(bad).map(|path| (path, None));
    queries.chain(plain).chain(forms.map(|(path, form)| (path.to_owned(), Some(form)))).collect()
}

/// Status and body.
fn ask(url: &str, (path, form): &(String, Option<String>)) -> (u16, String) {
    let form = form.as_ref().map_or_else(Vec::new, |form| vec!["--data", form.as_str()]);
    let answer = curl::get(&format!("{url}/api/v1/{path}"), &[&["--globoff"], &form[..]].concat());
    // Go writes these so that they can stand in a page; the text is the same.
    let body = answer.body.replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&");
    (answer.status(), body.trim_end().to_owned())
}

/// A document whose lists of series have an order, which the answers' have not.
fn in_order(body: &str) -> Value {
    let mut document: Value = serde_json::from_str(body).unwrap_or_else(|_| body.into());
    for place in ["/data", "/data/result"] {
        if let Some(Value::Array(list)) = document.pointer_mut(place) {
            list.sort_by_key(ToString::to_string);
        }
    }
    document
}

#[test]
fn requests_get_the_same_answers_from_both_to_the_byte() {
    require!(Prometheus, Promtool, Curl);
    let both = both();
    let mut different = Vec::new();
    let mut statuses = BTreeSet::new();
    for request in requests() {
        let [ours, theirs] = [both.ours.api().url(), both.theirs.url()].map(|url| ask(&url, &request));
        statuses.insert(theirs.0);
        let is_same =
            ours.0 == theirs.0 && ours.1.len() == theirs.1.len() && in_order(&ours.1) == in_order(&theirs.1);
        if !is_same {
            different.push(format!("{request:?}\nours:   {ours:?}\ntheirs: {theirs:?}"));
        }
    }
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n\n"));
    assert!(statuses.len() > 1, "{statuses:?}");
}

/// The names in a document and the kinds of what they name, at any depth.
fn shape(document: &Value) -> Value {
    match document {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        Value::Array(items) => items.first().map(shape).into_iter().collect(),
        Value::String(_) => "text".into(),
        Value::Number(_) => 0.into(),
        Value::Bool(_) => true.into(),
        Value::Null => Value::Null,
    }
}

#[test]
fn what_is_said_of_targets_metrics_and_the_build_is_said_in_the_same_words() {
    require!(Prometheus);
    let exporter = Exporter::silent();
    exporter.show("# HELP some_total What \"this\" is\n# TYPE some_total counter\nsome_total 1\n# TYPE bare gauge\nbare 1\n");
    let target = exporter.address().to_string();
    let theirs = Prometheus::start(&[Scrape::of(WORKER_JOB, &target)]);
    let up = Up::start(&["--no-gateway", "--scrape", &target]);
    let ours = up.api();
    [&ours, &*theirs].into_iter().for_each(|api| api.await_up(WORKER_JOB));
    for path in ["metadata?metric=some_total", "metadata?metric=bare", "metadata?metric=none"] {
        assert_eq!(ours.api(path), theirs.api(path), "{path}");
    }
    let of_target = "targets/metadata?match_target=%7Bjob%3D%22sase_worker%22%7D&metric=some_total";
    assert_eq!(ours.api(of_target), theirs.api(of_target));
    let its =
        |api: &Api| api.targets().into_iter().find(|target| target["labels"]["job"] == WORKER_JOB).unwrap();
    let (ours_of_it, theirs_of_it) = (its(&ours), its(&theirs));
    assert_eq!(shape(&ours_of_it), shape(&theirs_of_it));
    for field in [
        "labels",
        "discoveredLabels",
        "scrapePool",
        "scrapeUrl",
        "lastError",
        "health",
        "scrapeInterval",
        "scrapeTimeout",
    ] {
        assert_eq!(ours_of_it[field], theirs_of_it[field], "{field}");
    }
    for path in ["status/buildinfo", "status/runtimeinfo", "targets?state=dropped"] {
        let [ours, theirs] = [ours.api(path), theirs.api(path)].map(|data| shape(&data));
        let missing = theirs.as_object().unwrap().iter().filter(|(name, kind)| ours.get(name) != Some(kind));
        assert_eq!(missing.collect::<Vec<_>>(), [], "{path}: {ours}");
    }
}

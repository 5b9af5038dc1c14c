//! Our HTTP API beside that of a real Prometheus with the same samples: the same requests, the same answers.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use telemetry_core::config::Config;
use telemetry_query::MemoryStore;
use telemetry_server::{Exposition, Limits, Server};
use telemetry_stack::api::{Api, ApiOptions, Samples, routes};
use telemetry_stack::history::{History, HistoryOptions};
use telemetry_stack::scrape::{ScrapeOptions, Scraper, Target};

use super::history::{self, START};
use super::loaded;
use crate::support::http::{self, escape};
use crate::support::{Prometheus, Scrape, Scratch, promtool, require};

/// Our API on a port of its own, with whoever it scrapes.
struct Ours {
    server: Server,
    scraper: Arc<Scraper>,
    _folder: Scratch,
}

impl Ours {
    fn start(samples: impl Samples + 'static, targets: Vec<Target>) -> Self {
        let folder = Scratch::new();
        let history = Arc::new(History::open(folder.path(), HistoryOptions::default()).unwrap());
        let scraper = Arc::new(Scraper::new(history, targets, ScrapeOptions::default()));
        let api = Api::new(Arc::new(samples), Arc::clone(&scraper), ApiOptions::default());
        let listener: TcpListener = Server::listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let server = Server::host(listener, routes(api), Limits::default()).unwrap();
        Self { server, scraper, _folder: folder }
    }

    fn url(&self) -> String {
        format!("http://{}", self.server.local_addr())
    }
}

fn ask(url: &str, path: &str) -> (u16, String) {
    let answer = http::get(&format!("{url}/api/v1/{path}")).unwrap();
    (answer.status, answer.body)
}

fn document(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|_| panic!("no JSON: {body}"))
}

/// Requests whose answers must be the same to the byte.
fn good_requests() -> Vec<String> {
    let time = START + 2_007;
    let numbers = [
        "0",
        "-0",
        "1",
        "1e6",
        "123456789.125",
        "1e20",
        "1e21",
        "1.5e300",
        "1e-6",
        "9.5e-7",
        "1e-7",
        "5e-324",
        "0.1+0.2",
        "1/3",
        "NaN",
        "Inf",
        "-Inf",
        "2^53",
        "2^63",
    ];
    let numbers = numbers.iter().flat_map(|number| [(*number).to_owned(), format!("vector({number})")]);
    let expressions = [
        "'a text'",
        "\"quotes \\\" and \\\\ and \\n\"",
        "temperature",
        "temperature{job=\"api\"}[1m]",
        "max by (job) (requests)",
        "odd",
        "nothing",
        "time()",
        "vector(time())",
        "up == 1",
        "label_replace(quota, \"x\", \"<&>\", \"\", \"\")",
    ];
    let expressions = numbers.chain(expressions.map(str::to_owned));
    let moments =
        [format!("{time}"), format!("{time}.5"), format!("{time}.125"), "2023-11-14T22:40:07.25Z".to_owned()];
    let instant = expressions.enumerate().map(|(number, expression)| {
        format!("query?query={}&time={}", escape(&expression), moments[number % moments.len()])
    });
    let range =
        [("temperature", "60"), ("odd", "1m30s"), ("1", "0.5"), ("vector(1e21)", "100"), ("nothing", "1h")];
    let range = range.map(|(expression, step)| {
        format!("query_range?query={}&start={time}&end={}.5&step={step}", escape(expression), time + 300)
    });
    let rest = [
        "labels",
        "labels?match[]=quota",
        "labels?match[]=quota&match[]=odd",
        "label/job/values",
        "label/__name__/values",
        "label/tier/values?match[]=temperature",
        "label/none/values",
        "series?match[]=quota",
        "series?match[]=nothing",
        "series?match[]=%7Bjob%3D~%22a.*%22,__name__%3D%22temperature%22%7D&match[]=quota",
        "series?match[]=quota&start=0&end=1",
        "labels?start=0&end=1",
        "rules",
        "alerts",
        "metadata",
    ];
    instant.chain(range).chain(rest.map(str::to_owned)).collect()
}

#[test]
fn answers_are_those_of_prometheus_to_the_byte() {
    require!(Prometheus, Promtool);
    let (store, exposition) = history::random(&mut fastrand::Rng::with_seed(7));
    let theirs = loaded(&exposition);
    let ours = Ours::start(store, Vec::new());
    let mut different = Vec::new();
    for path in good_requests() {
        let (status, theirs) = ask(&theirs.url(), &path);
        // Go writes these three so that they can stand in a page; the text is the same.
        let theirs = theirs.replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&");
        let ours = ask(&ours.url(), &path);
        if ours != (status, theirs.clone()) || status != 200 {
            different.push(format!("{path}\nours:   {ours:?}\ntheirs: ({status}, {theirs:?})"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n\n"));
}

/// Requests that are wrong, with whether the message must be the same, too.
fn bad_requests() -> Vec<(String, bool)> {
    let same = [
        "query?query=up&time=x",
        "query?query=up&time=2023-01-01",
        "query?query=up&timeout=x",
        "query?query=up&timeout=1e12",
        "query_range?query=up&start=x&end=1&step=1",
        "query_range?query=up&end=1&step=1",
        "query_range?query=up&start=1&end=x&step=1",
        "query_range?query=up&start=1&step=1",
        "query_range?query=up&start=2&end=1&step=1",
        "query_range?query=up&start=1&end=2&step=x",
        "query_range?query=up&start=1&end=2&step=0",
        "query_range?query=up&start=1&end=2&step=-1",
        "query_range?query=up&start=1&end=2",
        "query_range?query=up&start=0&end=11001&step=1",
        "query_range?query=up&start=1&end=2&step=1&timeout=x",
        "series",
        "series?match[]=%7B%7D&start=x",
        "series?match[]=up&start=x",
        "series?match[]=up&end=x",
        "labels?start=x",
        "label/1a/values",
        "label/a-b/values",
        "label/job/values?end=x",
        "series?match[]=%7Ba%3D~%22.*%22%7D",
        "metadata?limit=x",
        "targets/metadata?limit=x",
    ];
    let alike = [
        "query",
        "query?query=",
        "query?query=sum(",
        "query?query=up%7B",
        "query?query=nothing(1)",
        "query?query=rate(up)",
        "query?query=requests%2Bon(job)requests&time=1700001207",
        "query_range?query=sum(&start=1&end=2&step=1",
        "query_range?query=up%5B1m%5D&start=1&end=2&step=1",
        "query_range?query=%22x%22&start=1&end=2&step=1",
        "query?query=temperature&time=1700001207&timeout=0",
        "series?match[]=sum(up)",
        "series?match[]=",
        "labels?match[]=%7B",
        "label/job/values?match[]=x%7B",
        "query_exemplars?query=sum(&start=1&end=2",
        "query_exemplars?query=up&start=2&end=1",
        "targets/metadata?match_target=x%7B",
    ];
    let same = same.iter().map(|path| ((*path).to_owned(), true));
    same.chain(alike.iter().map(|path| ((*path).to_owned(), false))).collect()
}

#[test]
fn errors_are_those_of_prometheus() {
    require!(Prometheus, Promtool);
    let (store, exposition) = history::random(&mut fastrand::Rng::with_seed(8));
    let theirs = loaded(&exposition);
    let ours = Ours::start(store, Vec::new());
    let mut different = Vec::new();
    for (path, same_message) in bad_requests() {
        let [ours, theirs] = [ours.url(), theirs.url()].map(|url| ask(&url, &path));
        let [ours, theirs] = [ours, theirs].map(|(status, body)| (status, document(&body)));
        let error = |answer: &(u16, Value)| answer.1["error"].as_str().unwrap_or_default().to_owned();
        let class =
            |answer: &(u16, Value)| (answer.0, answer.1["status"].clone(), answer.1["errorType"].clone());
        let same = class(&ours) == class(&theirs) && !error(&ours).is_empty() && theirs.0 >= 400;
        if !same || (same_message && error(&ours) != error(&theirs)) {
            different.push(format!("{path}\nours:   {ours:?}\ntheirs: {theirs:?}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n\n"));
}

/// Refuses a document that lacks something of another one, or has it as another type.
fn assert_has_shape(ours: &Value, theirs: &Value, place: &str) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for (name, theirs) in theirs {
                let Some(ours) = ours.get(name) else { panic!("{place}.{name} is missing") };
                assert_has_shape(ours, theirs, &format!("{place}.{name}"));
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            for (ours, theirs) in ours.iter().zip(theirs) {
                assert_has_shape(ours, theirs, place);
            }
        }
        _ => assert_eq!(
            std::mem::discriminant(ours),
            std::mem::discriminant(theirs),
            "{place}: {ours} {theirs}"
        ),
    }
}

#[test]
fn targets_metadata_and_status_have_the_shape_of_those_of_prometheus() {
    require!(Prometheus);
    let mut config = Config { enabled: Some(true), ..Config::default() };
    config.prometheus.exposition_port = 0;
    let exporter = Exposition::default().serve(&config).unwrap();
    let address = exporter.local_addr();
    let theirs = Prometheus::start(&[Scrape::of("fleet", address)]);
    let target = Target {
        job: "fleet".to_owned(),
        url: format!("http://{address}/metrics"),
        honor_labels: false,
        optional: false,
    };
    let ours = Ours::start(MemoryStore::default(), vec![target]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(ours.scraper.scrape_all(1_700_000_000_000));
    theirs.await_up("fleet");
    let both = |path: &str| {
        let [ours, theirs] = [ours.url(), theirs.url()].map(|url| ask(&url, path));
        assert_eq!((ours.0, theirs.0), (200, 200), "{path}: {} {}", ours.1, theirs.1);
        (document(&ours.1), document(&theirs.1))
    };
    for path in [
        "targets",
        "status/buildinfo",
        "status/runtimeinfo",
        "status/config",
        "status/tsdb",
        "targets/metadata?limit=1",
        "targets?state=dropped",
    ] {
        let (ours, theirs) = both(path);
        assert_has_shape(&ours, &theirs, path);
    }
    let (ours, theirs) = both("targets");
    for field in ["labels", "scrapePool", "scrapeUrl", "lastError", "health"] {
        let of = |document: &Value| document["data"]["activeTargets"][0][field].clone();
        assert_eq!(of(&ours), of(&theirs), "{field}");
    }
    for path in [
        "metadata",
        "metadata?metric=process_open_fds",
        "targets/metadata?metric=process_open_fds",
        "targets/metadata?metric=nothing",
        "targets/metadata?match_target=%7Bjob%3D%22other%22%7D",
        "query_exemplars?query=up&start=1&end=2",
    ] {
        let (ours, theirs) = both(path);
        assert_eq!(ours, theirs, "{path}");
    }
}

#[test]
fn promtool_says_the_same_of_both() {
    require!(Prometheus, Promtool);
    let (store, exposition) = history::random(&mut fastrand::Rng::with_seed(9));
    let theirs = loaded(&exposition);
    let ours = Ours::start(store, Vec::new());
    let (start, end) = ((START + 1_807).to_string(), (START + 2_107).to_string());
    for arguments in [
        vec!["instant", "URL", "sum by (job) (temperature)"],
        vec!["instant", "URL", "1 + 1"],
        vec!["range", "URL", "temperature", "--step=1m"],
        vec!["series", "URL", "--match=quota"],
        vec!["labels", "URL", "job"],
        vec!["instant", "URL", "sum("],
    ] {
        let said = |url: &str| {
            let mut command = vec!["query"];
            command.extend(arguments.iter().map(|argument| if *argument == "URL" { url } else { argument }));
            let span = [format!("--start={start}"), format!("--end={end}")];
            match arguments[0] {
                "instant" => {}
                "range" | "series" => command.extend(span.iter().map(String::as_str)),
                _ => {}
            }
            let (good, said) = promtool::run(Path::new("/"), &command);
            (good, said.replace(url, "URL"))
        };
        let (ours, theirs) = (said(&ours.url()), said(&theirs.url()));
        assert_eq!(ours.0, theirs.0, "{arguments:?}: {} {}", ours.1, theirs.1);
        if ours.0 && arguments[0] != "instant" {
            assert_eq!(ours.1, theirs.1, "{arguments:?}");
        }
    }
}

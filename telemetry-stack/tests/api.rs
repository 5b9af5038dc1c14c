//! The HTTP API over a store in memory, request by request.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reports by panicking, and its support is no different"
)]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response};
use axum::routing::get;
use serde_json::{Value, json};
use std::sync::Arc;
use telemetry_query::{Labels, MemoryStore, Sample};
use telemetry_server::{Limits, Server};
use telemetry_stack::api::{Api, ApiOptions, routes};
use telemetry_stack::history::{History, HistoryOptions};
use telemetry_stack::scrape::{Clock, ScrapeOptions, Scraper, Target};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

/// When the queries here are made, in seconds since 1970.
const NOW: i64 = 1_700_000_300;

/// A clock that stands still.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> i64 {
        NOW * 1_000
    }
}

/// The API, and what it needs.
struct Scene {
    app: Router,
    scraper: Arc<Scraper>,
    runtime: Runtime,
    _folder: TempDir,
}

struct Answer {
    status: u16,
    response: Response<()>,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.body)))
    }

    fn header(&self, name: &str) -> &str {
        self.response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Scene {
    fn new() -> Self {
        Self::scraping(Vec::new())
    }

    fn scraping(targets: Vec<Target>) -> Self {
        Self::with(targets, ApiOptions::default())
    }

    fn with(targets: Vec<Target>, options: ApiOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let history = Arc::new(History::open(folder.path(), HistoryOptions::default()).unwrap());
        let scraper = Arc::new(Scraper::new(history, targets, ScrapeOptions::default()));
        let api = Api::new(Arc::new(store()), Arc::clone(&scraper), options);
        let app = routes(Api { clock: Arc::new(Still), ..api });
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        Self { app, scraper, runtime, _folder: folder }
    }

    fn ask(&self, request: Request<Body>) -> Answer {
        self.runtime.block_on(async {
            let (head, body) = self.app.clone().oneshot(request).await.unwrap().into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
            Answer { status: head.status.as_u16(), response: Response::from_parts(head, ()), body }
        })
    }

    fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path).body(Body::empty()).unwrap())
    }

    fn post(&self, path: &str, form: &str) -> Answer {
        let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(form.to_owned())).unwrap())
    }

    /// The data of an answer that must be good.
    fn data(&self, path: &str) -> Value {
        let answer = self.get(path);
        let mut document = answer.json();
        assert_eq!((answer.status, &document["status"]), (200, &json!("success")), "{path}: {document}");
        assert_eq!(answer.header("content-type"), "application/json");
        document["data"].take()
    }
}

/// Two series of a counter that grows by 1 and 2 each second, and one that had its last sample long ago.
fn store() -> MemoryStore {
    let mut store = MemoryStore::default();
    for (status, speed) in [("ok", 1.0), ("error", 2.0)] {
        let labels = Labels::new([("__name__", "runs_total"), ("job", "fleet"), ("status", status)]);
        let samples = (0..=20).map(|i| Sample::new((NOW - 300 + i * 15) * 1_000, i as f64 * 15.0 * speed));
        store.append(&labels, samples);
    }
    let old = Labels::new([("__name__", "old"), ("job", "archive")]);
    store.append(&old, [Sample::new((NOW - 100_000) * 1_000, 1.5)]);
    store
}

#[test]
fn an_instant_query_is_answered_now_or_at_its_time() {
    let scene = Scene::new();
    let expected = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"runs_total","job":"fleet","status":"error"},"value":[1700000300,"600"]}]}}"#;
    let answer = scene.get("/api/v1/query?query=runs_total%7Bstatus%3D%22error%22%7D");
    assert_eq!(String::from_utf8_lossy(&answer.body), expected);
    let posted = scene.post("/api/v1/query?query=ignored", "query=runs_total%7Bstatus%3D%22error%22%7D");
    assert_eq!(String::from_utf8_lossy(&posted.body), expected, "the form comes before the URL");
    let then = scene.data("/api/v1/query?query=runs_total&time=2023-11-14T22:13:35.5Z");
    assert_eq!(then["result"][1]["value"], json!([1_700_000_015.5, "15"]));
    assert_eq!(
        scene.data("/api/v1/query?query=1.5e22"),
        json!({ "resultType": "scalar", "result": [NOW, "15000000000000000000000"] })
    );
    assert_eq!(
        scene.data("/api/v1/query?query='x'"),
        json!({ "resultType": "string", "result": [NOW, "x"] })
    );
    let matrix = scene.data("/api/v1/query?query=runs_total%5B30s%5D");
    assert_eq!(matrix["result"][0]["values"], json!([[NOW - 15, "570"], [NOW, "600"]]));
}

#[test]
fn a_range_query_is_answered_at_each_step() {
    let scene = Scene::new();
    let path =
        format!("/api/v1/query_range?query=sum+by(job)(runs_total)&start={}&end={NOW}&step=1m", NOW - 120);
    let data = scene.data(&path);
    assert_eq!(data["resultType"], "matrix");
    assert_eq!(data["result"][0]["metric"], json!({ "job": "fleet" }));
    assert_eq!(data["result"][0]["values"], json!([[NOW - 120, "540"], [NOW - 60, "720"], [NOW, "900"]]));
    let short = scene.data("/api/v1/query?query=runs_total&time=1700000310&lookback_delta=5s");
    assert_eq!(short["result"], json!([]));
}

#[test]
fn series_labels_and_values_are_listed() {
    let scene = Scene::new();
    assert_eq!(
        scene.data("/api/v1/series?match[]=old&match[]=up"),
        json!([{ "__name__": "old", "job": "archive" }])
    );
    assert_eq!(scene.data("/api/v1/labels"), json!(["__name__", "job", "status"]));
    assert_eq!(scene.data("/api/v1/labels?match[]=old"), json!(["__name__", "job"]));
    assert_eq!(scene.data("/api/v1/label/job/values"), json!(["archive", "fleet"]));
    let recent = format!("/api/v1/label/job/values?start={}", NOW - 600);
    assert_eq!(scene.data(&recent), json!(["fleet"]));
    assert_eq!(scene.data("/api/v1/label/nothing/values"), json!([]));
    let posted = scene.post("/api/v1/series", "match%5B%5D=old").json();
    assert_eq!(posted["data"], json!([{ "__name__": "old", "job": "archive" }]));
}

#[test]
fn a_limit_leaves_out_and_says_so() {
    let scene = Scene::new();
    for (path, left) in [
        ("query?query=runs_total", "/data/result"),
        ("query_range?query=runs_total&start=1700000000&end=1700000300&step=60", "/data/result"),
        ("series?match[]=runs_total", "/data"),
        ("labels?", "/data"),
        ("label/status/values?", "/data"),
    ] {
        let limited = scene.get(&format!("/api/v1/{path}&limit=1")).json();
        assert_eq!(limited.pointer(left).unwrap().as_array().unwrap().len(), 1, "{path}");
        assert_eq!(limited["warnings"], json!(["results truncated due to limit"]), "{path}");
        let whole = scene.get(&format!("/api/v1/{path}&limit=100")).json();
        assert!(whole.pointer(left).unwrap().as_array().unwrap().len() > 1, "{path}");
        assert_eq!(whole.get("warnings"), None, "{path}");
    }
}

impl Scene {
    /// Asks for what must be refused, with these words at the beginning of the reason.
    fn refused(&self, path: &str, status: u16, class: &str, error: &str) {
        let answer = self.get(&format!("/api/v1/{}", path.replace('{', "%7B").replace('}', "%7D")));
        let document = answer.json();
        assert_eq!((answer.status, &document["status"]), (status, &json!("error")), "{path}: {document}");
        assert_eq!(document["errorType"], class, "{path}");
        assert!(document["error"].as_str().unwrap().starts_with(error), "{path}: {document}");
    }
}

#[test]
fn errors_of_evaluation_have_the_class_and_the_status_that_prometheus_gives_them() {
    let scene = Scene::new();
    scene.refused("query?query=runs_total&timeout=0", 503, "timeout", "query timed out in ");
    let twice = "found duplicate series for the match group";
    scene.refused("query?query=runs_total%2Bon(job)runs_total", 422, "execution", twice);
}

#[test]
fn queries_that_are_wrong_are_refused_in_the_words_of_prometheus() {
    let scene = Scene::new();
    for (path, error) in [
        ("query?query=sum(", "invalid parameter \"query\": parse error: "),
        ("query", "invalid parameter \"query\": "),
        (
            "query?query=up&time=x",
            "invalid parameter \"time\": Invalid time value for 'time': cannot parse \"x\" to a valid timestamp",
        ),
        ("query?query=up&timeout=x", "invalid parameter \"timeout\": cannot parse \"x\" to a valid duration"),
        (
            "query?query=up&lookback_delta=x",
            "error parsing lookback delta duration: cannot parse \"x\" to a valid duration",
        ),
        ("query?query=up&limit=-1", "invalid parameter \"limit\": limit must be non-negative"),
        (
            "query?query=up&time=9999999999999999",
            "a query cannot be answered at 9223372036854775807 ms since 1970: that is out of the range of times",
        ),
    ] {
        scene.refused(path, 400, "bad_data", error);
    }
}

#[test]
fn ranges_that_are_wrong_are_refused_in_the_words_of_prometheus() {
    let scene = Scene::new();
    for (range, error) in [
        ("start=x&end=1&step=1", "invalid parameter \"start\": cannot parse \"x\" to a valid timestamp"),
        ("start=2&end=1&step=1", "invalid parameter \"end\": end timestamp must not be before start time"),
        (
            "start=1&end=2&step=0",
            "invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer",
        ),
        ("start=1&end=2", "invalid parameter \"step\": cannot parse \"\" to a valid duration"),
        (
            "start=0&end=11001&step=1",
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
        ),
    ] {
        scene.refused(&format!("query_range?query=up&{range}"), 400, "bad_data", error);
    }
    assert_eq!(scene.get("/api/v1/query_range?query=up&start=0&end=11000&step=1").status, 200);
}

#[test]
fn what_is_wrong_about_series_and_metadata_is_refused_in_the_words_of_prometheus() {
    let scene = Scene::new();
    for (path, error) in [
        ("series", "no match[] parameter provided"),
        ("series?match[]=sum(up)", "invalid parameter \"match[]\": "),
        (
            "series?match[]={}",
            "invalid parameter \"match[]\": match[] must contain at least one non-empty matcher",
        ),
        ("label/1a/values", "invalid label name: \"1a\""),
        ("metadata?limit=x", "limit must be a number"),
    ] {
        scene.refused(path, 400, "bad_data", error);
    }
}

#[test]
fn all_queries_and_their_answers_share_what_they_may_hold() {
    let scene = Scene::with(Vec::new(), ApiOptions { samples: 100, ..ApiOptions::default() });
    let path = format!("/api/v1/query_range?query=sum(runs_total)&start={}&end={NOW}&step=15", NOW - 300);
    let request = || Request::get(&path).body(Body::empty()).unwrap();
    // An answer that nobody has read yet takes its room, too.
    let unread = scene.runtime.block_on(scene.app.clone().oneshot(request())).unwrap();
    assert_eq!(unread.status(), 200);
    let refused = scene.get(&path);
    assert_eq!((refused.status, &refused.json()["errorType"]), (422, &json!("execution")));
    let expected =
        "query processing would load too many samples into memory in expression evaluation (limit 100)";
    assert_eq!(refused.json()["error"], expected);
    drop(unread);
    assert_eq!(scene.get(&path).status, 200);
}

#[test]
fn a_form_is_bounded_and_another_body_is_none() {
    let scene = Scene::new();
    let long = scene.post("/api/v1/query", &format!("query={}", "1".repeat(1024 * 1024)));
    assert_eq!((long.status, &long.json()["errorType"]), (413, &json!("bad_data")));
    let json = Request::post("/api/v1/query?query=1").header("content-type", "application/json");
    assert_eq!(scene.ask(json.body(Body::from("query=2")).unwrap()).json()["data"]["result"][1], "1");
    assert_eq!(scene.ask(Request::post("/api/v1/targets").body(Body::empty()).unwrap()).status, 405);
}

#[test]
fn what_is_not_there_says_so_and_the_top_says_what_is() {
    let scene = Scene::new();
    for path in ["/graph", "/api/v1/nothing", "/metrics/x"] {
        let answer = scene.get(path);
        assert_eq!((answer.status, &*answer.body), (404, &b"404 page not found\n"[..]), "{path}");
    }
    for path in ["/", "/metrics", "/-/healthy", "/api/v1/targets", "/api/v1/query"] {
        let answer = scene.ask(Request::delete(path).body(Body::empty()).unwrap());
        assert_eq!((answer.status, &*answer.body), (405, &b"Method Not Allowed\n"[..]), "{path}");
    }
    let top = scene.get("/");
    assert_eq!((top.status, top.header("content-type")), (200, "text/html; charset=utf-8"));
    let page = String::from_utf8(top.body).unwrap();
    let links: Vec<_> = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(links.len() > 4, "{page}");
    for link in links {
        assert_eq!(scene.get(link).status, 200, "{link}");
    }
}

#[test]
fn answers_are_compressed_for_whoever_asks_and_told_to_no_other_site() {
    let scene = Scene::new();
    let path = format!("/api/v1/query_range?query=runs_total&start={}&end={NOW}&step=1", NOW - 300);
    let request =
        Request::get(&path).header("accept-encoding", "gzip").header("origin", "http://elsewhere.example");
    let packed = scene.ask(request.body(Body::empty()).unwrap());
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert_eq!(packed.header("access-control-allow-origin"), "");
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&*packed.body), &mut text).unwrap();
    let plain = scene.get(&path);
    assert_eq!((plain.header("content-encoding"), &plain.body), ("", &text));
}

#[test]
fn targets_and_their_metadata_are_told_without_passwords() {
    let page = "# HELP m_total Counted \"things\"\n# TYPE m_total counter\nm_total 3\n# TYPE g gauge\ng 1\n";
    let app = Router::new().route("/metrics", get(move || async move { page }));
    let listener = Server::listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let server = Server::host(listener, app, Limits::default()).unwrap();
    let address = server.local_addr();
    let url = format!("http://user:secret@{address}/metrics");
    let target = Target { job: "fleet".to_owned(), url, honor_labels: false, optional: false };
    let down =
        Target { job: "down".to_owned(), url: "http://a:secret@127.0.0.1:1/x".to_owned(), ..target.clone() };
    let scene = Scene::scraping(vec![target, down]);
    let before = scene.data("/api/v1/targets");
    assert_eq!(before["activeTargets"][0]["health"], "unknown");
    assert_eq!(before["activeTargets"][0]["lastScrape"], "0001-01-01T00:00:00Z");
    scene.runtime.block_on(scene.scraper.scrape_all(NOW * 1_000));

    let targets = scene.data("/api/v1/targets?state=active");
    let first = &targets["activeTargets"][0];
    assert_eq!(first["labels"], json!({ "instance": address.to_string(), "job": "fleet" }));
    assert_eq!(
        [&first["scrapeUrl"], &first["health"], &first["lastScrape"], &first["scrapeInterval"]],
        [
            &json!(format!("http://{address}/metrics")),
            &json!("up"),
            &json!("2023-11-14T22:18:20Z"),
            &json!("15s")
        ]
    );
    assert_eq!(targets["activeTargets"][1]["health"], "down");
    assert_ne!(targets["activeTargets"][1]["lastError"], "");
    assert_eq!(scene.data("/api/v1/targets?state=dropped")["activeTargets"], json!([]));
    let pool = scene.data("/api/v1/targets?scrapePool=down");
    assert_eq!(pool["activeTargets"].as_array().unwrap().len(), 1);

    let counter = json!({ "type": "counter", "help": "Counted \"things\"", "unit": "" });
    let gauge = json!({ "type": "gauge", "help": "", "unit": "" });
    assert_eq!(scene.data("/api/v1/metadata"), json!({ "m_total": [counter], "g": [gauge] }));
    assert_eq!(scene.data("/api/v1/metadata?metric=g"), json!({ "g": [gauge] }));
    assert_eq!(scene.data("/api/v1/metadata?limit=1").as_object().unwrap().len(), 1);
    let of_target = scene.data("/api/v1/targets/metadata?metric=g&match_target=%7Bjob%3D%22fleet%22%7D");
    assert_eq!(of_target[0]["target"]["job"], "fleet");
    assert_eq!(scene.data("/api/v1/targets/metadata?match_target=%7Bjob%3D%22x%22%7D"), json!([]));

    let config = scene.data("/api/v1/status/config")["yaml"].as_str().unwrap().to_owned();
    assert!(
        config.contains("job_name: \"fleet\"") && config.contains(&format!("targets: [\"{address}\"]")),
        "{config}"
    );
    for path in ["targets", "status/config", "metadata", "targets/metadata"] {
        let body = scene.get(&format!("/api/v1/{path}")).body;
        assert!(!String::from_utf8_lossy(&body).contains("secret"), "{path} tells the password");
    }
}

#[test]
fn the_server_tells_of_itself() {
    let scene = Scene::new();
    assert_eq!(scene.data("/api/v1/rules"), json!({ "groups": [] }));
    assert_eq!(scene.data("/api/v1/alerts"), json!({ "alerts": [] }));
    assert_eq!(scene.data("/api/v1/query_exemplars?query=up"), json!([]));
    assert_eq!(scene.data("/api/v1/status/buildinfo")["version"], "3.0.0");
    let runtime = scene.data("/api/v1/status/runtimeinfo");
    assert_eq!(
        (&runtime["startTime"], &runtime["storageRetention"]),
        (&json!("2023-11-14T22:18:20Z"), &json!("15d"))
    );
    assert_eq!(scene.data("/api/v1/status/flags")["query.timeout"], "2m");
    assert_eq!(scene.data("/api/v1/status/tsdb")["headStats"]["numSeries"], 3);
    for probe in ["/-/healthy", "/-/ready"] {
        assert_eq!(scene.get(probe).status, 200);
    }
    scene.get("/api/v1/query?query=sum(");
    scene.get("/api/v1/query?query=1");
    let metrics = scene.get("/metrics");
    let text = String::from_utf8_lossy(&metrics.body);
    for line in [
        "telemetry_api_requests_total{handler=\"query\",code=\"200\"} 1",
        "telemetry_api_requests_total{handler=\"query\",code=\"400\"} 1",
        "telemetry_api_request_duration_seconds_count{handler=\"query\"} 2",
        "telemetry_history_series 3",
        "telemetry_scrapes_total{outcome=\"ok\"} 0",
    ] {
        assert!(text.contains(&format!("\n{line}\n")), "{line} is not in\n{text}");
    }
}

/// A selector or an expression that is sent to do harm takes seconds to read, and all clients share one thread.
#[test]
fn what_a_client_wrote_is_not_read_on_the_thread_that_serves_the_others() {
    let scene = Scene::new();
    // The only other thread is busy, so that whatever is answered was read on the one that serves.
    let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    for path in [
        "query?query=(",
        "query_range?query=(&start=0&end=1&step=1",
        "query_exemplars?query=(&start=0&end=1",
        "series?match[]=(",
        "labels?match[]=(",
        "label/job/values?match[]=(",
        "targets/metadata?match_target=(",
        "rules?match[]=(",
    ] {
        let (release, released) = std::sync::mpsc::channel::<()>();
        let request = Request::get(format!("/api/v1/{path}")).body(Body::empty()).unwrap();
        let mut asked = Box::pin(scene.app.clone().oneshot(request));
        let response = runtime.block_on(async {
            let busy = tokio::task::spawn_blocking(move || released.recv());
            let others = async {
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                biased;
                _ = &mut asked => panic!("{path} was read on the thread that serves"),
                () = others => {}
            }
            drop(release);
            busy.await.unwrap().unwrap_err();
            asked.await.unwrap()
        });
        assert_eq!(response.status().as_u16(), 400, "{path}");
    }
}

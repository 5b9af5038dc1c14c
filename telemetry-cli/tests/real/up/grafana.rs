//! What Grafana's data source asks, with its headers and its forms, and what it reads of the answers.

use serde_json::Value;
use telemetry_catalog::WORKER_JOB;

use super::exporter::Exporter;
use crate::support::curl::{self, Answer};
use crate::support::http::escape;
use crate::support::{Up, eventually, require};

/// The headers that a panel's requests have.
const HEADERS: [&str; 6] = [
    "User-Agent: Grafana/11.4.0",
    "X-Grafana-Referer: http://localhost:3000/d/telemetry-agent/agent?orgId=1",
    "X-Datasource-Uid: telemetry",
    "X-Dashboard-Uid: telemetry-agent",
    "X-Panel-Id: 7",
    "FromAlert: false",
];

/// Several scrapes, which are a second apart.
const SCRAPES: &str = "count_over_time(some_total[5m]) >= 4";

struct DataSource {
    url: String,
    now: u64,
}

impl DataSource {
    fn get(&self, path: &str) -> Answer {
        self.ask(path, &["--globoff"])
    }

    /// As Grafana does it by default, since an expression may be longer than a URL.
    fn post(&self, path: &str, form: &str) -> Answer {
        self.ask(path, &["--data", form])
    }

    fn ask(&self, path: &str, arguments: &[&str]) -> Answer {
        let headers = HEADERS.iter().flat_map(|header| ["--header", header]);
        let arguments: Vec<_> = headers.chain(["--compressed"]).chain(arguments.iter().copied()).collect();
        curl::get(&format!("{}{path}", self.url), &arguments)
    }

    fn span(&self) -> String {
        format!("start={}&end={}", self.now - 300, self.now)
    }
}

fn data(answer: &Answer) -> Value {
    assert_eq!(answer.status(), 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let mut document: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(document["status"], "success", "{document}");
    document["data"].take()
}

fn has(list: &Value, text: &str) -> bool {
    list.as_array().unwrap().iter().any(|value| value == text)
}

#[test]
fn the_data_source_of_grafana_gets_what_it_reads() {
    require!(Curl);
    let exporter = Exporter::silent();
    exporter.show("# HELP some_total Something\n# TYPE some_total counter\nsome_total{a=\"1\"} 1\nsome_total{a=\"2\"} 2\n");
    let up = Up::start(&["--no-gateway", "--scrape", &exporter.address().to_string()]);
    let now = eventually("some scrapes", || {
        up.api().query(SCRAPES).first()?;
        let time = up.api().query("time()").first()?.value;
        Some(time as u64)
    });
    let grafana = DataSource { url: up.api().url(), now };
    its_panels(&grafana);
    its_instant_queries(&grafana);
    its_editor(&grafana);
    its_test_and_its_mistakes(&grafana);
}

/// Series at multiples of the step, each point a time with a text.
fn its_panels(grafana: &DataSource) {
    let query = escape("sum by (a) (some_total{a=~\".*\"})");
    // Grafana moves the ends to multiples of the step.
    let (start, end) = ((grafana.now - 3600) / 15 * 15, grafana.now / 15 * 15 + 15);
    let range = format!("query={query}&start={start}&end={end}&step=15");
    for answer in [
        grafana.get(&format!("/api/v1/query_range?{range}")),
        grafana.post("/api/v1/query_range", &range),
        grafana.post("/api/v1/query_range", &range.replace("step=15", "step=15.000&timeout=60s")),
        // Some parameters in the URL, others in the form.
        grafana
            .post(&format!("/api/v1/query_range?start={start}&end={end}&step=15"), &format!("query={query}")),
    ] {
        let data = data(&answer);
        assert_eq!(data["resultType"], "matrix");
        let series = data["result"].as_array().unwrap();
        assert_eq!(series.iter().map(|series| &series["metric"]["a"]).collect::<Vec<_>>(), ["1", "2"]);
        let points = series[1]["values"].as_array().unwrap();
        assert!(!points.is_empty());
        for point in points {
            let time = point[0].as_f64().unwrap();
            assert!(time % 15.0 == 0.0 && point[1] == "2", "{point}");
        }
    }
}

fn its_instant_queries(grafana: &DataSource) {
    let form = format!("query={}&time={}.123", escape("some_total"), grafana.now);
    for answer in [grafana.get(&format!("/api/v1/query?{form}")), grafana.post("/api/v1/query", &form)] {
        let data = data(&answer);
        assert_eq!((&data["resultType"], data["result"].as_array().unwrap().len()), (&"vector".into(), 2));
        assert_eq!(data["result"][0]["value"][0].as_f64(), Some(grafana.now as f64 + 0.123));
        assert_eq!(data["result"][0]["metric"]["__name__"], "some_total");
    }
    let exemplars = format!("query=some_total&{}", grafana.span());
    assert_eq!(data(&grafana.post("/api/v1/query_exemplars", &exemplars)), Value::Array(Vec::new()));
}

/// Names, labels and values to choose from, by GET and as forms.
fn its_editor(grafana: &DataSource) {
    let span = grafana.span();
    assert!(has(&data(&grafana.get(&format!("/api/v1/label/__name__/values?{span}"))), "some_total"));
    let limited = data(&grafana.get(&format!("/api/v1/label/__name__/values?{span}&limit=1")));
    assert_eq!(limited.as_array().unwrap().len(), 1, "version 12 asks for so many at most");
    let selector = escape("{__name__=\"some_total\",a!=\"1\"}");
    assert_eq!(
        data(&grafana.get(&format!("/api/v1/label/a/values?{span}&match[]={selector}"))),
        serde_json::json!(["2"])
    );
    for answer in [
        grafana.get(&format!("/api/v1/labels?{span}&match[]=some_total")),
        grafana.post("/api/v1/labels", &format!("{span}&match%5B%5D=some_total")),
    ] {
        assert_eq!(data(&answer), serde_json::json!(["__name__", "a", "instance", "job"]));
    }
    for answer in [
        grafana.get(&format!("/api/v1/series?match[]={selector}&{span}")),
        grafana.post("/api/v1/series", &format!("match%5B%5D={selector}&{span}")),
    ] {
        let data = data(&answer);
        assert_eq!(
            (data.as_array().unwrap().len(), &data[0]["a"], &data[0]["job"]),
            (1, &"2".into(), &WORKER_JOB.into())
        );
    }
    let metadata = data(&grafana.get("/api/v1/metadata?limit=5000"));
    assert_eq!(metadata["some_total"][0]["type"], "counter");
    assert_eq!(metadata["some_total"][0]["help"], "Something");
}

/// How it finds out whom it speaks to, and what it shows of an error.
fn its_test_and_its_mistakes(grafana: &DataSource) {
    let build = data(&grafana.get("/api/v1/status/buildinfo"));
    assert!(build["version"].as_str().unwrap().starts_with("3."), "{build}");
    // It would take servers with this for a Mimir.
    assert!(build.get("features").is_none(), "{build}");
    assert_eq!(data(&grafana.post("/api/v1/query", "query=1%2B1&time=4"))["result"][1], "2");
    assert!(data(&grafana.get("/api/v1/rules"))["groups"].is_array());
    let wrong = grafana.post("/api/v1/query_range", &format!("query=sum(&{}&step=15", grafana.span()));
    let document: Value = serde_json::from_str(&wrong.body).unwrap();
    assert_eq!(
        (wrong.status(), &document["status"], &document["errorType"]),
        (400, &"error".into(), &"bad_data".into())
    );
    assert!(document["error"].as_str().unwrap().contains("parse error"), "{document}");
}

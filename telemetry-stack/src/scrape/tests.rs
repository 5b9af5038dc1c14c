//! Scrapes of a real server into a history in memory.

use super::{Clock, Health, ScrapeOptions, Scraper, Sink, Target};
use crate::history::{Appended, HistoryError, SeriesId};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use telemetry_query::{Labels, Matcher, Sample, is_stale};
use telemetry_server::{Limits, Server};
use tokio::runtime::{Builder, Runtime};

/// What everything waits for at most, however slow the machine is.
const PATIENCE: Duration = Duration::from_secs(30);

/// A moment.
const AT: i64 = 1_700_000_000_000;

/// A history in memory, which can be told that it is full.
#[derive(Debug, Default)]
struct Memory(Mutex<Stored>);

#[derive(Debug)]
struct Stored {
    series: Vec<(Labels, Vec<Sample>)>,
    max_series: usize,
    broken: bool,
    batches: usize,
}

impl Default for Stored {
    fn default() -> Self {
        Self { series: Vec::new(), max_series: usize::MAX, broken: false, batches: 0 }
    }
}

impl Sink for Memory {
    fn series_id(&self, labels: &Labels) -> Result<SeriesId, HistoryError> {
        let mut stored = self.0.lock().unwrap();
        let found = stored.series.iter().position(|(known, _)| known == labels);
        if found.is_none() && stored.series.len() >= stored.max_series {
            return Err(HistoryError::TooManySeries(stored.max_series));
        }
        let id = found.unwrap_or_else(|| {
            stored.series.push((labels.clone(), Vec::new()));
            stored.series.len() - 1
        });
        Ok(SeriesId(u32::try_from(id).unwrap()))
    }

    fn append(&self, batch: &[(SeriesId, Sample)]) -> Result<Appended, HistoryError> {
        let mut stored = self.0.lock().unwrap();
        if stored.broken {
            return Err(HistoryError::TooManySeries(0));
        }
        stored.batches += 1;
        let mut appended = Appended::default();
        for (id, sample) in batch {
            let samples = &mut stored.series[id.0 as usize].1;
            if samples.last().is_some_and(|last| last.timestamp > sample.timestamp) {
                appended.out_of_order += 1;
            } else {
                samples.push(*sample);
                appended.stored += 1;
            }
        }
        Ok(appended)
    }

    fn present(&self, matchers: &[Matcher], start: i64, end: i64) -> Vec<Labels> {
        let stored = self.0.lock().unwrap();
        let within = |samples: &[Sample]| samples.iter().any(|it| (start..=end).contains(&it.timestamp));
        let accepted = |labels: &Labels| matchers.iter().all(|it| it.accepts(labels.get(&it.name)));
        let found = stored.series.iter().filter(|(labels, samples)| accepted(labels) && within(samples));
        found.map(|(labels, _)| labels.clone()).collect()
    }

    fn youngest(&self) -> Option<i64> {
        let stored = self.0.lock().unwrap();
        stored.series.iter().flat_map(|(_, samples)| samples).map(|sample| sample.timestamp).max()
    }
}

impl Memory {
    /// The samples of all series of this name: seconds since [`AT`], and the value or `stale`.
    fn samples(&self, name: &str) -> Vec<String> {
        let stored = self.0.lock().unwrap();
        let named = stored.series.iter().filter(|(labels, _)| labels.get("__name__") == name);
        let written = |sample: &Sample| {
            let value = if is_stale(sample.value) { "stale".to_owned() } else { sample.value.to_string() };
            format!("{}:{value}", (sample.timestamp - AT) / 1_000)
        };
        named.flat_map(|(_, samples)| samples.iter().map(written)).collect()
    }

    fn tell(&self, change: impl FnOnce(&mut Stored)) {
        change(&mut self.0.lock().unwrap());
    }
}

/// A clock that says [`AT`].
#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> i64 {
        AT
    }
}

/// What a server answers next, and which headers it was last asked with.
struct Answering {
    answer: Box<dyn Fn() -> Response + Send>,
    asked: HeaderMap,
}

type Shared = Arc<Mutex<Answering>>;

/// A server to be scraped.
struct Exporter {
    server: Server,
    shared: Shared,
}

impl Exporter {
    fn start() -> Self {
        let answering = Answering { answer: Box::new(|| "m 1\n".into_response()), asked: HeaderMap::new() };
        let shared = Arc::new(Mutex::new(answering));
        let app = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let listener = Server::listen("127.0.0.1:0".parse().unwrap()).unwrap();
        Self { server: Server::host(listener, app, Limits::default()).unwrap(), shared }
    }

    fn target(&self) -> Target {
        let url = format!("http://user:secret@{}/metrics", self.server.local_addr());
        Target { job: "fleet".to_owned(), url, honor_labels: false, optional: false }
    }

    fn say<R: IntoResponse>(&self, answer: impl Fn() -> R + Send + 'static) {
        self.shared.lock().unwrap().answer = Box::new(move || answer().into_response());
    }

    fn asked(&self, header: &str) -> String {
        self.shared.lock().unwrap().asked.get(header).unwrap().to_str().unwrap().to_owned()
    }
}

async fn answer(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let mut answering = shared.lock().unwrap();
    answering.asked = headers;
    (answering.answer)()
}

/// One target, its scraper, and where its samples go.
struct Scene {
    exporter: Exporter,
    memory: Arc<Memory>,
    scraper: Scraper,
    runtime: Runtime,
}

impl Scene {
    fn new() -> Self {
        Self::with(|_| {}, ScrapeOptions::default())
    }

    fn with(change: impl FnOnce(&mut Target), options: ScrapeOptions) -> Self {
        let exporter = Exporter::start();
        let memory = Arc::new(Memory::default());
        let mut target = exporter.target();
        change(&mut target);
        let scraper = Scraper::new(Arc::<Memory>::clone(&memory), vec![target], options);
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        Self { exporter, memory, scraper, runtime }
    }

    /// The same at a time when the clock says [`AT`].
    fn with_stopped_clock(self) -> Self {
        Self { scraper: self.scraper.with_clock(Arc::new(Stopped)), ..self }
    }

    fn told(&self, counter: &str) -> String {
        let metrics = self.scraper.metrics();
        let found = metrics.iter().find(|metric| metric.def.name == counter).unwrap();
        format!("{:?}", found.family())
    }

    /// Scrapes so many seconds after [`AT`].
    fn scrape(&self, second: i64) {
        self.runtime.block_on(self.scraper.scrape_all(AT + second * 1_000));
    }

    /// Scrapes, and says why that failed.
    fn failure(&self, second: i64) -> String {
        self.scrape(second);
        let state = self.scraper.targets().remove(0);
        assert_eq!(state.health, Health::Down);
        assert!(!format!("{state:?}").contains("secret"), "{state:?}");
        state.last_error
    }
}

#[test]
fn a_scrape_is_one_batch_of_samples_and_of_what_is_told_of_it() {
    let scene = Scene::new();
    scene.exporter.say(|| {
        "# HELP m_total Counted\n# TYPE m_total counter\nm_total{job=\"x\"} 3\nm_total{job=\"x\"} 4\nn 5 1700000001000\n"
    });
    scene.scrape(7);
    assert_eq!(scene.memory.0.lock().unwrap().batches, 1);
    let one = |name: &str| scene.memory.samples(name).join(" ");
    assert_eq!(one("m_total"), "7:3", "of two samples of a series, the first counts");
    assert_eq!(one("n"), "1:5", "a timestamp of its own is kept");
    assert_eq!(
        ["up", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling", "scrape_series_added"]
            .map(one),
        ["7:1", "7:3", "7:3", "7:1"]
    );
    assert_eq!(scene.memory.samples("scrape_duration_seconds").len(), 1);
    let port = scene.exporter.server.local_addr().port();
    let labels = scene
        .memory
        .0
        .lock()
        .unwrap()
        .series
        .iter()
        .map(|(labels, _)| labels.to_string())
        .collect::<Vec<_>>();
    let expected =
        format!(r#"{{__name__="m_total", exported_job="x", instance="127.0.0.1:{port}", job="fleet"}}"#);
    assert!(labels.contains(&expected), "{labels:?}");
    let metadata = scene.scraper.metadata().remove(0).1;
    assert_eq!(
        metadata.iter().map(|it| (&*it.metric, it.kind, &*it.help)).collect::<Vec<_>>(),
        [("m_total", "counter", "Counted")]
    );
    let told =
        scene.scraper.metrics().iter().map(|metric| format!("{:?}", metric.family())).collect::<String>();
    assert!(told.contains("telemetry_scrape_samples_appended_total"), "{told}");
    assert!(told.contains("Counter { value: 7.0,"), "{told}");
}

#[test]
fn a_target_is_asked_as_prometheus_asks() {
    let scene = Scene::new();
    scene.scrape(0);
    assert!(scene.exporter.asked("accept").starts_with("application/openmetrics-text;version=1.0.0,"));
    assert_eq!(scene.exporter.asked("accept-encoding"), "gzip");
    assert_eq!(scene.exporter.asked("x-prometheus-scrape-timeout-seconds"), "10");
    assert!(scene.exporter.asked("user-agent").starts_with("telemetry/"));
    assert_eq!(scene.exporter.asked("authorization"), "Basic dXNlcjpzZWNyZXQ=");
}

#[test]
fn openmetrics_and_compressed_answers_are_read() {
    let scene = Scene::new();
    scene.exporter.say(|| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"# TYPE a counter\na_total 2 # {trace=\"x\"} 1\n# EOF\n").unwrap();
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        ([("content-type", kind), ("content-encoding", "gzip")], gzip.finish().unwrap())
    });
    scene.scrape(0);
    assert_eq!(scene.memory.samples("a_total"), ["0:2"]);
    scene.exporter.say(|| ([("content-type", "application/openmetrics-text")], "a_total 2\n"));
    assert!(scene.failure(15).contains("# EOF"), "an answer that was cut off is no answer");
}

/// Prometheus leaves out the exemplar and takes the sample.
#[test]
fn no_sample_is_lost_for_an_exemplar_that_is_too_long() {
    let scene = Scene::new();
    scene.exporter.say(|| {
        let body = format!("# TYPE a counter\na_total 2 # {{t=\"{}\"}} 1\n# EOF\n", "x".repeat(200));
        ([("content-type", "application/openmetrics-text")], body)
    });
    scene.scrape(0);
    assert_eq!(scene.memory.samples("a_total"), ["0:2"]);
}

#[test]
fn what_is_gone_ends_and_what_comes_back_goes_on() {
    let scene = Scene::new();
    scene.exporter.say(|| "a 1\nb 1\nc 1 1700000000000\n");
    scene.scrape(0);
    scene.exporter.say(|| "a 2\n");
    scene.scrape(15);
    scene.scrape(30);
    scene.exporter.say(|| "a 3\nb 3\n");
    scene.scrape(45);
    assert_eq!(scene.memory.samples("a"), ["0:1", "15:2", "30:2", "45:3"]);
    assert_eq!(scene.memory.samples("b"), ["0:1", "15:stale", "45:3"]);
    assert_eq!(scene.memory.samples("c"), ["0:1"], "a series with timestamps of its own gets no mark");
    assert_eq!(scene.memory.samples("scrape_series_added"), ["0:2", "15:0", "30:0", "45:1"]);
}

#[test]
fn a_failure_ends_every_series_and_is_told_by_up() {
    let scene = Scene::new();
    scene.scrape(0);
    scene.exporter.say(|| (StatusCode::INTERNAL_SERVER_ERROR, "m 2\n"));
    assert_eq!(scene.failure(15), "the server returned HTTP status 500 Internal Server Error");
    scene.failure(30);
    scene.exporter.say(|| "m 3\n");
    scene.scrape(45);
    assert_eq!(scene.memory.samples("m"), ["0:1", "15:stale", "45:3"]);
    assert_eq!(scene.memory.samples("up"), ["0:1", "15:0", "30:0", "45:1"]);
    let state = scene.scraper.targets().remove(0);
    assert_eq!((state.health, &*state.last_error, state.last_scrape), (Health::Up, "", Some(AT + 45_000)));
}

#[test]
fn a_bad_answer_fails_as_a_whole_and_says_why() {
    let options = ScrapeOptions { max_body: 100, max_samples: 3, ..ScrapeOptions::default() };
    let scene = Scene::with(|_| {}, options);
    let fails = |second, expected: &str| {
        let error = scene.failure(second);
        assert!(error.contains(expected), "{error} does not say {expected}");
        assert_eq!(scene.memory.samples("m"), [""; 0], "part of a scrape was stored");
    };
    scene.exporter.say(|| "m 1\nm{a=1} 2\n");
    fails(0, "line 2, column 5: expected '\"'");
    scene.exporter.say(|| b"m 1\n# \xff\n".to_vec());
    fails(1, "not UTF-8");
    scene.exporter.say(|| format!("m 1\n#{}\n", "x".repeat(100)));
    fails(2, "longer than 100 bytes");
    scene.exporter.say(|| "m 1\nm{a=\"1\"} 1\nm{a=\"2\"} 1\nm{a=\"3\"} 1\n");
    fails(3, "more than 3 samples");
    scene.exporter.say(|| ([("content-encoding", "br")], "m 1\n"));
    fails(4, "encoding \"br\"");
    scene.exporter.say(|| ([("content-encoding", "gzip")], "m 1\n"));
    fails(5, "cannot be decompressed");
    scene.exporter.say(|| (StatusCode::FOUND, [("location", "/again")]));
    fails(6, "302 Found");
    scene.exporter.say(|| (StatusCode::FOUND, [("location", "http://127.0.0.2:1/")]));
    fails(7, "302 Found");
}

#[test]
fn a_target_that_is_not_there_or_has_no_url_says_so() {
    let scene = Scene::with(
        |target| target.url = "http://user:secret@127.0.0.1:1/".to_owned(),
        ScrapeOptions::default(),
    );
    let error = scene.failure(0);
    assert!(error.to_lowercase().contains("connect") && !error.contains("127.0.0.1:1/"), "{error}");
    let scene = Scene::with(|target| target.url = "user:secret".to_owned(), ScrapeOptions::default());
    assert!(scene.failure(0).contains("URL"));
    assert_eq!(scene.memory.samples("up"), ["0:0"]);
}

#[test]
fn an_answer_that_takes_too_long_is_given_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let options = ScrapeOptions { timeout: Duration::from_millis(200), ..ScrapeOptions::default() };
    let scene = Scene::with(|target| target.url = url, options);
    assert_eq!(scene.failure(0), "no answer within 200ms");
    assert_eq!(scene.memory.samples("up"), ["0:0"]);
}

#[test]
fn a_full_history_fails_the_scrape_and_the_next_one_tries_again() {
    let scene = Scene::new();
    scene.scrape(0);
    scene.memory.tell(|stored| stored.max_series = stored.series.len());
    scene.exporter.say(|| "m 2\nn 2\n");
    assert!(scene.failure(15).contains("as many as it may have"));
    scene.memory.tell(|stored| (stored.max_series, stored.broken) = (usize::MAX, true));
    assert!(scene.failure(30).contains("cannot be stored"));
    scene.memory.tell(|stored| stored.broken = false);
    scene.scrape(45);
    assert_eq!(scene.memory.samples("m"), ["0:1", "15:stale", "45:2"]);
    assert_eq!(scene.memory.samples("up"), ["0:1", "15:0", "45:1"]);
}

#[test]
fn what_could_not_be_stored_still_ends_later() {
    let scene = Scene::new();
    scene.exporter.say(|| "m 1\nn 1\n");
    scene.scrape(0);
    scene.memory.tell(|stored| stored.broken = true);
    scene.exporter.say(|| "m 2\n");
    scene.failure(15);
    scene.memory.tell(|stored| stored.broken = false);
    scene.scrape(30);
    assert_eq!(scene.memory.samples("m"), ["0:1", "30:2"]);
    assert_eq!(scene.memory.samples("n"), ["0:1", "30:stale"]);
}

#[test]
fn a_sample_of_the_far_future_is_left_out_and_counted() {
    let scene = Scene::new().with_stopped_clock();
    scene.exporter.say(|| {
        let far =
            format!("years {} {}\nmicros 1 {}\nmax 1 {}\n", 1, AT + 315_360_000_000, AT * 1_000, i64::MAX);
        format!("{far}soon 1 {}\nlater 1 {}\nyears 2\n", AT + 600_000, AT + 600_001)
    });
    scene.scrape(0);
    for name in ["micros", "max", "later"] {
        assert_eq!(scene.memory.samples(name), [""; 0], "{name}");
    }
    assert_eq!(scene.memory.samples("years"), ["0:2"], "what has no such timestamp is stored");
    assert_eq!(scene.memory.samples("soon"), ["600:1"]);
    assert_eq!(
        (scene.memory.samples("up"), scene.memory.youngest()),
        (vec!["0:1".to_owned()], Some(AT + 600_000))
    );
    let told = scene.told("telemetry_scrape_samples_out_of_bounds_total");
    assert!(told.contains("Counter { value: 4.0,"), "{told}");
    let known = scene.memory.0.lock().unwrap().series.len();
    assert_eq!(known, 7, "no series begins for what is left out");
}

#[test]
fn a_history_that_is_ahead_of_the_clock_is_told() {
    let scene = Scene::new().with_stopped_clock();
    scene.scrape(0);
    scene.exporter.say(|| "m 1\nnew 1\n");
    scene.scrape(365 * 86_400);
    let error = scene.failure(-15);
    assert!(
        error.contains("samples until 2024-11-13T22:13:20Z") && error.contains("set the clock"),
        "{error}"
    );
    scene.exporter.say(|| "m 1\nanother 1\n");
    assert!(scene.failure(-14).contains("samples until"), "one new series does not hide it");
    let told = scene.told("telemetry_scrapes_total");
    assert!(told.contains("2.0"), "{told}");
}

#[test]
fn a_target_that_only_repeats_old_samples_is_up() {
    let scene = Scene::new().with_stopped_clock();
    scene.exporter.say(|| format!("m 1 {}\nsoon 1 {}\n", AT - 5_000, AT + 60_000));
    scene.scrape(-15);
    scene.exporter.say(|| format!("m 1 {}\n", AT - 9_000));
    scene.scrape(0);
    let state = scene.scraper.targets().remove(0);
    assert_eq!((state.health, &*state.last_error), (Health::Up, ""));
}

#[test]
fn redirects_are_followed_on_the_same_host_alone() {
    let scene = Scene::new();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    scene.exporter.say(move || match count.fetch_add(1, Ordering::SeqCst) {
        0 => (StatusCode::FOUND, [("location", "/elsewhere")]).into_response(),
        _ => "m 1\n".into_response(),
    });
    scene.scrape(0);
    assert_eq!(scene.memory.samples("m"), ["0:1"]);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    let other = Exporter::start();
    let location = format!("http://{}/", other.server.local_addr());
    scene.exporter.say(move || (StatusCode::FOUND, [("location", location.clone())]));
    assert!(scene.failure(15).contains("302 Found"), "another port is another server");
}

#[test]
fn nobody_misses_an_optional_target_before_it_first_answered() {
    let scene = Scene::with(|target| target.optional = true, ScrapeOptions::default());
    scene.exporter.say(|| StatusCode::NOT_FOUND);
    scene.scrape(0);
    assert!(scene.memory.0.lock().unwrap().series.is_empty());
    let state = scene.scraper.targets().remove(0);
    assert_eq!((state.health, state.last_error.contains("404")), (Health::Unknown, true));
    scene.exporter.say(|| "m 1\n");
    scene.scrape(15);
    scene.exporter.say(|| StatusCode::NOT_FOUND);
    scene.failure(30);
    assert_eq!(scene.memory.samples("up"), ["15:1", "30:0"]);
}

#[test]
fn a_new_scraper_ends_what_the_one_before_it_has_left() {
    let scene = Scene::new();
    scene.exporter.say(|| "m 1\nn 1\n");
    scene.scrape(0);
    let sink = || Arc::<Memory>::clone(&scene.memory);
    let again = Scraper::new(sink(), vec![scene.exporter.target()], ScrapeOptions::default());
    scene.exporter.say(|| "m 2\n");
    scene.runtime.block_on(again.scrape_all(AT + 15_000));
    assert_eq!(scene.memory.samples("m"), ["0:1", "15:2"]);
    assert_eq!(scene.memory.samples("n"), ["0:1", "15:stale"]);
    assert_eq!(scene.memory.samples("up"), ["0:1", "15:1"]);

    let optional = Target { optional: true, ..scene.exporter.target() };
    let gone = Scraper::new(sink(), vec![optional], ScrapeOptions::default());
    scene.exporter.say(|| StatusCode::NOT_FOUND);
    scene.runtime.block_on(gone.scrape_all(AT + 30_000));
    assert_eq!(scene.memory.samples("up"), ["0:1", "15:1", "30:stale"]);

    let twice = vec![scene.exporter.target(), scene.exporter.target()];
    let shared = Scraper::new(sink(), twice, ScrapeOptions::default());
    scene.exporter.say(|| "x 1\n");
    scene.runtime.block_on(shared.scrape_all(AT + 45_000));
    assert_eq!(scene.memory.samples("m"), ["0:1", "15:2", "30:stale"], "it may be the other one's");
}

#[test]
fn targets_are_scraped_by_the_clock_and_none_waits_for_another() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let exporter = Exporter::start();
    let memory = Arc::new(Memory::default());
    let hanging = Target { url: format!("http://{}/", silent.local_addr().unwrap()), ..exporter.target() };
    let options = ScrapeOptions { interval: Duration::from_millis(1_000), ..ScrapeOptions::default() };
    let scraper =
        Arc::new(Scraper::new(Arc::<Memory>::clone(&memory), vec![hanging, exporter.target()], options));
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let enough = || memory.samples("m").len() >= 3;
    let begun = Instant::now();
    let stop = async {
        while !enough() && begun.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    runtime.block_on(Arc::clone(&scraper).run(stop));
    assert!(enough(), "not within {PATIENCE:?}");
    let stored = memory.0.lock().unwrap();
    let (_, samples) = stored.series.iter().find(|(labels, _)| labels.get("__name__") == "m").unwrap();
    let apart: Vec<_> = samples.windows(2).map(|pair| pair[1].timestamp - pair[0].timestamp).collect();
    // A machine that is busy may miss a moment, which makes it two intervals or an odd time; but never a moment twice.
    assert!(apart.iter().all(|apart| *apart > 0), "{apart:?}");
}

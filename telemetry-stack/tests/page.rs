//! The page over a fleet in memory, request by request.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reports by panicking, and its support is no different"
)]

#[path = "page/fleet.rs"]
mod fleet;
#[path = "page/totals.rs"]
mod totals;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, Response};
use fleet::Fleet;
use std::collections::HashSet;
use std::io::Read as _;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use telemetry_catalog::panel::boards;
use telemetry_core::config::Config;
use telemetry_query::{Labels, Sample, Series, Steps};
use telemetry_stack::page::{Listening, Page, Recorded, routes};
use telemetry_stack::source::{SeenTarget, Source, SourceError};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

/// What somebody might call a provider.
const HOSTILE: &str = "<img src=x onerror=alert(1)>\u{202e}\u{0}\"'&";

struct Scene {
    app: Router,
    runtime: Runtime,
}

struct Answer {
    status: u16,
    head: Response<()>,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.head.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn page(source: Arc<dyn Source>) -> Page {
    Page {
        source,
        rules: None,
        recorded: Recorded::Nothing,
        config: Arc::new(Config::default()),
        interval: Duration::from_secs(15),
        listening: vec![Listening {
            name: "Pushgateway".to_owned(),
            url: "http://127.0.0.1:9091/".to_owned(),
            note: "takes pushes".to_owned(),
        }],
        api_url: "http://127.0.0.1:9090".to_owned(),
    }
}

impl Scene {
    fn of(source: impl Source + 'static) -> Self {
        Self::with(page(Arc::new(source)))
    }

    fn with(page: Page) -> Self {
        Self { app: routes(page), runtime: Builder::new_current_thread().enable_all().build().unwrap() }
    }

    fn busy() -> Self {
        Self::of(Fleet::busy(now(), 2, 15))
    }

    fn ask(&self, request: Request<Body>) -> Answer {
        self.runtime.block_on(answer(self.app.clone(), request))
    }

    fn get(&self, path: &str) -> Answer {
        self.ask(request(Method::GET, path))
    }

    /// The text of a page that must be good.
    fn text(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }
}

fn request(method: Method, path: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
}

async fn answer(app: Router, request: Request<Body>) -> Answer {
    let (head, body) = app.oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    let body = String::from_utf8(body).unwrap();
    Answer { status: head.status.as_u16(), head: Response::from_parts(head, ()), body }
}

/// What stands in the badge.
fn badge(page: &str) -> &str {
    between(page, "id=\"badge\"", "</div>")
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}"));
    rest.split_once(end).unwrap().0
}

/// The text of the tile of this name and time.
fn tile<'a>(page: &'a str, title: &str, over: &str) -> &'a str {
    between(page, &format!("<dt>{title} <span>{over}</span></dt><dd>"), "</dd>")
}

#[test]
fn every_page_is_there_and_says_what_browsers_may_do() {
    let scene = Scene::busy();
    let boards = boards(&Config::default());
    let boards = boards.iter().map(|board| format!("/board/{}", board.uid));
    let others =
        ["/", "/?range=7d", "/runbook", "/metrics-reference", "/panel/agent-runs-failing", "/state.json"];
    for path in boards.chain(others.map(str::to_owned)) {
        let answer = scene.get(&path);
        assert_eq!(answer.status, 200, "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        // The policy forbids both, so that they would do nothing.
        assert!(!answer.body.contains(" style=\"") && !answer.body.contains(" onclick"), "{path}");
    }
}

#[test]
fn every_panel_is_drawn_and_nothing_but_this_server_is_asked() {
    let scene = Scene::busy();
    let mut drawn = HashSet::new();
    for board in boards(&Config::default()) {
        let text = scene.text(&format!("/board/{}", board.uid));
        for address in text.split("<img src=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let picture = scene.get(&address.replace("&amp;", "&"));
            assert_eq!((picture.status, picture.header("content-type")), (200, "image/svg+xml"), "{address}");
            assert!(
                picture.body.contains("<svg") && !picture.body.contains("not known"),
                "{address}: {}",
                picture.body
            );
            assert!(picture.header("content-security-policy").starts_with("default-src 'none';"));
            drawn.insert(address.split(['/', '.']).nth(2).unwrap().to_owned());
        }
        for tag in ["<script src=\"", "<link rel=\"stylesheet\" href=\"", "<link rel=\"icon\" href=\""] {
            assert!(text.split(tag).skip(1).all(|rest| rest.starts_with('/')), "{tag}");
        }
        for panel in board.panels() {
            assert!(drawn.contains(&panel.id), "{} is not drawn", panel.id);
        }
    }
}

#[test]
fn what_is_shown_is_what_was_measured() {
    let mut fleet = Fleet::empty();
    let now = now();
    let times: Vec<i64> = (0..=480).rev().map(|at| now - at * 15_000).collect();
    fleet.up("pushgateway", "one:9091", &times);
    let runs = |status| {
        let own = [
            ("__name__", "sase_agent_runs_total"),
            ("status", status),
            ("job", "sase_agent"),
            ("instance", "host"),
        ];
        Labels::new(own)
    };
    // Two hours, of which one of 50 that ended and 30 that failed in the last.
    let counted = |last: f64| {
        move |time: &i64| Sample::new(*time, if now - *time > 1_200_000 { 7.0 } else { 7.0 + last })
    };
    fleet.store.append(&runs("ok"), times.iter().map(counted(20.0)));
    fleet.store.append(&runs("error"), times.iter().map(counted(30.0)));
    let text = Scene::of(fleet).text("/");
    assert_eq!((tile(&text, "Runs", "last hour"), tile(&text, "Failures", "last hour")), ("50", "30"));
    let unknown = tile(&text, "Tokens in", "last hour");
    assert!(unknown.contains('–') && unknown.contains("no such series was seen"), "{unknown}");
    assert!(text.contains("<title>Critical · Overview · Agent fleet</title>"), "{}", &text[..400]);
    assert!(text.contains("Share of runs that failed: 60"), "the reason is told");
    assert!(badge(&text).contains("LIVE"), "{}", badge(&text));
}

#[test]
fn an_empty_store_makes_nothing_up() {
    let text = Scene::of(Fleet::empty()).text("/");
    assert!(badge(&text).contains("NO DATA"), "{}", badge(&text));
    assert!(text.contains("<title>Unknown") && text.contains("The health of the fleet is unknown"));
    for (title, over) in [("Active agents", "now"), ("Runs", "last 24 h"), ("Retries", "last hour")] {
        assert!(tile(&text, title, over).contains("class=\"dash\""), "{title}");
    }
    assert!(text.contains("Nothing is scraped."));
}

/// Live is what was scraped with success a moment ago, and neither what a rule wrote nor a scrape that failed.
#[test]
fn only_a_scrape_that_succeeded_of_late_makes_it_live() {
    let now = now();
    let badge_of = |fleet: Fleet, interval: u64| {
        let page = Page { interval: Duration::from_secs(interval), ..page(Arc::new(fleet)) };
        badge(&Scene::with(page).text("/")).to_owned()
    };
    let at = |seconds: i64| now - seconds * 1000;
    let with = |successes: &[i64], failures: &[i64]| {
        let mut fleet = Fleet::empty();
        fleet.up("pushgateway", "one:9091", successes);
        let up = Labels::new([("__name__", "up"), ("job", "pushgateway"), ("instance", "one:9091")]);
        fleet.store.append(&up, failures.iter().map(|time| Sample::new(*time, 0.0)));
        let recorded = Labels::new([("__name__", "fleet:up:any")]);
        fleet.store.append(&recorded, [Sample::new(now, 1.0)]);
        fleet
    };
    assert!(badge_of(with(&[at(40)], &[]), 60).contains("LIVE"));
    assert!(badge_of(with(&[at(200)], &[]), 60).contains("STALE"));
    assert!(badge_of(with(&[at(10)], &[]), 1).contains("STALE"));
    let failing = badge_of(with(&[at(120)], &[at(105), at(90), at(45), at(15), at(0)]), 15);
    assert!(failing.contains("STALE") && failing.contains("2 m"), "{failing}");
    let long_ago = badge_of(with(&[at(30 * 3600)], &[]), 15);
    assert!(long_ago.contains("STALE") && long_ago.contains("1 d 6 h"), "{long_ago}");
    assert!(badge_of(with(&[], &[at(15), at(0)]), 15).contains("NO DATA"));
}

#[test]
fn hostile_labels_are_text_and_are_cut() {
    let now = now();
    let mut fleet = Fleet::empty();
    fleet.up("pushgateway", HOSTILE, &[now]);
    let long = format!("{HOSTILE}{}", "x".repeat(1_000_000));
    let own = [
        ("__name__", "sase_agent_active"),
        ("project", long.as_str()),
        ("job", "sase_agent"),
        ("instance", "h"),
    ];
    fleet.store.append(&Labels::new(own), [Sample::new(now, 3.0)]);
    fleet.targets.push(SeenTarget {
        job: HOSTILE.to_owned(),
        instance: long.clone(),
        up: Some(false),
        last_scrape: Some(now),
        error: long,
    });
    let scene = Scene::of(fleet);
    let unknown = format!("/panel/{}", "%3Cimg%20src=x%20onerror=alert(1)%3E%E2%80%AE");
    for path in ["/", "/board/telemetry-agent", "/panel/overview-agent-active-by-project", unknown.as_str()] {
        let body = scene.get(path).body;
        assert!(!body.contains("<img src=x"), "{path}");
        assert!(!body.contains('\u{202e}') && !body.contains('\u{0}'), "{path}");
        assert!(body.len() < 200_000, "{path}: {}", body.len());
    }
    assert!(scene.text("/").contains("&lt;img src=x onerror=alert(1)&gt;"));
}

#[test]
fn what_there_is_not_is_said_with_what_there_is() {
    let scene = Scene::busy();
    for (path, status, known) in [
        ("/board/nonsense", 404, "/board/telemetry-llm"),
        ("/panel/nonsense", 404, "/panel/agent-runs-failing"),
        ("/?range=2h", 400, "/?range=24h"),
        ("/board/telemetry-llm?range=", 400, "/?range=1h"),
    ] {
        let answer = scene.get(path);
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.body.contains(&format!("href=\"{known}\"")), "{path}");
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
    }
    assert_eq!(scene.get("/chart/nonsense.svg").status, 404);
}

#[test]
fn files_that_a_browser_has_are_not_sent_again_and_a_head_has_no_body() {
    let scene = Scene::of(Fleet::empty());
    for path in ["/style.css", "/page.js", "/favicon.svg"] {
        let first = scene.get(path);
        let tag = first.header("etag").to_owned();
        assert!(first.status == 200 && !first.body.is_empty() && tag.starts_with("W/\""), "{path}");
        let mut again = request(Method::GET, path);
        again
            .headers_mut()
            .insert("if-none-match", format!("\"other\", {}", tag.trim_start_matches("W/")).parse().unwrap());
        let again = scene.ask(again);
        assert_eq!(
            (again.status, again.body.as_str(), again.header("etag")),
            (304, "", tag.as_str()),
            "{path}"
        );
    }
    for path in ["/", "/style.css"] {
        let head = scene.ask(request(Method::HEAD, path));
        assert_eq!((head.status, head.body.as_str()), (200, ""));
        let head = scene.ask(packed(Method::HEAD, path));
        assert_eq!((head.status, head.body.as_str()), (200, ""));
    }
    assert_eq!(scene.ask(request(Method::POST, "/")).status, 405);
}

/// A request of somebody who can unpack.
fn packed(method: Method, path: &str) -> Request<Body> {
    let mut request = request(method, path);
    request.headers_mut().insert("accept-encoding", "gzip".parse().unwrap());
    request
}

#[test]
fn answers_are_packed_for_those_who_ask() {
    let scene = Scene::of(Fleet::empty());
    for path in ["/", "/style.css", "/chart/agent-runs-failing.svg", "/runbook"] {
        let request = packed(Method::GET, path);
        let (head, body) = scene.runtime.block_on(async {
            let (head, body) = scene.app.clone().oneshot(request).await.unwrap().into_parts();
            (head, to_bytes(body, usize::MAX).await.unwrap())
        });
        assert_eq!(head.headers["content-encoding"], "gzip", "{path}");
        assert!(head.headers["vary"].to_str().unwrap().contains("accept-encoding"), "{path}");
        let mut text = String::new();
        flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
        assert!(text.len() > body.len() && text.trim_end().ends_with(['>', '}']), "{path}");
        assert!(scene.get(path).head.headers().get("content-encoding").is_none(), "{path}");
    }
    let tag = scene.get("/page.js").header("etag").to_owned();
    let mut again = packed(Method::GET, "/page.js");
    again.headers_mut().insert("if-none-match", tag.parse().unwrap());
    let again = scene.ask(again);
    assert_eq!((again.status, again.body.as_str(), again.header("etag")), (304, "", tag.as_str()));
}

#[test]
fn charts_begin_with_five_minutes_until_there_is_more_to_see() {
    let chosen = |page: &str| between(page, "<h2 id=\"charts-title\">", "</h2>").to_owned();
    let young = Scene::of(Fleet::busy(now(), 0, 1));
    let page = young.text("/");
    assert_eq!(chosen(&page), "Charts of the last 5 minutes");
    assert!(page.contains(".svg?range=5m&amp;") && !page.contains("href=\"/board/sase-agent?range"));
    assert_eq!(chosen(&young.text("/?range=1h")), "Charts of the last hour");
    assert!(young.text("/?range=1h").contains("?range=1h\">LLM Provider<"));
    assert_eq!(chosen(&Scene::busy().text("/")), "Charts of the last hour");
    assert_eq!(chosen(&Scene::of(Fleet::empty()).text("/")), "Charts of the last 5 minutes");
    assert_eq!(chosen(&Scene::of(Refusing).text("/")), "Charts of the last hour");
}

/// Refuses everything.
struct Refusing;

impl Source for Refusing {
    fn instant(&self, _: &str, _: i64) -> Result<Vec<(Labels, f64)>, SourceError> {
        Err(SourceError::Unreachable("connection <refused>".to_owned()))
    }

    fn range(&self, _: &str, _: Steps) -> Result<Vec<Series>, SourceError> {
        Err(SourceError::Unreachable("connection <refused>".to_owned()))
    }

    fn targets(&self) -> Result<Vec<SeenTarget>, SourceError> {
        Err(SourceError::Unreachable("connection <refused>".to_owned()))
    }
}

#[test]
fn errors_of_the_source_are_shown_on_a_page_that_is_there() {
    let scene = Scene::of(Refusing);
    let text = scene.text("/");
    assert!(text.contains("connection &lt;refused&gt;") && !text.contains("<refused>"));
    assert!(badge(&text).contains("UNKNOWN") && text.contains("<title>Unknown"));
    assert!(text.contains("http://127.0.0.1:9091/"), "the rest of the page is there");
    let picture = scene.get("/chart/agent-runs-failing.svg");
    assert!(picture.status == 200 && picture.body.contains("connection &lt;refused&gt;"), "{}", picture.body);
}

/// Never answers before it is let go.
struct Hanging(Arc<std::sync::Mutex<()>>);

impl Hanging {
    fn hang(&self) {
        let _until_let_go = self.0.lock();
    }
}

impl Source for Hanging {
    fn instant(&self, _: &str, _: i64) -> Result<Vec<(Labels, f64)>, SourceError> {
        self.hang();
        Ok(Vec::new())
    }

    fn range(&self, _: &str, _: Steps) -> Result<Vec<Series>, SourceError> {
        self.hang();
        Ok(Vec::new())
    }

    fn targets(&self) -> Result<Vec<SeenTarget>, SourceError> {
        self.hang();
        Ok(Vec::new())
    }
}

#[test]
fn a_source_that_does_not_answer_delays_a_page_by_a_few_seconds_in_all() {
    let gate = Arc::new(std::sync::Mutex::new(()));
    let held = gate.lock().unwrap();
    let scene = Scene::of(Hanging(Arc::clone(&gate)));
    let begun = Instant::now();
    let text = scene.text("/");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(badge(&text).contains("UNKNOWN") && text.contains("no answer within"));
    drop(held);
}

#[test]
fn ten_browsers_cost_one_look() {
    let fleet = Arc::new(Fleet::busy(now(), 1, 15));
    let scene = Scene::with(page(Arc::clone(&fleet) as _));
    let asked = scene.runtime.block_on(async {
        let all: Vec<_> =
            (0..10).map(|_| tokio::spawn(answer(scene.app.clone(), request(Method::GET, "/")))).collect();
        for answered in all {
            assert_eq!(answered.await.unwrap().status, 200);
        }
        std::mem::take(&mut *fleet.asked.lock().unwrap())
    });
    let different: HashSet<_> = asked.iter().collect();
    // On a machine that is busy a look may take longer than an answer is of now, so that some are asked twice, but never ten times.
    assert!(asked.len() <= different.len() * 3, "{} of {}", asked.len(), different.len());
}

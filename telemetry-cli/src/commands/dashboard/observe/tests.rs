//! The observer with servers that answer from a script, hang, go away and come back.

use super::super::look::{Alerts, Liveness, Look};
use super::super::{Plan, Source};
use super::{Observer, Told, Wish};
use crate::clock::now;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use telemetry_catalog::panel::boards;
use telemetry_catalog::subsystems;
use telemetry_core::config::{Address, Config};
use telemetry_stack::panels::Span;

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a server does with a request, by its path and what was posted.
type Answer = Box<dyn Fn(&str, &str) -> Option<String> + Send>;

/// A server whose behaviour can be changed.
struct Server {
    url: String,
    answer: Arc<Mutex<Answer>>,
    asked: Arc<AtomicUsize>,
}

impl Server {
    /// Where there is no answer it hangs.
    fn new(answer: impl Fn(&str, &str) -> Option<String> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { url, answer: Arc::new(Mutex::new(Box::new(answer))), asked: Arc::default() };
        let (answer, asked) = (Arc::clone(&server.answer), Arc::clone(&server.asked));
        thread::spawn(move || {
            let mut hanging = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some((path, body)) = request(&stream) else { continue };
                asked.fetch_add(1, Ordering::Relaxed);
                match answer.lock().unwrap()(&path, &body) {
                    Some(answer) => drop(stream.write_all(answer.as_bytes())),
                    None => hanging.push(stream),
                }
            }
        });
        server
    }

    fn hanging() -> Self {
        Self::new(|_, _| None)
    }

    fn now(&self, answer: impl Fn(&str, &str) -> Option<String> + Send + 'static) {
        *self.answer.lock().unwrap() = Box::new(answer);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

fn request(stream: &TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.to_lowercase();
        if header.trim().is_empty() {
            break;
        }
        length = header.strip_prefix("content-length:").map_or(length, |value| value.trim().parse().unwrap());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, String::from_utf8(body).unwrap()))
}

fn ok(body: &str) -> Option<String> {
    let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}", body.len());
    Some(format!("{head}\r\n\r\n{body}"))
}

fn broken() -> Option<String> {
    Some("HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_owned())
}

/// A gateway to which something was pushed so many seconds ago.
fn pushed(active: u32, runs: u32, ago: i64) -> String {
    pushed_at(active, runs, now() - ago * 1000)
}

fn pushed_at(active: u32, runs: u32, at: i64) -> String {
    let time = format!("{}.{:03}", at / 1000, at % 1000);
    let labels = "instance=\"one\",job=\"sase_agent\"";
    format!(
        "# TYPE push_time_seconds gauge\npush_time_seconds{{{labels}}} {time}\n\
         # TYPE sase_agent_active gauge\nsase_agent_active{{{labels}}} {active}\n\
         # TYPE sase_agent_runs_total counter\nsase_agent_runs_total{{{labels},status=\"ok\"}} {runs}\n"
    )
}

/// A Prometheus that scraped so many active agents just now.
fn scraped(active: u32) -> impl Fn(&str, &str) -> Option<String> + Send + 'static {
    move |path, body| {
        let time = now() / 1000;
        let vector = |rows: &str| {
            format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{rows}]}}}}"#)
        };
        match path {
            "/api/v1/query" if body.contains("__name__") && !body.contains("label_replace") => {
                ok(&vector(&format!(
                    r#"{{"metric":{{"__name__":"sase_agent_active","job":"j","instance":"i"}},"value":[{time},"{active}"]}}"#
                )))
            }
            "/api/v1/query" => ok(&vector("")),
            "/api/v1/query_range" => ok(&format!(
                r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{"job":"pushgateway","instance":"i"}},"values":[[{time},"{time}"]]}}]}}}}"#
            )),
            _ => broken(),
        }
    }
}

fn plan(source: Source, gateway: &str, prometheus: &str) -> Plan {
    let mut config = Config::default();
    config.prometheus.pushgateway_url = Address::parse(gateway).unwrap();
    config.prometheus.url = Address::parse(prometheus).unwrap();
    config.prometheus.exposition_port = 0;
    config.ledger_path = Some(std::env::temp_dir().join("there-is-no-such-ledger"));
    Plan {
        config,
        interval: Duration::from_millis(200),
        timeout: Duration::from_secs(1),
        source,
        charts: false,
        range: Span::Hour,
        subsystem: None,
    }
}

/// The first that is told and wanted.
fn first<T>(told: &Receiver<Told>, wanted: impl Fn(Told) -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if let Some(found) = wanted(told.recv_timeout(left).expect("it is told within the bound")) {
            return found;
        }
    }
}

fn look(told: &Receiver<Told>, wanted: impl Fn(&Look) -> bool) -> Box<Look> {
    first(told, |told| match told {
        Told::Look(look) => wanted(&look).then_some(look),
        _ => None,
    })
}

/// The id of a panel.
fn panel() -> String {
    boards(&Config::default())[0].panels().next().unwrap().id.clone()
}

const NOBODY: &str = "http://127.0.0.1:1";

#[test]
fn a_gateway_tells_what_was_pushed_and_an_old_push_is_not_live() {
    let gateway = Server::new(|_, _| ok(&pushed(3, 10, 1)));
    let (tell, told) = channel();
    let _observer = Observer::begin(plan(Source::Pushgateway, &gateway.url, NOBODY), tell);
    let found = look(&told, |_| true);
    assert_eq!((&*found.origin.name, found.origin.trouble), ("pushgateway", None));
    let tiles: Vec<_> = found.tiles.iter().map(|tile| tile.value).collect();
    assert_eq!(tiles, [Some(3.0), None, None]);
    assert_eq!(found.rates[0].value, None);
    gateway.now(|_, _| ok(&pushed(3, 10, 0)));
    let live = look(&told, |look| look.tiles[0].course.len() > 1);
    // The time of a push is that of its look here, and three intervals of such looks are not old yet.
    let newest = live.origin.newest.unwrap();
    assert_eq!(live.origin.liveness(newest + 599), Liveness::Live);
    gateway.now(|_, _| ok(&pushed(0, 10, 3600)));
    let stale = look(&told, |look| look.tiles[0].value == Some(0.0));
    assert_eq!(stale.origin.liveness(now()), Liveness::Stale);
    let unknown = look(
        &told,
        |look| matches!(&look.alerts, Alerts::Unknown(why) if why.is_empty() || why.contains("refused")),
    );
    assert!(unknown.rates[0].value == Some(0.0), "{:?}", unknown.rates);
}

#[test]
fn what_is_pushed_each_second_is_live_for_three_seconds_and_not_longer() {
    let begun = now();
    let second = move || {
        let seconds = (now() - begun) / 1000;
        begun + seconds * 1000
    };
    // The newest push is of the last whole second, however often it is looked at.
    let gateway = Server::new(move |_, _| ok(&pushed_at(3, 10, second())));
    let (tell, told) = channel();
    let _observer = Observer::begin(plan(Source::Pushgateway, &gateway.url, NOBODY), tell);
    let known = look(&told, |look| look.origin.interval > Duration::from_millis(200));
    // A machine that is busy may have missed a push or two.
    let interval = i64::try_from(known.origin.interval.as_millis()).unwrap();
    assert!(interval % 1000 == 0 && interval < 15_000, "{interval}");
    let newest = known.origin.newest.unwrap();
    assert_eq!(known.origin.liveness(newest + 3 * interval - 1), Liveness::Live);
    assert_eq!(known.origin.liveness(newest + 3 * interval), Liveness::Stale);
}

#[test]
fn rates_begin_anew_with_another_source_and_are_not_known_until_it_was_looked_at_twice() {
    let runs = Arc::new(AtomicUsize::new(10));
    let counted = Arc::clone(&runs);
    let gateway = Server::new(move |_, _| {
        let runs = counted.fetch_add(1, Ordering::Relaxed);
        ok(&pushed(3, u32::try_from(runs).unwrap(), 0))
    });
    let prometheus = Server::new(|_, _| broken());
    let (tell, told) = channel();
    let _observer = Observer::begin(plan(Source::Auto, &gateway.url, &prometheus.url), tell);
    let first = look(&told, |look| look.origin.name == "pushgateway");
    assert_eq!((first.rates_over, first.rates[0].value), (None, None));
    let risen = look(&told, |look| look.rates[0].value.is_some_and(|rate| rate > 0.0));
    assert!(risen.rates_over.is_some_and(|over| over < Duration::from_secs(60)), "{:?}", risen.rates_over);
    prometheus.now(scraped(7));
    let switched = look(&told, |look| look.origin.name == "prometheus");
    assert_eq!((switched.rates_over, switched.rates[0].value), (None, None));
    assert!(switched.rates[0].course.iter().any(|value| value.is_finite()), "it is of before");
}

/// How often a Prometheus was asked for what only health asks for.
fn health_asked(prometheus: &Server) -> Arc<AtomicUsize> {
    let (asked, tell) = (Arc::new(AtomicUsize::new(0)), scraped(7));
    let count = Arc::clone(&asked);
    prometheus.now(move |path, body| {
        if path == "/api/v1/query" && body.contains("label_replace") {
            count.fetch_add(1, Ordering::Relaxed);
        }
        tell(path, body)
    });
    asked
}

#[test]
fn health_is_asked_again_when_somebody_wants_everything() {
    let prometheus = Server::new(scraped(7));
    let asked = health_asked(&prometheus);
    let (tell, told) = channel();
    let observer = Observer::begin(plan(Source::Prometheus, NOBODY, &prometheus.url), tell);
    look(&told, |look| !look.health.is_empty());
    let before = asked.load(Ordering::Relaxed);
    assert!(before > 0, "health asks");
    // Many looks of the numbers are no reason.
    for _ in 0..3 {
        observer.refresh();
        look(&told, |_| true);
    }
    assert_eq!(asked.load(Ordering::Relaxed), before);
    observer.refresh_all();
    look(&told, |_| asked.load(Ordering::Relaxed) > before);
}

#[test]
fn health_is_asked_again_when_another_source_tells_the_numbers() {
    let (gateway, prometheus) = (Server::new(|_, _| ok(&pushed(3, 10, 0))), Server::new(|_, _| broken()));
    let (tell, told) = channel();
    let _observer = Observer::begin(plan(Source::Auto, &gateway.url, &prometheus.url), tell);
    look(&told, |look| look.origin.name == "pushgateway");
    let asked = health_asked(&prometheus);
    look(&told, |look| look.origin.name == "prometheus" && asked.load(Ordering::Relaxed) > 0);
}

#[test]
fn who_tells_is_decided_anew_while_it_runs() {
    let (gateway, prometheus) = (Server::new(|_, _| ok(&pushed(3, 10, 0))), Server::new(scraped(7)));
    let (tell, told) = channel();
    let _observer = Observer::begin(plan(Source::Auto, &gateway.url, &prometheus.url), tell);
    let by = |name: &'static str, value| {
        move |look: &Look| look.origin.name == name && look.tiles[0].value == Some(value)
    };
    let first = look(&told, by("prometheus", 7.0));
    assert_eq!(first.origin.liveness(now()), Liveness::Live);
    prometheus.now(|_, _| broken());
    let second = look(&told, by("pushgateway", 3.0));
    assert!(second.notes.iter().any(|note| note.contains("500")), "{:?}", second.notes);
    assert!(second.tiles[0].course.iter().any(|value| value.is_nan()), "{:?}", second.tiles[0]);
    prometheus.now(scraped(8));
    look(&told, by("prometheus", 8.0));
    prometheus.now(|_, _| ok(r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#));
    look(&told, by("pushgateway", 3.0));
}

#[test]
fn a_source_that_hangs_is_told_as_trouble_with_what_was_known_and_orders_are_obeyed() {
    let (gateway, prometheus) = (Server::new(|_, _| ok(&pushed(3, 10, 0))), Server::new(scraped(7)));
    let (tell, told) = channel();
    let observer = Observer::begin(plan(Source::Pushgateway, &gateway.url, &prometheus.url), tell);
    look(&told, |look| look.origin.trouble.is_none());
    gateway.now(|_, _| None);
    let late = look(&told, |look| look.origin.trouble.is_some());
    assert!(late.origin.trouble.as_ref().unwrap().contains("no answer within 1 s"), "{:?}", late.origin);
    assert_eq!(late.tiles[0].value, Some(3.0));
    assert!(late.tiles[0].course.last().unwrap().is_nan());
    observer.wish(Wish { panels: vec![panel()], ..Wish::default() });
    let begun = gateway.asked();
    first(&told, |told| match told {
        Told::Courses(courses) => Some(courses),
        Told::NoCourses(why) => panic!("{why}"),
        Told::Look(_) => None,
    });
    assert!(gateway.asked() <= begun + 1, "looks do not pile up");
    gateway.now(|_, _| ok(&pushed(4, 10, 0)));
    let back = look(&told, |look| look.origin.trouble.is_none() && look.tiles[0].value == Some(4.0));
    assert!(back.tiles[0].course.iter().any(|value| value.is_nan()), "{:?}", back.tiles[0]);
}

#[test]
fn nothing_is_asked_while_paused_but_for_what_is_ordered() {
    let gateway = Server::new(|_, _| ok(&pushed(3, 10, 0)));
    let (tell, told) = channel();
    let observer = Observer::begin(plan(Source::Pushgateway, &gateway.url, NOBODY), tell);
    look(&told, |_| true);
    observer.wish(Wish { paused: true, ..Wish::default() });
    // What was under way may still be told; then there is silence.
    while told.recv_timeout(Duration::from_secs(1)).is_ok() {}
    let asked = gateway.asked();
    assert!(matches!(told.recv_timeout(Duration::from_secs(1)), Err(RecvTimeoutError::Timeout)));
    assert_eq!(gateway.asked(), asked);
    observer.refresh();
    look(&told, |_| true);
    assert_eq!(gateway.asked(), asked + 1);
    observer.wish(Wish::default());
    look(&told, |_| gateway.asked() > asked + 2);
}

#[test]
fn dropping_it_ends_it_without_waiting_for_the_network() {
    let hanging = Server::hanging();
    let (tell, told) = channel();
    let mut plan = plan(Source::Auto, &hanging.url, &hanging.url);
    plan.timeout = Duration::from_secs(3600);
    let observer = Observer::begin(plan, tell);
    let end = Instant::now() + PATIENCE;
    while hanging.asked() < 2 {
        assert!(Instant::now() < end, "it asks");
        thread::yield_now();
    }
    drop(observer);
    assert!(matches!(told.recv_timeout(PATIENCE), Err(RecvTimeoutError::Disconnected)));
}

#[test]
fn charts_come_back_by_themselves() {
    let prometheus = Server::new(|_, _| broken());
    let (tell, told) = channel();
    let observer = Observer::begin(plan(Source::Pushgateway, NOBODY, &prometheus.url), tell);
    let panels = vec![panel()];
    observer.wish(Wish { panels, range: Span::Day, paused: false });
    let why = first(&told, |told| match told {
        Told::NoCourses(why) => Some(why),
        _ => None,
    });
    assert!(why.contains("500"), "{why}");
    prometheus.now(scraped(1));
    let courses = first(&told, |told| match told {
        Told::Courses(courses) => Some(courses),
        _ => None,
    });
    assert_eq!((courses.range, &*courses.place, courses.panels.len()), (Span::Day, &*prometheus.url, 1));
    assert!(courses.panels[0].course.is_ok());
}

#[test]
fn where_nobody_answers_that_is_told_and_nothing_else() {
    let (tell, told) = channel();
    let _observer = Observer::begin(plan(Source::Auto, NOBODY, NOBODY), tell);
    let found = look(&told, |_| true);
    let trouble = found.origin.trouble.as_ref().unwrap();
    assert!(
        trouble.contains("prometheus: connection refused; ledger: nothing was ever recorded"),
        "{trouble}"
    );
    assert_eq!((found.origin.newest, found.origin.liveness(now())), (None, Liveness::Offline));
    assert!(found.sections.is_empty() && found.tiles.iter().all(|tile| tile.value.is_none()));
    // Health and alerts have the same reason, which is said once.
    let known = look(&told, |look| look.alerts == Alerts::Unknown(String::new()) && look.notes.is_empty());
    assert_eq!(known.origin.trouble.as_deref(), Some(&**trouble));
    assert_eq!((known.parts.len(), known.rates.len()), (subsystems().count(), 5));
}

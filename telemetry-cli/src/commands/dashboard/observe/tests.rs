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
    move |path, body| scrape(active, now() / 1000, path, body)
}

/// One that scraped them at this time, in seconds, and not since.
fn scraped_at(active: u32, time: i64) -> impl Fn(&str, &str) -> Option<String> + Send + 'static {
    move |path, body| scrape(active, time, path, body)
}

fn scrape(active: u32, time: i64, path: &str, body: &str) -> Option<String> {
    let vector =
        |rows: &str| format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{rows}]}}}}"#);
    match path {
        "/api/v1/query" if asks_for_times(body) => {
            ok(&vector(&format!(r#"{{"metric":{{}},"value":[{time},"{time}"]}}"#)))
        }
        "/api/v1/query" if asks_for_samples(body) => ok(&vector(&format!(
            r#"{{"metric":{{"__name__":"sase_agent_active","job":"j","instance":"i"}},"value":[{time},"{active}"]}}"#
        ))),
        "/api/v1/query" => ok(&vector("")),
        "/api/v1/query_range" => ok(&format!(
            r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{"job":"pushgateway","instance":"i"}},"values":[[{time},"{time}"]]}}]}}}}"#
        )),
        _ => broken(),
    }
}

/// Whether this asks when targets answered.
fn asks_for_times(body: &str) -> bool {
    body.contains("sum%28timestamp")
}

/// Whether this asks for all samples.
fn asks_for_samples(body: &str) -> bool {
    body.contains("__name__") && !asks_for_times(body) && !asks_for_health(body)
}

/// Whether this is what only health asks for.
fn asks_for_health(body: &str) -> bool {
    body.contains("label_replace")
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

/// Makes a Prometheus answer in this way, and counts what it is asked of this.
fn counted(
    prometheus: &Server,
    of: impl Fn(&str) -> bool + Send + 'static,
    answer: impl Fn(&str, &str) -> Option<String> + Send + 'static,
) -> Arc<AtomicUsize> {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    prometheus.now(move |path, body| {
        if path == "/api/v1/query" && of(body) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        answer(path, body)
    });
    asked
}

/// How often a Prometheus with samples of now was asked for what only health asks for.
fn health_asked(prometheus: &Server) -> Arc<AtomicUsize> {
    counted(prometheus, asks_for_health, scraped(7))
}

#[test]
fn what_was_not_scraped_anew_is_not_asked_for_again_and_told_all_the_same() {
    let prometheus = Server::hanging();
    let begun = now() / 1000;
    let asked = counted(&prometheus, asks_for_samples, scraped_at(7, begun));
    let (tell, told) = channel();
    let _observer = Observer::begin(plan(Source::Prometheus, NOBODY, &prometheus.url), tell);
    // It is known after the second look that nothing is new.
    look(&told, |_| asked.load(Ordering::Relaxed) >= 2);
    let first = look(&told, |look| look.rates_over.is_none() && look.tiles[0].value == Some(7.0));
    assert_eq!(first.origin.newest, Some(begun * 1000));
    let asked_before = prometheus.asked();
    let later = look(&told, |look| look.tiles[0].value == Some(7.0) && prometheus.asked() > asked_before + 5);
    // A machine that is busy may let so much time pass that everything is taken for old.
    let slow = usize::try_from((now() / 1000 - begun) / 15).unwrap();
    assert!(asked.load(Ordering::Relaxed) <= 2 + slow, "{asked:?} of {} requests", prometheus.asked());
    assert_eq!(later.origin.newest, first.origin.newest);
    assert_eq!(later.tiles[0].course.last(), Some(&7.0));
    assert_eq!(later.origin.liveness(begun * 1000 + 44_999), Liveness::Live);
    assert_eq!(later.origin.liveness(begun * 1000 + 45_000), Liveness::Stale);
    // Another scrape is seen at the next look.
    prometheus.now(scraped_at(8, begun + 1));
    let risen = look(&told, |look| look.tiles[0].value == Some(8.0));
    assert_eq!(risen.origin.newest, Some(begun * 1000 + 1000));
    // Series that are gone are gone, and no target answers any more.
    prometheus.now(|_, _| ok(r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#));
    look(&told, |look| look.origin.trouble.is_some() || look.tiles[0].value.is_none());
}

#[test]
fn health_is_judged_of_new_samples_and_when_somebody_wants_it() {
    let prometheus = Server::hanging();
    let begun = now() / 1000;
    let asked = counted(&prometheus, asks_for_health, scraped_at(7, begun));
    let (tell, told) = channel();
    let observer = Observer::begin(plan(Source::Prometheus, NOBODY, &prometheus.url), tell);
    look(&told, |look| !look.health.is_empty());
    let before = asked.load(Ordering::Relaxed);
    assert!(before > 0, "health asks");
    // Many looks at the same samples are no reason.
    for _ in 0..3 {
        observer.refresh();
        look(&told, |_| true);
    }
    assert_eq!(asked.load(Ordering::Relaxed), before);
    observer.refresh_all();
    look(&told, |_| asked.load(Ordering::Relaxed) > before);
    let asked = counted(&prometheus, asks_for_health, scraped_at(8, begun + 1));
    look(&told, |_| asked.load(Ordering::Relaxed) > 0);
}

#[test]
fn health_that_is_wanted_while_it_is_judged_is_judged_once_more() {
    let prometheus = Server::hanging();
    let begun = now() / 1000;
    let asked = counted(&prometheus, asks_for_health, scraped_at(7, begun));
    let (tell, told) = channel();
    let observer = Observer::begin(plan(Source::Prometheus, NOBODY, &prometheus.url), tell);
    look(&told, |look| !look.health.is_empty());
    let once = asked.load(Ordering::Relaxed);
    // From now on only orders are followed.
    observer.wish(Wish { paused: true, ..Wish::default() });
    while told.recv_timeout(Duration::from_secs(1)).is_ok() {}
    let asked = counted(&prometheus, asks_for_health, move |path, body| {
        if asks_for_health(body) { None } else { scrape(7, begun, path, body) }
    });
    let end = Instant::now() + PATIENCE;
    let wait_for = |count| {
        while asked.load(Ordering::Relaxed) < count {
            assert!(Instant::now() < end, "health is judged");
            thread::sleep(Duration::from_millis(1));
        }
    };
    observer.refresh_all();
    wait_for(1);
    // The first judgement lets everybody wait, and this comes in between.
    observer.refresh_all();
    wait_for(2 * once);
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
    // It may be at work: only one that refuses is known to be gone.
    assert_eq!(late.origin.liveness(now() + 60_000), Liveness::Stale);
    observer.wish(Wish { panels: vec![panel()], ..Wish::default() });
    let begun = gateway.asked();
    first(&told, |told| match told {
        Told::Courses(courses) => Some(courses),
        Told::NoCourses(why) => panic!("{why}"),
        Told::Look(_) => None,
    });
    assert!(gateway.asked() <= begun + 1, "looks do not pile up");
    gateway.now(|_, _| broken());
    let gone = look(&told, |look| look.origin.trouble.as_ref().is_some_and(|why| why.contains("500")));
    assert_eq!(gone.origin.liveness(now() + 60_000), Liveness::Offline);
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

#[test]
fn a_ledger_that_nobody_has_written_is_empty_and_not_silent() {
    let (tell, told) = channel();
    let _observer = Observer::begin(plan(Source::Ledger, NOBODY, NOBODY), tell);
    let found = look(&told, |_| true);
    assert_eq!((&found.origin.trouble, found.origin.liveness(now())), (&None, Liveness::Empty));
    assert!(found.notes.iter().any(|note| note.contains("`telemetry record`")), "{:?}", found.notes);
}

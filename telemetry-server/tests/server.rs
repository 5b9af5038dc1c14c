//! The server as a program starts it and as a client meets it.
#![expect(clippy::unwrap_used, reason = "a test reports by panicking, and its support is no different")]

mod support;

use axum::Router;
use axum::extract::State;
use axum::routing::get as on_get;
use prometheus::{IntCounter, Registry as Theirs};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use support::{get, on_any_port, request, scrape};
use telemetry_core::bridge::{RegistryCollector, families_of};
use telemetry_core::catalog::{self, AXE_LUMBERJACK_RESTARTS};
use telemetry_core::exposition::{Family, FamilyKind, Format, Metric, Value, parse};
use telemetry_core::{Registry, snapshot::family_kind};
use telemetry_server::{Error, Exposition, Limits, Server, serve};

const OPEN_METRICS: &str = "Accept: application/openmetrics-text; version=1.0.0\r\n";

fn registry() -> Registry {
    Registry::new(&on_any_port())
}

fn refuses(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
}

#[test]
fn text_is_served_to_whoever_says_nothing() {
    let server = serve(&on_any_port()).unwrap();
    assert!(server.local_addr().ip().is_loopback());
    let response = get(server.local_addr(), "/metrics", "");
    assert_eq!(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
    let families = parse(&response.body, Format::Text).unwrap();
    for def in catalog::metrics() {
        let family = families.iter().find(|family| family.name == def.name).unwrap();
        assert_eq!((family.kind, family.help.as_deref()), (family_kind(def.kind), Some(def.help)));
    }
    let line = response.body.lines().find(|line| line.starts_with("telemetry_build_info{")).unwrap();
    assert!(line.starts_with("telemetry_build_info{version=\"0.") && line.ends_with("\"} 1"), "{line}");
}

#[test]
fn open_metrics_is_served_to_whoever_asks_for_it() {
    let server = serve(&on_any_port()).unwrap();
    let response = get(server.local_addr(), "/metrics", OPEN_METRICS);
    assert_eq!(response.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let families = parse(&response.body, Format::OpenMetrics).unwrap();
    assert!(catalog::metrics().all(|def| families.iter().any(|family| family.name == def.name)));
}

#[test]
fn wishes_in_several_headers_are_one_wish() {
    let server = serve(&on_any_port()).unwrap();
    let split = "Accept: text/plain;q=0.5\r\nAccept: application/openmetrics-text\r\n";
    assert!(
        get(server.local_addr(), "/metrics", split).content_type.starts_with("application/openmetrics-text")
    );
    let unreadable = "Accept: caf\u{e9}\r\n";
    assert!(get(server.local_addr(), "/metrics", unreadable).content_type.starts_with("text/plain"));
}

#[test]
fn only_what_reads_the_metrics_is_answered() {
    let server = serve(&on_any_port()).unwrap();
    assert_eq!(get(server.local_addr(), "/metric", "").status, 404);
    let post = request(server.local_addr(), "POST", "/metrics", "Content-Length: 0\r\n");
    assert!(post.status == 405 && post.head.contains("\r\nallow: get,head"), "{post:?}");
    assert_eq!(request(server.local_addr(), "POST", "/metrics", "Content-Length: 9\r\n").status, 413);
    for encoding in ["identity", "gzip", "zstd"] {
        let head =
            request(server.local_addr(), "HEAD", "/metrics", &format!("Accept-Encoding: {encoding}\r\n"));
        assert_eq!((head.status, head.body.as_str()), (200, ""));
        assert!(head.content_type.starts_with("text/plain") && head.head.contains("\r\ncontent-length: "));
    }
    let text = get(server.local_addr(), "/metrics", "").body;
    for (code, count) in [("200", 3), ("405", 1), ("503", 0)] {
        let line = format!("\ntelemetry_exposition_scrapes_total{{code=\"{code}\"}} {count}\n");
        assert!(text.contains(&line), "{line}{text}");
    }
}

#[test]
fn a_port_in_use_is_named_and_so_is_what_to_change() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = on_any_port();
    config.prometheus.exposition_port = taken.local_addr().unwrap().port();
    let error = serve(&config).unwrap_err();
    assert!(matches!(&error, Error::Listen { source, .. } if source.kind() == ErrorKind::AddrInUse));
    let said = error.to_string();
    assert!(said.starts_with(&format!("cannot listen on {}: ", taken.local_addr().unwrap())), "{said}");
    assert!(said.contains("`telemetry.prometheus.exposition_port`"), "{said}");
}

#[test]
fn an_address_of_another_machine_is_refused() {
    let mut config = on_any_port();
    config.prometheus.exposition_listen = [192, 0, 2, 1].into(); // for documentation, RFC 5737
    let said = serve(&config).unwrap_err().to_string();
    assert!(
        said.contains("192.0.2.1:0") && said.contains("`telemetry.prometheus.exposition_listen`"),
        "{said}"
    );
}

#[test]
fn the_port_is_free_again_after_stop_and_after_drop() {
    let ends: [fn(Server); 2] = [Server::stop, drop];
    for end in ends {
        let server = serve(&on_any_port()).unwrap();
        let mut config = on_any_port();
        config.prometheus.exposition_port = server.local_addr().port();
        end(server);
        assert!(refuses(SocketAddr::new(
            config.prometheus.exposition_listen,
            config.prometheus.exposition_port
        )));
        scrape(&serve(&config).unwrap());
    }
}

#[test]
fn clients_that_are_idle_or_hang_delay_neither_a_scrape_nor_the_end() {
    let server = serve(&on_any_port()).unwrap();
    let silent = TcpStream::connect(server.local_addr()).unwrap();
    let mut halfway = TcpStream::connect(server.local_addr()).unwrap();
    halfway.write_all(b"GET /metrics HTTP/1.1\r\nHost: ").unwrap();
    let mut deaf = TcpStream::connect(server.local_addr()).unwrap();
    for _ in 0..2000 {
        // More answers than the buffers of a connection hold, so that the server cannot finish while nobody reads them.
        deaf.set_write_timeout(Some(Duration::from_millis(10))).unwrap();
        if deaf.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").is_err() {
            break;
        }
    }
    scrape(&server);
    let begun = Instant::now();
    server.stop();
    // The one that reads nothing has the three seconds of a scrape that is under way.
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    drop((silent, halfway, deaf));
}

#[test]
fn many_scrape_at_once() {
    let server = serve(&on_any_port()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| assert!(!scrape(&server).is_empty()));
        }
    });
}

#[tokio::test]
async fn a_server_starts_and_ends_inside_a_runtime() {
    let server = serve(&on_any_port()).unwrap();
    let address = server.local_addr();
    let response = tokio::task::spawn_blocking(move || get(address, "/metrics", "")).await.unwrap();
    assert_eq!(response.status, 200);
    drop(server);
    assert!(refuses(address));
}

#[tokio::test]
async fn a_router_is_mounted_in_an_application_with_a_state_of_its_own() {
    let registry = registry();
    AXE_LUMBERJACK_RESTARTS.in_registry(&registry).inc();
    let hello = |State(name): State<&'static str>| async move { format!("hello {name}") };
    let app =
        Router::new().route("/", on_get(hello)).merge(Exposition::of(&registry).router()).with_state("axe");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(axum::serve(listener, app).into_future());
    let ask = move |path: &'static str| tokio::task::spawn_blocking(move || get(address, path, "").body);
    assert_eq!(ask("/").await.unwrap(), "hello axe");
    assert!(ask("/metrics").await.unwrap().contains("\nsase_axe_lumberjack_restarts_total 1\n"));
    assert_eq!(ask("/health").await.unwrap(), "ok\n");
    assert_eq!(ask("/ready").await.unwrap(), "ready\n");
    assert!(ask("/info").await.unwrap().contains("\"uptime_seconds\":"));
    serving.abort();
}

#[test]
fn each_server_tells_of_its_own_registry() {
    let (one, other) = (registry(), registry());
    AXE_LUMBERJACK_RESTARTS.in_registry(&one).add(1);
    AXE_LUMBERJACK_RESTARTS.in_registry(&other).add(2);
    for (registry, restarts) in [(one, 1), (other, 2)] {
        let server = Exposition::of(&registry).serve(&on_any_port()).unwrap();
        let body = get(server.local_addr(), "/metrics", "").body;
        assert!(body.contains(&format!("\nsase_axe_lumberjack_restarts_total {restarts}\n")), "{body}");
    }
}

#[test]
fn a_registry_of_the_prometheus_crate_is_served_beside_ours() {
    let (ours, theirs) = (registry(), Theirs::new());
    AXE_LUMBERJACK_RESTARTS.in_registry(&ours).inc();
    let jobs = IntCounter::new("jobs_total", "Jobs").unwrap();
    jobs.inc_by(3);
    theirs.register(Box::new(jobs)).unwrap();
    // Ours is in theirs as well, and must not be told twice for that.
    theirs.register(Box::new(RegistryCollector::new(&ours))).unwrap();
    let server = Exposition::of(&ours).with(move || families_of(&theirs)).serve(&on_any_port()).unwrap();
    let families = scrape(&server);
    let value =
        |name: &str| families.iter().find(|family| family.name == name).unwrap().metrics[0].value.clone();
    assert!(matches!(value("jobs_total"), Value::Counter(counter) if counter.value == 3.0));
    assert!(
        matches!(value("sase_axe_lumberjack_restarts_total"), Value::Counter(counter) if counter.value == 1.0)
    );
}

#[test]
fn a_source_that_panics_is_left_out_of_one_scrape_and_the_rest_is_served() {
    static BROKEN: AtomicBool = AtomicBool::new(true);
    let source = || {
        assert!(!BROKEN.load(Ordering::Relaxed), "on purpose");
        vec![gauge("load")]
    };
    let registry = registry();
    AXE_LUMBERJACK_RESTARTS.in_registry(&registry).inc();
    let server = Exposition::of(&registry).with_named("load", source).serve(&on_any_port()).unwrap();
    let text = || get(server.local_addr(), "/metrics", "").body;
    let told = text();
    assert!(told.contains("\nsase_axe_lumberjack_restarts_total 1\n") && !told.contains("\nload "));
    BROKEN.store(false, Ordering::Relaxed);
    let told = text();
    assert!(told.contains("\nload 0.5\n"), "{told}");
    assert!(told.contains("telemetry_exposition_source_errors_total{source=\"load\",reason=\"panic\"} 1\n"));
}

/// The rest of a scrape is not worth less for a source that does not return, and no other scrape waits for it.
#[test]
fn a_source_that_hangs_delays_the_scrapes_of_its_time_and_no_later_one() {
    let (end, ended) = channel::<()>();
    let ended = Mutex::new(ended);
    let hanging = move || {
        let _at_the_end = ended.lock().unwrap().recv();
        vec![gauge("stuck")]
    };
    let limits = Limits { source_time: Duration::from_secs(1), ..Limits::default() };
    let exposition = Exposition::default().with_limits(limits).with_named("stuck", hanging);
    let server = exposition.with(|| vec![gauge("load")]).serve(&on_any_port()).unwrap();
    for _ in 0..20 {
        let told = get(server.local_addr(), "/metrics", "");
        assert!(told.status == 200 && told.body.contains("\nload 0.5\n"), "{told:?}");
        assert!(!told.body.contains("\nstuck "));
    }
    let told = get(server.local_addr(), "/metrics", "").body;
    let errors = "telemetry_exposition_source_errors_total{source=\"stuck\",reason=";
    assert!(told.contains(&format!("{errors}\"timeout\"}} 1\n")), "{told}");
    assert!(told.contains(&format!("{errors}\"overdue\"}} 20\n")), "{told}");
    server.stop();
    drop(end);
}

#[test]
fn a_scrape_that_takes_too_long_says_so() {
    let (end, ended) = channel::<()>();
    let ended = Mutex::new(ended);
    let hanging = move || {
        let _at_the_end = ended.lock().unwrap().recv();
        Vec::new()
    };
    let limits = Limits { answer_time: Duration::from_millis(100), ..Limits::default() };
    let server = Exposition::default().with_limits(limits).with(hanging).serve(&on_any_port()).unwrap();
    let late = get(server.local_addr(), "/metrics", "");
    assert_eq!((late.status, late.body.as_str()), (503, "not answered within 0.1 s\n"));
    assert_eq!(get(server.local_addr(), "/ready", "").status, 503);
    assert_eq!(get(server.local_addr(), "/health", "").status, 200);
    drop(end);
    let deadline = Instant::now() + support::PATIENCE;
    let told = loop {
        let told = get(server.local_addr(), "/metrics", "");
        if told.status == 200 {
            break told.body;
        }
        assert!(Instant::now() < deadline);
    };
    let late =
        told.lines().find(|line| line.starts_with("telemetry_exposition_scrapes_total{code=\"503\"} "));
    assert!(!late.unwrap().ends_with(" 0"), "{told}");
}

#[test]
fn each_encoding_holds_the_same_exposition() {
    let server = serve(&on_any_port()).unwrap();
    for accept in ["", OPEN_METRICS] {
        for (wish, encoding) in
            [("gzip", Some("gzip")), ("zstd, gzip", Some("zstd")), ("gzip;q=0", None), ("identity", None)]
        {
            let headers = format!("{accept}Accept-Encoding: {wish}\r\n");
            let response = get(server.local_addr(), "/metrics", &headers);
            assert!(response.head.contains("\r\nvary: accept, accept-encoding"), "{}", response.head);
            let said = response.head.lines().find_map(|line| line.strip_prefix("content-encoding: "));
            assert_eq!(said, encoding, "{headers}");
            let text = decoded(&response.bytes, encoding);
            let format = Format::from_content_type(&response.content_type);
            assert_eq!(format == Format::OpenMetrics, !accept.is_empty());
            let families = parse(&text, format).unwrap();
            assert!(catalog::metrics().all(|def| families.iter().any(|family| family.name == def.name)));
        }
    }
}

fn decoded(bytes: &[u8], encoding: Option<&str>) -> String {
    let mut text = String::new();
    let read = match encoding {
        Some("gzip") => flate2::read::GzDecoder::new(bytes).read_to_string(&mut text),
        Some(_) => zstd::Decoder::new(bytes).unwrap().read_to_string(&mut text),
        None => (&mut &*bytes).read_to_string(&mut text),
    };
    assert!(read.is_ok());
    text
}

#[test]
fn a_server_says_whether_it_lives_and_is_ready_and_what_it_is() {
    static READY: AtomicBool = AtomicBool::new(false);
    let check = || if READY.load(Ordering::Relaxed) { Ok(()) } else { Err("the ledger is locked") };
    let exposition = Exposition::default().ready_when(check).with_service("axe", "1.2.3");
    let server = exposition.serve(&on_any_port()).unwrap();
    let get = |path| get(server.local_addr(), path, "");
    let (health, not_ready, landing) = (get("/health"), get("/ready"), get("/"));
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
    assert_eq!((not_ready.status, not_ready.body.as_str()), (503, "the ledger is locked\n"));
    READY.store(true, Ordering::Relaxed);
    assert_eq!(get("/ready").status, 200);
    let info = get("/info");
    assert_eq!((info.status, info.content_type.as_str()), (200, "application/json"));
    let told: serde_json::Value = serde_json::from_str(&info.body).unwrap();
    assert_eq!((told["service"].as_str(), told["version"].as_str()), (Some("axe"), Some("1.2.3")));
    assert!((0.0..3600.0).contains(&told["uptime_seconds"].as_f64().unwrap()), "{told}");
    assert!(landing.content_type.starts_with("text/html"));
    for path in ["/metrics", "/health", "/ready", "/info"] {
        assert!(landing.body.contains(path) && get(path).status == 200);
    }
}

#[test]
fn a_check_that_hangs_is_no_readiness_and_delays_nothing_else() {
    let (end, ended) = channel::<()>();
    let ended = Mutex::new(ended);
    let check = move || ended.lock().map_or(Ok(()), |ended| ended.recv().or(Err("the end")));
    let limits = Limits { source_time: Duration::from_millis(100), ..Limits::default() };
    let server = Exposition::default().with_limits(limits).ready_when(check).serve(&on_any_port()).unwrap();
    for _ in 0..20 {
        let ready = get(server.local_addr(), "/ready", "");
        assert_eq!((ready.status, ready.body.as_str()), (503, "not answered within 0.1 s\n"));
        assert_eq!(get(server.local_addr(), "/health", "").status, 200);
    }
    scrape(&server);
    drop(end);
}

#[test]
fn a_program_is_ready_unless_it_says_otherwise_and_has_the_name_of_its_file() {
    let server = serve(&on_any_port()).unwrap();
    assert_eq!(get(server.local_addr(), "/ready", "").status, 200);
    let told: serde_json::Value = serde_json::from_str(&get(server.local_addr(), "/info", "").body).unwrap();
    assert!(told["service"].as_str().unwrap().starts_with("server-") && told["version"].is_null(), "{told}");
}

#[test]
fn the_process_is_told_of_by_a_server_unless_somebody_objects() {
    let names = |server: &Server| -> Vec<_> {
        let families = scrape(server).into_iter();
        families.map(|family| family.name).filter(|name| name.starts_with("process_")).collect()
    };
    let told = names(&serve(&on_any_port()).unwrap());
    if cfg!(target_os = "linux") {
        assert_eq!(told.len(), 8, "{told:?}");
    }
    let silent = Exposition::default().with_process_metrics(false).serve(&on_any_port()).unwrap();
    assert!(names(&silent).is_empty());
}

fn gauge(name: &'static str) -> Family<'static> {
    Family::new(name, FamilyKind::Gauge).with_metrics([Metric::gauge(Vec::new(), 0.5)])
}

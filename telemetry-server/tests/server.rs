//! The server as a program starts it and as a client meets it.
#![expect(clippy::unwrap_used, reason = "a test reports by panicking, and its support is no different")]

mod support;

use axum::Router;
use axum::extract::State;
use axum::routing::get as on_get;
use prometheus::{IntCounter, Registry as Theirs};
use std::io::{ErrorKind, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};
use support::{get, on_any_port, request, scrape};
use telemetry_core::bridge::{RegistryCollector, families_of};
use telemetry_core::catalog::{self, AXE_LUMBERJACK_RESTARTS};
use telemetry_core::exposition::{Format, Value, parse};
use telemetry_core::{Registry, snapshot::family_kind};
use telemetry_server::{Error, Exposition, Server, serve};

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
fn only_a_get_of_the_metrics_is_answered() {
    let server = serve(&on_any_port()).unwrap();
    assert_eq!(get(server.local_addr(), "/", "").status, 404);
    assert_eq!(request(server.local_addr(), "POST", "/metrics", "Content-Length: 0\r\n").status, 405);
    let head = request(server.local_addr(), "HEAD", "/metrics", "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert!(head.content_type.starts_with("text/plain"));
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
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
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
fn a_source_that_panics_spoils_one_scrape_and_not_the_server() {
    use std::sync::atomic::{AtomicBool, Ordering};
    static BROKEN: AtomicBool = AtomicBool::new(true);
    let source = || {
        assert!(!BROKEN.load(Ordering::Relaxed), "on purpose");
        Vec::new()
    };
    let server = Exposition::of(&registry()).with(source).serve(&on_any_port()).unwrap();
    let address = server.local_addr();
    assert!(std::thread::spawn(move || get(address, "/metrics", "")).join().is_err());
    BROKEN.store(false, Ordering::Relaxed);
    assert!(!scrape(&server).is_empty());
}

//! The servers that the other tests rely on are themselves what they claim to be.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use crate::support::pushgateway::Groups;
use crate::support::{
    DelayProxy, Mode, Prometheus, Pushgateway, Scrape, eventually, exposition, http, promtool, require,
};

const PUSHED: &str = "# TYPE pushed_total counter\n# HELP pushed_total Pushed by a test\npushed_total 3\n";

fn push(url: &str) -> std::io::Result<http::Response> {
    http::put(&format!("{url}/metrics/job/test"), PUSHED)
}

fn refuses(url: &str) -> bool {
    http::get(url).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
}

#[test]
fn a_gateway_answers_and_is_gone_after_drop() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    assert_eq!(push(&gateway.url()).unwrap().status, 200);
    assert_eq!(exposition::total(&gateway.metrics(), "pushed_total", &[("job", "test")]), Some(3.0));
    assert_eq!(gateway.groups(), [serde_json::json!({"job": "test"})]);
    let url = gateway.url();
    drop(gateway);
    assert!(refuses(&url));
}

#[test]
fn a_gateway_keeps_its_port_and_if_asked_its_groups_over_a_restart() {
    require!(Pushgateway);
    for (on_restart, expected) in [(Groups::Survive, 1), (Groups::AreLost, 0)] {
        let mut gateway = Pushgateway::start(on_restart);
        let url = gateway.url();
        push(&url).unwrap();
        gateway.stop();
        assert!(refuses(&url));
        gateway.restart();
        assert_eq!(gateway.url(), url);
        assert_eq!(gateway.groups().len(), expected, "{on_restart:?}");
    }
}

#[test]
fn a_prometheus_scrapes_answers_and_is_gone_after_drop() {
    require!(Prometheus, Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    push(&gateway.url()).unwrap();
    let prometheus = Prometheus::start(&[Scrape::of("gateway", gateway.address()).honoring_labels()]);
    prometheus.await_up("gateway");
    let samples = eventually("the pushed sample", || {
        Some(prometheus.query("pushed_total")).filter(|found| !found.is_empty())
    });
    assert_eq!((samples[0].value, samples[0].labels["job"].as_str()), (3.0, "test"));
    assert_eq!(prometheus.query("scalar(vector(1)) + 1")[0].value, 2.0);
    assert_eq!(prometheus.targets()[0]["health"], "up");
    assert_eq!(prometheus.metadata()["pushed_total"][0]["help"], "Pushed by a test");
    let url = prometheus.url();
    drop(prometheus);
    assert!(refuses(&url));
}

#[test]
fn promtool_is_content_with_good_metrics_and_complains_of_bad_ones() {
    require!(Promtool);
    assert_eq!(promtool::complaints(PUSHED), "");
    let complaints = promtool::complaints("# TYPE pushed counter\npushed 3\n");
    assert!(complaints.contains("_total") && complaints.contains("help"), "{complaints}");
}

#[test]
fn a_proxy_passes_delays_fails_refuses_and_hangs_as_it_is_told() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let proxy = DelayProxy::start(gateway.address(), Duration::from_millis(20), 1);
    assert_eq!(push(&proxy.url()).unwrap().status, 200);
    assert_eq!(gateway.groups().len(), 1);
    proxy.set(Mode::Fail);
    assert_eq!(push(&proxy.url()).unwrap().status, 500);
    proxy.set(Mode::Refuse);
    assert!(refuses(&proxy.url()));
    proxy.set(Mode::Hang);
    let url = proxy.url();
    let hanging = std::thread::spawn(move || push(&url));
    eventually("the hanging request", || (proxy.requests() == 3).then_some(()));
    std::thread::sleep(Duration::from_millis(50));
    assert!(!hanging.is_finished(), "a hanging request was answered");
    proxy.set(Mode::Pass);
    assert!(hanging.join().unwrap().is_err());
    assert_eq!(push(&proxy.url()).unwrap().status, 200);
}

#[test]
fn a_proxy_without_a_server_behind_it_is_a_bad_gateway() {
    require!(Pushgateway);
    let mut gateway = Pushgateway::start(Groups::AreLost);
    let proxy = DelayProxy::start(gateway.address(), Duration::ZERO, 1);
    gateway.stop();
    assert_eq!(push(&proxy.url()).unwrap().status, 502);
}

#[test]
fn a_proxy_delays_requests_side_by_side() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let proxy = DelayProxy::start(gateway.address(), Duration::from_secs(2), 1);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| assert_eq!(push(&proxy.url()).unwrap().status, 200));
        }
    });
    // One after another, twenty delays of a second on average would take twenty.
    let took = begun.elapsed();
    assert!(took > Duration::from_secs(1) && took < Duration::from_secs(12), "{took:?}");
}

//! The page over a fleet that was made up, to look at while its style is changed:
//! `cargo run -p telemetry-stack --example page -- 127.0.0.1:9095 15`, with the
//! address to listen on and the seconds from one look to the next.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "an example shows something to the person who started it, and ends where it cannot"
)]

#[path = "../tests/page/fleet.rs"]
mod fleet;

use fleet::Fleet;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use telemetry_core::config::Config;
use telemetry_server::{Limits, Server};
use telemetry_stack::page::{Listening, Page, Recorded, routes};

fn main() {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9095".to_owned());
    let interval: u64 = std::env::args().nth(2).map_or(15, |seconds| seconds.parse().unwrap());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    // Some of it is in the future, so that there is something new for a while.
    let mut fleet = Fleet::busy(now + 1_800_000, 8, 15);
    fleet.targets.push(telemetry_stack::source::SeenTarget {
        job: "sase_worker".to_owned(),
        instance: "127.0.0.1:9777".to_owned(),
        up: Some(false),
        last_scrape: Some(now - 9_000),
        error: "connection refused".to_owned(),
    });
    let listening = |name: &str, url: &str, note: &str| Listening {
        name: name.to_owned(),
        url: url.to_owned(),
        note: note.to_owned(),
    };
    let page = Page {
        source: Arc::new(fleet),
        rules: None,
        recorded: Recorded::Nothing,
        config: Arc::new(Config::default()),
        interval: Duration::from_secs(interval),
        listening: vec![
            listening(
                "Page and Prometheus API",
                "http://127.0.0.1:9090/",
                "for browsers, Grafana and promtool",
            ),
            listening("Pushgateway", "http://127.0.0.1:9091/", "takes what short-lived processes push"),
        ],
        api_url: "http://127.0.0.1:9090".to_owned(),
    };
    let listener = TcpListener::bind(&address).unwrap();
    listener.set_nonblocking(true).unwrap();
    let server = Server::host(listener, routes(page), Limits::default()).unwrap();
    println!("http://{address}/");
    std::thread::park();
    server.stop();
}

//! What curl gets from the exposition server, with each wish that a client can have.

use telemetry_core::catalog;
use telemetry_core::config::Config;
use telemetry_core::exposition::{Format, parse};
use telemetry_server::{Server, serve};

use crate::support::curl::{self, Answer};
use crate::support::{promtool, require};

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPEN: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Each `Accept`, and the content type that it gets.
const ACCEPTS: [(&str, &str); 7] = [
    ("", TEXT),
    ("*/*", TEXT),
    ("text/plain;version=0.0.4", TEXT),
    ("application/openmetrics-text;version=1.0.0", OPEN),
    ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4", TEXT),
    ("application/openmetrics-text;q=0,*/*", TEXT),
    (
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
         text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        OPEN,
    ),
];

/// Each `Accept-Encoding`, and the content encoding that it gets.
const ENCODINGS: [(&str, Option<&str>); 11] = [
    ("", None),
    ("identity", None),
    ("deflate", None),
    ("gzip", Some("gzip")),
    ("gzip;q=0", None),
    ("gzip;q=0.5, identity", None),
    ("deflate, gzip, br", Some("gzip")),
    ("zstd", Some("zstd")),
    ("gzip, zstd", Some("zstd")),
    ("gzip, zstd;q=0.5", Some("gzip")),
    ("*", Some("zstd")),
];

fn serve_something() -> (Server, String) {
    let mut config = Config::default();
    config.prometheus.exposition_port = 0;
    let server = serve(&config).unwrap();
    let url = format!("http://{}", server.local_addr());
    (server, url)
}

/// The metrics, for a client with these wishes. curl takes an encoding away again if it is one that it knows.
fn metrics(url: &str, accept: &str, encoding: &str) -> Answer {
    // Without a value, the header is not sent.
    let [accept, encoding] = [format!("Accept:{accept}"), format!("Accept-Encoding:{encoding}")];
    curl::get(&format!("{url}/metrics"), &["--compressed", "-H", &accept, "-H", &encoding])
}

#[test]
fn each_format_and_each_encoding_is_had_by_those_who_ask_for_it() {
    require!(Curl);
    let (_server, url) = serve_something();
    let zstd = curl::has("zstd");
    for (accept, content_type) in ACCEPTS {
        for (wish, encoding) in
            ENCODINGS.into_iter().filter(|(_, encoding)| zstd || *encoding != Some("zstd"))
        {
            let answer = metrics(&url, accept, wish);
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.header("content-type"), Some(content_type), "{accept}");
            assert_eq!(answer.header("content-encoding"), encoding, "{wish}");
            assert_eq!(answer.header("vary"), Some("Accept, Accept-Encoding"));
            let families = parse(&answer.body, Format::from_content_type(content_type)).unwrap();
            let all = catalog::metrics().all(|def| families.iter().any(|family| family.name == def.name));
            assert!(all, "{accept} {wish}: {}", answer.body);
        }
    }
}

#[test]
fn what_is_told_of_the_process_and_of_the_server_is_clean() {
    require!(Curl, Promtool);
    let (_server, url) = serve_something();
    let body = metrics(&url, "", "gzip").body;
    for name in ["process_cpu_seconds_total", "telemetry_exposition_scrapes_total"] {
        assert!(
            cfg!(not(target_os = "linux")) || body.contains(&format!("# TYPE {name} counter\n")),
            "{body}"
        );
    }
    assert_eq!(promtool::complaints(&body), "", "{body}");
}

#[test]
fn what_curl_asks_beside_the_metrics_is_answered() {
    require!(Curl);
    let (_server, url) = serve_something();
    for (path, start) in
        [("/health", "ok\n"), ("/ready", "ready\n"), ("/info", "{\"service\":"), ("/", "<!doctype")]
    {
        let answer = curl::get(&format!("{url}{path}"), &[]);
        assert!(answer.status() == 200 && answer.body.starts_with(start), "{path}: {answer:?}");
    }
    let head = curl::get(&format!("{url}/metrics"), &["--head", "-H", "Accept-Encoding: gzip"]);
    assert_eq!((head.status(), head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-encoding"), Some("gzip"));
    assert_eq!(curl::get(&format!("{url}/metrics"), &["--data", "a body"]).status(), 413);
    assert_eq!(curl::get(&format!("{url}/metrics"), &["--request", "DELETE"]).status(), 405);
}

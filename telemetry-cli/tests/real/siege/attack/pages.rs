//! What is asked of pages to keep them busy or to get at something else.

use super::{Request, ask, send};

/// What is asked of the page.
pub(super) const ALL: &[Request] = &[
    |_| ask("/"),
    |_| ask("/?range=99999999999y"),
    |_| ask(&format!("/?{}", "range=1h&".repeat(1_000))),
    |_| ask("/board/%2e%2e%2f%2e%2e%2fetc%2fpasswd"),
    |_| ask("/board/<script>alert(1)</script>"),
    |_| ask("/panel/%ff%fe"),
    |_| ask(&format!("/panel/{}", "x".repeat(10_000))),
    |_| ask("/chart/x.svg?width=4294967295&height=4294967295"),
    |_| ask("/chart/..%2f..%2fx.svg?range=1h"),
    |_| ask("/runbook"),
    |_| ask("/state.json"),
    |_| ask("/metrics.html"),
    |_| ask("/api/v1/rules"),
    |_| send("POST", "/", "Connection: close\r\n", &[b'x'; 100_000]),
];

/// What is asked of an exposition.
pub(super) const SCRAPES: &[Request] = &[
    |_| ask("/metrics"),
    |_| scrape("Accept: application/openmetrics-text;version=9.9;q=NaN,*/*;q=-1\r\n"),
    |_| scrape("Accept-Encoding: gzip;q=1e9, zstd, br;q=, ,,,identity;q=0\r\n"),
    |_| scrape("Range: bytes=0-,1-,2-\r\nIf-None-Match: *\r\n"),
    |_| scrape("Authorization: Bearer \u{e9}\r\nAuthorization: Basic Og==\r\n"),
    |_| ask("/metrics?name[]=x&collect[]=../../etc/passwd"),
    |_| ask("/health/../metrics"),
    |_| ask("/info"),
    |_| send("POST", "/metrics", "Connection: close\r\n", b"sase_agent_runs_total 1e9\n"),
    |_| b"HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
];

fn scrape(headers: &str) -> Vec<u8> {
    format!("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n").into_bytes()
}

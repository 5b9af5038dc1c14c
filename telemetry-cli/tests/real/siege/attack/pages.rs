//! What is asked of the page to keep it busy or to get at something else.

use super::{Request, ask, send};

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

//! Queries that mean harm: deep, wide, long, or about everything.

use fastrand::Rng;

use super::{Request, ask, send};
use crate::support::http::escape;

/// Everything that is kept.
const ALL_SERIES: &str = "{__name__=~\".+\"}";

pub(super) const ALL: &[Request] = &[
    |random| deep("(", "1", ")", random),
    |random| deep("-", "1", "", random),
    |random| deep("sum(", "up", ")", random),
    |random| deep("1+", "1", "", random),
    |random| deep("", "up", "[1s:1s]", random),
    |random| deep("{", "", "}", random),
    |_| query("{__name__=~\"((((a{1,1000}){1,1000}){1,1000})\"}"),
    |_| query("{__name__=~\"(.*.*.*.*.*.*.*.*.*.*.*.*)*x\"}"),
    |_| query(&format!("{{__name__=~\"{}\"}}", "a|".repeat(20_000))),
    |_| query("label_replace(up, \"a\", \"$1\", \"job\", \"(\\\\p{L}{500}){500}\")"),
    |_| query(&format!("{{{}}}", "a=\"b\",".repeat(5_000))),
    |_| query(&format!("\"{}\"", "\\u00e9".repeat(5_000))),
    |_| query("\"\\ud800\" + 1"),
    |_| query(&format!("count_over_time({ALL_SERIES}[1y])")),
    |_| query(&format!("max_over_time(sum(rate({ALL_SERIES}[5m]))[30d:1s])")),
    |_| query("sum_over_time(vector(1)[90d:1s])"),
    |_| query("sum_over_time(vector(1)[100000000y:1ms])"),
    |_| query(&format!("{ALL_SERIES} * on() group_right() {ALL_SERIES}")),
    |_| query("9e99999 % NaN / -0 ^ Inf"),
    |_| query("up offset -292277026596y @ -1e308"),
    |_| query(""),
    |_| range(ALL_SERIES, "0", "9e18", "1"),
    |_| range(ALL_SERIES, "1e308", "-1e308", "NaN"),
    |_| range(ALL_SERIES, "0", "1", "0"),
    |_| range("rate(up[5m])", "0", "10999", "1"),
    |_| range(&format!("quantile_over_time(0.9, {ALL_SERIES}[1h])"), "1700000000", "1700010999", "1"),
    |_| ask(&format!("/api/v1/series?{}", "match[]={a=\"b\"}&".repeat(5_000))),
    |_| ask(&format!("/api/v1/series?match[]={}", escape(ALL_SERIES))),
    |_| ask("/api/v1/label/%ff/values"),
    |_| ask("/api/v1/labels?start=-1e300&end=1e300"),
    |_| ask("/api/v1/query?query=up&timeout=99999y&time=1e300"),
    |_| send("POST", "/api/v1/query", FORM, &b"query=up&".repeat(400_000)),
    |_| send("POST", "/api/v1/query", FORM, &b"query=%".repeat(1_000)),
    |_| send("POST", "/api/v1/query", "Content-Type: multipart/form-data; boundary=x\r\n", b"--x\r\n"),
    |_| send("POST", "/api/v1/admin/tsdb/delete_series?match[]=up", "", b""),
    |_| ask("/metrics"),
];

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n";

fn query(expression: &str) -> Vec<u8> {
    let body = format!("query={}", escape(expression));
    send("POST", "/api/v1/query", FORM, body.as_bytes())
}

fn range(expression: &str, start: &str, end: &str, step: &str) -> Vec<u8> {
    let expression = escape(expression);
    ask(&format!("/api/v1/query_range?query={expression}&start={start}&end={end}&step={step}"))
}

/// An expression within expressions, up to so many that no stack would hold them.
fn deep(open: &str, within: &str, close: &str, random: &mut Rng) -> Vec<u8> {
    let depth = 1 << random.u32(4..15);
    query(&[open.repeat(depth), within.to_owned(), close.repeat(depth)].concat())
}

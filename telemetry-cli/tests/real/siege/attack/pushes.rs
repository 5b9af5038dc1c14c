//! Pushes that mean harm.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::LazyLock;

use fastrand::Rng;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::{Request, ask, noise, send};

const PROTOBUF: &str = "Content-Type: application/vnd.google.protobuf; \
    proto=io.prometheus.client.MetricFamily; encoding=delimited\r\n";

/// Small, and 64 MiB when it is decompressed.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| gzip(&vec![b'#'; 64 << 20]));

pub(super) const ALL: &[Request] = &[
    // Some that are well-formed, so that there is something which other requests contradict, replace and delete.
    |random| {
        let mut body = String::from("# TYPE hostile gauge\n");
        (0..200).for_each(|series| writeln!(body, "hostile{{s=\"{series}\"}} {}", random.u32(..)).unwrap());
        push(random, "", body.as_bytes())
    },
    |random| send("DELETE", &group(random), "", b""),
    // Metrics of others by another type, and in the group of others but for its case.
    |random| push(random, "", b"# TYPE siege_pushed_total gauge\nsiege_pushed_total 1e9\n"),
    |random| {
        push(random, "", b"# TYPE siege_added_total histogram\nsiege_added_total_bucket{le=\"+Inf\"} 9\n")
    },
    |random| push(random, "", b"telemetry_gateway_groups 5\n"),
    |_| send("PUT", "/metrics/job/siege/instance/0/clearmode/never", "", b"siege_pushed_total 1e9\n"),
    |_| send("PUT", "/metrics/job/siege/instance/0", "", b"siege_pushed_total 1e9\nhalf"),
    |_| send("PUT", "/metrics/job/siege/instance/0", "", b"siege_pushed_total{job=\"\xff\"} 1e9\n"),
    // Too many labels, labels too long, and many series whose last line is none.
    |random| {
        let mut body = String::from("hostile_wide{");
        (0..5_000).for_each(|label| write!(body, "l{label}=\"{label}\",").unwrap());
        body += "} one\n";
        push(random, "", body.as_bytes())
    },
    |random| push(random, "", format!("hostile_long{{l=\"{}\"}} one\n", "\\\\".repeat(400_000)).as_bytes()),
    |random| {
        let mut body = String::from("# TYPE hostile_many counter\n");
        (0..10_000).for_each(|series| writeln!(body, "hostile_many{{s=\"{series}\"}} 1").unwrap());
        body += "hostile_many{s=\"1\"} 2\n";
        push(random, "", body.as_bytes())
    },
    |random| {
        let body: String = (0..10_000).map(|family| format!("# TYPE f{family} gauge\n")).collect();
        push(random, "", (body + "x one\n").as_bytes())
    },
    |random| push(random, "", format!("# HELP x {}\nx one\n", "\\n".repeat(500_000)).as_bytes()),
    // Small bodies that become large ones.
    |random| push(random, "Content-Encoding: gzip\r\n", &BOMB),
    |random| push(random, "Content-Encoding: gzip\r\n", &gzip(b"hostile 1\n").repeat(5_000)),
    |random| push(random, "Content-Encoding: gzip\r\n", &gzip(b"hostile 1\n")[..15]),
    |random| push(random, "Content-Encoding: gzip, gzip, gzip\r\n", b"hostile 1\n"),
    |random| {
        let body = noise(random, 500);
        push(random, PROTOBUF, &body)
    },
    |random| push(random, PROTOBUF, b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
    // Groups within groups: fields without end.
    |random| push(random, PROTOBUF, &b"\x80\x08\x22\x7e".repeat(50_000)),
    |_| send("PUT", &format!("/metrics/job/hostile{}", "/l/v".repeat(2_000)), "", b"x 1\n"),
    |_| send("PUT", "/metrics/job@base64/_w", "", b"x 1\n"),
    |_| send("PUT", "/metrics/job/hostile/ttl/99999999999999999999y", "", b"x 1\n"),
    |_| ask("/metrics"),
    |_| ask("/api/v1/metrics"),
    |_| ask("/"),
    |_| send("POST", "/api/v1/admin/wipe", "", b""),
    |_| send("PUT", "/-/quit", "", b""),
];

/// One of few groups, so that what is kept stays bounded.
fn group(random: &mut Rng) -> String {
    format!("/metrics/job/hostile/group/{}", random.u8(..8))
}

fn push(random: &mut Rng, headers: &str, body: &[u8]) -> Vec<u8> {
    let method = if random.bool() { "PUT" } else { "POST" };
    send(method, &group(random), headers, body)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

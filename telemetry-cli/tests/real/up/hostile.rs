//! Clients that mean no good: what they send is refused or cut off, changes nothing, and keeps nobody else from being served.

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::{Up, http};

use super::clients_wire::{Wire, ask, page, pushed};

/// The longest body that is taken here, in bytes, as it is told to the command.
const MAX_BODY: usize = 64 * 1024;
const MAX_BODY_FLAG: [&str; 2] = ["--max-body", "64KiB"];

/// How much a small body becomes when it is decompressed.
const BOMB: usize = 60_000_000;

/// The path of every push that is to be refused. The gateway notes when one was, and nothing else.
const PATH: &str = "/metrics/job/hostile";

/// How many clients hang from the start, more than have a place at a time.
const HANGING: usize = 400;

/// How many pushes have to be answered meanwhile.
const SERVED: usize = 40;

/// A gateway with a few groups.
fn start() -> Up {
    let up = Up::start(&MAX_BODY_FLAG);
    for group in ["a", "b/instance/i", "c/path@base64/L3Zhcg"] {
        let path = format!("/metrics/job/{group}");
        let body = b"# HELP c Help.\n# TYPE c counter\nc{l=\"\xc3\xa9\"} 1\nother 2\n";
        assert_eq!(ask(up.gateway(), "PUT", &path, body).status, 200);
    }
    up
}

/// What well-behaved clients have pushed, with all times.
fn kept(gateway: SocketAddr) -> Vec<String> {
    pushed(gateway).into_iter().filter(|line| !line.contains("hostile")).collect()
}

/// The status with which a server answers these bytes, after which nothing more is sent, or nothing where it closes without a word.
fn status_of(gateway: SocketAddr, bytes: &[u8]) -> Option<u16> {
    let mut wire = Wire::connect(gateway).unwrap();
    // It may be closed while this is on its way.
    let _ = wire.send_raw(bytes);
    wire.end().unwrap();
    wire.answer().ok().map(|answer| answer.status)
}

fn is_refusal(status: u16) -> bool {
    (400..500).contains(&status)
}

#[test]
fn requests_that_break_the_protocol_change_nothing() {
    let up = start();
    let (gateway, before) = (up.gateway(), kept(up.gateway()));
    let head = |rest: &str| format!("PUT {PATH} HTTP/1.1\r\nHost: x\r\n{rest}");
    let headers = "X: y\r\n".repeat(5000);
    for (request, answered) in [
        // Cut off anywhere.
        ("PUT /metr".to_owned(), false),
        (head("Content-"), false),
        (head("Content-Length: 100\r\n\r\nhalf 1\n"), false),
        (head("Transfer-Encoding: chunked\r\n\r\n7\r\nhalf 1\n\r\n"), false),
        (head("Transfer-Encoding: chunked\r\n\r\n7\r\nhal"), false),
        // Lengths that cannot be, or are two.
        (head("Content-Length: -1\r\n\r\n"), true),
        (head("Content-Length: 7\r\nContent-Length: 8\r\n\r\nhalf 1\n"), true),
        (head("Content-Length: 99999999999999999999999\r\n\r\n"), true),
        (head("Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"), true),
        (head("Transfer-Encoding: chunked\r\n\r\nzz\r\n"), true),
        // Longer than is taken, said before or while it is sent.
        (head("Content-Length: 9999999999\r\n\r\n"), true),
        (head(&format!("Content-Length: {}\r\n\r\n", MAX_BODY + 1)), true),
        // Headers that are too many, too long, or none.
        (head(&format!("{headers}\r\n")), true),
        (head(&format!("X: {}\r\n\r\n", "y".repeat(1 << 20))), true),
        (format!("PUT /{} HTTP/1.1\r\n\r\n", "metrics/job/hostile/".repeat(10_000)), true),
        ("\0\u{1}\u{2}\u{3}\r\n\r\n".to_owned(), true),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), false),
    ] {
        let start: String = request.chars().take(120).collect();
        match status_of(gateway, request.as_bytes()) {
            Some(status) => assert!(is_refusal(status), "{start:?} is answered with {status}"),
            None => assert!(!answered, "{start:?} is not answered"),
        }
        assert!(kept(gateway) == before, "{start:?} has changed what was pushed");
    }
    assert!(!page(gateway).contains("half"), "half of a push was kept");
}

#[test]
fn whoever_has_sent_all_of_a_push_may_say_so_and_is_answered() {
    let up = start();
    let push = b"PUT /metrics/job/said HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nwhole 1\n";
    assert_eq!(status_of(up.gateway(), push), Some(200));
    assert!(page(up.gateway()).contains("whole{instance=\"\",job=\"said\"} 1\n"));
}

#[test]
fn what_follows_a_body_is_no_part_of_it() {
    let up = start();
    let mut wire = Wire::connect(up.gateway()).unwrap();
    wire.send_raw(
        b"PUT /metrics/job/short HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nwhole 1\nmore 2\n",
    )
    .unwrap();
    assert_eq!(wire.answer().unwrap().status, 200);
    assert_eq!(wire.end().and_then(|()| wire.answer()).ok().map(|answer| answer.status), Some(400));
    let page = page(up.gateway());
    assert!(page.contains("whole{") && !page.contains("more"), "{page}");
}

#[test]
fn bodies_that_are_too_long_or_of_no_use_change_nothing() {
    let up = start();
    let (gateway, before) = (up.gateway(), kept(up.gateway()));
    let long = b"a_metric_of_some_length 1\n".repeat(MAX_BODY / 20);
    let (bomb, cut) = (gzip(&vec![b'#'; BOMB]), &gzip(b"half 1\n")[..20]);
    assert!(bomb.len() < MAX_BODY);
    let (gzip_header, protobuf) = (
        "Content-Encoding: gzip\r\n",
        "Content-Type: application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited\r\n",
    );
    for (headers, body, expected) in [
        ("", &long[..], 413),
        (gzip_header, &gzip(&long), 413),
        (gzip_header, &bomb[..], 413),
        (gzip_header, cut, 400),
        (gzip_header, b"half 1\n", 400),
        ("Content-Encoding: br\r\n", b"half 1\n", 415),
        (protobuf, b"half 1\n", 400),
        (protobuf, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 400),
        ("", b"c{l=\"\xff\"} 1\n", 400),
        ("", b"c{l=\"never closed} 1\n", 400),
        ("", b"c{__name__=\"d\"} 1\n", 400),
        ("", b"c{l=\"1\",l=\"2\"} 1\n", 400),
        ("", b"c{1=\"2\"} 1\n", 400),
        ("", b"# TYPE c gauge\nc 1\n", 400),
        ("", b"# TYPE c counter\nc{l=\"1\"} 1\nc{l=\"1\"} 2\n", 400),
        ("", b"other 1 1700000000000\n", 400),
        ("", b"other one\n", 400),
        ("", b"telemetry_gateway_groups 5\n", 400),
        ("", b"\0\0\0\0", 400),
    ] {
        let answer = Wire::connect(gateway).unwrap().send_with("POST", PATH, headers, body).unwrap();
        let start = String::from_utf8_lossy(&body[..body.len().min(40)]);
        assert_eq!(answer.status, expected, "{headers}{start:?}: {}", answer.body);
        assert!(!answer.body.is_empty(), "{headers}{start:?} is refused without a reason");
        assert!(kept(gateway) == before, "{headers}{start:?} has changed what was pushed");
    }
    let most = memory(&up, "VmHWM:");
    assert!(most < 60_000, "{most} KiB with a bomb that has {} KiB", BOMB / 1024);
}

#[test]
fn paths_that_name_no_group_change_nothing() {
    let up = start();
    let (gateway, before) = (up.gateway(), kept(up.gateway()));
    let long = format!("/metrics/job/hostile/l/{}", "x".repeat(1 << 20));
    for path in [
        "/metrics/job/hostile%ff",
        "/metrics/job/hostile/l/%c3%28",
        "/metrics/job@base64/%%",
        "/metrics/job@base64/_w",
        "/metrics/job@base64/!!!",
        "/metrics/job/hostile/l",
        "/metrics/job/hostile/1l/x",
        "/metrics/job/hostile/__name__/x",
        "/metrics/job/hostile/l%00/x",
        "/metrics/job/hostile/ttl/-1s",
        "/metrics/job/hostile/ttl/never",
        "/metrics/job/hostile/clearmode/other",
        "/metrics/job/",
        "/metrics/jobs/hostile",
        "/metrics//job/hostile",
        "/metrics/../metrics/job/hostile",
        "/metrics",
        "*",
        long.as_str(),
    ] {
        let request = format!("PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\nhalf 1\n");
        let start: String = path.chars().take(60).collect();
        let status =
            status_of(gateway, request.as_bytes()).unwrap_or_else(|| panic!("{start} is not answered"));
        assert!(is_refusal(status), "{start} is answered with {status}");
        assert!(kept(gateway) == before, "{start} has changed what was pushed");
    }
    assert!(!page(gateway).contains("half"));
}

#[test]
fn hundreds_that_hang_keep_nobody_from_being_served() {
    let up = start();
    let (gateway, before) = (up.gateway(), kept(up.gateway()));
    let mut hanging = Vec::new();
    let mut hang = |number: usize| {
        let mut wire = Wire::connect(gateway).unwrap();
        let begun: &[u8] = match number % 4 {
            0 => b"",
            1 => b"PUT /metrics/job/hostile HTTP/1.1\r\nHost: x\r\n",
            2 => b"PUT /metrics/job/hostile HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf 1\n",
            _ => b"PUT /metrics/job/hostile HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nhalf 1\n\r\n",
        };
        // Whoever came before may have been cut off already.
        let _ = wire.send_raw(begun);
        hanging.push(wire);
    };
    (0..HANGING).for_each(&mut hang);
    for number in 0..SERVED {
        // More of them come all the time.
        (0..5).for_each(&mut hang);
        let body = format!("served {number}\n");
        assert_eq!(ask(gateway, "PUT", "/metrics/job/served", body.as_bytes()).status, 200);
        let line = format!("served{{instance=\"\",job=\"served\"}} {number}\n");
        assert!(page(gateway).contains(&line), "push {number} is not there");
    }
    drop(hanging);
    assert_eq!(ask(gateway, "DELETE", "/metrics/job/served", b"").status, 202);
    assert!(kept(gateway) == before);
    let ready = http::get(&format!("http://{gateway}/-/ready")).unwrap();
    assert_eq!(ready.status, 200);
}

/// How much memory the stack has (`VmRSS:`) or had at most (`VmHWM:`), in KiB, as the kernel says.
pub(super) fn memory(up: &Up, line: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", up.process())).unwrap();
    let line = status.lines().find_map(|found| found.strip_prefix(line)).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

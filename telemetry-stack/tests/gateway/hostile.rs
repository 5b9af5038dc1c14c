//! Clients that mean no good: nothing panics, nothing is stored, and the gateway goes on.

use crate::http::{Request, get, put};
use crate::place::Place;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use telemetry_stack::gateway::{GatewayOptions, GatewayStats};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn half_sent_pushes_change_nothing() {
    let place = Place::new();
    for head in [
        "PUT /metrics/job/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\na 1\n",
        "PUT /metrics/job/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\na 1\n\r\n",
        "PUT /metrics/job/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "PUT /metrics/job/x",
    ] {
        let mut stream = TcpStream::connect(place.address()).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        let _cut_off = stream.read_to_string(&mut answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{head}: {answer}");
    }
    assert_eq!(place.gateway.stats(), GatewayStats::default());
    assert_eq!(put(place.address(), "/metrics/job/x", "a 1\n").status, 200);
}

#[test]
fn bombs_and_long_bodies_are_refused() {
    let place = Place::with(GatewayOptions { max_body: 100_000, ..GatewayOptions::default() });
    let bomb = gzip(&vec![b'#'; 50_000_000]);
    let push = |body: &[u8], headers: &str| {
        Request::new("PUT", "/metrics/job/x", body).with(headers).send(place.address()).unwrap().status
    };
    assert_eq!(push(&bomb, "Content-Encoding: gzip\r\n"), 413);
    assert_eq!(push(&gzip(b"a 1\n"), "Content-Encoding: gzip\r\n"), 200);
    assert_eq!(push(b"a 1\n", "Content-Encoding: br\r\n"), 415);
    assert_eq!(push(b"a 1\n", "Content-Type: application/vnd.google.protobuf\r\n"), 415);
    assert_eq!(push(&gzip(&[b'\n'; 100_001]), "Content-Encoding: gzip\r\n"), 413);
    assert_eq!(place.gateway.stats().groups, 1);
}

#[test]
fn noise_of_every_kind_is_refused_or_kept_and_never_ends_the_gateway() {
    let place = Place::new();
    let mut random = fastrand::Rng::with_seed(7);
    let types = [
        "text/plain",
        "application/openmetrics-text",
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
    ];
    let seeds: [&[u8]; 4] = [
        b"# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n",
        b"# TYPE c counter\nc_total 1\n# EOF\n",
        b"\x0e\x0a\x01a\x18\x01\x22\x0b\x12\x09\x09\x00\x00\x00\x00\x00\x00\xf0\x3f",
        b"a{b=\"\\\\\",c=\"\xc3\xa9\"} NaN\n",
    ];
    for round in 0..300 {
        let mut body = random.choice(seeds).unwrap().to_vec();
        for _ in 0..random.usize(0..4) {
            let at = random.usize(..body.len());
            body[at] = random.u8(..);
        }
        let headers = format!("Content-Type: {}\r\n", random.choice(types).unwrap());
        let mode = random.choice(["", "/clearmode/aggregate", "/ttl/1h"]).unwrap();
        let path = format!("/metrics/job/{}{mode}", random.u8(..5));
        let answer = Request::new("POST", &path, &body).with(&headers).send(place.address()).unwrap();
        assert!([200, 400].contains(&answer.status), "{round}: {answer:?} to {body:?}");
    }
    let page = get(place.address(), "/metrics");
    assert_eq!(page.status, 200);
    telemetry_core::exposition::parse(&page.body, telemetry_core::exposition::Format::Text).unwrap();
}

#[test]
fn labels_of_any_text_come_out_as_they_went_in() {
    let place = Place::new();
    let body = "a{b=\"\\\"\\\\\\n é 😀\"} 1\n";
    assert_eq!(put(place.address(), "/metrics/job@base64/IlwKIPCfmIA", body).status, 200);
    let page = get(place.address(), "/metrics").body;
    let line = "a{b=\"\\\"\\\\\\n é 😀\",instance=\"\",job=\"\\\"\\\\\\n 😀\"} 1\n";
    assert!(page.contains(line), "{page}");
}

#[test]
fn a_page_is_compressed_for_those_who_ask() {
    let place = Place::new();
    put(place.address(), "/metrics/job/x", "a 1\n");
    let plain = get(place.address(), "/metrics");
    assert!(
        plain.head.to_ascii_lowercase().contains("content-type: text/plain; version=0.0.4; charset=utf-8")
    );
    let request = Request::new("GET", "/metrics", "").with("Accept-Encoding: gzip\r\n");
    let head = request.send(place.address()).unwrap().head.to_ascii_lowercase();
    assert!(head.contains("content-encoding: gzip"), "{head}");
}

//! Requests that break the protocol, for every door.

use fastrand::Rng;

use super::{Request, noise};

pub(super) const ALL: &[Request] = &[
    |random| {
        let length = random.usize(1..4096);
        noise(random, length)
    },
    // The beginning of a TLS handshake, with a length that never comes.
    |random| [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", &noise(random, 300)[..]].concat(),
    |_| b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(),
    |_| b"GET /metrics\r\n\r\n".to_vec(),
    |_| b"GET  /metrics HTTP/1.1\r\n\r\n".to_vec(),
    |_| b"GET /metrics HTTP/9.9\r\nHost: x\r\n\r\n".to_vec(),
    |_| b"\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n".to_vec(),
    |_| b"GET http://169.254.169.254/latest/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
    |_| b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
    |_| b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
    |_| b"GET /../../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
    |_| b"GET /%00%ff%c3%28 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
    |_| with("No colon here\r\n"),
    |_| with("X: a\0b\r\n"),
    |_| with("X: a\r\n folded\r\n"),
    |_| with(": nameless\r\n"),
    |_| with("Upgrade: websocket\r\nConnection: Upgrade\r\n"),
    |_| with("Expect: 100-continue\r\nContent-Length: 5\r\n"),
    |_| with("Expect: \u{e9}\r\n"),
    |_| with("Content-Length: -1\r\n"),
    |_| with("Content-Length: 1e3\r\n"),
    |_| with("Content-Length: 5\r\nContent-Length: 6\r\n"),
    |_| with("Content-Length: 99999999999999999999999\r\n"),
    |_| with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
    |_| with("Transfer-Encoding: gzip, chunked, chunked\r\n"),
    |random| chunked(&["zz\r\n", "ffffffffffffffffff\r\n", "-1\r\n", "5;x=\r\n"], random),
    |random| chunked(&["5\r\nabcdeXX", "0\r\nX: y", "1\r\n\r\n", "5\nabcde\n0\n\n"], random),
    // A second request hidden behind the end of the first one.
    |_| with("Content-Length: 4\r\n\r\nbodyDELETE /metrics/job/siege HTTP/1.1\r\nHost: x\r\n"),
];

fn with(header: &str) -> Vec<u8> {
    format!("PUT /metrics/job/hostile HTTP/1.1\r\nHost: x\r\n{header}\r\n").into_bytes()
}

fn chunked(bodies: &[&str], random: &mut Rng) -> Vec<u8> {
    let body = bodies[random.usize(..bodies.len())];
    [with("Transfer-Encoding: chunked\r\n"), body.as_bytes().to_vec()].concat()
}

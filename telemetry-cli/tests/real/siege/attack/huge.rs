//! Requests far longer than anybody needs, for every door.

use super::Request;

/// How much is sent of what is said to be longer, and of what has no end.
const MUCH: usize = 2 << 20;

pub(super) const ALL: &[Request] = &[
    |_| format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a/".repeat(MUCH / 8)).into_bytes(),
    |_| format!("GET /metrics HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "y".repeat(MUCH / 4)).into_bytes(),
    |_| format!("GET /metrics HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(100_000)).into_bytes(),
    |_| format!("GET /metrics HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(5_000)).into_bytes(),
    // As long as headers may be anywhere, and never ended.
    |_| format!("GET /?{}", "x=y&".repeat(200_000)).into_bytes(),
    |_| {
        let accept = format!("Accept: {}\r\n", "text/plain;q=0.1,".repeat(800));
        format!("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{accept}\r\n").into_bytes()
    },
    |_| body("Content-Length: 10000000000\r\n", &vec![b'#'; MUCH]),
    |_| {
        let chunk = [&b"ffff\r\n"[..], &[b'#'; 0xffff], b"\r\n"].concat();
        body("Transfer-Encoding: chunked\r\n", &chunk.repeat(MUCH >> 16))
    },
    |_| body("Transfer-Encoding: chunked\r\n", &b"1\r\n#\r\n".repeat(100_000)),
    // A line of a chunk that has no end.
    |_| body("Transfer-Encoding: chunked\r\n", &[b"1;".to_vec(), vec![b'x'; 1 << 20]].concat()),
    |_| b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(500),
];

fn body(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("PUT /metrics/job/hostile HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

//! As much of an HTTP client as tests need, so that what they see depends on no client library.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How long anything that happens on this machine may take; generous, because a loaded machine is slow and not broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// A request; its path as it goes over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Request<'r> {
    pub(crate) method: &'r str,
    pub(crate) path: &'r str,
    pub(crate) headers: &'r str,
    pub(crate) body: &'r [u8],
}

impl<'r> Request<'r> {
    pub(crate) fn new(method: &'r str, path: &'r str, body: &'r (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { method, path, headers: "", body: body.as_ref() }
    }

    pub(crate) fn with(self, headers: &'r str) -> Self {
        Self { headers, ..self }
    }

    /// Speaks HTTP/1.0, in which a server neither cuts the body into chunks nor keeps the connection open.
    pub(crate) fn send(&self, to: SocketAddr) -> io::Result<Response> {
        let mut stream = TcpStream::connect(to)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let Self { method, path, headers, body } = self;
        let length = body.len();
        let head =
            format!("{method} {path} HTTP/1.0\r\nHost: {to}\r\n{headers}Content-Length: {length}\r\n\r\n");
        // In one piece: a real Pushgateway that refuses a request closes the connection, whatever is still on its way.
        stream.write_all(&[head.as_bytes(), body].concat())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::InvalidData)?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or(io::ErrorKind::InvalidData)?;
        Ok(Response { status, head: head.to_owned(), body: body.to_owned() })
    }
}

pub(crate) fn get(to: SocketAddr, path: &str) -> Response {
    Request::new("GET", path, "").send(to).unwrap()
}

pub(crate) fn put(to: SocketAddr, path: &str, body: &str) -> Response {
    Request::new("PUT", path, body).send(to).unwrap()
}

/// Asks again and again until there is an answer, and panics with `what` was awaited when that takes too long.
pub(crate) fn eventually<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = probe() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

//! As much of an HTTP client as these tests need, so that what they see depends on no client library.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use telemetry_core::config::Config;
use telemetry_core::exposition::{Family, Format, parse};
use telemetry_server::Server;

/// How long anything may take; generous, because a loaded machine is slow and not broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    /// The lines of the head, in lower case.
    pub(crate) head: String,
    pub(crate) bytes: Vec<u8>,
    /// The body, where it is text.
    pub(crate) body: String,
}

/// The default configuration, on any free port.
pub(crate) fn on_any_port() -> Config {
    let mut config = Config::default();
    config.prometheus.exposition_port = 0;
    config
}

/// The families that a server tells, read by our parser as Prometheus would read them.
pub(crate) fn scrape(server: &Server) -> Vec<Family<'static>> {
    let response = get(server.local_addr(), "/metrics", "");
    assert_eq!(response.status, 200, "{}", response.head);
    assert_eq!(response.bytes, response.body.as_bytes(), "it is text as it came");
    let families = parse(&response.body, Format::from_content_type(&response.content_type)).unwrap();
    families.into_iter().map(Family::into_owned).collect()
}

/// Fetches a path; `headers` are further lines of the request, each with its end.
pub(crate) fn get(address: SocketAddr, path: &str, headers: &str) -> Response {
    request(address, "GET", path, headers)
}

/// Speaks HTTP/1.0, in which a server neither cuts the body into chunks nor keeps the connection open.
pub(crate) fn request(address: SocketAddr, method: &str, path: &str, headers: &str) -> Response {
    let mut stream = connect(address);
    write!(stream, "{method} {path} HTTP/1.0\r\nHost: {address}\r\n{headers}\r\n").unwrap();
    answer(&mut stream).unwrap()
}

/// A connection that waits for an answer within bounds.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Everything that a server sends until it closes the connection.
pub(crate) fn answer(stream: &mut TcpStream) -> io::Result<Response> {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let content_type =
        head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap_or_default().to_owned();
    let bytes = answer[end + 4..].to_vec();
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Response { status, content_type, head, bytes, body })
}

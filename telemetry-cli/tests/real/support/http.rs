//! As much of an HTTP client as tests need, so that what they see depends on no client library.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;

use super::wait::PATIENCE;

/// What a server answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Response {
    /// The status code, such as 200.
    pub(crate) status: u16,
    /// The content type, or nothing where the server named none.
    pub(crate) content_type: String,
    /// The body as text.
    pub(crate) body: String,
}

/// Fetches a `http://` address.
pub(crate) fn get(url: &str) -> io::Result<Response> {
    request("GET", url, "")
}

/// Sends a body to a `http://` address with PUT.
pub(crate) fn put(url: &str, body: &str) -> io::Result<Response> {
    request("PUT", url, body)
}

/// Sends a body to a `http://` address with POST.
pub(crate) fn post(url: &str, body: &str) -> io::Result<Response> {
    request("POST", url, body)
}

/// Speaks HTTP/1.0, in which a server neither cuts the body into chunks nor keeps the connection open.
fn request(method: &str, url: &str, body: &str) -> io::Result<Response> {
    let address = url.strip_prefix("http://").ok_or_else(|| invalid("an address begins with http://"))?;
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = body.len();
    let head = format!("{method} /{path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n");
    // In one piece, as clients do: written straight into the socket, each part of the format would be a packet of its own.
    stream.write_all((head + body).as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    parse(&answer).ok_or_else(|| invalid("the server did not answer in HTTP"))
}

fn parse(answer: &str) -> Option<Response> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let content_type = head.lines().find_map(content_type).unwrap_or_default().to_owned();
    Some(Response { status, content_type, body: body.to_owned() })
}

fn content_type(line: &str) -> Option<&str> {
    let (name, value) = line.split_once(':')?;
    name.eq_ignore_ascii_case("content-type").then_some(value.trim())
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Escapes text for a query string, byte by byte.
pub(crate) fn escape(text: &str) -> String {
    let escaped = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escaped).collect()
}

#[test]
fn an_answer_is_taken_apart() {
    let answer = "HTTP/1.0 404 Not Found\r\ncontent-type: text/plain\r\n\r\nno such\r\n\r\nthing";
    let body = "no such\r\n\r\nthing".to_owned();
    assert_eq!(parse(answer), Some(Response { status: 404, content_type: "text/plain".to_owned(), body }));
}

#[test]
fn text_is_escaped_for_a_query() {
    assert_eq!(escape(r#"up{job="a b"}"#), "up%7Bjob%3D%22a%20b%22%7D");
}

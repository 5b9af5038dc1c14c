//! What a client of the gateway sends and gets, byte for byte: nothing is retried, and what was not answered is known.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};

use crate::support::{http, wait::PATIENCE};

/// What the gateway answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// The status code, such as 200.
    pub(super) status: u16,
    /// The body as text.
    pub(super) body: String,
}

/// A connection that is kept for one request after the other.
pub(super) struct Wire {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Wire {
    /// Connects; nothing is sent yet.
    pub(super) fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { address, stream: BufReader::new(stream) })
    }

    /// Sends a request with a body, and waits for the answer.
    pub(super) fn send(&mut self, method: &str, path: &str, body: &[u8]) -> io::Result<Answer> {
        self.send_with(method, path, "", body)
    }

    /// The same with further headers, each with its line end.
    pub(super) fn send_with(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> io::Result<Answer> {
        let (host, length) = (self.address, body.len());
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: {length}\r\n\r\n");
        // In one piece, so that a server which closes early does so between two requests.
        self.send_raw(&[head.as_bytes(), body].concat())?;
        self.answer()
    }

    /// Sends these bytes, whatever they are.
    pub(super) fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Says that nothing more will be sent.
    pub(super) fn end(&mut self) -> io::Result<()> {
        match self.stream.get_ref().shutdown(Shutdown::Write) {
            // The other side has closed it already; what it said can still be read.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            done => done,
        }
    }

    /// Waits for an answer whose length is told.
    pub(super) fn answer(&mut self) -> io::Result<Answer> {
        let line = self.line()?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or(io::ErrorKind::InvalidData)?;
        let mut length = 0;
        loop {
            let line = self.line()?.to_ascii_lowercase();
            match line.split_once(':') {
                Some(("content-length", value)) => length = value.trim().parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() })
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }
}

/// Sends one request over a connection of its own, which has to be answered.
pub(super) fn ask(address: SocketAddr, method: &str, path: &str, body: &[u8]) -> Answer {
    Wire::connect(address).unwrap().send(method, path, body).unwrap()
}

/// The page that the gateway exposes.
pub(super) fn page(address: SocketAddr) -> String {
    let answer = http::get(&format!("http://{address}/metrics")).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// What was pushed, line by line as it is exposed, without what the gateway tells about itself.
pub(super) fn pushed(address: SocketAddr) -> Vec<String> {
    let is_own = |line: &str| line.contains("telemetry_gateway_");
    page(address).lines().filter(|line| !is_own(line)).map(str::to_owned).collect()
}

/// The value of a series of the page, named as it is there.
pub(super) fn value(page: &str, series: &str) -> Option<u64> {
    page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

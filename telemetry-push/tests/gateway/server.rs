//! A server that answers each request as a script says, and remembers what it was sent.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for a request.
const PATIENCE: Duration = Duration::from_secs(60);

/// What becomes of one request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// It is answered with this status line and these headers.
    Answer(String),
    /// It is answered with this, and the connection left open.
    Endless(String),
    /// It is never answered.
    Hang,
    /// The connection is closed without an answer.
    Close,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A server on a port of its own. Beyond the end of its script it answers nobody, but counts.
pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
    listener: TcpListener,
}

/// An address on which nobody listens yet.
///
/// All of 127/8 is loopback on Linux. This one is of this process alone, so that nobody takes its port meanwhile.
#[cfg(target_os = "linux")]
pub(crate) struct Refused {
    address: SocketAddr,
}

#[cfg(target_os = "linux")]
impl Refused {
    pub(crate) fn new() -> Self {
        let [_, _, high, low] = std::process::id().to_be_bytes();
        Self { address: SocketAddr::from(([127, 77, high, low], 9091)) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn listen(self, script: impl IntoIterator<Item = Reply>) -> Server {
        Server::on(self.address, |_| script.into_iter().collect())
    }
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self::Answer(format!("HTTP/1.1 {status} Said\r\nContent-Length: 0\r\nConnection: close\r\n"))
    }

    /// An answer that says something.
    pub(crate) fn saying(status: u16, kind: &str, body: &str) -> Self {
        let length = body.len();
        Self::Answer(format!(
            "HTTP/1.1 {status} Said\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ))
    }

    /// An answer that promises a body, and never ends it.
    pub(crate) fn endless() -> Self {
        Self::Endless("HTTP/1.1 200 Said\r\nContent-Length: 100\r\n\r\n".to_owned())
    }

    pub(crate) fn with(self, header: &str, value: &str) -> Self {
        match self {
            Self::Answer(head) => Self::Answer(format!("{head}{header}: {value}\r\n")),
            other => other,
        }
    }
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    fn read(stream: &TcpStream) -> io::Result<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut request = Self { line: line.trim().to_owned(), headers: Vec::new(), body: Vec::new() };
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim().split_once(':') else { break };
            request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
        request.body.resize(length, 0);
        reader.read_exact(&mut request.body)?;
        Ok(request)
    }
}

impl Server {
    pub(crate) fn start(script: impl IntoIterator<Item = Reply>) -> Self {
        Self::start_with(|_| script.into_iter().collect())
    }

    /// Starts with a script that needs the server's own address.
    pub(crate) fn start_with(script: impl FnOnce(&str) -> Vec<Reply>) -> Self {
        Self::on("127.0.0.1:0".parse().unwrap(), script)
    }

    fn on(address: SocketAddr, script: impl FnOnce(&str) -> Vec<Reply>) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::default();
        let server = Self { address, seen, listener };
        let (script, seen) = (script(&server.url()), Arc::clone(&server.seen));
        let listener = server.listener.try_clone().unwrap();
        thread::spawn(move || serve(&listener, script, &seen));
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests that came so far, in their order.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn await_requests(&self, count: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.requests().len() < count {
            assert!(Instant::now() < deadline, "no {count} requests came");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn serve(listener: &TcpListener, script: Vec<Reply>, seen: &Mutex<Vec<Request>>) {
    let mut held = Vec::new();
    for reply in script.into_iter().chain(std::iter::repeat(Reply::Hang)) {
        let Ok((stream, _)) = listener.accept() else { return };
        let Ok(request) = Request::read(&stream) else { continue };
        seen.lock().unwrap().push(request);
        match reply {
            Reply::Answer(head) => write!(&stream, "{head}\r\n").unwrap(),
            Reply::Endless(head) => {
                writeln!(&stream, "{head}").unwrap();
                held.push(stream);
            }
            Reply::Hang => held.push(stream),
            Reply::Close => {}
        }
    }
}

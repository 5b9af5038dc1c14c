//! Any application behind the door that the exposition stands behind: bounded connections, headers, times and bodies.

use crate::connection::Host;
use crate::error::Error;
use crate::limits::Limits;
use crate::metrics::Instruments;
use crate::reception::Reception;
use crate::server::Server;
use axum::Router;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

impl Server {
    /// Takes an address, to be [served](Self::host) on later: whoever needs several can take them all before anything begins.
    ///
    /// # Errors
    /// [`Error::Listen`] when the address cannot be listened on.
    pub fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
        crate::server::listen(address).map_err(|source| Error::Listen { address, source })
    }

    /// Serves an application until the returned server is dropped.
    ///
    /// It gets what the exposition has: of the [limits](Limits) all hold but `source_time`, clients that send or read too slowly are cut
    /// off, and where there are too many connections the one that has been still for longest goes first. An answer that takes longer than
    /// `answer_time` is cut off, so that the application should give up before. How long a body may be is for the application to say.
    /// The application runs on one thread of the server's own, which nothing in it may block.
    ///
    /// # Errors
    /// When no thread can be had.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use telemetry_server::{Limits, Server};
    ///
    /// let listener = Server::listen("127.0.0.1:0".parse()?)?;
    /// let app = Router::new().route("/", get(|| async { "hello" }));
    /// let server = Server::host(listener, app, Limits::default())?;
    /// let _ask_me = format!("http://{}/", server.local_addr());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn host(listener: TcpListener, app: Router, limits: Limits) -> Result<Self, Error> {
        let reception = Reception::new(Host { app, tls: None, limits }, Arc::new(Instruments::default()));
        Self::start_on(listener, reception)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Limits, Server};
    use axum::Router;
    use axum::routing::{get, post};
    use bytes::Bytes;
    use hyper::body::{Body, Frame};
    use std::convert::Infallible;
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;
    use std::pin::Pin;
    use std::sync::{Arc, Mutex, mpsc};
    use std::task::{Context, Poll};
    use std::time::{Duration, Instant};

    /// A server that answers with the length of the body that it was sent.
    fn counting(limits: Limits) -> Server {
        let app = Router::new().route("/", post(async |body: String| body.len().to_string()));
        Server::host(Server::listen("127.0.0.1:0".parse().unwrap()).unwrap(), app, limits).unwrap()
    }

    /// A connection that has sent this much of a body of ten bytes.
    fn begun(server: &Server, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(server.local_addr()).unwrap();
        write!(stream, "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 10\r\n\r\n{body}")
            .unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    fn answer(mut stream: TcpStream) -> String {
        let mut answer = String::new();
        let _reset = stream.read_to_string(&mut answer);
        answer
    }

    #[test]
    fn a_body_may_come_slowly_but_not_stop() {
        let stall_time = Duration::from_millis(2000);
        let server = counting(Limits { stall_time, ..Limits::default() });
        let mut slow = begun(&server, "");
        let stalled = begun(&server, "12345");
        for _ in 0..10 {
            std::thread::sleep(stall_time / 5);
            slow.write_all(b"x").unwrap();
        }
        assert!(answer(slow).ends_with("\r\n\r\n10"));
        assert_eq!(answer(stalled), "", "cut off without an answer");
    }

    #[test]
    fn a_body_has_a_time_however_it_comes() {
        let body_time = Duration::from_millis(300);
        let server = counting(Limits { body_time, ..Limits::default() });
        let asked = Instant::now();
        assert_eq!(answer(begun(&server, "12345")), "", "cut off without an answer");
        assert!(asked.elapsed() < Limits::default().stall_time / 2, "it was its time that was over");
    }

    /// A server that answers, and one of whose pages takes all its time until it is told to go on.
    struct Busy {
        server: Server,
        begun: mpsc::Receiver<()>,
        release: mpsc::Sender<()>,
    }

    impl Busy {
        fn new(limits: Limits) -> Self {
            let (begin, begun) = mpsc::channel();
            let (release, released) = mpsc::channel::<()>();
            let released = Arc::new(Mutex::new(released));
            let busy = get(async move || {
                begin.send(()).unwrap();
                let _until_then = released.lock().unwrap().recv();
            });
            let app = Router::new().route("/", get(async || "well")).route("/busy", busy);
            let listener = Server::listen("127.0.0.1:0".parse().unwrap()).unwrap();
            Self { server: Server::host(listener, app, limits).unwrap(), begun, release }
        }

        fn connect(&self) -> TcpStream {
            let stream = TcpStream::connect(self.server.local_addr()).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            stream
        }

        /// Lets the server have no time. Whoever came before has been let in.
        fn hold(&self) -> TcpStream {
            let mut stream = self.connect();
            ask(&mut stream, "/busy");
            self.begun.recv().unwrap();
            stream
        }
    }

    fn ask(stream: &mut TcpStream, path: &str) {
        write!(stream, "GET {path} HTTP/1.0\r\nhost: x\r\n\r\n").unwrap();
    }

    #[test]
    fn who_asked_while_the_server_had_no_time_is_answered() {
        let limits = Limits { header_time: Duration::from_secs(3), ..Limits::default() };
        let busy = Busy::new(limits);
        let mut all: Vec<_> = (0..20).map(|_| busy.connect()).collect();
        let _other = busy.hold();
        all.iter_mut().for_each(|stream| ask(stream, "/"));
        std::thread::sleep(limits.header_time);
        busy.release.send(()).unwrap();
        let answers = all.into_iter().map(answer);
        assert_eq!(answers.filter(|answer| answer.ends_with("\r\n\r\nwell")).count(), 20);
    }

    /// Of all who are there it has waited longest, and its request has come before those for whom there would be its place.
    #[test]
    fn who_has_asked_does_not_make_room_for_who_comes_then() {
        let busy = Busy::new(Limits { connections: 8, ..Limits::default() });
        let mut longest = busy.connect();
        let mut silent: Vec<_> = (0..6).map(|_| busy.connect()).collect();
        let _other = busy.hold();
        ask(&mut longest, "/");
        let new: Vec<_> = (0..2).map(|_| busy.connect()).collect();
        busy.release.send(()).unwrap();
        assert!(answer(longest).ends_with("\r\n\r\nwell"));
        // Their places are those of the ones who hang.
        let mut last = busy.connect();
        ask(&mut last, "/");
        assert!(answer(last).ends_with("\r\n\r\nwell"));
        assert_eq!(answer(silent.remove(0)), "");
        drop(new);
    }

    /// An answer in many pieces, far more than the buffers of a connection hold.
    struct Pieces(usize);

    impl Pieces {
        const LENGTH: usize = 64 * 1024;
        const ALL: usize = 512;
    }

    impl Body for Pieces {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            self.0 += 1;
            Poll::Ready((self.0 <= Self::ALL).then(|| Ok(Frame::data(vec![b'x'; Self::LENGTH].into()))))
        }
    }

    /// Somebody who waits for nothing has to go for who comes then, and not who is still being told something.
    #[test]
    fn an_answer_in_pieces_is_under_way_until_its_last_one() {
        let pieces = get(async || axum::body::Body::new(Pieces(0)));
        let app = Router::new().route("/", get(async || "well")).route("/pieces", pieces);
        let listener = Server::listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let server = Server::host(listener, app, Limits { connections: 2, ..Limits::default() }).unwrap();
        let mut reading = TcpStream::connect(server.local_addr()).unwrap();
        ask(&mut reading, "/pieces");
        let mut beginning = [0; 3 * Pieces::LENGTH];
        reading.read_exact(&mut beginning).unwrap();
        let mut idle = TcpStream::connect(server.local_addr()).unwrap();
        write!(idle, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        let mut told = Vec::new();
        while !told.ends_with(b"\r\n\r\nwell") {
            let mut byte = [0];
            idle.read_exact(&mut byte).unwrap();
            told.extend(byte);
        }
        let mut new = TcpStream::connect(server.local_addr()).unwrap();
        ask(&mut new, "/");
        assert!(answer(new).ends_with("\r\n\r\nwell"));
        let whole = [&beginning[..], answer(reading).as_bytes()].concat();
        let body = whole.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        assert_eq!(whole.len() - body, Pieces::ALL * Pieces::LENGTH);
        assert_eq!(answer(idle), "", "it waited for nothing");
    }

    #[test]
    fn who_sends_nothing_makes_room_for_who_does() {
        let server = counting(Limits { connections: 2, ..Limits::default() });
        let (oldest, _younger) = (begun(&server, "1"), begun(&server, "2"));
        assert!(answer(begun(&server, "0123456789")).ends_with("\r\n\r\n10"));
        assert_eq!(answer(oldest), "");
    }
}

//! A bad way to a good server: an HTTP proxy in front of one address that delays, hangs, refuses or fails on demand.
//!
//! Each connection carries one request: the proxy tells both sides to close afterwards, so that no client can send its
//! next request before the last is answered, and each request is delayed on its own.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::port::Port;
use super::wait::{PATIENCE, eventually};

/// How often the proxy looks for a new connection or a new mode.
const PAUSE: Duration = Duration::from_millis(2);

/// What the proxy does with the requests that arrive from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Passes each on after its delay.
    Pass,
    /// Accepts each and never answers; the connection closes when the mode changes.
    Hang,
    /// Does not listen, so that connections are refused.
    Refuse,
    /// Answers each with status 500, without passing it on.
    Fail,
}

/// A proxy on loopback, ended when dropped.
pub(crate) struct DelayProxy {
    shared: Arc<Shared>,
    port: Port,
    acceptor: Option<JoinHandle<()>>,
}

struct Shared {
    upstream: SocketAddr,
    /// The longest delay, and the seed from which each request's own follows.
    delay: (Duration, u64),
    state: Mutex<State>,
    requests: AtomicU64,
    /// How many of them are not over.
    open: AtomicU64,
    late: AtomicU64,
}

/// The listener is there in every mode but [`Mode::Refuse`], and nothing is when the proxy has ended.
struct State {
    mode: Option<Mode>,
    listener: Option<TcpListener>,
}

impl DelayProxy {
    /// Starts a proxy that passes requests to `upstream` after a random delay of at most `longest`. The same seed gives the
    /// same delays in the order in which the requests arrive.
    pub(crate) fn start(upstream: SocketAddr, longest: Duration, seed: u64) -> Self {
        let state = Mutex::new(State { mode: Some(Mode::Refuse), listener: None });
        let [requests, open, late] = [const { AtomicU64::new(0) }; 3];
        let shared = Arc::new(Shared { upstream, delay: (longest, seed), state, requests, open, late });
        let acceptor = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.accept_until_ended()
        });
        let proxy = Self { shared, port: Port::claim(), acceptor: Some(acceptor) };
        proxy.set(Mode::Pass);
        proxy
    }

    /// The address as a URL without a path.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.port.address())
    }

    /// Changes what happens to the requests that arrive after this returns.
    pub(crate) fn set(&self, mode: Mode) {
        let mut state = self.shared.state();
        state.mode = Some(mode);
        if mode == Mode::Refuse {
            state.listener = None;
            self.await_refusal();
        } else if state.listener.is_none() {
            state.listener = Some(self.listen());
        }
    }

    fn listen(&self) -> TcpListener {
        let listener = TcpListener::bind(self.port.address()).unwrap();
        listener.set_nonblocking(true).unwrap();
        listener
    }

    /// A process that is being started at this moment holds a copy of the closed listener until it has begun.
    fn await_refusal(&self) {
        eventually("the proxy refuses", || TcpStream::connect(self.port.address()).is_err().then_some(()));
    }

    /// How many connections are open, with a request that is delayed or not answered.
    pub(crate) fn open(&self) -> u64 {
        self.shared.open.load(Ordering::SeqCst)
    }

    /// How many requests were passed on whose client did not wait for the answer: it gave them up, or was killed.
    pub(crate) fn late(&self) -> u64 {
        self.shared.late.load(Ordering::SeqCst)
    }

    /// How many connections were accepted so far, in any mode.
    pub(crate) fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }
}

impl Drop for DelayProxy {
    fn drop(&mut self) {
        *self.shared.state() = State { mode: None, listener: None };
        if let Some(acceptor) = self.acceptor.take() {
            // A panic of that thread has been printed already.
            let _ = acceptor.join();
        }
    }
}

impl Shared {
    /// No code panics while it holds this lock and leaves the state half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept_until_ended(self: Arc<Self>) {
        while let Some(mode) = self.mode() {
            match self.accept() {
                Some(client) => self.serve_beside(mode, client),
                None => thread::sleep(PAUSE),
            }
        }
    }

    fn mode(&self) -> Option<Mode> {
        self.state().mode
    }

    fn accept(&self) -> Option<TcpStream> {
        let (client, _) = self.state().listener.as_ref()?.accept().ok()?;
        // Some systems let a connection inherit this from its listener.
        client.set_nonblocking(false).ok()?;
        client.set_read_timeout(Some(PATIENCE)).ok()?;
        Some(client)
    }

    fn serve_beside(self: &Arc<Self>, mode: Mode, client: TcpStream) {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let shared = Arc::clone(self);
        shared.open.fetch_add(1, Ordering::SeqCst);
        thread::spawn(move || {
            // A broken connection is the client's to notice; that is what this proxy is for.
            let _ = shared.serve(mode, &client, number);
            shared.open.fetch_sub(1, Ordering::SeqCst);
        });
    }

    fn serve(&self, mode: Mode, client: &TcpStream, number: u64) -> io::Result<()> {
        match mode {
            Mode::Pass => self.pass(client, number),
            Mode::Fail => refuse_politely(client, "500 Internal Server Error"),
            Mode::Hang | Mode::Refuse => {
                self.wait_while(mode);
                Ok(())
            }
        }
    }

    fn wait_while(&self, mode: Mode) {
        while self.mode() == Some(mode) {
            thread::sleep(PAUSE);
        }
    }

    fn pass(&self, client: &TcpStream, number: u64) -> io::Result<()> {
        let (head, begun_body) = read_head(client)?;
        thread::sleep(delay(self.delay, number));
        let Ok(upstream) = TcpStream::connect(self.upstream) else {
            return answer(client, "502 Bad Gateway");
        };
        let gone_before = is_gone(client);
        let exchanged = exchange(client, &upstream, &closing(&head), &begun_body);
        if gone_before || exchanged.is_err() {
            self.late.fetch_add(1, Ordering::SeqCst);
        }
        exchanged
    }
}

/// Whether the client has closed its connection, whatever is still to be read of it.
fn is_gone(client: &TcpStream) -> bool {
    let mut client = [PollFd::new(client, PollFlags::RDHUP)];
    poll(&mut client, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

/// The delay of the n-th request, spread evenly by the SplitMix64 generator.
fn delay((longest, seed): (Duration, u64), number: u64) -> Duration {
    let mut bits = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^= bits >> 31;
    longest.mul_f64(bits as f64 / u64::MAX as f64)
}

/// Reads up to the empty line that ends the head; returns the head and what has come of the body with it.
fn read_head(mut client: &TcpStream) -> io::Result<(String, Vec<u8>)> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let body = bytes.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&bytes).into_owned(), body));
        }
        match client.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

/// The same head, but asking the server to close the connection after its answer.
fn closing(head: &str) -> String {
    let kept = head.lines().filter(|line| !line.is_empty() && !is_about_the_connection(line));
    kept.map(|line| format!("{line}\r\n")).chain(["Connection: close\r\n\r\n".to_owned()]).collect()
}

fn is_about_the_connection(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default();
    ["connection", "keep-alive"].iter().any(|about| name.eq_ignore_ascii_case(about))
}

/// Sends the request on, and copies in both directions until the server has answered and closed.
fn exchange(client: &TcpStream, mut upstream: &TcpStream, head: &str, begun_body: &[u8]) -> io::Result<()> {
    upstream.write_all(head.as_bytes())?;
    upstream.write_all(begun_body)?;
    thread::scope(|scope| {
        scope.spawn(|| copy(client, upstream));
        let answered = copy(upstream, client);
        // Ends the other direction too, which waits for a client that has nothing more to say.
        let closed = client.shutdown(Shutdown::Both);
        answered.and(closed)
    })
}

fn copy(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    io::copy(&mut from, &mut to).map(|_| ())
}

fn refuse_politely(client: &TcpStream, status: &str) -> io::Result<()> {
    read_head(client)?;
    answer(client, status)
}

/// Answers without a body. What the client still sends is read to its end, since closing a connection with unread bytes
/// would take the answer back.
fn answer(mut client: &TcpStream, status: &str) -> io::Result<()> {
    write!(client, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    client.shutdown(Shutdown::Write)?;
    io::copy(&mut client, &mut io::sink()).map(|_| ())
}

#[test]
fn delays_are_repeatable_and_spread_over_the_whole_range() {
    let longest = Duration::from_millis(100);
    let delays: Vec<_> = (0..1000).map(|number| delay((longest, 7), number)).collect();
    assert_eq!(delays[3], delay((longest, 7), 3));
    assert_ne!(delays[3], delay((longest, 8), 3));
    assert!(delays.iter().all(|delay| *delay <= longest));
    let low = delays.iter().filter(|delay| **delay < longest / 2).count();
    assert!((400..600).contains(&low), "{low} of 1000 are in the lower half");
}

#[test]
fn a_passed_request_asks_for_the_connection_to_close() {
    let head = "GET / HTTP/1.1\r\nHost: a\r\nconnection: keep-alive\r\nKeep-Alive: 5\r\n\r\n";
    assert_eq!(closing(head), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
}

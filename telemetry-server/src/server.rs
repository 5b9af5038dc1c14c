//! A server on a thread of its own, for programs with and without an asynchronous runtime.

use crate::auth::{Guard, authorize};
use crate::connection::{Host, refuse_bodies};
use crate::error::Error;
use crate::exposition::Exposition;
use crate::pages::Pages;
use crate::reception::Reception;
use crate::router::{landing, routes};
use crate::tls::Tls;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use socket2::SockRef;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use telemetry_core::config::{Config, Prometheus};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// How many connections may wait to be let in, as far as the operating system allows. The standard library's 128 are soon taken by a
/// client that connects again and again, and whoever comes then is kept waiting for a second by the retransmission of TCP.
const BACKLOG: i32 = 4096;

/// Serves the default registry at `/metrics` until the returned server is dropped.
///
/// It listens where the configuration says, which is on loopback unless somebody changed that. Whether telemetry is on does not
/// matter: while it is off, every family is there with its type and help, and no series.
///
/// # Errors
/// When the address cannot be listened on, or no thread can be had.
///
/// ```
/// use telemetry_core::{config::Config, init};
///
/// let mut config = Config { enabled: Some(true), ..Config::default() };
/// config.prometheus.exposition_port = 0; // any free one
/// init(&config);
/// let server = telemetry_server::serve(&config)?;
/// let _scrape_me = format!("http://{}/metrics", server.local_addr());
/// # Ok::<(), telemetry_server::Error>(())
/// ```
pub fn serve(config: &Config) -> Result<Server, Error> {
    Exposition::default().serve(config)
}

impl Exposition {
    /// Serves this exposition at `/metrics` until the returned server is dropped, where the configuration says; and `/health`, `/ready`
    /// and `/info` beside it.
    ///
    /// Where a certificate is configured it speaks TLS, and where credentials are, it asks for them, except at `/health`. Both are read
    /// again when their files change. Listening on more than loopback with neither is up to whoever configures it: everybody who can
    /// reach the port can then read the metrics.
    ///
    /// # Errors
    /// When the address cannot be listened on, a certificate, a key or credentials cannot be used, or no thread can be had. Nothing
    /// is served before all of it is right.
    pub fn serve(self, config: &Config) -> Result<Server, Error> {
        let Prometheus { exposition_listen, exposition_port, exposition_tls, exposition_auth, .. } =
            &config.prometheus;
        let pages = Pages::new(self.or_process_metrics(true));
        let exposition = &pages.exposition;
        let tls = Tls::new(exposition_tls, &exposition.instruments)?;
        let app = app(&pages, Guard::new(exposition_auth, &pages)?);
        let instruments = Arc::clone(&exposition.instruments);
        let reception = Reception::new(Host { app, tls, limits: exposition.limits }, instruments);
        Server::start(SocketAddr::new(*exposition_listen, *exposition_port), reception)
    }
}

/// Everything that a stand-alone server has: whoever may not read is not told what there is.
fn app(pages: &Arc<Pages>, guard: Option<Guard>) -> Router {
    let app = routes(pages).merge(landing()).layer(from_fn(refuse_bodies));
    match guard {
        Some(guard) => app.layer(from_fn_with_state(Arc::new(guard), authorize)),
        None => app,
    }
}

/// A server that runs until it is dropped.
///
/// Dropping it takes the port back, closes connections that wait, lets a scrape that is under way finish for up to
/// [`Limits::stop_time`](crate::Limits::stop_time), and returns when all is over.
#[derive(Debug)]
#[must_use = "the server ends when it is dropped"]
pub struct Server {
    address: SocketAddr,
    /// Its end is what tells the thread to stop.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// The address on which the server listens, with the port that it was given where any free one was asked for.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Ends the server, as dropping it does.
    pub fn stop(self) {
        drop(self);
    }

    /// Binds in the caller's thread, so that nothing can fail unseen later.
    fn start(address: SocketAddr, reception: Reception) -> Result<Self, Error> {
        Self::start_on(Self::listen(address)?, reception)
    }

    /// Waits until the thread has all it needs, so that nothing can fail unseen later.
    pub(crate) fn start_on(listener: TcpListener, reception: Reception) -> Result<Self, Error> {
        let local = listener.local_addr().map_err(|source| {
            let address = SocketAddr::from(([0, 0, 0, 0], 0));
            Error::Listen { address, source }
        })?;
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        let thread = thread::Builder::new().name("telemetry-server".to_owned());
        let thread = thread.spawn(move || run(listener, reception, stopped, &tell));
        let ready = |thread| match told.recv() {
            Ok(Ok(())) => Ok(thread),
            Ok(Err(source)) => Err(source),
            Err(_) => Err(io::Error::other("the thread ended at once")),
        };
        let thread = thread.and_then(ready).map_err(|source| Error::Thread { address: local, source })?;
        Ok(Self { address: local, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in it was reported by the hook of the program, and this one's end is not the place for another.
            let _ended = thread.join();
        }
    }
}

/// A listener as the runtime needs it.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    SockRef::from(&listener).listen(BACKLOG)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// The thread: tells whether it is ready, and serves until it is stopped.
fn run(
    listener: TcpListener,
    reception: Reception,
    stopped: oneshot::Receiver<()>,
    tell: &mpsc::Sender<io::Result<()>>,
) {
    // Whoever started the thread waits for what it tells, so that telling cannot fail.
    match prepare(listener) {
        Ok((runtime, listener)) => {
            let _told = tell.send(Ok(()));
            runtime.block_on(reception.run(listener, stopped));
        }
        Err(error) => {
            let _told = tell.send(Err(error));
        }
    }
}

fn prepare(listener: TcpListener) -> io::Result<(Runtime, tokio::net::TcpListener)> {
    let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
    let listener = runtime.block_on(async { tokio::net::TcpListener::from_std(listener) })?;
    Ok((runtime, listener))
}

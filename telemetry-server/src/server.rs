//! A server on a thread of its own, for programs with and without an asynchronous runtime.

use crate::error::Error;
use crate::exposition::Exposition;
use axum::Router;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use telemetry_core::config::{Config, Prometheus};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// How long a scrape that is under way when the server ends may still take. Scrapes take milliseconds; only a client that has
/// stopped reading needs longer, and it shall not hold up the end of the program.
const GRACE: Duration = Duration::from_secs(1);

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
    /// Serves this exposition at `/metrics` until the returned server is dropped, where the configuration says.
    ///
    /// # Errors
    /// When the address cannot be listened on, or no thread can be had.
    pub fn serve(self, config: &Config) -> Result<Server, Error> {
        let Prometheus { exposition_listen, exposition_port, .. } = config.prometheus;
        Server::start(SocketAddr::new(exposition_listen, exposition_port), self.router())
    }
}

/// A server that runs until it is dropped.
///
/// Dropping it takes the port back, lets a scrape that is under way finish for up to a second, and returns when all is over.
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

    /// Binds in the caller's thread and waits until the other one has all it needs, so that nothing can fail unseen later.
    fn start(address: SocketAddr, router: Router) -> Result<Self, Error> {
        let listener = listen(address).map_err(|source| Error::Listen { address, source })?;
        let local = listener.local_addr().map_err(|source| Error::Listen { address, source })?;
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        let thread = thread::Builder::new().name("telemetry-server".to_owned());
        let thread = thread.spawn(move || run(listener, router, stopped, &tell));
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
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// The thread: tells whether it is ready, and serves until it is stopped.
fn run(
    listener: TcpListener,
    router: Router,
    stopped: oneshot::Receiver<()>,
    tell: &mpsc::Sender<io::Result<()>>,
) {
    // Whoever started the thread waits for what it tells, so that telling cannot fail.
    match prepare(listener) {
        Ok((runtime, listener)) => {
            let _told = tell.send(Ok(()));
            runtime.block_on(serve_until(listener, router, stopped));
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

/// Serves until it is stopped, and then until the scrapes under way have ended or their time is over. Whatever is still connected
/// ends with the runtime.
async fn serve_until(listener: tokio::net::TcpListener, router: Router, stopped: oneshot::Receiver<()>) {
    let (begin, begun) = oneshot::channel::<()>();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async {
        let _closed = begun.await;
    });
    let end = async {
        let _closed = stopped.await;
        drop(begin);
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        _ended = serving.into_future() => {}
        () = end => {}
    }
}

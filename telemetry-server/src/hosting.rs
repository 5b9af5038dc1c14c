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
    /// off, and where there are too many connections the one that has waited longest goes first. An answer that takes longer than
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

//! A client with one connection that stays open, and nothing else: what it does itself takes as little as possible from the
//! servers on the same machine.

use std::net::SocketAddr;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

use crate::failure::{Outcome, While as _};

/// A request that is made over and over.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Bytes,
}

/// What a server answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Bytes,
}

/// A connection, for whoever is asynchronous.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

/// A connection, for whoever waits for each answer.
pub(super) struct Client {
    runtime: Runtime,
    connection: Connection,
}

impl Call {
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), body: Bytes::new() }
    }
}

impl Connection {
    pub(super) async fn new(address: SocketAddr) -> Outcome<Self> {
        let doing = || format!("cannot connect to {address}");
        let stream = TcpStream::connect(address).await.while_doing(doing())?;
        stream.set_nodelay(true).while_doing(doing())?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.while_doing(doing())?;
        // Its errors are those of the requests that it carries.
        tokio::spawn(connection);
        Ok(Self { sender, host: address.to_string() })
    }

    /// Makes the request and reads the answer to its end.
    pub(super) async fn send(&mut self, call: &Call) -> Outcome<Answer> {
        let doing = || format!("{} http://{}{}", call.method, self.host, call.path);
        self.sender.ready().await.while_doing(doing())?;
        let request = Request::builder().method(&call.method).uri(&call.path).header("host", &self.host);
        let request = request.body(Full::new(call.body.clone())).while_doing(doing())?;
        let response = self.sender.send_request(request).await.while_doing(doing())?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.while_doing(doing())?.to_bytes();
        Ok(Answer { status, body })
    }
}

impl Client {
    pub(super) fn new(address: SocketAddr) -> Outcome<Self> {
        let runtime = runtime()?;
        let connection = runtime.block_on(Connection::new(address))?;
        Ok(Self { runtime, connection })
    }

    pub(super) fn get(&mut self, path: &str) -> Outcome<Answer> {
        self.send(&Call::get(path))
    }

    pub(super) fn send(&mut self, call: &Call) -> Outcome<Answer> {
        self.runtime.block_on(self.connection.send(call))
    }
}

/// A runtime on the calling thread.
pub(super) fn runtime() -> Outcome<Runtime> {
    Builder::new_current_thread().enable_all().build().while_doing("cannot start a runtime")
}

//! What an attacker sends its bytes over: a connection as it is, or TLS.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::siege::besieged::Target;

/// Whether bytes are sent as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secrecy {
    Open,
    Secret,
}

/// A connection to a listener.
pub(super) enum Wire {
    Open(TcpStream),
    /// After the handshake.
    Secret(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Secrecy {
    /// Every other attacker of a listener that speaks TLS does so itself.
    pub(super) fn draw(target: &Target, random: &mut Rng) -> Self {
        if target.client.is_some() && random.bool() { Self::Secret } else { Self::Open }
    }
}

impl Wire {
    /// Connects, and is as patient as that with everything.
    pub(super) fn open(target: &Target, secrecy: Secrecy, patience: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect(target.address)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        match &target.client {
            Some(client) if secrecy == Secrecy::Secret => Self::greet(client, stream),
            _ => Ok(Self::Open(stream)),
        }
    }

    fn greet(client: &Arc<ClientConfig>, mut stream: TcpStream) -> io::Result<Self> {
        let name = stream.peer_addr()?.ip().into();
        let mut connection = ClientConnection::new(Arc::clone(client), name).map_err(io::Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        Ok(Self::Secret(Box::new(StreamOwned::new(connection, stream))))
    }

    pub(super) const fn stream(&self) -> &TcpStream {
        match self {
            Self::Open(stream) => stream,
            Self::Secret(secret) => &secret.sock,
        }
    }

    /// Sends nothing more, and says so within TLS too.
    pub(super) fn say_farewell(&mut self) -> io::Result<()> {
        if let Self::Secret(secret) = self {
            secret.conn.send_close_notify();
        }
        self.flush()?;
        self.cut()
    }

    /// Sends nothing more.
    pub(super) fn cut(&self) -> io::Result<()> {
        self.stream().shutdown(Shutdown::Write)
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Open(stream) => stream.read(buffer),
            Self::Secret(secret) => secret.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Open(stream) => stream.write(bytes),
            Self::Secret(secret) => secret.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Open(stream) => stream.flush(),
            Self::Secret(secret) => secret.flush(),
        }
    }
}

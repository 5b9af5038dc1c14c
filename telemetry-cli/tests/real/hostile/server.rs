//! A server that answers as no server should.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// What comes after the bytes with which every answer begins.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rest {
    /// Nothing: the connection is closed.
    Close,
    /// Nothing, but the connection stays open.
    Silence,
    /// One byte a second.
    Drip,
    /// The same bytes until the client goes away.
    Endless(&'static [u8]),
    /// The same bytes so many times, made as they are sent.
    Times(&'static [u8], usize),
}

/// A server on loopback that gives everybody the same answer, as long as the test runs.
pub(super) struct Liar {
    address: SocketAddr,
    asked: Arc<AtomicU64>,
}

impl Liar {
    pub(super) fn start(begin: impl Into<Vec<u8>>, rest: Rest) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (begin, asked) = (Arc::new(begin.into()), Arc::new(AtomicU64::new(0)));
        let liar = Self { address, asked: Arc::clone(&asked) };
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                asked.fetch_add(1, Ordering::SeqCst);
                let begin = Arc::clone(&begin);
                // Whoever asked may leave at any time: that is what most of these answers are for.
                thread::spawn(move || answer(&client, &begin, rest));
            }
        });
        liar
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections were made to it.
    pub(super) fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }
}

fn answer(mut client: &TcpStream, begin: &[u8], rest: Rest) -> io::Result<()> {
    let head = BufReader::new(client).lines().map_while(Result::ok);
    head.take_while(|line| !line.is_empty()).for_each(drop);
    client.write_all(begin)?;
    match rest {
        Rest::Close => {}
        Rest::Silence => drop(client.read(&mut [0; 1 << 16])?),
        Rest::Drip => loop {
            client.write_all(b"a")?;
            thread::sleep(Duration::from_secs(1));
        },
        Rest::Endless(bytes) => loop {
            client.write_all(bytes)?;
        },
        Rest::Times(bytes, times) => (0..times).try_for_each(|_| client.write_all(bytes))?,
    }
    client.shutdown(std::net::Shutdown::Write)?;
    // Closing a connection with unread bytes would take the answer back.
    io::copy(&mut client, &mut io::sink()).map(drop)
}

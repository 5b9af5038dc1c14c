//! Something to scrape whose page a test changes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A page on a port of its own. While there is none every connection is closed without an answer.
pub(super) struct Exporter {
    address: SocketAddr,
    page: Arc<Mutex<Option<String>>>,
}

impl Exporter {
    /// Listens, and answers nothing yet.
    pub(super) fn silent() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, page) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(None)));
        let shown = Arc::clone(&page);
        // It ends with the test's process.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let page: Option<String> = shown.lock().unwrap().clone();
                // A client that went away has seen enough.
                let _ = page.map(|page| answer(client, &page));
            }
        });
        Self { address, page }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on this is the page.
    pub(super) fn show(&self, page: &str) {
        *self.page.lock().unwrap() = Some(page.to_owned());
    }

    /// From now on there is none.
    pub(super) fn hide(&self) {
        *self.page.lock().unwrap() = None;
    }
}

fn answer(mut client: TcpStream, page: &str) -> std::io::Result<()> {
    let mut request = BufReader::new(client.try_clone()?);
    let mut line = String::new();
    while request.read_line(&mut line)? > 2 {
        line.clear();
    }
    let length = page.len();
    write!(
        client,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{page}"
    )
}

//! Gateways: one that takes everything, and one that accepts and never answers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A gateway on loopback. It lives as long as the test.
pub(crate) struct Gateway {
    url: String,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Gateway {
    /// Takes every push, and keeps it.
    pub(crate) fn that_takes_everything() -> Self {
        Self::start(|client| {
            let body = read_request(client)?;
            client
                .write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .ok()?;
            Some(body)
        })
    }

    /// Accepts every push, and answers none.
    pub(crate) fn that_never_answers() -> Self {
        Self::start(|client| {
            let body = read_request(client)?;
            // Until the client gives up.
            let _gone = client.read(&mut [0]);
            Some(body)
        })
    }

    fn start(serve: impl Fn(&mut TcpStream) -> Option<String> + Send + Clone + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bodies);
        thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                let (serve, kept) = (serve.clone(), Arc::clone(&kept));
                thread::spawn(move || {
                    let body = serve(&mut client);
                    kept.lock().unwrap().extend(body);
                });
            }
        });
        Self { url, bodies }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What was pushed last.
    pub(crate) fn last(&self) -> Option<String> {
        self.bodies.lock().unwrap().last().cloned()
    }
}

/// The body of a request.
fn read_request(client: &mut TcpStream) -> Option<String> {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return Some(body.to_owned());
            }
        }
        match client.read(&mut buffer).ok()? {
            0 => return None,
            read => text.push_str(std::str::from_utf8(&buffer[..read]).ok()?),
        }
    }
}

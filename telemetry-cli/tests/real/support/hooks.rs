//! A server of webhooks that keeps what it was called with.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// Calls by path, in the order in which they came.
type Calls = Arc<Mutex<Vec<(String, Value)>>>;

/// Takes every call.
pub(crate) struct Hooks {
    address: SocketAddr,
    calls: Calls,
}

impl Hooks {
    /// Listens on a port of its own until the test's process ends.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, calls) = (listener.local_addr().unwrap(), Calls::default());
        let kept = Arc::clone(&calls);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let kept = Arc::clone(&kept);
                thread::spawn(move || {
                    // A client that was killed in the middle has not called.
                    let _ = take(client, &kept);
                });
            }
        });
        Self { address, calls }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A hook of this name.
    pub(crate) fn url(&self, name: &str) -> String {
        format!("http://{}/{name}", self.address)
    }

    /// The status of the alert in each call of a hook.
    pub(crate) fn statuses(&self, name: &str) -> Vec<String> {
        let alerts = self.alerts(name).into_iter();
        alerts.map(|alert| alert["status"].as_str().unwrap().to_owned()).collect()
    }

    /// The alerts in all calls of a hook.
    pub(crate) fn alerts(&self, name: &str) -> Vec<Value> {
        self.bodies(name).iter().flat_map(|body| body["alerts"].as_array().unwrap().clone()).collect()
    }

    /// All calls of a hook.
    pub(crate) fn bodies(&self, name: &str) -> Vec<Value> {
        let path = format!("/{name}");
        let calls = self.calls.lock().unwrap();
        calls.iter().filter(|(called, _)| *called == path).map(|(_, body)| body.clone()).collect()
    }
}

fn take(client: TcpStream, calls: &Calls) -> std::io::Result<()> {
    let mut request = BufReader::new(client.try_clone()?);
    let (mut path, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if request.read_line(&mut line)? <= 2 {
            break;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        } else if path.is_empty() {
            path = line.split(' ').nth(1).unwrap().to_owned();
        }
    }
    let mut body = vec![0; length];
    request.read_exact(&mut body)?;
    calls.lock().unwrap().push((path, serde_json::from_slice(&body).unwrap()));
    let mut client = client;
    client.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

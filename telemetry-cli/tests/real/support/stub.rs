//! A server that gives everybody the same answer, as long as the test runs.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// Ends with the test program.
pub(crate) struct Stub {
    pub(crate) address: SocketAddr,
}

impl Stub {
    pub(crate) fn answering(status: &str, content_type: &str, body: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        std::thread::spawn(move || {
            listener.incoming().flatten().for_each(|stream| answer_one(stream, &answer));
        });
        Self { address }
    }

    pub(crate) fn exposing(body: &str) -> Self {
        Self::answering("200 OK", "text/plain; version=0.0.4", body)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn answer_one(mut stream: TcpStream, answer: &str) {
    let request = BufReader::new(stream.try_clone().unwrap());
    let _head = request.lines().map_while(Result::ok).take_while(|line| !line.is_empty()).count();
    // Whoever asked may have left already.
    let _gone = stream.write_all(answer.as_bytes());
}

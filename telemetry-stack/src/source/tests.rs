//! Servers of others that are no good.

use super::{Source, SourceError, Theirs};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use telemetry_core::config::Address;

/// A server that does this with each connection once it has read the beginning of a request, and how many there were.
fn server(answer: impl Fn(TcpStream) + Send + 'static) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, asked) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&asked);
    // It ends with the test's process.
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            count.fetch_add(1, Ordering::SeqCst);
            let _began = client.read(&mut [0; 4096]);
            answer(client);
        }
    });
    (address, asked)
}

/// Answers with this, whatever is asked.
fn saying(text: String) -> (SocketAddr, Arc<AtomicUsize>) {
    server(move |mut client| {
        let _gone = client.write_all(text.as_bytes());
    })
}

fn at(address: SocketAddr, timeout: Duration) -> Theirs {
    Theirs::within(Address::parse(&format!("http://{address}")).unwrap(), timeout).unwrap()
}

/// Why a source did not answer, as far as it is the way there and not the expression.
fn unreachable(source: &Theirs) -> String {
    match source.instant("up", 0) {
        Err(SourceError::Unreachable(why)) => why,
        other => panic!("it answers: {other:?}"),
    }
}

#[test]
fn one_that_hangs_is_given_up_whether_it_began_to_answer_or_not() {
    let beginning = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"status\":";
    for said in ["", beginning] {
        let kept = std::sync::Mutex::new(Vec::new());
        let (address, _) = server(move |mut client| {
            client.write_all(said.as_bytes()).unwrap();
            kept.lock().unwrap().push(client);
        });
        let begun = Instant::now();
        let why = unreachable(&at(address, Duration::from_millis(300)));
        assert!(why.contains("no answer within 0.3 s"), "{why}");
        // Its own bound is far shorter than what anybody waits for who has none.
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    }
}

#[test]
fn an_answer_without_an_end_is_not_read_to_its_end() {
    let (address, _) = server(|mut client| {
        let chunk = vec![b' '; 1024 * 1024];
        let _begun = client.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        // Until nobody reads any more.
        while client.write_all(&chunk).is_ok() {}
    });
    let why = unreachable(&at(address, Duration::from_secs(60)));
    assert!(why.contains("longer than 64 MiB"), "{why}");
}

#[test]
fn what_answers_in_another_language_is_told_by_its_cause_alone() {
    let (address, _) = saying("SSH-2.0-OpenSSH_9.6\r\n".to_owned());
    let why = unreachable(&at(address, Duration::from_secs(60)));
    assert_eq!(why, format!("http://{address}: invalid HTTP version parsed"));
}

#[test]
fn nobody_is_led_to_another_host() {
    let (other, asked) = saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned());
    for status in ["302 Found", "307 Temporary Redirect"] {
        let location = format!("http://localhost:{}/api/v1/query", other.port());
        let (address, _) = saying(format!(
            "HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ));
        let why = unreachable(&at(address, Duration::from_secs(60)));
        assert!(why.contains(&format!("HTTP status {status}")), "{why}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[test]
fn a_page_is_no_answer_and_what_it_says_is_not_repeated() {
    let page = "<html>a page to sign in</html>";
    for status in ["200 OK", "401 Unauthorized", "503 Service Unavailable"] {
        let (address, _) = saying(format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
            page.len()
        ));
        let source = at(address, Duration::from_secs(60));
        let why = unreachable(&source);
        let words = if status == "200 OK" { "no Prometheus: it is a web page" } else { status };
        assert!(why.contains(words) && !why.contains("html"), "{why}");
        assert!(matches!(source.targets(), Err(SourceError::Unreachable(_))));
    }
}

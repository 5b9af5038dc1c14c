//! Clients that are slow, silent, greedy or mad, and a scrape beside them that is answered all the same.
#![expect(clippy::unwrap_used, reason = "a test reports by panicking, and its support is no different")]

#[path = "support/hostility.rs"]
mod hostility;
mod support;

use hostility::{NEVER, is_closed, many, patient};
use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use support::{PATIENCE, answer, connect, get, on_any_port, scrape};
use telemetry_core::exposition::{Family, FamilyKind, Metric};
use telemetry_server::{Exposition, Limits, Server};

fn serve(limits: Limits) -> Server {
    Exposition::default().with_limits(limits).serve(&on_any_port()).unwrap()
}

/// A server whose answer is some 20 MB, more than the buffers of a connection hold.
fn serve_much(limits: Limits) -> Server {
    // Making that much takes its time in a build that is not optimised.
    let limits = Limits { source_time: PATIENCE, answer_time: 2 * PATIENCE, ..limits };
    Exposition::default().with_limits(limits).with(many).serve(&on_any_port()).unwrap()
}

fn await_closed(mut stream: TcpStream) {
    let deadline = Instant::now() + PATIENCE;
    while !is_closed(&mut stream) {
        assert!(Instant::now() < deadline, "still open");
    }
}

/// Waits for the end of a connection without reading anything of it: what is sent to one that is closed is refused.
fn await_cut_off(mut stream: TcpStream) {
    let deadline = Instant::now() + PATIENCE;
    while stream.write_all(b"\r\n").is_ok() {
        assert!(Instant::now() < deadline, "still open");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Connects and sends the beginning of something, if anything.
fn begin(address: SocketAddr, beginning: &[u8]) -> TcpStream {
    let mut stream = connect(address);
    stream.write_all(beginning).unwrap();
    stream
}

#[test]
fn hundreds_who_say_nothing_or_half_a_word_keep_nobody_out() {
    let server = serve(patient());
    let address = server.local_addr();
    let mut streams: Vec<_> = (0..300).map(|_| begin(address, b"")).collect();
    streams.extend((0..300).map(|_| begin(address, b"GET /metrics HTTP/1.1\r\nHost: ")));
    for _ in 0..10 {
        scrape(&server);
    }
    let told = get(address, "/metrics", "").body;
    let evicted = told.lines().find_map(|line| {
        line.strip_prefix("telemetry_exposition_connections_evicted_total ")?.parse::<u32>().ok()
    });
    assert!(evicted.unwrap() >= 600 - 128, "{evicted:?}");
    let open = streams.iter_mut().map(is_closed).filter(|closed| !closed).count();
    assert!(open <= Limits::default().connections, "{open}");
}

/// A client that connects again and again takes places faster than anybody else; a scrape gets through all the same.
#[test]
fn a_flood_of_connections_keeps_nobody_out() {
    let server = serve(patient());
    let address = server.local_addr();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut streams = VecDeque::new();
                // Each takes a port of this machine for a while, and there are other tests that need some.
                for _ in 0..4000 {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    streams.extend(TcpStream::connect(address));
                    streams.drain(..streams.len().saturating_sub(200));
                }
            });
        }
        let scraped = scope.spawn(|| (0..30).for_each(|_| drop(scrape(&server)))).join();
        over.store(true, Ordering::Relaxed);
        assert!(scraped.is_ok());
    });
}

#[test]
fn headers_that_trickle_are_cut_off_after_their_time() {
    let server = serve(Limits { header_time: Duration::from_millis(300), ..patient() });
    let mut trickling = begin(server.local_addr(), b"GET /metrics HTTP/1.1\r\n");
    let silent = begin(server.local_addr(), b"");
    let deadline = Instant::now() + PATIENCE;
    while trickling.write_all(b"X: y\r\n").is_ok() && !is_closed(&mut trickling) {
        assert!(Instant::now() < deadline, "still open");
        std::thread::sleep(Duration::from_millis(20));
    }
    await_closed(silent);
    scrape(&server);
}

/// Asks for something small and reads the answer, after which the connection is idle.
fn asked(stream: &mut TcpStream) {
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\nok\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
}

#[test]
fn headers_of_a_later_request_that_do_not_end_are_cut_off_as_those_of_the_first() {
    let server = serve(Limits { header_time: Duration::from_secs(1), ..patient() });
    let mut stream = connect(server.local_addr());
    asked(&mut stream);
    stream.write_all(b"GET /health HT").unwrap();
    await_closed(stream);
}

#[test]
fn between_two_requests_a_connection_has_the_time_of_an_idle_one() {
    let limits = Limits { header_time: Duration::from_secs(1), ..patient() };
    let server = serve(limits);
    let mut stream = connect(server.local_addr());
    asked(&mut stream);
    std::thread::sleep(3 * limits.header_time);
    asked(&mut stream);
    let idle = serve(Limits { idle_time: Duration::from_millis(100), ..patient() });
    await_closed(begin(idle.local_addr(), b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"));
}

#[test]
fn those_who_do_not_read_delay_nobody_and_are_cut_off() {
    let server = serve_much(Limits { stall_time: Duration::from_secs(2), ..patient() });
    let address = server.local_addr();
    let deaf: Vec<_> = (0..50).map(|_| begin(address, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")).collect();
    let told = get(address, "/metrics", "");
    assert!(told.status == 200 && told.bytes.len() > 10_000_000);
    deaf.into_iter().for_each(await_cut_off);
}

#[test]
fn one_who_reads_too_slowly_is_cut_off_in_the_end() {
    let server = serve_much(Limits { send_time: Duration::from_millis(500), ..patient() });
    let mut slow = begin(server.local_addr(), b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    let (mut read, mut buffer) = (0, vec![0; 4096]);
    let deadline = Instant::now() + PATIENCE;
    while let Ok(length @ 1..) = slow.read(&mut buffer) {
        read += length;
        assert!(Instant::now() < deadline, "still open");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(read < 10_000_000, "{read}");
}

/// All places are taken by clients that read nothing of a large answer: the one that has stalled for longest gives way.
#[test]
fn a_full_house_of_those_who_do_not_read_keeps_nobody_out() {
    let server = serve_much(Limits { connections: 8, ..patient() });
    let deaf: Vec<_> =
        (0..8).map(|_| begin(server.local_addr(), b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")).collect();
    // Each has got the beginning of its answer, so that none is waiting for it any more.
    for stream in &deaf {
        stream.peek(&mut [0]).unwrap();
    }
    assert_eq!(get(server.local_addr(), "/health", "").status, 200);
    assert_eq!(get(server.local_addr(), "/metrics", "").status, 200);
}

/// Whoever comes then has not asked yet, and who has come before and not asked is not the one to go for that.
#[test]
fn who_does_not_read_makes_room_before_who_has_just_come() {
    let server = serve_much(Limits { connections: 8, ..patient() });
    let deaf: Vec<_> =
        (0..8).map(|_| begin(server.local_addr(), b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")).collect();
    for stream in &deaf {
        stream.peek(&mut [0]).unwrap();
    }
    std::thread::sleep(Duration::from_secs(2));
    let new: Vec<_> = (0..8).map(|_| begin(server.local_addr(), b"")).collect();
    // Whoever has to go has gone by then.
    std::thread::sleep(Duration::from_millis(300));
    for mut stream in new {
        asked(&mut stream);
    }
}

#[test]
fn who_comes_while_all_are_being_answered_is_let_in_after_one_of_them() {
    let (go_on, may_go_on) = channel::<()>();
    let may_go_on = Mutex::new(may_go_on);
    let (begun, has_begun) = channel();
    let source = move || {
        begun.send(()).unwrap();
        let _at_the_end = may_go_on.lock().unwrap().recv_timeout(PATIENCE);
        Vec::new()
    };
    let limits = Limits { connections: 1, source_time: 2 * PATIENCE, answer_time: 2 * PATIENCE, ..patient() };
    let server = Exposition::default().with_limits(limits).with(source).serve(&on_any_port()).unwrap();
    let mut scraping = begin(server.local_addr(), b"GET /metrics HTTP/1.0\r\n\r\n");
    has_begun.recv_timeout(PATIENCE).unwrap();
    let mut new = begin(server.local_addr(), b"GET /health HTTP/1.0\r\n\r\n");
    std::thread::sleep(Duration::from_millis(100));
    drop(go_on);
    assert_eq!(answer(&mut scraping).unwrap().status, 200);
    assert_eq!(answer(&mut new).unwrap().status, 200);
}

#[test]
fn a_scrape_under_way_is_never_ended_for_another() {
    let (go_on, may_go_on) = channel::<()>();
    let may_go_on = Mutex::new(may_go_on);
    let (begun, has_begun) = channel();
    let source = move || {
        begun.send(()).unwrap();
        let _at_the_end = may_go_on.lock().unwrap().recv_timeout(PATIENCE);
        Vec::new()
    };
    let limits = Limits { connections: 4, source_time: 2 * PATIENCE, answer_time: 2 * PATIENCE, ..patient() };
    let server = Exposition::default().with_limits(limits).with(source).serve(&on_any_port()).unwrap();
    let mut scraping = begin(server.local_addr(), b"GET /metrics HTTP/1.0\r\n\r\n");
    has_begun.recv_timeout(PATIENCE).unwrap();
    let silent: Vec<_> = (0..50).map(|_| begin(server.local_addr(), b"")).collect();
    assert_eq!(get(server.local_addr(), "/health", "").status, 200);
    drop(go_on);
    assert_eq!(answer(&mut scraping).unwrap().status, 200);
    drop(silent);
}

#[test]
fn garbage_is_answered_with_an_error_or_the_end() {
    let server = serve(patient());
    let beginnings: [&[u8]; 7] = [
        b"\0\x01\x02\xff\xfe\r\n\r\n",
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03 a greeting of TLS",
        b"GET\r\n\r\n",
        b"GET /metrics HTTP/9.9\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    for beginning in beginnings {
        let mut stream = begin(server.local_addr(), beginning);
        let refused = answer(&mut stream).map_or(400, |answer| answer.status);
        assert!((400..500).contains(&refused), "{beginning:?}: {refused}");
    }
    scrape(&server);
}

#[test]
fn headers_without_end_are_refused() {
    let server = serve(patient());
    let limits = Limits::default();
    let long = format!("X: {}\r\n", "x".repeat(limits.header_bytes));
    let many = "X: y\r\n".repeat(limits.headers + 1);
    for headers in [long, many] {
        let request = format!("GET /metrics HTTP/1.1\r\n{headers}\r\n");
        let mut stream = begin(server.local_addr(), request.as_bytes());
        // The answer is lost where the rest of the request arrives when the server has closed the connection already.
        assert_eq!(answer(&mut stream).map_or(431, |answer| answer.status), 431);
    }
    let endless = "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n".repeat(100);
    let mut stream = begin(server.local_addr(), b"GET / HTTP/1.1\r\n");
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let sent = (0..10_000).take_while(|_| stream.write_all(endless.as_bytes()).is_ok()).count();
    assert!(sent < 10_000, "70 MB of headers were taken");
    scrape(&server);
}

#[test]
fn a_body_is_refused_without_being_read() {
    let server = serve(patient());
    for headers in ["Content-Length: 1000000000\r\n", "Transfer-Encoding: chunked\r\n"] {
        let request = format!("GET /metrics HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
        let mut stream = begin(server.local_addr(), request.as_bytes());
        assert_eq!(answer(&mut stream).unwrap().status, 413, "{headers}");
    }
}

#[test]
fn thousands_of_requests_at_once_are_answered_from_a_few_renderings() {
    let server = serve_much(patient());
    let clients: Vec<_> =
        (0..60).map(|_| begin(server.local_addr(), b"HEAD /metrics HTTP/1.0\r\n\r\n")).collect();
    for mut client in clients {
        client.set_read_timeout(Some(2 * PATIENCE)).unwrap();
        assert_eq!(answer(&mut client).unwrap().status, 200);
    }
}

#[test]
fn a_scrape_under_way_is_finished_before_the_end_and_nobody_else_is_waited_for() {
    let (begun, has_begun) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let may_go_on = Mutex::new(may_go_on);
    let source = move || {
        begun.send(()).unwrap();
        let _told = may_go_on.lock().unwrap().recv_timeout(PATIENCE);
        vec![Family::new("late", FamilyKind::Gauge).with_metrics([Metric::gauge(Vec::new(), 1.0)])]
    };
    let limits = Limits { source_time: PATIENCE, answer_time: 2 * PATIENCE, stop_time: NEVER, ..patient() };
    let server = Exposition::default().with_limits(limits).with(source).serve(&on_any_port()).unwrap();
    let idle = begin(server.local_addr(), b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    idle.peek(&mut [0]).unwrap();
    let silent = begin(server.local_addr(), b"");
    let mut scraping = begin(server.local_addr(), b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    has_begun.recv_timeout(PATIENCE).unwrap();
    let stopping = std::thread::spawn(move || server.stop());
    await_closed(idle);
    await_closed(silent);
    assert!(!stopping.is_finished() && !is_closed(&mut scraping));
    scraping.set_read_timeout(Some(PATIENCE)).unwrap();
    go_on.send(()).unwrap();
    let told = answer(&mut scraping).unwrap();
    assert!(told.status == 200 && told.body.contains("\nlate 1\n"), "{told:?}");
    stopping.join().unwrap();
}

#[test]
fn one_who_reads_nothing_cannot_hold_up_the_end() {
    let server = serve_much(Limits { stop_time: Duration::from_millis(300), ..patient() });
    let deaf = begin(server.local_addr(), b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    deaf.peek(&mut [0]).unwrap();
    let begun = Instant::now();
    server.stop();
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    drop(deaf);
}

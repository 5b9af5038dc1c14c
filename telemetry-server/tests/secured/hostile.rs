//! Clients before a door of TLS that mean no good, and one beside them that is answered all the same.

use crate::attacker::Attacker;
use crate::files::{Files, Secured};
use crate::hostility::{is_closed, many, patient};
use crate::support::{PATIENCE, connect, on_any_port};
use rustls::ContentType;
use rustls::version::{TLS12, TLS13};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use telemetry_server::{Exposition, Limits, Server};

/// A server with a certificate.
struct Besieged {
    files: Files,
    server: Server,
}

impl Besieged {
    fn new(limits: Limits) -> Self {
        Self::serving(Exposition::default(), limits)
    }

    fn serving(exposition: Exposition, limits: Limits) -> Self {
        let (files, mut config) = (Files::new(), on_any_port());
        config.prometheus.exposition_tls = files.tls();
        let server = exposition.with_limits(limits).serve(&config).unwrap();
        Self { files, server }
    }

    fn address(&self) -> SocketAddr {
        self.server.local_addr()
    }

    fn scrape(&self) {
        let told = self.files.ask(self.address(), "").unwrap();
        assert!(told.starts_with("HTTP/1.0 200") && told.contains("\ntelemetry_build_info{"), "{told}");
    }

    /// Connects and sends this, as it is.
    fn begin(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = connect(self.address());
        // The server may have had enough before it has all of it.
        let _refused = stream.write_all(bytes);
        stream
    }

    /// A client that has finished its handshake.
    fn greeted(&self) -> Secured {
        let mut client = self.files.connect(self.address());
        client.conn.complete_io(&mut client.sock).unwrap();
        client
    }

    /// What a client says first.
    fn hello(&self) -> Vec<u8> {
        let mut hello = Vec::new();
        self.files.connect(self.address()).conn.write_tls(&mut hello).unwrap();
        hello
    }
}

/// Reads to the end, which must come.
fn await_end(stream: &mut TcpStream) {
    let end = io::copy(stream, &mut io::sink());
    assert!(end.is_ok() || end.is_err_and(|error| error.kind() != ErrorKind::WouldBlock), "still open");
}

/// A record as it is before any key is known.
fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[kind, 3, 3], &length[..], content].concat()
}

/// Does this again and again until the server has had enough of it; asks for the metrics beside it.
fn flood(besieged: &Besieged, mut again: impl FnMut() -> io::Result<()> + Send) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let flooding = scope.spawn(|| {
            let deadline = Instant::now() + PATIENCE;
            while again().is_ok() && !over.load(Ordering::Relaxed) {
                assert!(Instant::now() < deadline, "still open");
            }
        });
        (0..10).for_each(|_| besieged.scrape());
        flooding.join().unwrap();
    });
}

#[test]
fn whatever_is_no_handshake_is_let_go_at_once() {
    let besieged = Besieged::new(patient());
    let hello = besieged.hello();
    let in_single_bytes: Vec<u8> = hello[5..].iter().flat_map(|&byte| record(22, &[byte])).collect();
    let endless = [record(22, &[1, 0xff, 0xff, 0xff]), record(22, &[0; 16_000]).repeat(100)].concat();
    for nonsense in [
        b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"\0\x01\x02\xff\xfe and so on".to_vec(),
        b"\x80\x2e\x01\x03\x01 a greeting of SSL 2".to_vec(),
        // Longer than a record may be, and of a kind that there is not.
        [&[22, 3, 1, 0xff, 0xff][..], &[1; 70_000]].concat(),
        record(99, b"?"),
        // A message without an end, in pieces, and one that says it is longer than any.
        endless,
        // Nothing at all, very often; also what a middle box may say once, and warnings.
        record(22, b"").repeat(1_000),
        record(20, &[1]).repeat(1_000),
        record(21, &[1, 90]).repeat(1_000),
        // Data before there is a key for it, and a greeting after the greeting.
        record(23, &[0; 16_000]),
        [&hello[..], &hello[..]].concat(),
        [&hello[..], &record(23, &[0; 1_000]).repeat(1_000)[..]].concat(),
    ] {
        let mut stream = besieged.begin(&nonsense);
        await_end(&mut stream);
    }
    // This is one, although nobody would send it so.
    let mut stream = besieged.begin(&in_single_bytes);
    stream.read_exact(&mut [0; 100]).unwrap();
    besieged.scrape();
}

#[test]
fn handshakes_that_nobody_finishes_keep_nobody_out_and_end() {
    // A handshake that is finished takes its time on a busy machine, too.
    let besieged = Besieged::new(Limits { header_time: Duration::from_secs(3), ..Limits::default() });
    let hello = besieged.hello();
    let halves = [b"", &hello[..50], &hello[..]];
    let mut streams: Vec<_> = (0..300).map(|number| besieged.begin(halves[number % halves.len()])).collect();
    besieged.scrape();
    streams.iter_mut().for_each(await_end);
}

#[test]
fn a_handshake_that_trickles_is_cut_off_after_its_time() {
    let besieged = Besieged::new(Limits { header_time: Duration::from_secs(1), ..patient() });
    let (hello, mut stream) = (besieged.hello(), besieged.begin(b""));
    let mut bytes = hello[..hello.len() - 1].iter();
    flood(&besieged, || {
        std::thread::sleep(Duration::from_millis(30));
        stream.write_all(&[*bytes.next().expect("it is over before the greeting is")])
    });
}

#[test]
fn silence_and_trickles_after_a_handshake_are_cut_off_as_before_it() {
    let besieged = Besieged::new(Limits { header_time: Duration::from_secs(2), ..patient() });
    let (mut silent, mut trickling) = (besieged.greeted(), besieged.greeted());
    trickling.write_all(b"GET /metrics HTTP/1.1\r\nX: ").unwrap();
    flood(&besieged, || {
        std::thread::sleep(Duration::from_millis(20));
        trickling.write_all(b"y").and_then(|()| trickling.flush())
    });
    await_end(&mut silent.sock);
}

#[test]
fn hundreds_who_say_nothing_after_their_handshake_keep_nobody_out() {
    let besieged = Besieged::new(patient());
    let mut silent: Vec<_> = (0..300).map(|_| besieged.greeted().sock).collect();
    (0..10).for_each(|_| besieged.scrape());
    let open = silent.iter_mut().map(is_closed).filter(|closed| !closed).count();
    assert!(open <= Limits::default().connections, "{open}");
}

/// Whoever connects again and again takes places faster than anybody else, who needs a handshake with each.
#[test]
fn a_flood_of_connections_keeps_nobody_out() {
    let besieged = Besieged::new(patient());
    let (address, hello) = (besieged.address(), besieged.hello());
    let mut streams = VecDeque::new();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..8000 {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                if let Ok(mut stream) = TcpStream::connect(address) {
                    let _refused = stream.write_all(&hello[..hello.len() * (number % 2)]);
                    streams.push_back(stream);
                }
                streams.drain(..streams.len().saturating_sub(200));
            }
        });
        let scraped = scope.spawn(|| (0..30).for_each(|_| besieged.scrape())).join();
        over.store(true, Ordering::Relaxed);
        assert!(scraped.is_ok());
    });
}

/// What the tests after this one send is refused for what it is, and not for how it was sealed.
#[test]
fn a_request_that_an_attacker_seals_is_answered() {
    let besieged = Besieged::new(patient());
    for version in [&TLS12, &TLS13] {
        let mut attacker = Attacker::greet(&besieged.files, besieged.address(), version);
        attacker.send(ContentType::ApplicationData, b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
        let length = io::copy(&mut attacker.stream, &mut io::sink()).unwrap();
        assert!(length > 1_000, "{length}");
    }
}

/// Records in which there is nothing never come to too long a header.
#[test]
fn records_without_end_and_without_anything_in_them_are_cut_off() {
    for version in [&TLS12, &TLS13] {
        let besieged = Besieged::new(Limits { header_time: Duration::from_secs(2), ..patient() });
        let mut attacker = Attacker::greet(&besieged.files, besieged.address(), version);
        flood(&besieged, || attacker.send(ContentType::ApplicationData, b""));
    }
}

#[test]
fn new_keys_again_and_again_are_refused() {
    let besieged = Besieged::new(patient());
    let mut client = besieged.files.connect_as(besieged.files.client_of(&[&TLS13]), besieged.address());
    client.conn.complete_io(&mut client.sock).unwrap();
    flood(&besieged, || {
        client.conn.refresh_traffic_keys().map_err(io::Error::other)?;
        client.conn.write_tls(&mut client.sock).map(drop)
    });
}

#[test]
fn a_new_handshake_within_the_old_one_is_refused() {
    let besieged = Besieged::new(patient());
    let hello = besieged.hello();
    for version in [&TLS12, &TLS13] {
        let mut attacker = Attacker::greet(&besieged.files, besieged.address(), version);
        flood(&besieged, || attacker.send(ContentType::Handshake, &hello[5..]));
    }
}

#[test]
fn warnings_again_and_again_are_refused() {
    let besieged = Besieged::new(patient());
    for version in [&TLS12, &TLS13] {
        let mut attacker = Attacker::greet(&besieged.files, besieged.address(), version);
        flood(&besieged, || attacker.send(ContentType::Alert, &[1, 90]));
    }
}

/// Whoever has finished with it should say so, and mostly just goes away.
#[test]
fn who_goes_away_without_a_word_is_let_go() {
    let besieged = Besieged::new(patient());
    let mut handshake = besieged.begin(&besieged.hello());
    let mut silent = besieged.greeted().sock;
    let mut asking = besieged.greeted();
    asking.write_all(b"GET /metrics HTTP/1.1\r\nX: ").unwrap();
    for stream in [&mut handshake, &mut silent, &mut asking.sock] {
        stream.shutdown(Shutdown::Write).unwrap();
        await_end(stream);
    }
    // What comes after a farewell is nothing to anybody.
    let mut farewell = besieged.greeted();
    farewell.conn.send_close_notify();
    farewell.conn.write_tls(&mut farewell.sock).unwrap();
    await_end(&mut farewell.sock);
}

#[test]
fn those_who_do_not_read_are_cut_off_and_delay_nobody() {
    let limits = Limits {
        connections: 8,
        stall_time: Duration::from_secs(2),
        source_time: PATIENCE,
        answer_time: 2 * PATIENCE,
        ..patient()
    };
    let besieged = Besieged::serving(Exposition::default().with(many), limits);
    let mut deaf: Vec<_> = (0..8).map(|_| besieged.greeted()).collect();
    for client in &mut deaf {
        client.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    }
    // Each has got the beginning of its answer, so that none is waiting for it any more.
    for client in &mut deaf {
        client.read_exact(&mut [0]).unwrap();
    }
    besieged.scrape();
    for mut client in deaf {
        // What was never read hides the end from whoever reads; what is sent to one who has gone is refused.
        let deadline = Instant::now() + PATIENCE;
        while client.sock.write_all(b"\0").is_ok() {
            assert!(Instant::now() < deadline, "still open");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

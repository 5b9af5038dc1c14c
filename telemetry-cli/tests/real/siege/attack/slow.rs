//! Connections that hang, more of them than a server has places for.

use std::io::{self, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::wire::{Secrecy, Wire};
use crate::siege::Until;
use crate::siege::besieged::Target;
use crate::siege::tally::Tally;

/// How many hang at each door at a time; a server lets in 128.
const HANGING: usize = 140;

/// How long there is between two bytes.
const PAUSE: Duration = Duration::from_secs(1);

/// What is sent at once, and then byte by byte for ever.
const BEGINNINGS: &[(&[u8], &[u8])] = &[
    // Nothing, and nothing ever.
    (b"", b""),
    (b"", b"G"),
    (b"GET /metrics HTTP/1.1\r\nHost: x\r\nX: ", b"y"),
    (b"PUT /metrics/job/hostile HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", b"#"),
    (b"PUT /metrics/job/hostile HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"1"),
    (b"\x16\x03\x01\x02\x00", b"\x01"),
    // Asks for much again and again and reads none of it.
    (b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"G"),
    (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b""),
];

/// How long a handshake may take until the connection hangs.
const PATIENCE: Duration = Duration::from_secs(1);

struct Hanging {
    wire: Wire,
    drop: &'static [u8],
}

/// Keeps connections hanging until the time is over; whichever is cut off is replaced.
pub(in crate::siege) fn hang(target: &Target, until: &Until, tally: &Tally) {
    let mut all: Vec<Hanging> = Vec::new();
    let mut number = 0;
    while !until.is_over() {
        all.retain_mut(|hanging| !hanging.is_cut_off());
        while all.len() < HANGING {
            let beginning = BEGINNINGS[number % BEGINNINGS.len()];
            // Where TLS is spoken, all of them once with it and once without.
            let is_second = number / BEGINNINGS.len() % 2 == 1;
            let secrecy = if is_second { Secrecy::Secret } else { Secrecy::Open };
            number += 1;
            // A door before which too many stand may refuse one.
            let Ok(wire) = Wire::open(target, secrecy, PATIENCE) else { break };
            let Ok(hanging) = Hanging::begin(wire, beginning) else { break };
            all.push(hanging);
            tally.hung(target.door, until.elapsed());
        }
        thread::sleep(PAUSE);
    }
}

impl Hanging {
    fn begin(mut wire: Wire, (begin, drop): (&[u8], &'static [u8])) -> io::Result<Self> {
        wire.write_all(begin)?;
        wire.flush()?;
        wire.stream().set_nonblocking(true)?;
        Ok(Self { wire, drop })
    }

    /// Sends the next byte, if any. What was never read hides the end that comes after it from whoever reads, so that the system is asked.
    fn is_cut_off(&mut self) -> bool {
        let refused = |error: io::Error| error.kind() != io::ErrorKind::WouldBlock;
        has_hung_up(self.wire.stream()) || self.wire.write(self.drop).is_err_and(refused)
    }
}

/// Whether the other side has closed the connection.
fn has_hung_up(stream: &TcpStream) -> bool {
    let (at_once, ends) = (Timespec { tv_sec: 0, tv_nsec: 0 }, PollFlags::RDHUP);
    poll(&mut [PollFd::new(stream, ends)], Some(&at_once)).is_ok_and(|ended| ended > 0)
}

#[test]
fn an_end_is_seen_behind_an_answer_that_nobody_has_read() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let wire = Wire::Open(TcpStream::connect(listener.local_addr().unwrap()).unwrap());
    let mut hanging = Hanging::begin(wire, (b"GET", b"")).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    server.write_all(b"an answer").unwrap();
    assert!(!hanging.is_cut_off());
    drop(server);
    crate::support::eventually("the end is seen", || hanging.is_cut_off().then_some(()));
}

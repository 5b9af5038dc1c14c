//! Those who mean no good: what they send, in which manner, and what they were answered.
//!
//! | module | responsible for |
//! |---|---|
//! | `malformed`, `huge` | requests that break the protocol, or are far longer than anybody needs; they fit every door |
//! | `handshakes` | what is no handshake, or none that ends, for doors that speak TLS |
//! | `wire` | the bytes as they are, or within TLS |
//! | `pushes`, `queries`, `pages` | requests that are well-formed and mean harm, each for the doors that answer such |
//! | `slow` | connections that hang: a byte a second, silence, and answers that nobody reads |

mod handshakes;
mod huge;
mod malformed;
mod pages;
mod pushes;
mod queries;
mod slow;
mod wire;

use std::io::{self, Read as _, Write as _};
use std::thread;
use std::time::Duration;

use fastrand::Rng;

use super::Until;
use super::besieged::{Door, Target};
use super::tally::{End, Tally};
use wire::{Secrecy, Wire};

pub(super) use slow::hang;

/// How long an attacker waits for an answer, in milliseconds, before it goes away, which also ends what it has made a server compute. Most
/// do not wait long, so that there are many of them.
const PATIENCE: [u64; 4] = [200, 200, 500, 4000];

/// How long an attacker rests between two requests, which bounds what this does to the machine.
const REST: Duration = Duration::from_millis(25);

/// How many attackers stand before each door.
pub(super) const AT_EACH_DOOR: usize = 3;

/// The most of an answer that an attacker reads.
const ENOUGH: u64 = 4 << 20;

/// Makes the bytes of one request.
type Request = fn(&mut Rng) -> Vec<u8>;

/// How a request is sent.
#[derive(Debug, Clone, Copy)]
enum Manner {
    /// All of it, and then an answer is waited for.
    Whole,
    /// All of it, and then nothing more can come.
    HalfClosed,
    /// A part of it, and then nothing more can come.
    Cut,
    /// All of it, and then the client is gone before the answer.
    Abrupt,
}

/// Sends one request after the other to a door until the time is over.
pub(super) fn attack(target: &Target, seed: u64, until: &Until, tally: &Tally) {
    let mut random = Rng::with_seed(seed);
    while !until.is_over() {
        let end = once(target, &mut random).unwrap_or(End::Unanswered);
        tally.note(target.door, end);
        thread::sleep(REST);
    }
}

fn once(target: &Target, random: &mut Rng) -> io::Result<End> {
    let secrecy = Secrecy::draw(target, random);
    let request = draw(target.door, secrecy, random)(random);
    let manner = match random.u8(..8) {
        0 => Manner::HalfClosed,
        1 => Manner::Cut,
        2 => Manner::Abrupt,
        _ => Manner::Whole,
    };
    let patience = Duration::from_millis(PATIENCE[random.usize(..PATIENCE.len())]);
    let mut wire = Wire::open(target, secrecy, patience)?;
    let sent = match manner {
        Manner::Cut => &request[..random.usize(..=request.len())],
        _ => &request[..],
    };
    // A server may refuse what it has not read to its end; what it said can still be read.
    let _refused_early = wire.write_all(sent);
    match manner {
        Manner::Abrupt => return Ok(End::Unanswered),
        Manner::HalfClosed => wire.say_farewell()?,
        Manner::Cut => wire.cut()?,
        Manner::Whole => wire.flush()?,
    }
    answer(wire)
}

/// The status of an answer, which is read to its end every other time and else left where it is.
fn answer(mut wire: Wire) -> io::Result<End> {
    let mut line = [0; 12];
    wire.read_exact(&mut line)?;
    let status = std::str::from_utf8(&line).ok().and_then(|line| line.rsplit(' ').next()?.parse().ok());
    if line[11] % 2 == 0 {
        let _rest = io::copy(&mut wire.take(ENOUGH), &mut io::sink());
    }
    Ok(status.map_or(End::Unanswered, End::Answered))
}

/// Half of what a door gets is made for it.
fn draw(door: Door, secrecy: Secrecy, random: &mut Rng) -> Request {
    let own: &[Request] = match door {
        Door::Secured if secrecy == Secrecy::Open => handshakes::ALL,
        Door::Gateway => pushes::ALL,
        Door::Api => queries::ALL,
        Door::Page => pages::ALL,
        Door::Ledger | Door::Secured => pages::SCRAPES,
    };
    let tables = [own, own, malformed::ALL, huge::ALL];
    let table = tables[random.usize(..tables.len())];
    table[random.usize(..table.len())]
}

/// A request without a body, after whose answer the connection is to be closed.
fn ask(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").into_bytes()
}

/// A request with a body whose length is told.
fn send(method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// So many bytes of any value.
fn noise(random: &mut Rng, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    random.fill(&mut bytes);
    bytes
}

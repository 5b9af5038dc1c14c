//! Loopback ports that nobody else takes between being chosen and being used.
//!
//! A server that is told its port on the command line cannot be handed an open socket, so there is a moment in which
//! another process could take the port. Ports from the range that the kernel hands out by itself would be taken now and
//! then, by any outgoing connection. These come from below that range, and a locked file for each keeps other tests away.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::wait::eventually;

/// Registered but hardly used ports, below 32768, where Linux begins to hand out ports by itself (macOS: 49152).
const RANGE: std::ops::Range<u16> = 20_000..32_000;

/// How far apart processes with neighbouring ids begin, which is more ports than a test uses.
const SPREAD: usize = 31;

/// A port that belongs to this test until it is dropped.
#[derive(Debug)]
pub(crate) struct Port {
    number: u16,
    /// The kernel releases the lock when the process ends, however it ends.
    _lock: File,
}

impl Port {
    /// Claims a port on which nothing listens.
    pub(crate) fn claim() -> Self {
        candidates().find_map(Self::claim_that).unwrap_or_else(|| panic!("no port in {RANGE:?} is free"))
    }

    /// The address to listen on and to connect to.
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.number))
    }

    fn claim_that(number: u16) -> Option<Self> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ports");
        fs::create_dir_all(&folder).unwrap();
        let lock = File::create(folder.join(number.to_string())).unwrap();
        lock.try_lock().ok()?;
        let port = Self { number, _lock: lock };
        TcpListener::bind(port.address()).is_ok().then_some(port)
    }
}

/// The whole range, begun elsewhere in each process and further on at each claim: tests side by side do not all try the
/// same ports in turn, and a port that was just given up is not soon another server's.
fn candidates() -> impl Iterator<Item = u16> {
    static CLAIMS: AtomicUsize = AtomicUsize::new(0);
    let begun = std::process::id() as usize * SPREAD + CLAIMS.fetch_add(1, Ordering::Relaxed);
    let skipped = begun % RANGE.len();
    RANGE.skip(skipped).chain(RANGE.take(skipped))
}

#[test]
fn two_claims_never_share_a_port() {
    let (one, other) = (Port::claim(), Port::claim());
    assert_ne!(one.address(), other.address());
}

#[test]
fn a_taken_port_is_passed_over_and_a_dropped_one_is_free_again() {
    let port = Port::claim();
    let number = port.number;
    assert!(Port::claim_that(number).is_none(), "a claimed port was claimed again");
    // A process that another test starts at this moment holds copies of the lock and of the socket until it has begun.
    let listener = eventually("the port can be used", || TcpListener::bind(port.address()).ok());
    drop(port);
    assert!(Port::claim_that(number).is_none(), "a port with a listener was claimed");
    drop(listener);
    eventually("the port can be claimed again", || Port::claim_that(number));
}

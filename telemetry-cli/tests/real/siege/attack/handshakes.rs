//! What is sent to a door that speaks TLS and is no handshake, or none that ends.

use std::sync::{Arc, LazyLock};

use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::{Request, noise};

/// The kinds of records.
const CHANGE: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const DATA: u8 = 23;

/// The greeting of a client that means well, as one record.
static HELLO: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let client = builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let mut hello = Vec::new();
    ClientConnection::new(Arc::new(client), name).unwrap().write_tls(&mut hello).unwrap();
    hello
});

pub(super) const ALL: &[Request] = &[
    // A greeting after which nobody says anything, which costs the server a signature, and parts of one.
    |_| HELLO.clone(),
    |random| HELLO[..random.usize(..HELLO.len())].to_vec(),
    |_| in_single_bytes(&HELLO[5..]),
    |random| {
        let mut hello = HELLO.clone();
        let at = random.usize(5..hello.len());
        hello[at] ^= random.u8(1..);
        hello
    },
    |_| HELLO.repeat(100),
    |random| [&HELLO[..], &record(DATA, &noise(random, 1_000)).repeat(500)].concat(),
    |random| [&HELLO[..], &noise(random, 2_000)].concat(),
    |_| [&HELLO[..], &record(CHANGE, &[1]).repeat(10_000)].concat(),
    |_| [&HELLO[..], &record(ALERT, &[1, 90]).repeat(10_000)].concat(),
    // A message as long as any may be that does not end, and one that is longer.
    |_| [record(HANDSHAKE, &[1, 0, 0xff, 0xf0]), record(HANDSHAKE, &[0; 16_000]).repeat(4)].concat(),
    |_| [record(HANDSHAKE, &[1, 0xff, 0xff, 0xff]), record(HANDSHAKE, &[0; 16_000]).repeat(100)].concat(),
    |_| [&[HANDSHAKE, 3, 1, 0xff, 0xff][..], &[1; 0xffff]].concat(),
    |_| record(HANDSHAKE, b"").repeat(10_000),
    |_| record(DATA, &[0; 16_000]).repeat(10),
    |_| b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10 a greeting of SSL 2".to_vec(),
];

/// A record as it is before any key is known.
fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[kind, 3, 3], &length[..], content].concat()
}

fn in_single_bytes(message: &[u8]) -> Vec<u8> {
    message.iter().flat_map(|&byte| record(HANDSHAKE, &[byte])).collect()
}

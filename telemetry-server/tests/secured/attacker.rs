//! A client that has finished its handshake and goes on as no library lets it: it seals any record that it likes.

use crate::files::Files;
use rustls::crypto::cipher::{MessageEncrypter, OutboundChunks, OutboundPlainMessage};
use rustls::{
    ConnectionTrafficSecrets, ContentType, ProtocolVersion, SupportedCipherSuite, SupportedProtocolVersion,
};
use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpStream};

/// The connection of such a client.
pub(crate) struct Attacker {
    pub(crate) stream: TcpStream,
    seals: Box<dyn MessageEncrypter>,
    sequence: u64,
}

impl Attacker {
    /// Finishes a handshake of this version, and takes the keys that came of it.
    pub(crate) fn greet(
        files: &Files,
        address: SocketAddr,
        version: &'static SupportedProtocolVersion,
    ) -> Self {
        let mut client = files.client_of(&[version]);
        client.enable_secret_extraction = true;
        let mut secured = files.connect_as(client, address);
        secured.conn.complete_io(&mut secured.sock).unwrap();
        let suite = secured.conn.negotiated_cipher_suite().unwrap();
        let (sequence, secrets) = secured.conn.dangerous_extract_secrets().unwrap().tx;
        Self { stream: secured.sock, seals: seals(suite, secrets).unwrap(), sequence }
    }

    /// Sends one record, however little is in it.
    pub(crate) fn send(&mut self, typ: ContentType, content: &[u8]) -> io::Result<()> {
        // What TLS 1.3 seals says that it is 1.2 as well.
        let (version, payload) = (ProtocolVersion::TLSv1_2, OutboundChunks::Single(content));
        let record = OutboundPlainMessage { typ, version, payload };
        let sealed = self.seals.encrypt(record, self.sequence).unwrap();
        self.sequence += 1;
        self.stream.write_all(&sealed.encode())
    }
}

/// Nothing where it is a cipher that has come up since.
fn seals(
    suite: SupportedCipherSuite,
    secrets: ConnectionTrafficSecrets,
) -> Option<Box<dyn MessageEncrypter>> {
    let (ConnectionTrafficSecrets::Aes128Gcm { key, iv }
    | ConnectionTrafficSecrets::Aes256Gcm { key, iv }
    | ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv }) = secrets
    else {
        return None;
    };
    Some(match suite {
        SupportedCipherSuite::Tls13(suite) => suite.aead_alg.encrypter(key, iv),
        SupportedCipherSuite::Tls12(suite) => {
            let (salt, nonce) = iv.as_ref().split_at(4);
            suite.aead_alg.encrypter(key, salt, nonce)
        }
    })
}

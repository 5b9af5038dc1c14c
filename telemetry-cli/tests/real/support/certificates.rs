//! Certificates for servers on loopback, signed by an authority that only this test trusts.

use std::fs;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use super::Scratch;

/// The files of an authority and of one server on loopback, removed when dropped.
#[derive(Debug)]
pub(crate) struct Certificates {
    folder: Scratch,
}

impl Certificates {
    /// Makes an authority, and a certificate of `localhost` and `127.0.0.1` that it signed.
    pub(crate) fn new() -> Self {
        let made = Self { folder: Scratch::new() };
        let key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Under the name that is given to every certificate, OpenSSL would take the server's for one that signed itself.
        authority.distinguished_name.push(DnType::CommonName, "authority of a test");
        let signed = authority.self_signed(&key).unwrap();
        fs::write(made.authority(), signed.pem()).unwrap();
        made.sign_server(&Issuer::new(authority, key));
        made
    }

    fn sign_server(&self, authority: &Issuer<'_, KeyPair>) {
        let names = ["localhost", "127.0.0.1"].map(str::to_owned);
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, authority).unwrap();
        fs::write(self.certificate(), certificate.pem()).unwrap();
        fs::write(self.key(), key.serialize_pem()).unwrap();
    }

    /// The certificate of the authority, which clients are told to trust.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// The certificate of the server.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("server.pem")
    }

    /// The private key of the server.
    pub(crate) fn key(&self) -> PathBuf {
        self.folder.path().join("server.key")
    }
}

#[test]
fn the_authority_and_the_server_have_certificates_of_their_own() {
    let made = Certificates::new();
    let read = |path: PathBuf| fs::read_to_string(path).unwrap();
    assert!(read(made.key()).contains("PRIVATE KEY"));
    assert_ne!(read(made.authority()), read(made.certificate()));
}

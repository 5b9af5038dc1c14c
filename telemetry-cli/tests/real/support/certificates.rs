//! Certificates for servers on loopback, signed by an authority that only this test trusts.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use rustls::{ClientConfig, RootCertStore};

use super::Scratch;

/// The files of an authority and of one server on loopback, removed when dropped.
#[derive(Debug)]
pub(crate) struct Certificates {
    folder: Scratch,
}

impl Certificates {
    /// Makes an authority, and a certificate of `localhost` and `127.0.0.1` that it signed.
    pub(crate) fn new() -> Self {
        Self::until(4096)
    }

    /// The same, with a certificate of the server that is no longer valid.
    pub(crate) fn expired() -> Self {
        Self::until(2001)
    }

    fn until(year: i32) -> Self {
        let made = Self { folder: Scratch::new() };
        let key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        // Two authorities of the same name would be taken for one that signs badly.
        let name = made.folder.path().display().to_string();
        authority.distinguished_name.push(DnType::CommonName, name);
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Under the name that is given to every certificate, OpenSSL would take the server's for one that signed itself.
        authority.distinguished_name.push(DnType::CommonName, "authority of a test");
        let signed = authority.self_signed(&key).unwrap();
        fs::write(made.authority(), signed.pem()).unwrap();
        made.sign_server(&Issuer::new(authority, key), year);
        made
    }

    fn sign_server(&self, authority: &Issuer<'_, KeyPair>, year: i32) {
        let names = ["localhost", "127.0.0.1"].map(str::to_owned);
        let key = KeyPair::generate().unwrap();
        let mut server = CertificateParams::new(names).unwrap();
        server.not_after = rcgen::date_time_ymd(year, 1, 1);
        let certificate = server.signed_by(&key, authority).unwrap();
        fs::write(self.certificate(), certificate.pem()).unwrap();
        fs::write(self.key(), key.serialize_pem()).unwrap();
    }

    /// The certificate of the authority, which clients are told to trust.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// A client that trusts the authority.
    pub(crate) fn client(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.authority()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        builder.unwrap().with_root_certificates(roots).with_no_client_auth()
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

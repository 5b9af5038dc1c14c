//! A certificate, its authority and credentials as files, and a client that believes the authority.

use crate::support::connect;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use rustls::{
    ALL_VERSIONS, ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use telemetry_core::config::{ExpositionAuth, ExpositionTls};
use tempfile::TempDir;

/// A connection of a client.
pub(crate) type Secured = StreamOwned<ClientConnection, TcpStream>;

/// A folder with an authority, a certificate that it signed, its key, a password and a token.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.renew();
        fs::write(files.path("password"), "hunter2\n").unwrap();
        fs::write(files.path("token"), "t0ken\n").unwrap();
        files
    }

    /// Another authority and another certificate, in the place of those that were there.
    pub(crate) fn renew(&self) {
        let key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        fs::write(self.path("authority"), authority.self_signed(&key).unwrap().pem()).unwrap();
        let (issuer, key) = (Issuer::new(authority, key), KeyPair::generate().unwrap());
        let names = vec!["127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
        fs::write(self.path("certificate"), certificate.pem()).unwrap();
        fs::write(self.path("key"), key.serialize_pem()).unwrap();
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn tls(&self) -> ExpositionTls {
        ExpositionTls { cert_file: Some(self.path("certificate")), key_file: Some(self.path("key")) }
    }

    pub(crate) fn basic(&self) -> ExpositionAuth {
        let username = Some("prometheus".to_owned());
        ExpositionAuth { username, password_file: Some(self.path("password")), ..ExpositionAuth::default() }
    }

    pub(crate) fn bearer(&self) -> ExpositionAuth {
        ExpositionAuth { bearer_token_file: Some(self.path("token")), ..ExpositionAuth::default() }
    }

    /// The answer to a request over TLS, from a server whose certificate this authority signed.
    pub(crate) fn ask(&self, address: SocketAddr, headers: &str) -> io::Result<String> {
        let mut stream = self.connect(address);
        write!(stream, "GET /metrics HTTP/1.0\r\n{headers}\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// A connection whose handshake has not begun.
    pub(crate) fn connect(&self, address: SocketAddr) -> Secured {
        self.connect_as(self.client(), address)
    }

    /// The same with a client of another kind.
    pub(crate) fn connect_as(&self, client: ClientConfig, address: SocketAddr) -> Secured {
        let client = ClientConnection::new(Arc::new(client), address.ip().into()).unwrap();
        StreamOwned::new(client, connect(address))
    }

    /// A client that trusts the authority and nobody else.
    fn client(&self) -> ClientConfig {
        self.client_of(ALL_VERSIONS)
    }

    /// The same, of these versions of the protocol alone.
    pub(crate) fn client_of(&self, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.path("authority")).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
        builder.with_root_certificates(roots).with_no_client_auth()
    }
}

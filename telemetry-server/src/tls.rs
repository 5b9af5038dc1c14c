//! The certificate with which the server speaks TLS.

use crate::error::Error;
use crate::metrics::{Instruments, ReloadOf};
use crate::rotating::Rotating;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use telemetry_core::config::ExpositionTls;
use tokio_rustls::TlsAcceptor;

const CERT_FILE: &str = "prometheus.exposition_tls.cert_file";
const KEY_FILE: &str = "prometheus.exposition_tls.key_file";

/// Speaks TLS with the certificate that the files hold now.
pub(crate) struct Tls {
    settings: Rotating<ServerConfig>,
}

impl Tls {
    /// Nothing where no certificate is configured.
    ///
    /// # Errors
    /// When one of the two files is missing from the configuration, cannot be read, or does not belong to the other.
    pub(crate) fn new(tls: &ExpositionTls, instruments: &Arc<Instruments>) -> Result<Option<Self>, Error> {
        let (cert_file, key_file) = match (&tls.cert_file, &tls.key_file) {
            (None, None) => return Ok(None),
            (Some(_), None) => return Err(Error::Incomplete { set: CERT_FILE, missing: KEY_FILE }),
            (None, Some(_)) => return Err(Error::Incomplete { set: KEY_FILE, missing: CERT_FILE }),
            (Some(cert_file), Some(key_file)) => (cert_file.clone(), key_file.clone()),
        };
        let (files, instruments) = (vec![cert_file.clone(), key_file.clone()], Arc::clone(instruments));
        let make = move || server_config(&cert_file, &key_file);
        let settings = Rotating::new(files, make, move || instruments.reload_failed(ReloadOf::Tls))?;
        Ok(Some(Self { settings }))
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.settings.current())
    }
}

fn server_config(cert_file: &Path, key_file: &Path) -> Result<ServerConfig, Error> {
    let certificates = certificates(cert_file)?;
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(|error| of_pem(KEY_FILE, key_file, error))?;
    // Chosen here and not for the whole process, where the program may have one of its own.
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let wrong = |error: rustls::Error| of_pair(cert_file, key_file, error);
    let builder = builder.with_safe_default_protocol_versions().map_err(wrong)?;
    let mut config = builder.with_no_client_auth().with_single_cert(certificates, key).map_err(wrong)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read {
        Ok(certificates) if certificates.is_empty() => Err(of_pem(CERT_FILE, path, pem::Error::NoItemsFound)),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(of_pem(CERT_FILE, path, error)),
    }
}

/// What is wrong with one file. Of the errors of the library only those are repeated that have nothing of the file in them: the wrong
/// file may hold a secret.
fn of_pem(setting: &'static str, path: &Path, error: pem::Error) -> Error {
    let (problem, source) = match error {
        pem::Error::Io(error) => ("cannot be read", Some(error.into())),
        pem::Error::NoItemsFound if setting == CERT_FILE => ("has no certificate in PEM", None),
        pem::Error::NoItemsFound => ("has no private key in PEM", None),
        _ => ("is not PEM throughout", None),
    };
    Error::Tls { setting, path: path.to_owned(), problem, source }
}

/// What is wrong with both. A key that is of no use is told apart from one that belongs to another certificate.
fn of_pair(cert_file: &Path, key_file: &Path, error: rustls::Error) -> Error {
    let (setting, path, problem): (_, PathBuf, _) = match error {
        rustls::Error::InconsistentKeys(_) => {
            (KEY_FILE, key_file.into(), "is not the key of the certificate in `exposition_tls.cert_file`")
        }
        rustls::Error::InvalidCertificate(_) => {
            (CERT_FILE, cert_file.into(), "has a certificate that cannot be used")
        }
        _ => (KEY_FILE, key_file.into(), "has a key that cannot be used"),
    };
    Error::Tls { setting, path, problem, source: Some(error.into()) }
}

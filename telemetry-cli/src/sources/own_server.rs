//! A client for the exposition server of this machine, whose configuration is our own: it is asked with the credentials that it asks for,
//! and believed when it shows the very certificate that it is configured with.
//!
//! Names and authorities are not looked at: the server is reached by its address, for which few certificates are made, and whoever
//! signed its certificate is of no interest to somebody who has it. That it has the key is proven by the handshake as ever.

use super::Trouble;
use reqwest::{Client, redirect::Policy};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use telemetry_core::config::{Address, AddressError, ExpositionAuth, Prometheus};
use telemetry_push::http::SetupError;

/// Where the server is and what it asks for, at the host and port of `target`.
pub(super) fn address(prometheus: &Prometheus, target: &str) -> Result<Address, AddressError> {
    let scheme = prometheus.exposition_tls.scheme();
    let ExpositionAuth { username, password_file, bearer_token_file } = prometheus.exposition_auth.clone();
    let address = Address::parse(&format!("{scheme}://{target}"))?;
    Ok(Address { username, password_file, bearer_token_file, ..address })
}

/// A client that believes whoever shows the first certificate of this file.
pub(super) fn client(cert_file: &Path, timeout: Duration) -> Result<Client, Trouble> {
    let provider = Arc::new(ring::default_provider());
    let certificate = CertificateDer::from_pem_file(cert_file)
        .map_err(|error| SetupError::Authority { path: cert_file.to_owned(), source: error.into() })?;
    let verifier = Arc::new(Known { certificate, provider: Arc::clone(&provider) });
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SetupError::Authority { path: cert_file.to_owned(), source: error.into() })?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    let client = Client::builder().tls_backend_preconfigured(tls).timeout(timeout).no_proxy();
    Ok(client.redirect(Policy::none()).build().map_err(SetupError::Client)?)
}

/// Believes one certificate, and no other.
#[derive(Debug)]
struct Known {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Known {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if *end_entity == self.certificate {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

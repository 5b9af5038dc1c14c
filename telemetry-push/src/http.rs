//! HTTP clients for the addresses of the configuration: with their credentials, their authorities and a bound on their time.

use reqwest::redirect::{Attempt, Policy};
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, Response};
use std::error::Error as StdError;
use std::fs;
use std::path::PathBuf;
use std::sync::Once;
use std::time::Duration;
use telemetry_core::config::{Address, SecretError};

/// The most of an answer that is repeated in a message, in characters.
const MAX_BEGINNING: usize = 200;

/// The most redirects that are followed, all of them to the same host.
const MAX_REDIRECTS: usize = 5;

/// Why no client could be made for an address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The password or the token could not be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The file with the certificates of the authorities could not be read.
    #[error("cannot read the certificates in {}", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The client could not be made.
    #[error("cannot set up HTTP")]
    Client(#[source] reqwest::Error),
}

/// A client for this address.
///
/// It connects within two seconds, or within `timeout` if that is shorter, and ends every request after `timeout`. It follows
/// redirects on the same host only, so that credentials and counts go nowhere else.
///
/// # Errors
/// [`SetupError`] where the authorities of the address cannot be read.
pub fn client(address: &Address, timeout: Duration) -> Result<Client, SetupError> {
    install_crypto();
    let builder = Client::builder()
        .user_agent(concat!("telemetry/", env!("CARGO_PKG_VERSION")))
        .timeout(timeout)
        .connect_timeout(timeout.min(Duration::from_secs(2)))
        .redirect(Policy::custom(same_host));
    let builder = with_authorities(builder, address)?;
    let builder = if is_loopback(&address.url) { builder.no_proxy() } else { builder };
    builder.build().map_err(SetupError::Client)
}

/// The request with the credentials of the address, if it has any.
///
/// # Errors
/// [`SetupError::Secret`] where a file of credentials cannot be read.
pub fn authorize(request: RequestBuilder, address: &Address) -> Result<RequestBuilder, SetupError> {
    if let Some(token) = address.bearer_token()? {
        return Ok(request.bearer_auth(token));
    }
    match &address.username {
        Some(username) => Ok(request.basic_auth(username, address.password()?)),
        None => Ok(request),
    }
}

/// Whether somebody refused the connection: nothing listens there.
#[must_use]
pub fn is_refused(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        if error
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused)
        {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The beginning of what a server said, on one line and without anything that a terminal would obey.
pub async fn beginning(mut response: Response) -> String {
    let chunk = response.chunk().await.ok().flatten().unwrap_or_default();
    let text = String::from_utf8_lossy(&chunk);
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().take(MAX_BEGINNING).collect()
}

/// An address without encryption needs no authorities, and reading those of the system takes milliseconds that every short process
/// would pay.
fn with_authorities(builder: ClientBuilder, address: &Address) -> Result<ClientBuilder, SetupError> {
    if address.url.starts_with("http://") {
        return Ok(builder.tls_certs_only([]));
    }
    let Some(path) = &address.ca_file else { return Ok(builder) };
    let wrap = |source: Box<dyn StdError + Send + Sync>| SetupError::Authority { path: path.clone(), source };
    let pem = fs::read(path).map_err(|error| wrap(error.into()))?;
    let authorities = Certificate::from_pem_bundle(&pem).map_err(|error| wrap(error.into()))?;
    Ok(builder.tls_certs_only(authorities))
}

fn same_host(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let same = attempt.previous().first().is_some_and(|first| {
        first.host_str() == attempt.url().host_str()
            && first.port_or_known_default() == attempt.url().port_or_known_default()
    });
    if same && attempt.previous().len() <= MAX_REDIRECTS { attempt.follow() } else { attempt.stop() }
}

/// Whether a proxy would only be in the way.
fn is_loopback(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// One provider of cryptography for the whole process. A host that installed its own keeps it.
fn install_crypto() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let _the_hosts_own = rustls::crypto::ring::default_provider().install_default();
    });
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn loopback_is_told_by_its_host() {
        for url in ["http://localhost:9091", "http://127.0.0.2", "https://[::1]:9091/x"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in ["http://localhost.example:9091", "http://10.0.0.1", "not a url"] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}

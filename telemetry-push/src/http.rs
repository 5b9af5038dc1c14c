//! HTTP clients for the addresses of the configuration: with their credentials, their authorities and a bound on their time.

use reqwest::redirect::{Action, Attempt, Policy};
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, Response};
use std::error::Error as StdError;
use std::fs;
use std::iter;
use std::path::PathBuf;
use std::sync::Once;
use std::time::Duration;
use telemetry_core::config::{Address, SecretError};

/// The most of an answer that is repeated in a message, in characters.
const MAX_BEGINNING: usize = 200;

/// The most redirects that are followed, all of them to the same host.
const MAX_REDIRECTS: usize = 5;

/// The longest time in which a connection is made.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

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
    /// The given certificates of the authorities are none.
    #[error("cannot read the certificates of the authorities")]
    Authorities(#[source] Box<dyn StdError + Send + Sync>),
    /// The user name has a colon in it. Mostly the password follows it.
    #[error("the user name has a colon in it, which basic authentication cannot carry")]
    Username,
    /// The bearer token is empty, or holds what no header can carry.
    #[error("the bearer token is empty, or has spaces or characters outside ASCII, which no token has")]
    Token,
    /// What is to be sent could not be compressed.
    #[error("cannot compress what is sent")]
    Compress(#[source] std::io::Error),
    /// The thread that sends could not be started.
    #[error("cannot start the thread that sends")]
    Thread(#[source] std::io::Error),
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
    let url = address.url.clone();
    ClientSetup { url, authorities: Authorities::of(address)?, timeout, redirects: same_host }.client()
}

/// The same for a client that posts: it follows only those redirects after which the same is posted again. After any other it would ask
/// for a page, and take that for the word that what it posted has arrived.
///
/// # Errors
/// [`SetupError`] where the authorities of the address cannot be read.
pub fn posting_client(address: &Address, timeout: Duration) -> Result<Client, SetupError> {
    ClientSetup::pushing(&address.url, Authorities::of(address)?, timeout).client()
}

/// What a client is made from, to make another one of it in a forked process.
#[derive(Debug, Clone)]
pub(crate) struct ClientSetup {
    url: String,
    authorities: Authorities,
    timeout: Duration,
    redirects: fn(Attempt<'_>) -> Action,
}

impl ClientSetup {
    /// For a client that follows only those redirects that keep method and body: after any other it would send an empty GET, and take
    /// the answer for the gateway's word that it has the push.
    pub(crate) fn pushing(url: &str, authorities: Authorities, timeout: Duration) -> Self {
        Self { url: url.to_owned(), authorities, timeout, redirects: same_host_and_method }
    }

    pub(crate) fn client(&self) -> Result<Client, SetupError> {
        install_crypto();
        let builder = Client::builder()
            .user_agent(concat!("telemetry/", env!("CARGO_PKG_VERSION")))
            .timeout(self.timeout)
            .connect_timeout(self.timeout.min(CONNECT_TIMEOUT))
            .redirect(Policy::custom(self.redirects));
        let builder = with_authorities(builder, &self.url, &self.authorities);
        let builder = if is_loopback(&self.url) { builder.no_proxy() } else { builder };
        builder.build().map_err(SetupError::Client)
    }
}

/// Whose word is taken for whom a server is.
#[derive(Debug, Clone)]
pub(crate) enum Authorities {
    /// That of the authorities that the system trusts.
    System,
    /// That of these, and of nobody else.
    Own(Vec<Certificate>),
}

impl Authorities {
    /// As the address says. An address without encryption needs none, and its file is not read.
    pub(crate) fn of(address: &Address) -> Result<Self, SetupError> {
        let Some(path) = address.ca_file.as_ref().filter(|_| !is_plain(&address.url)) else {
            return Ok(Self::System);
        };
        let wrap = |source| SetupError::Authority { path: path.clone(), source };
        let pem = fs::read(path).map_err(|error| wrap(error.into()))?;
        certificates(&pem).map(Self::Own).map_err(wrap)
    }

    pub(crate) fn from_pem(pem: &[u8]) -> Result<Self, SetupError> {
        certificates(pem).map(Self::Own).map_err(SetupError::Authorities)
    }
}

/// A text without a single certificate is a mistake, and would be found out only where nobody is trusted.
fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, Box<dyn StdError + Send + Sync>> {
    let found = Certificate::from_pem_bundle(pem)?;
    if found.is_empty() { Err("there is no certificate in PEM".into()) } else { Ok(found) }
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
    let refused = |io: &std::io::Error| io.kind() == std::io::ErrorKind::ConnectionRefused;
    causes(error).any(|cause| cause.downcast_ref().is_some_and(refused))
}

/// What a request failed of in the end, such as a name that nobody knows. What stands above it says only which part of the client met it.
#[must_use]
pub fn root_cause(error: &reqwest::Error) -> String {
    causes(error).last().unwrap_or(error).to_string()
}

/// The error, what caused it, and what caused that.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    iter::successors(Some(error as &(dyn StdError + 'static)), |&error| error.source())
}

/// The beginning of what a server said, on one line and without anything that a terminal would obey.
pub async fn beginning(mut response: Response) -> String {
    on_a_line(&response.chunk().await.ok().flatten().unwrap_or_default())
}

/// The beginning of this on one line, without anything that a terminal would obey.
pub(crate) fn on_a_line(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().take(MAX_BEGINNING).collect()
}

/// An address without encryption needs no authorities, and reading those of the system takes milliseconds that every short process
/// would pay.
fn with_authorities(builder: ClientBuilder, url: &str, authorities: &Authorities) -> ClientBuilder {
    match authorities {
        _ if is_plain(url) => builder.tls_certs_only([]),
        Authorities::System => builder,
        Authorities::Own(certificates) => builder.tls_certs_only(certificates.clone()),
    }
}

fn is_plain(url: &str) -> bool {
    url.starts_with("http://")
}

fn same_host_and_method(attempt: Attempt<'_>) -> Action {
    if matches!(attempt.status().as_u16(), 307 | 308) { same_host(attempt) } else { attempt.stop() }
}

fn same_host(attempt: Attempt<'_>) -> Action {
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

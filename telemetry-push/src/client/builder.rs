//! Choosing what a client sends, where to, and how long it tries.

use super::delivery::Credentials;
use super::group::Group;
use super::worker::Worker;
use super::{PushClient, PushError, Retry, Shared};
use crate::http::{Authorities, ClientSetup, SetupError};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use telemetry_core::config::{Address, AddressError};

/// How long a request may take unless something else is said.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Makes a [`PushClient`]; nothing is read or opened before [`build`](Self::build).
#[must_use = "a builder does nothing before build()"]
pub struct PushClientBuilder {
    address: Result<Address, AddressError>,
    group: Group,
    credentials: Option<Credentials>,
    roots: Option<Vec<u8>>,
    gzip: bool,
    timeout: Duration,
    retry: Retry,
}

impl PushClientBuilder {
    pub(super) fn new(url: &str) -> Self {
        Self::from_address(Address::parse(url))
    }

    pub(super) fn of(address: &Address) -> Self {
        Self::from_address(Ok(address.clone()))
    }

    fn from_address(address: Result<Address, AddressError>) -> Self {
        Self {
            address,
            group: Group { job: String::new(), labels: Vec::new() },
            credentials: None,
            roots: None,
            gzip: false,
            timeout: TIMEOUT,
            retry: Retry::default(),
        }
    }

    /// The label `job` of the group. There is no group without one.
    pub fn job(mut self, job: impl Into<String>) -> Self {
        self.group.job = job.into();
        self
    }

    /// One more label of the group, after those before it. The value may be any text, also an empty one.
    pub fn grouping(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.group.labels.push((name.into(), value.into()));
        self
    }

    /// The whole group, in place of what [`job`](Self::job) and [`grouping`](Self::grouping) said before.
    pub fn group(mut self, group: Group) -> Self {
        self.group = group;
        self
    }

    /// A name and a password for basic authentication, in place of what the configuration or another call said.
    pub fn basic_auth(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials = Some(Credentials::Basic { user: user.into(), password: password.into() });
        self
    }

    /// A bearer token, in place of what the configuration or another call said.
    pub fn bearer_token(mut self, token: impl Into<String>) -> Self {
        self.credentials = Some(Credentials::Bearer(token.into()));
        self
    }

    /// The certificates, in PEM, of the authorities that the gateway's certificate may come from. Without this, and without a `ca_file`
    /// in the configuration, those of the system are trusted; with it, those are not.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots = Some(pem.into());
        self
    }

    /// Whether bodies are compressed; by default they are not. A Pushgateway reads compressed bodies since version 1.5.0 and answers
    /// 400 before that. It is worth it over a network for more than a few kilobytes, and never on loopback.
    pub const fn gzip(mut self, gzip: bool) -> Self {
        self.gzip = gzip;
        self
    }

    /// How long one request may take, connecting included; 10 s by default. Connecting alone may take no longer than 2 s.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How a call is repeated where that is worth it.
    pub const fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// The client. No connection is made yet, and no thread begun.
    ///
    /// # Errors
    /// [`PushError::Address`], [`PushError::Group`] or [`PushError::Setup`]: what was said above cannot be used.
    pub fn build(self) -> Result<PushClient, PushError> {
        let address = self.address?;
        self.group.check()?;
        let credentials = self.credentials.unwrap_or_else(|| Credentials::Configured(address.clone()));
        check(&credentials)?;
        let authorities = match &self.roots {
            Some(pem) => Authorities::from_pem(pem)?,
            None => Authorities::of(&address)?,
        };
        let setup = ClientSetup::pushing(&address.url, authorities, self.timeout);
        let shared = Shared {
            group_url: format!("{}{}", address.url, self.group.path()),
            url: address.url,
            credentials: Arc::new(credentials),
            gzip: self.gzip,
            timeout: self.timeout,
            retry: self.retry,
            worker: Worker::new(setup)?,
        };
        Ok(PushClient { shared: Arc::new(shared) })
    }
}

/// Credentials that no header can carry are found here and not by each request.
fn check(credentials: &Credentials) -> Result<(), PushError> {
    match credentials {
        Credentials::Basic { user, .. } if user.contains(':') => Err(SetupError::Username.into()),
        Credentials::Bearer(token) if !is_token(token) => Err(SetupError::Token.into()),
        _ => Ok(()),
    }
}

fn is_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Shows nothing that is secret.
impl fmt::Debug for PushClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushClientBuilder")
            .field("address", &self.address)
            .field("group", &self.group)
            .field("credentials", &self.credentials)
            .field("gzip", &self.gzip)
            .field("timeout", &self.timeout)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

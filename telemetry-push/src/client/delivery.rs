//! One call on its way: the requests, and the pauses between them.

use super::error::PushError;
use super::retry::{Retry, retry_after};
use crate::http::{SetupError, authorize, beginning, on_a_line};
use backon::Retryable;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response};
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use telemetry_core::config::Address;
use telemetry_core::exposition::Format;

/// How a client proves who it is.
pub(super) enum Credentials {
    Basic {
        user: String,
        password: String,
    },
    Bearer(String),
    /// As the address of the configuration says, from files that are read for each request.
    Configured(Address),
}

/// What is sent, where to, and within which time.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) group_url: String,
    /// The exposition; `None` where there is nothing to send.
    pub(super) body: Option<Bytes>,
    pub(super) gzip: bool,
    pub(super) credentials: Arc<Credentials>,
    pub(super) timeout: Duration,
    pub(super) deadline: Option<Instant>,
}

impl Delivery {
    /// Sends it, again and again where that is worth it, and ends by the deadline.
    pub(super) async fn deliver(mut self, http: Client, retry: Retry) -> Result<(), PushError> {
        if let Some(body) = self.body.as_ref().filter(|_| self.gzip) {
            self.body = Some(gzip(body).map_err(SetupError::Compress)?.into());
        }
        (|| self.attempt(&http))
            .retry(retry.pauses())
            .sleep(tokio::time::sleep)
            .when(PushError::is_worth_retrying)
            .adjust(|error, planned| retry.pause(error, planned, self.left()))
            .await
    }

    async fn attempt(&self, http: &Client) -> Result<(), PushError> {
        let timeout = self.timeout.min(self.left());
        let request = http.request(self.method.clone(), &self.group_url).timeout(timeout);
        let request = self.credentials.authorize(self.load(request))?;
        let response = request.send().await;
        let response = response.map_err(|error| PushError::of_request(self.url.clone(), error, timeout))?;
        self.judge(response).await
    }

    /// The bytes are shared by all requests and not copied.
    fn load(&self, request: RequestBuilder) -> RequestBuilder {
        let Some(body) = &self.body else { return request };
        let request = request.header(CONTENT_TYPE, Format::Text.content_type()).body(body.clone());
        if self.gzip { request.header(CONTENT_ENCODING, "gzip") } else { request }
    }

    async fn judge(&self, response: Response) -> Result<(), PushError> {
        let (url, status) = (self.url.clone(), response.status().as_u16());
        match status {
            // A page for people comes from somebody else, such as a portal that wants a login.
            200..=299 if is_web_page(&response) => Err(PushError::WebPage { url, status }),
            200..=299 => self.judge_silence(response).await,
            300..=399 => Err(PushError::Moved { url, status }),
            401 | 403 => Err(PushError::Denied { url, status, given: self.credentials.are_given() }),
            _ => {
                let header = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                let retry_after = header.and_then(|header| retry_after(header, SystemTime::now()));
                Err(PushError::Status { url, status, answer: beginning(response).await, retry_after })
            }
        }
    }

    /// A gateway has nothing to say to a push that it took: whoever does is somebody else, and whoever does not end has not answered.
    async fn judge_silence(&self, mut response: Response) -> Result<(), PushError> {
        let (url, status) = (self.url.clone(), response.status().as_u16());
        let wrong = |error| PushError::of_request(self.url.clone(), error, self.timeout);
        while let Some(chunk) = response.chunk().await.map_err(wrong)? {
            if !chunk.trim_ascii().is_empty() {
                return Err(PushError::Foreign { url, status, answer: on_a_line(&chunk) });
            }
        }
        Ok(())
    }

    fn left(&self) -> Duration {
        let left = |deadline: Instant| deadline.saturating_duration_since(Instant::now());
        self.deadline.map_or(Duration::MAX, left)
    }
}

impl Credentials {
    fn authorize(&self, request: RequestBuilder) -> Result<RequestBuilder, SetupError> {
        match self {
            Self::Basic { user, password } => Ok(request.basic_auth(user, Some(password))),
            Self::Bearer(token) => Ok(request.bearer_auth(token)),
            Self::Configured(address) => authorize(request, address),
        }
    }

    const fn are_given(&self) -> bool {
        match self {
            Self::Basic { .. } | Self::Bearer(_) => true,
            Self::Configured(address) => address.username.is_some() || address.bearer_token_file.is_some(),
        }
    }
}

/// Shows which kind they are, and nothing that is secret.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic { user, .. } => f.debug_struct("Basic").field("user", user).finish_non_exhaustive(),
            Self::Bearer(_) => f.write_str("Bearer(..)"),
            Self::Configured(address) => f.debug_tuple("Configured").field(address).finish(),
        }
    }
}

fn is_web_page(response: &Response) -> bool {
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|media_type| media_type.to_ascii_lowercase().starts_with("text/html"))
}

/// The fastest level: an exposition is so repetitive that a slower one hardly gains.
fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

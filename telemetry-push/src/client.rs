//! The Pushgateway client: one group, replaced whole.
//!
//! Bodies are always in the text format: the Pushgateway takes an OpenMetrics body for text and loses its types.

use crate::http::{self, SetupError};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use std::fmt::Write as _;
use std::time::Duration;
use telemetry_core::config::Address;
use telemetry_core::exposition::Format;

/// The labels under which the Pushgateway keeps a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The label `job`.
    pub job: String,
    /// The further labels, in order.
    pub labels: Vec<(String, String)>,
}

/// Why a push failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// The client could not be made, or its credentials not be read.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// Nothing listens at the address.
    #[error("no Pushgateway answers at {url}: connection refused")]
    Refused {
        /// The address.
        url: String,
    },
    /// The gateway did not answer in time. It may or may not have taken the push.
    #[error("the Pushgateway at {url} did not answer within {} s", timeout.as_secs_f64())]
    Timeout {
        /// The address.
        url: String,
        /// The bound.
        timeout: Duration,
    },
    /// The gateway could not be spoken to.
    #[error("cannot push to the Pushgateway at {url}")]
    Transport {
        /// The address.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The gateway refused the push.
    #[error("the Pushgateway at {url} answered {status}{}", answer_clause(answer))]
    Status {
        /// The address.
        url: String,
        /// The status code.
        status: u16,
        /// The beginning of what it said.
        answer: String,
    },
}

/// A client of one Pushgateway.
#[derive(Debug, Clone)]
pub struct PushClient {
    http: reqwest::Client,
    address: Address,
    timeout: Duration,
}

impl PushClient {
    /// A client of the gateway at this address, whose requests end after `timeout`.
    ///
    /// # Errors
    /// [`PushError::Setup`] where the authorities of the address cannot be read.
    pub fn new(address: &Address, timeout: Duration) -> Result<Self, PushError> {
        Ok(Self { http: http::client(address, timeout)?, address: address.clone(), timeout })
    }

    /// The address of the gateway.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// Replaces the group by this text exposition. When this returns without an error the gateway has taken all of it; whether it
    /// survives a restart of the gateway is up to the gateway's own persistence.
    ///
    /// # Errors
    /// [`PushError`], which says whether anything listens there, whether it answered in time, and what it answered.
    pub async fn replace(&self, group: &Group, exposition: String) -> Result<(), PushError> {
        let url = format!("{}{}", self.address.url, group.path());
        let request = self.http.put(url).header("content-type", Format::Text.content_type()).body(exposition);
        let sent = http::authorize(request, &self.address)?.send().await;
        let response = sent.map_err(|error| self.error(error))?;
        if response.status().is_success() {
            return Ok(());
        }
        let (url, status) = (self.address.url.clone(), response.status().as_u16());
        Err(PushError::Status { url, status, answer: http::beginning(response).await })
    }

    fn error(&self, error: reqwest::Error) -> PushError {
        let (url, source) = (self.address.url.clone(), error.without_url());
        if http::is_refused(&source) {
            PushError::Refused { url }
        } else if source.is_timeout() {
            PushError::Timeout { url, timeout: self.timeout }
        } else {
            PushError::Transport { url, source }
        }
    }
}

impl PushError {
    /// Whether simply nothing listens at the address.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}

impl Group {
    /// The group of a job and an instance.
    #[must_use]
    pub fn new(job: &str, instance: &str) -> Self {
        Self { job: job.to_owned(), labels: vec![("instance".to_owned(), instance.to_owned())] }
    }

    /// The path of the group below the gateway's address, such as `/metrics/job/sase_agent/instance/alice%40build`.
    #[must_use]
    pub fn path(&self) -> String {
        let mut path = "/metrics".to_owned();
        push_segment(&mut path, "job", &self.job);
        for (name, value) in &self.labels {
            push_segment(&mut path, name, value);
        }
        path
    }
}

/// A value that is empty or holds a slash has no place in a path and goes in base64, as the gateway's documentation says. So does
/// one that a URL takes for a way up or for nothing, escaped or not.
fn push_segment(path: &mut String, name: &str, value: &str) {
    if value.contains('/') || ["", ".", ".."].contains(&value) {
        // An empty path segment would be lost, so the padding stands for the empty text.
        let encoded = if value.is_empty() { "=".to_owned() } else { URL_SAFE.encode(value) };
        let _ = write!(path, "/{name}@base64/{encoded}");
        return;
    }
    let _ = write!(path, "/{name}/");
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~.".contains(&byte) {
            path.push(char::from(byte));
        } else {
            let _ = write!(path, "%{byte:02X}");
        }
    }
}

fn answer_clause(answer: &str) -> String {
    if answer.is_empty() { String::new() } else { format!(": {answer}") }
}

#[cfg(test)]
mod tests {
    use super::Group;

    #[test]
    fn paths_escape_what_has_no_place_in_them() {
        assert_eq!(
            Group::new("sase_agent", "alice@build").path(),
            "/metrics/job/sase_agent/instance/alice%40build"
        );
        assert_eq!(Group::new("a/b", "").path(), "/metrics/job@base64/YS9i/instance@base64/=");
        assert_eq!(Group::new("ü", "..").path(), "/metrics/job/%C3%BC/instance@base64/Li4=");
    }
}

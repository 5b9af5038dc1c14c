//! Why a push failed, and whether another attempt is worth it.

use super::group::GroupError;
use super::tls::{TlsProblem, tls_error};
use crate::http::{self, SetupError};
use std::time::Duration;
use telemetry_core::config::AddressError;

/// Why a push failed. No message holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// The address of the gateway is none.
    #[error("the address of the Pushgateway cannot be used: {0}")]
    Address(#[from] AddressError),
    /// The gateway would not take the group.
    #[error(transparent)]
    Group(#[from] GroupError),
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
    #[error("the Pushgateway at {url} did not answer within {} s", tenths(*timeout))]
    Timeout {
        /// The address.
        url: String,
        /// The bound.
        timeout: Duration,
    },
    /// The gateway could not be spoken to. It may or may not have taken the push.
    ///
    /// The message ends with what it failed of in the end; the layers of the client above that are in the source.
    #[error("cannot push to the Pushgateway at {url}: {}", http::root_cause(source))]
    Transport {
        /// The address.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// No encrypted connection could be made.
    #[error("cannot push to the Pushgateway at {url}: {problem}")]
    Tls {
        /// The address.
        url: String,
        /// What is wrong.
        problem: TlsProblem,
        /// In the words of the TLS library.
        source: rustls::Error,
    },
    /// The gateway, or a proxy before it, does not let this client in: it answered 401 or 403.
    #[error("the Pushgateway at {url} answered {status}: {}", credentials_clause(*given))]
    Denied {
        /// The address.
        url: String,
        /// The status code.
        status: u16,
        /// Whether credentials were sent.
        given: bool,
    },
    /// The gateway sends its clients elsewhere, where this one does not follow: to another host, or in a way that loses the push.
    #[error(
        "the Pushgateway at {url} answered {status}: it has moved, and pushes do not follow; set its new address"
    )]
    Moved {
        /// The address.
        url: String,
        /// The status code.
        status: u16,
    },
    /// Who answered is no gateway: it took the push for somebody's visit, and answered with a web page.
    #[error(
        "what answers at {url} is no Pushgateway: it answered {status} with a web page; nothing was pushed"
    )]
    WebPage {
        /// The address.
        url: String,
        /// The status code.
        status: u16,
    },
    /// Who answered is no gateway: it had something to say to the push, which a gateway that took it has not.
    #[error(
        "what answers at {url} is no Pushgateway: it answered {status}, and said {answer:?}; nothing is known to be pushed"
    )]
    Foreign {
        /// The address.
        url: String,
        /// The status code.
        status: u16,
        /// The beginning of what it said.
        answer: String,
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
        /// When it asked to be spoken to again.
        retry_after: Option<Duration>,
    },
    /// The thread that sends the requests has ended. The gateway may or may not have taken the push.
    #[error("the push to {url} ended without an answer")]
    Ended {
        /// The address.
        url: String,
    },
}

impl PushError {
    /// Whether simply nothing listens at the address.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    /// Whether the same call may succeed a moment later; see [`Retry`](super::Retry).
    #[must_use]
    pub fn is_worth_retrying(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Timeout { .. } => true,
            // A request that cannot even be made will not be made the next time.
            Self::Transport { source, .. } => !source.is_builder() && !source.is_redirect(),
            Self::Status { status, .. } => matches!(status, 429 | 500 | 502 | 503 | 504),
            _ => false,
        }
    }

    pub(super) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// What became of a request that was to end after `timeout`.
    pub(super) fn of_request(url: String, error: reqwest::Error, timeout: Duration) -> Self {
        let source = error.without_url();
        if http::is_refused(&source) {
            Self::Refused { url }
        } else if source.is_timeout() {
            let connecting = if source.is_connect() { http::CONNECT_TIMEOUT } else { timeout };
            Self::Timeout { url, timeout: timeout.min(connecting) }
        } else if let Some(error) = tls_error(&source) {
            Self::Tls { url, problem: TlsProblem::of(error), source: error.clone() }
        } else {
            Self::Transport { url, source }
        }
    }
}

const fn credentials_clause(given: bool) -> &'static str {
    if given {
        "it does not accept the credentials that are set; check user name and password, or the bearer token"
    } else {
        "it asks for credentials, and none are set; set username and password_file, or bearer_token_file"
    }
}

/// A bound in seconds. What is left of one is no round number, and nobody asks for more than its tenths, or its thousandths where it is
/// less than a second.
fn tenths(bound: Duration) -> f64 {
    let seconds = bound.as_secs_f64();
    let parts = if seconds < 0.95 { 1000.0 } else { 10.0 };
    (seconds * parts).ceil() / parts
}

fn answer_clause(answer: &str) -> String {
    if answer.is_empty() { String::new() } else { format!(": {answer}") }
}

#[cfg(test)]
mod tests {
    use super::PushError;
    use crate::client::{GroupError, TlsProblem};
    use std::time::Duration;

    fn status(status: u16) -> PushError {
        PushError::Status { url: String::new(), status, answer: String::new(), retry_after: None }
    }

    #[test]
    fn a_bound_is_said_without_the_digits_of_what_was_left_of_it() {
        for (nanos, said) in [
            (9_996_973_535, "10 s"),
            (499_973_535, "0.5 s"),
            (1_500_000_000, "1.5 s"),
            (250_000_000, "0.25 s"),
        ] {
            let (url, timeout) = (String::new(), Duration::from_nanos(nanos));
            let message = PushError::Timeout { url, timeout }.to_string();
            assert!(message.ends_with(&format!("within {said}")), "{message}");
        }
    }

    #[test]
    fn what_would_be_the_same_again_is_not_repeated() {
        for worth in [429, 500, 502, 503, 504] {
            assert!(status(worth).is_worth_retrying(), "{worth}");
        }
        for not_worth in [400, 404, 405, 408, 411, 413, 415, 422, 501, 505, 511] {
            assert!(!status(not_worth).is_worth_retrying(), "{not_worth}");
        }
        let url = String::new;
        assert!(PushError::Refused { url: url() }.is_worth_retrying());
        assert!(PushError::Timeout { url: url(), timeout: Duration::ZERO }.is_worth_retrying());
        let source = rustls::Error::HandshakeNotComplete;
        for error in [
            PushError::Tls { url: url(), problem: TlsProblem::Other, source },
            PushError::Denied { url: url(), status: 401, given: true },
            PushError::Moved { url: url(), status: 302 },
            PushError::WebPage { url: url(), status: 200 },
            PushError::Group(GroupError::NoJob),
            PushError::Ended { url: url() },
        ] {
            assert!(!error.is_worth_retrying(), "{error}");
        }
    }
}

//! Why a source has nothing to show.

use reqwest::StatusCode;
use std::io;
use std::time::Duration;
use telemetry_core::exposition::ParseError;
use telemetry_push::http::{SetupError, is_refused, root_cause};
use telemetry_push::in_sentences;

/// Why a source has nothing to show. Its name and place are said by whoever reports it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("connection refused")]
    Refused,
    #[error("no answer within {} s", .0.as_secs_f64())]
    Timeout(Duration),
    #[error("cannot be reached: {}", root_cause(.0))]
    Transport(reqwest::Error),
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("the answer broke off, or is not what its head says")]
    Broken(#[source] reqwest::Error),
    #[error("HTTP status {status}{}", said(*.status, .beginning))]
    Status { status: StatusCode, beginning: String },
    #[error("longer than {} MiB", super::MAX_BYTES / 1024 / 1024)]
    TooLong,
    #[error("not an exposition: {error}{}", if *.html { "; it is a web page, is the path /metrics missing?" } else { "" })]
    Unreadable { error: ParseError, html: bool },
    #[error("not asked: telemetry.prometheus.exposition_port is 0, any free port")]
    NoPort,
    #[error("nothing was ever recorded there")]
    NoLedger,
    #[error(transparent)]
    Ledger(#[from] telemetry_push::Error),
    #[error("{0}")]
    Prometheus(String),
    #[error("cannot be read")]
    Read(#[source] io::Error),
    #[error("no such file; a URL begins with http:// or https://")]
    NoFile,
    #[error("not a URL that can be asked; one begins with http:// or https://")]
    NoUrl,
    #[error("credentials inside a URL are not accepted: they would end up in logs")]
    Credentials,
    #[error("the network cannot be used")]
    Runtime(#[source] io::Error),
}

impl Trouble {
    /// An answer that does not parse. Much of what is called a web page is an exposition all the same, so that this is said only then.
    pub(super) const fn unreadable(error: ParseError, html: bool) -> Self {
        Self::Unreadable { error, html }
    }

    /// What became of a request that was sent.
    pub(super) fn of_request(error: reqwest::Error, timeout: Duration) -> Self {
        match error {
            error if is_refused(&error) => Self::Refused,
            error if error.is_timeout() => Self::Timeout(timeout),
            error if error.is_body() || error.is_decode() => Self::Broken(error.without_url()),
            // The URL is said beside it already.
            error => Self::Transport(error.without_url()),
        }
    }

    /// Whether the source is simply not there, as on most machines.
    pub(crate) const fn is_absence(&self) -> bool {
        matches!(self, Self::Refused | Self::NoPort | Self::NoLedger)
    }

    /// The trouble and what caused it, on one line.
    pub(crate) fn sentence(&self) -> String {
        in_sentences(self).join(": ")
    }
}

/// What a status means for whoever asked, and what the server said with it.
fn said(status: StatusCode, beginning: &str) -> String {
    let meaning = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ", which is about the credentials",
        status if status.is_redirection() => ", which is not followed to another host or in circles",
        _ => "",
    };
    if beginning.is_empty() { meaning.to_owned() } else { format!("{meaning}: {beginning}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_said_with_what_the_server_said() {
        let trouble = |beginning: &str| {
            Trouble::Status { status: StatusCode::INTERNAL_SERVER_ERROR, beginning: beginning.to_owned() }
                .sentence()
        };
        assert_eq!(trouble(""), "HTTP status 500 Internal Server Error");
        let moved = Trouble::Status { status: StatusCode::FOUND, beginning: String::new() }.sentence();
        assert!(moved.contains("302 Found, which is not followed"), "{moved}");
        assert_eq!(trouble("disk full"), "HTTP status 500 Internal Server Error: disk full");
    }

    #[test]
    fn a_cause_is_said_once() {
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        assert_eq!(Trouble::Read(denied).sentence(), "cannot be read: permission denied");
    }
}

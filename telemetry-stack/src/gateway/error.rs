//! What can go wrong: when the gateway is opened, and with a single push.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::io;
use std::path::PathBuf;

/// Why a gateway cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// The folder for the groups cannot be made.
    #[error("the folder {path} for pushed metrics cannot be made: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another process has the file open.
    #[error("{path} is in use by another process, which is probably another `telemetry up`")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file with the groups cannot be read or written.
    #[error("{path}, which keeps pushed metrics, cannot be used: {source}")]
    Store {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: StoreError,
    },
    /// No thread can be had.
    #[error("no thread for pushed metrics can be had: {0}")]
    Thread(#[source] io::Error),
}

/// Why groups cannot be read from the disk or written to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no room for more.
    #[error("there is no room on the disk: {0}")]
    Full(#[source] io::Error),
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[source] io::Error),
    /// Another process has the file open.
    #[error("the file is in use by another process")]
    InUse,
    /// The file was cut or changed by something else, or is another program's.
    #[error("it is damaged ({0}); move it away and start again: what was pushed is lost, the history stays")]
    Damaged(String),
    /// The file cannot be used in its present state.
    #[error("{0}")]
    Unusable(String),
}

/// A push that is not accepted: the status, and a reason for whoever pushes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) reason: String,
    /// Whether the group remembers that a push failed, as for metrics that contradict others. What cannot even be read does not.
    pub(super) noted: bool,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, reason: impl Into<String>) -> Self {
        Self { status, reason: reason.into(), noted: false }
    }

    /// A request that says nothing sensible.
    pub(super) fn bad(reason: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, reason)
    }

    /// Metrics that were read but may not be kept.
    pub(super) fn invalid(reason: impl Into<String>) -> Self {
        let reason =
            format!("pushed metrics are invalid or inconsistent with existing metrics: {}", reason.into());
        Self { noted: true, ..Self::bad(reason) }
    }

    /// Something that there is too much of now.
    pub(super) fn busy(reason: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, reason)
    }
}

impl From<&StoreError> for Refusal {
    fn from(error: &StoreError) -> Self {
        let status = match error {
            StoreError::Full(_) => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, format!("the push was not kept: {error}"))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, self.reason + "\n").into_response()
    }
}

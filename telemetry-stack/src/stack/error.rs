//! Why a stack does not start.

use crate::folder::FolderError;
use crate::gateway::GatewayError;
use crate::history::HistoryError;
use crate::port::PortError;
use crate::rules::{RuleFileError, RulesError};
use crate::source::TheirsError;
use telemetry_push::http::SetupError;

/// Why a stack did not start. Nothing of it runs then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StackError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A port cannot be had.
    #[error(transparent)]
    Port(#[from] PortError),
    /// What the gateway keeps cannot be read.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// What the history keeps cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A server did not start.
    #[error(transparent)]
    Server(#[from] telemetry_server::Error),
    /// A rule file is wrong.
    #[error(transparent)]
    RuleFile(#[from] RuleFileError),
    /// The states of alerts cannot be kept.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The server of others cannot be asked.
    #[error("cannot ask the Prometheus of others")]
    Source(#[from] TheirsError),
    /// Somebody cannot be told of alerts.
    #[error("cannot tell {address} of alerts")]
    Receiver {
        /// Who, without credentials.
        address: String,
        /// Why.
        source: SetupError,
    },
    /// The operating system gives no thread, or not what one needs.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
}

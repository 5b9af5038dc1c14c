//! Why a server did not start, said so that a person can mend it.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::PathBuf;
use telemetry_core::config::SecretError;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; {}", advice(source.kind()))]
    Listen {
        /// The configured address.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The operating system gave no thread, or not what a thread needs to serve.
    #[error("cannot start the thread that serves metrics on {address}: {source}")]
    Thread {
        /// The address, which was free.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// A certificate or a key cannot be used.
    #[error("`telemetry.{setting}` names {}, which {problem}{}", path.display(), because(.source.as_deref()))]
    Tls {
        /// The key of the setting that names the file, below `telemetry`.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
        /// What reading it said, where it said more.
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// A password or a token cannot be read.
    #[error("`telemetry.{setting}` names {source}")]
    Credentials {
        /// The key of the setting that names the file, below `telemetry`.
        setting: &'static str,
        /// What is wrong, with the name of the file.
        source: SecretError,
    },
    /// Of two settings that mean something only together, one is missing.
    #[error("`telemetry.{set}` is set and `telemetry.{missing}` is not: set both of them, or neither")]
    Incomplete {
        /// The key that is set, below `telemetry`.
        set: &'static str,
        /// The key that is missing, below `telemetry`.
        missing: &'static str,
    },
}

fn because(source: Option<&(dyn StdError + Send + Sync + 'static)>) -> String {
    source.map(|source| format!(": {source}")).unwrap_or_default()
}

/// What to do about it.
fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::AddrInUse => {
            "stop the program that listens there, or set `telemetry.prometheus.exposition_port` to another port (0: any free one)"
        }
        ErrorKind::PermissionDenied => {
            "set `telemetry.prometheus.exposition_port` to a port from 1024 upwards"
        }
        _ => "set `telemetry.prometheus.exposition_listen` to an address of this machine, such as 127.0.0.1",
    }
}

#[cfg(test)]
mod tests {
    use super::Error;
    use std::io::ErrorKind;

    #[test]
    fn an_error_names_the_address_and_what_to_change() {
        let cases = [
            (ErrorKind::AddrInUse, "exposition_port` to another port"),
            (ErrorKind::PermissionDenied, "from 1024 upwards"),
            (ErrorKind::AddrNotAvailable, "exposition_listen"),
        ];
        for (kind, advice) in cases {
            let error =
                Error::Listen { address: ([127, 0, 0, 1], 9464).into(), source: kind.into() }.to_string();
            assert!(
                error.starts_with("cannot listen on 127.0.0.1:9464: ") && error.contains(advice),
                "{error}"
            );
        }
    }
}

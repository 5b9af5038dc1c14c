//! Taking the ports: one that is free, or one on which a real server answers already.

use crate::holder::{self, Holder};
use crate::neighbour::{self, Neighbour};
use crate::part::Part;
use std::fmt;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::ops::RangeInclusive;
use telemetry_server::{Error, Server};
use tokio::runtime::Runtime;

/// What became of a port.
#[derive(Debug)]
pub(crate) enum Claim {
    /// It is ours.
    Ours(TcpListener),
    /// This one answers there, and is used in our place.
    Theirs(String),
}

/// A port that somebody has who cannot be used in our place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// What would have listened there.
    pub part: Part,
    /// Where.
    pub address: SocketAddr,
    /// Who listens, as far as the system tells.
    pub holder: Option<Holder>,
    /// Whether it is another stack of ours.
    pub ours: bool,
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, address, holder, ours } = self;
        write!(f, "cannot start the {}: {address} is taken", part.name())?;
        match (holder, ours) {
            (Some(holder), true) => write!(f, " by another `telemetry up`, {holder}")?,
            (Some(holder), false) => {
                write!(f, " by {holder}")?;
                part.theirs().map_or(Ok(()), |theirs| write!(f, ", which is no {theirs}"))?;
            }
            (None, true) => f.write_str(" by another `telemetry up`")?,
            (None, false) => {
                f.write_str(" by a process that this user cannot see")?;
                part.theirs().map_or(Ok(()), |theirs| write!(f, ", and that is no {theirs}"))?;
            }
        }
        write!(f, "; choose another port with {}", part.port_flag())?;
        part.off_flag().map_or(Ok(()), |flag| write!(f, ", or leave it out with {flag}"))
    }
}

impl std::error::Error for Taken {}

/// Takes a port, or finds who can be used in our place.
pub(crate) fn claim(part: Part, address: SocketAddr, runtime: &Runtime) -> Result<Claim, PortError> {
    match Server::listen(address) {
        Ok(listener) => Ok(Claim::Ours(listener)),
        Err(Error::Listen { source, .. }) if source.kind() == ErrorKind::AddrInUse => {
            match runtime.block_on(neighbour::ask(part, address)) {
                Some(Neighbour::Usable { name }) => Ok(Claim::Theirs(name)),
                other => {
                    let ours = other == Some(Neighbour::Ours);
                    Err(Taken { part, address, holder: holder::of(address), ours }.into())
                }
            }
        }
        Err(Error::Listen { source, .. }) => Err(PortError::Listen { part, address, source }),
        Err(other) => Err(PortError::Server(other)),
    }
}

/// Takes a port, whoever else could be used in our place.
pub(crate) fn claim_alone(part: Part, address: SocketAddr) -> Result<TcpListener, PortError> {
    Server::listen(address).map_err(|error| match error {
        Error::Listen { source, .. } if source.kind() == ErrorKind::AddrInUse => {
            Taken { part, address, holder: holder::of(address), ours: false }.into()
        }
        Error::Listen { source, .. } => PortError::Listen { part, address, source },
        other => PortError::Server(other),
    })
}

/// Takes the first of these ports that nobody has. Where all are taken, the error is about the last one.
pub(crate) fn claim_first(
    part: Part,
    listen: IpAddr,
    ports: RangeInclusive<u16>,
) -> Result<TcpListener, PortError> {
    let last = *ports.end();
    for port in ports {
        match claim_alone(part, SocketAddr::new(listen, port)) {
            Err(PortError::Taken(_)) if port < last => {}
            claimed => return claimed,
        }
    }
    claim_alone(part, SocketAddr::new(listen, last))
}

/// Why a port was not to be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PortError {
    /// Somebody has it.
    #[error(transparent)]
    Taken(#[from] Taken),
    /// The operating system does not give it.
    #[error("cannot start the {}: cannot listen on {address}; {}", part.name(), advice(*part, source.kind()))]
    Listen {
        /// What would have listened there.
        part: Part,
        /// Where.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The server did not start.
    #[error(transparent)]
    Server(#[from] Error),
}

fn advice(part: Part, kind: ErrorKind) -> String {
    match kind {
        ErrorKind::PermissionDenied => format!("choose a port from 1024 upwards with {}", part.port_flag()),
        _ => "choose an address of this machine with --listen, such as 127.0.0.1".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Claim, PortError, claim};
    use crate::neighbour::APPLICATION;
    use crate::part::Part;
    use axum::{Json, Router, routing::get};
    use serde_json::{Value, json};
    use telemetry_server::{Limits, Server};
    use tokio::runtime::{Builder, Runtime};

    fn runtime() -> Runtime {
        Builder::new_current_thread().enable_all().build().unwrap()
    }

    /// Claims the port of a server that says this of itself.
    fn claim_beside(part: Part, path: &'static str, says: Value) -> Result<Claim, PortError> {
        let app = Router::new().route(path, get(async move || Json(says.clone())));
        let listener = Server::listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let server = Server::host(listener, app, Limits::default()).unwrap();
        claim(part, server.local_addr(), &runtime())
    }

    #[test]
    fn a_free_port_is_taken_and_a_real_server_is_used_in_our_place() {
        let free = claim(Part::Gateway, "127.0.0.1:0".parse().unwrap(), &runtime());
        assert!(matches!(free, Ok(Claim::Ours(_))));
        let says = json!({"status": "success", "data": {"version": "2.42.0\u{1b}"}});
        let prometheus = claim_beside(Part::History, "/api/v1/status/buildinfo", says);
        assert!(matches!(prometheus, Ok(Claim::Theirs(name)) if name == "Prometheus 2.42.0"));
        let says = json!({"status": "success", "data": {"build_information": {"version": "1.5.1"}}});
        let gateway = claim_beside(Part::Gateway, "/api/v1/status", says);
        assert!(matches!(gateway, Ok(Claim::Theirs(name)) if name == "Pushgateway 1.5.1"));
    }

    #[test]
    fn a_stranger_is_named_with_the_flag_that_helps() {
        let refused = claim_beside(Part::Gateway, "/", json!({})).unwrap_err().to_string();
        let process = format!("(process {}), which is no Pushgateway", std::process::id());
        assert!(refused.contains(&process) || !cfg!(target_os = "linux"), "{refused}");
        assert!(refused.ends_with("with --gateway-port, or leave it out with --no-gateway"), "{refused}");
        let says = json!({"status": "success", "data": {"application": APPLICATION, "version": "0.1.0"}});
        let ours = claim_beside(Part::History, "/api/v1/status/buildinfo", says).unwrap_err().to_string();
        assert!(ours.contains("is taken by another `telemetry up`") && ours.contains("--api-port"), "{ours}");
    }
}

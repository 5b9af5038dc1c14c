//! The ports of the stack, all of which are taken before anything is started.

use super::StackOptions;
use crate::part::Part;
use crate::port::{Claim, PortError, claim, claim_alone, claim_first};
use std::net::{SocketAddr, TcpListener};
use std::ops::RangeInclusive;
use tokio::runtime::Runtime;

/// Where the page looks for a port where a server of others has that of the API.
const PAGE_PORTS: RangeInclusive<u16> = 9095..=9195;

/// What there is of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Nothing: it was not asked for.
    None,
    /// It runs in this process and listens here.
    Here(SocketAddr),
    /// A server of others listens here already, and is used in its place.
    Theirs {
        /// Where.
        address: SocketAddr,
        /// What it is, such as `Prometheus 2.42.0`.
        name: String,
    },
}

impl Place {
    /// Where it is reached, if it is anywhere.
    #[must_use]
    pub const fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::None => None,
            Self::Here(address) | Self::Theirs { address, .. } => Some(*address),
        }
    }
}

/// The port of a part: what became of it, and what listens on it if we do.
pub(super) struct Port {
    pub(super) place: Place,
    pub(super) listener: Option<TcpListener>,
}

pub(super) struct Ports {
    pub(super) gateway: Port,
    pub(super) history: Port,
    /// That of the page, where it does not share the one of the API.
    pub(super) page: Port,
}

impl Ports {
    pub(super) fn claim(options: &StackOptions, runtime: &Runtime) -> Result<Self, PortError> {
        let port = |part, port: Option<u16>| match port {
            Some(port) => Port::claim(part, SocketAddr::new(options.listen, port), runtime),
            None => Ok(Port::none()),
        };
        let gateway = port(Part::Gateway, options.gateway_port)?;
        let history = port(Part::History, options.api_port)?;
        let page = Port::of_page(options, &history.place)?;
        Ok(Self { gateway, history, page })
    }

    /// Whether nothing is left to start.
    pub(super) const fn is_nothing_ours(&self) -> bool {
        self.gateway.listener.is_none() && self.history.listener.is_none() && self.page.listener.is_none()
    }
}

impl Port {
    const fn none() -> Self {
        Self { place: Place::None, listener: None }
    }

    fn claim(part: Part, address: SocketAddr, runtime: &Runtime) -> Result<Self, PortError> {
        match claim(part, address, runtime)? {
            Claim::Theirs(name) => Ok(Self { place: Place::Theirs { address, name }, listener: None }),
            Claim::Ours(listener) => Self::ours(part, address, listener),
        }
    }

    /// The page shares the port of our API, unless it was given another one. Without a history there is nothing to show.
    fn of_page(options: &StackOptions, history: &Place) -> Result<Self, PortError> {
        let address = |port| SocketAddr::new(options.listen, port);
        let listener = match (history, options.page_port) {
            (Place::None, _) | (Place::Here(_), None) => return Ok(Self::none()),
            (_, Some(port)) => claim_alone(Part::Page, address(port))?,
            (Place::Theirs { .. }, None) => claim_first(Part::Page, options.listen, PAGE_PORTS)?,
        };
        Self::ours(Part::Page, address(options.page_port.unwrap_or_default()), listener)
    }

    fn ours(part: Part, address: SocketAddr, listener: TcpListener) -> Result<Self, PortError> {
        let local = listener.local_addr().map_err(|source| PortError::Listen { part, address, source })?;
        Ok(Self { place: Place::Here(local), listener: Some(listener) })
    }
}

//! The parts of the stack that have a port.

/// A part of the stack that has a port of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What programs push to.
    Gateway,
    /// The history, with the HTTP API over it.
    History,
    /// The page for people, which mostly shares the port of the API.
    Page,
}

impl Part {
    /// Its name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::History => "history",
            Self::Page => "page",
        }
    }

    /// The flag that gives it another port.
    #[must_use]
    pub const fn port_flag(self) -> &'static str {
        match self {
            Self::Gateway => "--gateway-port",
            Self::History => "--api-port",
            Self::Page => "--page-port",
        }
    }

    /// The flag without which it is not started, where it has one of its own.
    #[must_use]
    pub const fn off_flag(self) -> Option<&'static str> {
        match self {
            Self::Gateway => Some("--no-gateway"),
            Self::History => Some("--no-history"),
            Self::Page => None,
        }
    }

    /// The program of others whose place it takes, if there is one.
    #[must_use]
    pub const fn theirs(self) -> Option<&'static str> {
        match self {
            Self::Gateway => Some("Pushgateway"),
            Self::History => Some("Prometheus"),
            Self::Page => None,
        }
    }
}

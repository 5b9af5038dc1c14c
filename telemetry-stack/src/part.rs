//! The parts of the stack that have a port.

/// A part of the stack that has a port of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What programs push to.
    Gateway,
    /// The history, with the HTTP API over it.
    History,
}

impl Part {
    /// Its name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::History => "history",
        }
    }

    /// The flag that gives it another port.
    #[must_use]
    pub const fn port_flag(self) -> &'static str {
        match self {
            Self::Gateway => "--gateway-port",
            Self::History => "--api-port",
        }
    }

    /// The flag without which it is not started.
    #[must_use]
    pub const fn off_flag(self) -> &'static str {
        match self {
            Self::Gateway => "--no-gateway",
            Self::History => "--no-history",
        }
    }

    /// The program of others whose place it takes.
    #[must_use]
    pub const fn theirs(self) -> &'static str {
        match self {
            Self::Gateway => "Pushgateway",
            Self::History => "Prometheus",
        }
    }
}

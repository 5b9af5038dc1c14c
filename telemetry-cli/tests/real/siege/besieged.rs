//! Everything of the project that listens, each on a free port of loopback.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ClientConfig;
use telemetry_stack::api::ApiOptions;

use crate::serve::Served;
use crate::support::{Certificates, Scratch, Up};

/// The longest push that the gateway takes here, as it is told to the command.
const MAX_BODY: &str = "1MiB";

/// What the exposition with TLS asks for.
const TOKEN: &str = "t0ken";

/// A listener of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Door {
    /// The gateway of `telemetry up`.
    Gateway,
    /// Its HTTP API.
    Api,
    /// Its page on a port of its own.
    Page,
    /// The exposition of `telemetry serve`, which is that of every long-lived process.
    Ledger,
    /// The same with TLS and a token.
    Secured,
}

impl Door {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Api => "HTTP API",
            Self::Page => "page",
            Self::Ledger => "exposition",
            Self::Secured => "exposition, TLS and token",
        }
    }
}

/// Where a listener is, and how to speak to it.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) door: Door,
    pub(super) address: SocketAddr,
    /// Where it speaks TLS, a client that does so too.
    pub(super) client: Option<Arc<ClientConfig>>,
}

/// The memory that a process may have, in KiB.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowed {
    /// What is left when nobody asks for anything: groups, the head of the history, what the allocator does not give back to the system.
    pub(super) kept: u64,
    /// What those who ask may make it hold beyond that.
    pub(super) asked: u64,
}

/// What all queries of the API together may hold, in KiB, whoever asks for however much: [`ApiOptions::samples`] is their budget. One
/// attacker's subquery over 90 days by the second has 7,776,000 values of 16 bytes and as many of 8, so that the three of them come to 560 MB;
/// one that was given up and has not noticed yet comes on top, until the budget refuses the next. The bodies of the gateway, eight of the
/// longest, are nothing beside it.
fn queries() -> u64 {
    /// The longest value that the budget counts.
    const VALUE: usize = 16;
    (ApiOptions::default().samples * VALUE / 1024) as u64
}

/// The processes, and who may use them.
pub(super) struct Besieged {
    pub(super) up: Up,
    pub(super) ledger: Served,
    pub(super) secured: Served,
    pub(super) home: Scratch,
    pub(super) certificates: Certificates,
}

impl Besieged {
    pub(super) fn start() -> Self {
        let (home, certificates) = (Scratch::new(), Certificates::new());
        let ledger = Served::start_with(&mut home.telemetry(), &[]);
        let secured = Served::start_with(&mut secured(&home, &certificates), &[]);
        let target = format!("http://{}", ledger.address());
        let up = Up::start(&["--max-body", MAX_BODY, "--page-port", "0", "--scrape", &target]);
        Self { up, ledger, secured, home, certificates }
    }

    /// Every listener.
    pub(super) fn targets(&self) -> [Target; 5] {
        let bare = |url: &str| url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
        let client = Arc::new(self.certificates.client());
        [
            (Door::Gateway, self.up.gateway(), None),
            (Door::Api, bare(&self.up.api().url()), None),
            (Door::Page, bare(&self.up.page_url()), None),
            (Door::Ledger, bare(self.ledger.address()), None),
            (Door::Secured, bare(self.secured.address()), Some(client)),
        ]
        .map(|(door, address, client)| Target { door, address, client })
    }

    /// Every process by its name and id, with the memory that it may have.
    pub(super) fn processes(&self) -> [(&'static str, u32, Allowed); 3] {
        let exposition = Allowed { kept: 60_000, asked: 0 };
        [
            ("telemetry up", self.up.process(), Allowed { kept: 400_000, asked: queries() }),
            ("telemetry serve", self.ledger.process(), exposition),
            ("telemetry serve, TLS", self.secured.process(), exposition),
        ]
    }

    /// The header that opens the exposition with TLS.
    pub(super) fn authorization() -> String {
        format!("Authorization: Bearer {TOKEN}")
    }
}

fn secured(home: &Scratch, certificates: &Certificates) -> std::process::Command {
    let token = home.path().join("token");
    fs::write(&token, TOKEN).unwrap();
    let mut command = home.telemetry();
    for (name, file) in [
        ("TLS__CERT_FILE", certificates.certificate()),
        ("TLS__KEY_FILE", certificates.key()),
        ("AUTH__BEARER_TOKEN_FILE", token),
    ] {
        command.env(format!("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_{name}"), file);
    }
    command
}

//! A server under test: ours or theirs, how it is started, when it is ready, and what it takes.

use std::fmt;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::client::Client;
use super::ending::Started;
use super::usage::Usage;
use crate::failure::{Failure, Outcome, While as _};

/// Registered but hardly used ports, below those that Linux hands out by itself.
const FIRST_PORT: u16 = 20_000;
const PORTS: u16 = 12_000;

/// How long a server may take until it is ready.
const PATIENCE: Duration = Duration::from_secs(120);

/// Whose server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Side {
    Theirs,
    Ours,
}

/// What the server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Takes pushes.
    Gateway,
    /// Takes pushes of thousands of groups. Theirs is told not to check each push against every other group, which would take it half
    /// an hour with 10,000 of them; ours checks.
    LargeGateway,
    /// Keeps samples and answers queries.
    History,
}

/// Where the programs are.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    pub(super) telemetry: PathBuf,
    pub(super) prometheus: PathBuf,
    pub(super) promtool: PathBuf,
    pub(super) pushgateway: PathBuf,
}

/// A running server.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) address: SocketAddr,
    /// How long it took from its start until it was ready.
    pub(super) ready_after: Duration,
    process: Started,
}

impl Side {
    pub(super) const BOTH: [Self; 2] = [Self::Theirs, Self::Ours];
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Theirs => "theirs",
            Self::Ours => "ours",
        })
    }
}

impl Subject {
    /// Starts a server with its data in a folder, which may hold data already, and waits until it is ready.
    pub(super) fn start(programs: &Programs, side: Side, role: Role, folder: &Path) -> Outcome<Self> {
        Self::start_with(programs, side, role, folder, "")
    }

    /// The same for a Prometheus with something to scrape: the rest of its configuration.
    pub(super) fn start_with(
        programs: &Programs,
        side: Side,
        role: Role,
        folder: &Path,
        scrapes: &str,
    ) -> Outcome<Self> {
        let doing = || format!("cannot write to {}", folder.display());
        fs::create_dir_all(folder.join("home")).while_doing(doing())?;
        let address = free_address()?;
        let mut command = match (side, role) {
            (Side::Theirs, Role::Gateway) => pushgateway(programs, folder, address),
            (Side::Theirs, Role::LargeGateway) => {
                let mut command = pushgateway(programs, folder, address);
                command.arg("--push.disable-consistency-check");
                command
            }
            (Side::Theirs, Role::History) => {
                fs::write(folder.join("prometheus.yml"), format!("global: {{}}\n{scrapes}"))
                    .while_doing(doing())?;
                prometheus(programs, folder, address)
            }
            (Side::Ours, role) => telemetry(programs, role, folder, address),
        };
        let log = File::create(folder.join("log.txt")).while_doing(doing())?;
        let errors = log.try_clone().while_doing(doing())?;
        command.current_dir(folder).env("HOME", folder.join("home")).stdout(log).stderr(errors);
        let begun = Instant::now();
        let process = Started::new(&mut command)?;
        let mut subject = Self { address, ready_after: Duration::ZERO, process };
        subject.await_ready(begun, folder)?;
        subject.ready_after = begun.elapsed();
        Ok(subject)
    }

    /// What it takes of the machine now.
    pub(super) fn usage(&self) -> Outcome<Usage> {
        Usage::of(self.process.id())
    }

    /// Ends it and says how long that took.
    pub(super) fn end(self) -> Outcome<Duration> {
        self.process.end()
    }

    fn await_ready(&mut self, begun: Instant, folder: &Path) -> Outcome {
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.process.ended()? {
                let said = fs::read_to_string(folder.join("log.txt")).unwrap_or_default();
                return Err(Failure::new(format!("a server ended with {status} and said:\n{said}")));
            }
            let answer = Client::new(self.address).and_then(|mut client| client.get("/-/ready"));
            if answer.is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(2));
        }
        Err(Failure::new(format!("a server was not ready within {PATIENCE:?}: see {}", folder.display())))
    }
}

fn pushgateway(programs: &Programs, folder: &Path, address: SocketAddr) -> Command {
    let mut command = Command::new(&programs.pushgateway);
    command.arg(format!("--web.listen-address={address}"));
    command.arg(format!("--persistence.file={}", folder.join("groups").display()));
    command
}

fn prometheus(programs: &Programs, folder: &Path, address: SocketAddr) -> Command {
    let mut command = Command::new(&programs.prometheus);
    command.args(["--config.file=prometheus.yml", "--log.level=warn"]);
    command.arg(format!("--storage.tsdb.path={}", folder.join("data").display()));
    command.arg(format!("--web.listen-address={address}"));
    command
}

/// It reads no configuration but the defaults: its home is empty.
fn telemetry(programs: &Programs, role: Role, folder: &Path, address: SocketAddr) -> Command {
    let mut command = Command::new(&programs.telemetry);
    command.args(["up", "--data-dir"]).arg(folder.join("data"));
    let (port, other) = match role {
        Role::Gateway | Role::LargeGateway => ("--gateway-port", "--no-history"),
        Role::History => ("--api-port", "--no-gateway"),
    };
    command.arg(port).arg(address.port().to_string()).arg(other);
    for variable in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"] {
        command.env_remove(variable);
    }
    command
}

/// A port of loopback on which nothing listens at this moment.
fn free_address() -> Outcome<SocketAddr> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = (std::process::id() % u32::from(PORTS)) as u16;
    for _ in 0..PORTS {
        let number = FIRST_PORT + (begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed))) % PORTS;
        let address = SocketAddr::from(([127, 0, 0, 1], number));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    Err(Failure::new("no port of loopback is free"))
}

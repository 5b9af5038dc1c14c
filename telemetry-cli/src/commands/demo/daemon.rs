//! The orchestrator as the demo sees it: a process that says where it is scraped and what it counted.

use super::child::Part;
use super::home::Home;
use super::orchestrator::{KILLED, REST};
use super::part::orchestrator_arguments;
use super::tally::Tally;
use crate::failure::Failure;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{ChildStdout, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The orchestrator, while it runs.
pub(super) struct Daemon {
    part: Part,
    says: Receiver<String>,
    /// Where it is scraped.
    pub(super) address: SocketAddr,
}

impl Daemon {
    /// Starts it, and waits until it can be scraped. If this process is killed it removes the folder, unless that is to be kept.
    pub(super) fn start(home: &Home, keep: bool) -> Result<Self, Failure> {
        let mut command = home.part()?;
        command
            .args(orchestrator_arguments((!keep).then(|| home.path())))
            .env("SASE_TELEMETRY_CARRIER", "serve");
        command.env("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_PORT", "0").stdout(Stdio::piped());
        let started = Part::start(&mut command);
        let mut part =
            started.map_err(|error| Failure::new("cannot start the orchestrator").because(error))?;
        let says = lines(part.child().stdout.take());
        let address = heard(&says)?.parse()?;
        Ok(Self { part, says, address })
    }

    /// Tells it how the world is.
    pub(super) fn tell(&mut self, word: &str) -> Result<(), Failure> {
        self.part.say(word).map_err(|error| Failure::new("the orchestrator has ended").because(error))
    }

    /// Tells it of agents that were killed.
    pub(super) fn tell_of_killed(&mut self, count: usize) -> Result<(), Failure> {
        (0..count).try_for_each(|_| self.tell(KILLED))
    }

    /// Has it rest; the answer is what it counted.
    pub(super) fn rest(&mut self) -> Result<Tally, Failure> {
        self.tell(REST)?;
        Ok(Tally::of_line(&heard(&self.says)?)?)
    }
}

fn heard(says: &Receiver<String>) -> Result<String, Failure> {
    says.recv_timeout(PATIENCE).map_err(|_| Failure::new("the orchestrator does not answer"))
}

/// What it prints, read by a thread that ends with it.
fn lines(printed: Option<ChildStdout>) -> Receiver<String> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for line in
            printed.into_iter().flat_map(|printed| BufReader::new(printed).lines()).map_while(Result::ok)
        {
            let _nobody_listens = tell.send(line);
        }
    });
    told
}

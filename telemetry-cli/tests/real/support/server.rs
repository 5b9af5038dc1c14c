//! A server process: started on a port of its own, awaited until it is ready, and ended with the test.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use super::http;
use super::port::Port;
use super::wait::eventually;

/// How often another port is tried when somebody has taken the one before.
const ATTEMPTS: usize = 5;

/// How long a server may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// What a server answers that knows no page `/-/ready`.
const NO_SUCH_PAGE: u16 = 404;

/// What a server is: how it is called, how it is started, and where it says that it is ready.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Makes the command that listens on an address.
    pub(crate) command: Box<dyn Fn(SocketAddr) -> Command + Send + Sync>,
    /// The file for what the server prints.
    pub(crate) log: PathBuf,
    /// The status with which it answers a plain HTTP request for `/-/ready` when it is ready.
    pub(crate) ready: u16,
}

/// A running or stopped server that keeps its port.
pub(crate) struct Server {
    kind: Kind,
    port: Port,
    child: Option<Child>,
}

/// Somebody else was faster in taking the port.
struct AddressInUse;

impl Server {
    /// Starts the server and waits until it is ready; panics with what it printed if it never is.
    pub(crate) fn start(kind: Kind) -> Self {
        let mut server = Self { kind, port: Port::claim(), child: None };
        for _ in 0..ATTEMPTS {
            if server.launch().is_ok() {
                return server;
            }
            server.port = Port::claim();
        }
        panic!("{} found no free port in {ATTEMPTS} attempts", server.kind.name)
    }

    /// The address on which it listens, or did before it was stopped.
    pub(crate) fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Asks the server to end, so that it can save its state, and waits until it has. Does nothing when it is not running.
    ///
    /// It is asked through its own interface: a signal that comes before the server has begun to listen for signals, which
    /// is some time after it has begun to answer, would end it without its saving anything.
    pub(crate) fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        // It may be gone before it has answered; whether it has ended is seen below.
        let _ = http::put(&format!("http://{}/-/quit", self.address()), "");
        let deadline = Instant::now() + GRACE;
        while child.try_wait().unwrap().is_none() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        end(&mut child);
    }

    /// Kills the server between any two of its steps.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            end(&mut child);
        }
    }

    /// Stops the server if it runs, and starts it on the same port again.
    pub(crate) fn restart(&mut self) {
        self.stop();
        if self.launch().is_err() {
            panic!("{} was stopped and its port taken by another process", self.kind.name);
        }
    }

    fn launch(&mut self) -> Result<(), AddressInUse> {
        let log = File::create(&self.kind.log).unwrap();
        let mut command = (self.kind.command)(self.address());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")));
        eventually(self.kind.name, || self.readiness())
    }

    /// Nothing while it is neither ready nor gone. The process is looked at after the answer, since another server could
    /// have answered on its port.
    fn readiness(&mut self) -> Option<Result<(), AddressInUse>> {
        let answer = http::get(&format!("http://{}/-/ready", self.address()));
        // A server without that page, as some versions are, has nothing to get ready.
        let answered = answer.is_ok_and(|answer| [self.kind.ready, NO_SUCH_PAGE].contains(&answer.status));
        match self.child.as_mut()?.try_wait().unwrap() {
            None => answered.then_some(Ok(())),
            Some(_) if self.log().contains("address already in use") => Some(Err(AddressInUse)),
            Some(status) => panic!("{} ended with {status} and printed:\n{}", self.kind.name, self.log()),
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.kind.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            end(&mut child);
        }
        if std::thread::panicking() {
            eprintln!("---- {} on {} printed:\n{}", self.kind.name, self.address(), self.log());
        }
    }
}

/// Kills the process if it still runs, and reaps it. That it has ended already is the only way in which this can fail.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

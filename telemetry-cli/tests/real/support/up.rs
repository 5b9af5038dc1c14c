//! `telemetry up` on ports of its own.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{Api, Scratch};

/// How long it may take to start, or to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A stack in a process of its own, killed when dropped. Killed and started again it has the same folder and the same ports.
pub(crate) struct Up {
    folder: Scratch,
    arguments: Vec<String>,
    child: Option<Child>,
    /// What it printed until it ran, and what it prints from then on.
    pub(crate) printed: String,
    rest: Option<thread::JoinHandle<String>>,
    gateway: Option<SocketAddr>,
    api: Option<SocketAddr>,
    page: Option<SocketAddr>,
}

impl Up {
    /// Starts it on free ports, scraping every second, with these further arguments; waits until it says that it runs.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_in(Scratch::new(), arguments)
    }

    /// The same in a folder that is prepared already.
    pub(crate) fn start_in(folder: Scratch, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let (child, printed, rest) = (None, String::new(), None);
        let mut up = Self { folder, arguments, child, printed, rest, gateway: None, api: None, page: None };
        up.launch();
        up
    }

    /// Starts it again after its end.
    pub(crate) fn restart(&mut self) {
        self.kill();
        self.launch();
    }

    fn launch(&mut self) {
        let mut child = self.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        self.printed = until_it_runs(&mut lines);
        if !self.printed.contains("running") {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("telemetry up did not start: {}{said}", self.printed);
        }
        self.gateway = self.address_of("gateway");
        self.api = self.address_of("history");
        self.page = self.address_of("page");
        let mut errors = child.stderr.take().unwrap();
        // Read to the end, so that it never waits for a reader.
        self.rest = Some(thread::spawn(move || {
            let said = thread::spawn(move || {
                let mut said = String::new();
                errors.read_to_string(&mut said).map(|_| said).unwrap_or_default()
            });
            let mut rest = String::new();
            let _ended = lines.read_to_string(&mut rest);
            rest + &said.join().unwrap()
        }));
        self.child = Some(child);
    }

    /// The command as it is started: with the ports that it had before, if it had any.
    fn command(&self) -> Command {
        let port = |address: Option<SocketAddr>| address.map_or(0, |address| address.port()).to_string();
        let mut command = self.folder.telemetry();
        command.env("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_PORT", "0");
        command.args(["up", "--data-dir"]).arg(self.data());
        // Without a history there is nothing to scrape for.
        if !self.arguments.iter().any(|argument| argument == "--no-history") {
            command.args(["--scrape-interval", "1s"]);
        }
        let given = |flag: &str| self.arguments.iter().any(|argument| argument == flag);
        let ports =
            [("--gateway-port", "--no-gateway", self.gateway), ("--api-port", "--no-history", self.api)];
        for (flag, off, address) in ports {
            // A flag can be given once only, and what is not started has no port.
            if !given(flag) && !given(off) {
                command.args([flag, &port(address)]);
            }
        }
        command.args(&self.arguments);
        command
    }

    /// The folder of its data.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("up")
    }

    fn address_of(&self, part: &str) -> Option<SocketAddr> {
        let line = self.printed.lines().find(|line| line.starts_with(part))?;
        let url = line.split_whitespace().nth(1).unwrap();
        Some(url.strip_prefix("http://").unwrap().trim_end_matches('/').parse().unwrap())
    }

    /// Where the gateway is.
    pub(crate) fn gateway(&self) -> SocketAddr {
        self.gateway.unwrap()
    }

    /// The gateway as a URL without a path.
    pub(crate) fn gateway_url(&self) -> String {
        format!("http://{}", self.gateway())
    }

    /// The HTTP API over its history.
    pub(crate) fn api(&self) -> Api {
        Api::at(format!("http://{}", self.api.unwrap()))
    }

    /// The page, as a URL that ends with a slash.
    pub(crate) fn page_url(&self) -> String {
        format!("http://{}/", self.page.unwrap())
    }

    /// Its process id.
    pub(crate) fn process(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.child.as_ref().unwrap()), signal).unwrap();
    }

    /// Kills it between any two of its steps.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            child.wait().unwrap();
        }
    }

    /// Waits for its end: how it ended, how long that took, and what it printed since it ran.
    pub(crate) fn ended(&mut self) -> (ExitStatus, Duration, String) {
        let (mut child, begun) = (self.child.take().unwrap(), Instant::now());
        while begun.elapsed() < PATIENCE {
            if let Some(status) = child.try_wait().unwrap() {
                let took = begun.elapsed();
                return (status, took, self.rest.take().unwrap().join().unwrap());
            }
            thread::sleep(Duration::from_millis(5));
        }
        let _ = child.kill();
        panic!("telemetry up did not end within {PATIENCE:?}")
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What it prints up to the line that says it runs, or to its end.
fn until_it_runs(lines: &mut BufReader<ChildStdout>) -> String {
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut printed = String::new();
            while lines.read_line(&mut printed).is_ok_and(|length| length > 0) {
                if printed.lines().last().is_some_and(|line| line.starts_with("running")) {
                    break;
                }
            }
            let _ = tell.send(printed);
        });
        told.recv_timeout(PATIENCE).unwrap_or_default()
    })
}

//! A gateway on a port of its own: in this process, or in one that can be killed.

use crate::http::eventually;
use std::env;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use telemetry_server::{Limits, Server};
use telemetry_stack::gateway::{Gateway, GatewayOptions};

const FOLDER: &str = "TELEMETRY_GATEWAY_FOLDER";

/// A gateway in this process.
pub(crate) struct Place {
    pub(crate) gateway: Arc<Gateway>,
    server: Server,
    _folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::with(GatewayOptions::default())
    }

    pub(crate) fn with(options: GatewayOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let gateway = Arc::new(Gateway::open(folder.path(), options).unwrap());
        let server = host(&gateway);
        Self { gateway, server, _folder: folder }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.local_addr()
    }
}

fn host(gateway: &Arc<Gateway>) -> Server {
    let listener = Server::listen("127.0.0.1:0".parse().unwrap()).unwrap();
    Server::host(listener, gateway.routes(), Limits::default()).unwrap()
}

/// A gateway in a process of its own, which is killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Process {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_through(Command::new(env::current_exe().unwrap()), folder)
    }

    /// Starts it through a command that gets the arguments of the program.
    pub(crate) fn start_through(mut command: Command, folder: &Path) -> Self {
        command.args(["--ignored", "--exact", "place::inside", "--nocapture"]);
        let mut child = command.env(FOLDER, folder).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| line.unwrap().strip_prefix("listening on ").map(str::to_owned));
        let address = address.unwrap_or_else(|| panic!("the process ended: {:?}", child.wait()));
        // Its output goes nowhere from now on, and there is no more of it.
        Self { child, address: address.parse().unwrap() }
    }

    /// Ends it as the kernel would.
    pub(crate) fn kill(&mut self) {
        let _gone = self.child.kill();
        self.child.wait().unwrap();
    }

    /// How much memory the process has, in KiB, as the kernel says.
    pub(crate) fn memory(&self, line: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|found| found.strip_prefix(line)).unwrap();
        line.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

#[test]
#[ignore = "started by other tests, as a process of its own"]
fn inside() {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else { return };
    // Where the one before was killed a moment ago, its lock may still be there.
    let gateway =
        eventually("the file can be opened", || Gateway::open(&folder, GatewayOptions::default()).ok());
    let server = host(&Arc::new(gateway));
    println!("\nlistening on {}", server.local_addr());
    loop {
        std::thread::park();
    }
}

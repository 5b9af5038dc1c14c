//! The folder in which the demo lives, and the ports on which it listens: nothing of the user's is touched.

use crate::failure::Failure;
use std::fs::{File, OpenOptions};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// How the folder is called, with random letters behind it.
const PREFIX: &str = "telemetry-demo-";

/// Where temporary folders are, should the environment name a place that is not there.
const ELSEWHERE: [&str; 3] = ["/tmp", "/var/tmp", "/dev/shm"];

/// The folder of one demo, which goes with it.
#[derive(Debug)]
pub(super) struct Home {
    folder: TempDir,
    program: PathBuf,
}

impl Home {
    /// Makes the folder where temporary folders are made.
    pub(super) fn new() -> Result<Self, Failure> {
        let program = std::env::current_exe()
            .map_err(|error| Failure::new("cannot find this program").because(error))?;
        let usual = std::env::temp_dir();
        let mut refused = None;
        for place in [usual].into_iter().chain(ELSEWHERE.map(PathBuf::from)) {
            // A relative place is another one for the processes of the fleet.
            let made = std::path::absolute(&place);
            match made.and_then(|place| tempfile::Builder::new().prefix(PREFIX).tempdir_in(place)) {
                Ok(folder) => return Ok(Self { folder, program }),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        let failure = Failure::new("cannot make a temporary folder")
            .advice("name a folder that can be written with TMPDIR");
        Err(match refused {
            Some(error) => failure.because(error),
            None => failure,
        })
    }

    /// The folder itself.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the stack.
    pub(super) fn stack(&self) -> PathBuf {
        self.folder.path().join("up")
    }

    /// The file of this name in the folder.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A part of the demo, at home in the folder and with nothing of the user's environment. Interrupts of the terminal are for the demo,
    /// which ends it; it ends by itself when its standard input does.
    pub(super) fn part(&self) -> Result<Command, Failure> {
        let mut command = Command::new(&self.program);
        command.env_clear().current_dir(self.folder.path()).env("HOME", self.folder.path());
        command.env("SASE_TELEMETRY_ENABLED", "true").env("SASE_TELEMETRY_LEDGER_PATH", self.file("ledger"));
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(self.log()?);
        Ok(command)
    }

    fn log(&self) -> Result<File, Failure> {
        let file = OpenOptions::new().append(true).create(true).open(self.log_path());
        file.map_err(|error| Failure::new("cannot write in the folder of the demo").because(error))
    }

    /// What the parts have to say.
    pub(super) fn log_path(&self) -> PathBuf {
        self.file("parts.log")
    }

    /// Leaves the folder where it is.
    pub(super) fn keep(self) -> PathBuf {
        self.folder.keep()
    }

    /// Removes the folder with everything in it.
    pub(super) fn remove(self) -> Result<(), Failure> {
        let path = self.folder.path().to_owned();
        self.folder.close().map_err(|error| cannot_remove(&path, error))
    }
}

fn cannot_remove(path: &Path, error: io::Error) -> Failure {
    Failure::new(format!("cannot remove {}", path.display())).because(error)
}

/// A port of loopback: the one that was asked for, or the standard one, or where somebody has that, any.
pub(super) fn port(flag: &str, asked: Option<u16>, standard: u16) -> Result<u16, Failure> {
    match asked {
        Some(port) => free(port).map_err(|error| {
            Failure::new(format!("cannot listen on port {port} of this machine"))
                .because(error)
                .advice(format!("name another port with {flag}, or leave it out to take any free one"))
        }),
        None => free(standard)
            .or_else(|_| free(0))
            .map_err(|error| Failure::new("cannot find a free port").because(error)),
    }
}

/// This port, if it is free; 0 is any free one.
fn free(port: u16) -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, port))?.local_addr()?.port())
}

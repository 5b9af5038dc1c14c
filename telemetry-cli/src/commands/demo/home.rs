//! The folder in which the demo lives, and the ports on which it listens: nothing of the user's is touched.

use crate::failure::Failure;
use rustix::fs::statvfs;
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

/// How many bytes must be free there: the usual demo writes a part of it.
const ROOM: u64 = 64 * 1024 * 1024;

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
            let made = std::path::absolute(&place).and_then(|place| {
                has_room(&place, ROOM)?;
                tempfile::Builder::new().prefix(PREFIX).tempdir_in(place)
            });
            match made {
                Ok(folder) => return Ok(Self { folder, program }),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        let failure = Failure::new("cannot make a temporary folder")
            .advice("name a folder that can be written, with 64 MiB to spare, with TMPDIR");
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

    /// That there is less room in the folder than there should be.
    pub(super) fn fullness(&self) -> Option<String> {
        has_room(self.path(), ROOM).err().map(|error| error.to_string())
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

/// Whether so many bytes can be written there. On a full disk a demo runs to its end before it fails, and nobody sees why.
fn has_room(place: &Path, least: u64) -> io::Result<()> {
    let disk = statvfs(place)?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free >= least {
        return Ok(());
    }
    let [free, least] = [free, least].map(|bytes| bytes / (1024 * 1024));
    let text = format!("{} has only {free} MiB left, and a demonstration needs {least}", place.display());
    Err(io::Error::new(io::ErrorKind::StorageFull, text))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_without_room_is_refused_and_says_so() {
        let place = std::env::temp_dir();
        assert!(has_room(&place, 1).is_ok());
        let refused = has_room(&place, u64::MAX).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::StorageFull);
        assert!(refused.to_string().contains(" MiB left, and a demonstration needs "), "{refused}");
    }
}

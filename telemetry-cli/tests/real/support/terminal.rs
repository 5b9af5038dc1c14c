//! A terminal without a person before it.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// The side of a terminal on which a person sits: it sees everything that is printed, from whichever program.
#[derive(Debug)]
pub(crate) struct Terminal {
    person: OwnedFd,
    name: String,
    columns: u16,
    printed: Arc<Mutex<String>>,
    reader: thread::JoinHandle<()>,
}

impl Terminal {
    /// A terminal of this size.
    pub(crate) fn new(rows: u16, columns: u16) -> Self {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname(&person, Vec::new()).unwrap().into_string().unwrap();
        let (mut screen, printed) = (File::from(person.try_clone().unwrap()), Arc::default());
        let heard: Arc<Mutex<String>> = Arc::clone(&printed);
        let reader = thread::spawn(move || {
            let (mut bytes, mut rest) = ([0; 4096], Vec::new());
            while let Ok(length @ 1..) = screen.read(&mut bytes) {
                // A character may come in two parts.
                rest.extend_from_slice(&bytes[..length]);
                let whole = std::str::from_utf8(&rest).map_or_else(|error| error.valid_up_to(), str::len);
                let text: Vec<_> = rest.drain(..whole).collect();
                heard.lock().unwrap().push_str(str::from_utf8(&text).unwrap());
            }
        });
        let terminal = Self { person, name, columns, printed, reader };
        terminal.resize(rows);
        terminal
    }

    /// The terminal with another number of rows.
    pub(crate) fn resize(&self, rows: u16) {
        let size = Winsize { ws_row: rows, ws_col: self.columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.person, size).unwrap();
    }

    /// The command with this terminal for its input and all that it says.
    pub(crate) fn before<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let open = || Stdio::from(File::options().read(true).write(true).open(&self.name).unwrap());
        command.stdin(open()).stdout(open()).stderr(open())
    }

    /// What was printed so far and not taken before.
    pub(crate) fn printed(&self) -> Arc<Mutex<String>> {
        Arc::clone(&self.printed)
    }

    /// Everything that the command prints until it ends, and how it ends.
    pub(crate) fn shows(self, mut command: Command) -> (ExitStatus, String) {
        let status = self.before(&mut command).status().unwrap();
        // The command holds the last of the other side, and nothing more comes once that is closed.
        drop(command);
        self.reader.join().unwrap();
        (status, self.printed.lock().unwrap().clone())
    }
}

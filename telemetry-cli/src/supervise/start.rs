//! How a command begins, and why it could not.
//!
//! Like `env`, it looks the program up in `PATH` and gives a text without an interpreter line to the shell. Unlike
//! `env`, it says which of several things was missing.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{BorrowedFd, RawFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use command_fds::{CommandFdExt as _, FdMapping};
use rustix::fs::{Access, access};
use rustix::io::Errno;
use rustix::process::Pid;

use super::limit::Limit;
use super::outcome::Ended;

/// Who reads a text that names no interpreter, as POSIX has it for `execvp`.
const SHELL: &str = "/bin/sh";

/// Where programs are looked up without `PATH`, as the C library does.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// How much of a file is read to tell a text from a program for another machine; `bash` decides by as little.
const BEGINNING: u64 = 128;

/// What is started, and with what besides our own streams and environment.
pub(crate) struct Order<'o> {
    /// The program, to be looked up in `PATH` where its name holds no slash.
    pub(crate) program: &'o OsStr,
    /// Its arguments.
    pub(crate) args: &'o [OsString],
    /// How long it may take.
    pub(crate) limit: Option<Limit>,
    /// What it finds in its environment besides ours.
    pub(crate) variable: Option<(&'static str, OsString)>,
    /// A descriptor that it has open besides our streams, and as which number.
    pub(crate) descriptor: Option<(BorrowedFd<'o>, RawFd)>,
}

impl<'o> Order<'o> {
    /// Nothing but the command.
    pub(crate) const fn new(program: &'o OsStr, args: &'o [OsString]) -> Self {
        Self { program, args, limit: None, variable: None, descriptor: None }
    }

    /// This program, with everything that was ordered but the arguments.
    fn command(&self, program: &OsStr, own_group: bool) -> io::Result<Command> {
        let mut command = Command::new(program);
        command.envs(self.variable.clone());
        if own_group {
            command.process_group(0);
        }
        if let Some((ours, child_fd)) = self.descriptor {
            let parent_fd = ours.try_clone_to_owned()?;
            command.fd_mappings(vec![FdMapping { parent_fd, child_fd }]).map_err(io::Error::other)?;
        }
        Ok(command)
    }
}

/// Starts the command on our own streams, in our own process group or in one of its own.
///
/// The standard library sets the handlers of the child back to their defaults, leaves ignored signals ignored, and keeps
/// the mask of blocked signals.
pub(super) fn start(order: &Order<'_>, own_group: bool, path: Option<&OsStr>) -> Result<Pid, Ended> {
    let mut command = order.command(order.program, own_group).map_err(Ended::Failed)?;
    match spawn(command.args(order.args)) {
        Err(error) if Errno::from_io_error(&error) == Some(Errno::NOEXEC) => {
            start_text(order, own_group, path)
        }
        started => started.map_err(|error| why_not(error, order.program, path)),
    }
}

/// The number alone is kept: the standard library's own handle would wait in a way that does not see stops.
fn spawn(command: &mut Command) -> io::Result<Pid> {
    command.spawn().map(|child| Pid::from_child(&child))
}

fn start_text(order: &Order<'_>, own_group: bool, path: Option<&OsStr>) -> Result<Pid, Ended> {
    let script = candidates(order.program, path).into_iter().find(|file| may_execute(file) && is_text(file));
    let no_program = || Ended::NotExecutable(io::Error::other("it is not a program for this system"));
    let script = script.ok_or_else(no_program)?;
    let mut shell = order.command(OsStr::new(SHELL), own_group).map_err(Ended::Failed)?;
    spawn(shell.arg(script).args(order.args)).map_err(|_| no_program())
}

/// The files that the program's name may mean, in the order in which they are tried.
fn candidates(program: &OsStr, path: Option<&OsStr>) -> Vec<PathBuf> {
    if names_a_file(program) {
        return vec![program.into()];
    }
    let folders = std::env::split_paths(path.unwrap_or(OsStr::new(DEFAULT_PATH)));
    folders.map(|folder| this_folder_if_empty(folder).join(program)).collect()
}

fn names_a_file(program: &OsStr) -> bool {
    program.as_bytes().contains(&b'/')
}

/// An empty entry of `PATH` is the current folder; spelt out, a name with a leading dash is no option to the shell.
fn this_folder_if_empty(folder: PathBuf) -> PathBuf {
    if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder }
}

fn may_execute(file: &Path) -> bool {
    file.is_file() && access(file, Access::EXEC_OK).is_ok()
}

/// Whether a shell can be expected to read it: its first line holds no zero byte.
fn is_text(file: &Path) -> bool {
    let mut beginning = Vec::new();
    let read = File::open(file).and_then(|file| file.take(BEGINNING).read_to_end(&mut beginning));
    let first_line = beginning.split(|&byte| byte == b'\n').next();
    read.is_ok() && first_line.is_none_or(|line| !line.contains(&0))
}

fn why_not(error: io::Error, program: &OsStr, path: Option<&OsStr>) -> Ended {
    match Errno::from_io_error(&error) {
        Some(Errno::NOENT) => Ended::NotFound(explained(&error, what_is_missing(program, path))),
        Some(Errno::ACCESS | Errno::PERM) => Ended::NotExecutable(explained(&error, what_is_denied(program))),
        Some(Errno::NOTDIR | Errno::ISDIR | Errno::LOOP | Errno::TXTBSY) => Ended::NotExecutable(error),
        _ => Ended::Failed(error),
    }
}

fn explained(error: &io::Error, reason: impl Into<Cow<'static, str>>) -> io::Error {
    io::Error::new(error.kind(), reason.into())
}

fn what_is_missing(program: &OsStr, path: Option<&OsStr>) -> Cow<'static, str> {
    match candidates(program, path).into_iter().find(|file| may_execute(file)) {
        Some(file) => missing_interpreter(&file),
        None if names_a_file(program) => "no such file".into(),
        None => "not found in PATH".into(),
    }
}

/// The kernel's "no such file" about a file that is there means the program that was to read it.
fn missing_interpreter(file: &Path) -> Cow<'static, str> {
    match interpreter(file) {
        Some(interpreter) => format!("its interpreter '{interpreter}' does not exist").into(),
        None => "the interpreter or loader that it needs does not exist".into(),
    }
}

fn interpreter(file: &Path) -> Option<String> {
    let mut beginning = Vec::new();
    File::open(file).and_then(|file| file.take(BEGINNING).read_to_end(&mut beginning)).ok()?;
    let line = beginning.strip_prefix(b"#!")?.split(|&byte| byte == b'\n').next()?;
    let line = String::from_utf8_lossy(line);
    // A line that ends in a carriage return names an interpreter that nobody has, and only shows when it is escaped.
    line.split([' ', '\t']).find(|word| !word.is_empty()).map(|word| word.escape_debug().to_string())
}

fn what_is_denied(program: &OsStr) -> &'static str {
    if names_a_file(program) && Path::new(program).is_dir() {
        "it is a directory"
    } else {
        "permission denied"
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::Stdio;

    use tempfile::TempDir;

    use super::*;

    /// A folder with one file in it, written by a process of its own: a file that this process had open for writing
    /// could not be executed while a command that another test starts at that moment still holds it.
    fn folder_with(name: &str, content: impl AsRef<[u8]>, mode: &str) -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        let mut writer = Command::new("sh");
        writer.args(["-c", r#"cat >"$0" && chmod "$1" "$0""#]).arg(&file).arg(mode).stdin(Stdio::piped());
        let mut writer = writer.spawn().unwrap();
        writer.stdin.take().unwrap().write_all(content.as_ref()).unwrap();
        assert!(writer.wait().unwrap().success());
        (folder, file)
    }

    fn reason(program: &OsStr, path: Option<&OsStr>) -> String {
        match start(&Order::new(program, &[]), false, path).unwrap_err() {
            Ended::NotFound(error) => format!("127 {error}"),
            Ended::NotExecutable(error) => format!("126 {error}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_name_that_is_nowhere_was_looked_up_in_path() {
        assert_eq!(reason(OsStr::new("no-such-program-anywhere"), None), "127 not found in PATH");
        assert_eq!(reason(OsStr::new(""), None), "127 not found in PATH");
        assert_eq!(reason(OsStr::new("/no/such/program"), None), "127 no such file");
    }

    #[test]
    fn a_folder_and_a_file_without_permission_cannot_be_executed() {
        let (folder, file) = folder_with("plain", "#!/bin/sh\n", "644");
        assert_eq!(reason(folder.path().as_os_str(), None), "126 it is a directory");
        assert_eq!(reason(file.as_os_str(), None), "126 permission denied");
        assert!(reason(file.join("below").as_os_str(), None).starts_with("126 Not a directory"));
    }

    #[test]
    fn a_missing_interpreter_is_named() {
        let (_folder, file) = folder_with("script", "#! /no/such/interpreter -x\n", "755");
        assert_eq!(
            reason(file.as_os_str(), None),
            "127 its interpreter '/no/such/interpreter' does not exist"
        );
        let (_folder, file) = folder_with("script", "#!/bin/sh\r\necho\r\n", "755");
        assert_eq!(reason(file.as_os_str(), None), "127 its interpreter '/bin/sh\\r' does not exist");
    }

    #[test]
    fn a_program_for_another_machine_is_not_given_to_the_shell() {
        let (_folder, file) = folder_with("foreign", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", "755");
        assert_eq!(reason(file.as_os_str(), None), "126 it is not a program for this system");
    }

    #[test]
    fn a_text_is_looked_up_like_any_program() {
        let (folder, file) = folder_with("text", "exit 0\n", "755");
        let path = std::env::join_paths([Path::new("/nowhere"), folder.path()]).unwrap();
        let found = candidates(OsStr::new("text"), Some(&path));
        assert_eq!(found, [PathBuf::from("/nowhere/text"), file.clone()]);
        assert!(may_execute(&file) && is_text(&file));
        assert_eq!(candidates(OsStr::new("-x"), Some(OsStr::new(""))), [PathBuf::from("./-x")]);
        assert_eq!(candidates(OsStr::new("x"), None), [PathBuf::from("/bin/x"), PathBuf::from("/usr/bin/x")]);
    }

    #[test]
    fn a_zero_byte_in_the_first_line_makes_no_text() {
        for (content, expected) in [(&b"echo\n\0"[..], true), (b"", true), (b"ec\0ho\n", false)] {
            let (_folder, file) = folder_with("file", content, "755");
            assert_eq!(is_text(&file), expected, "{content:?}");
        }
        assert!(!is_text(Path::new("/no/such/file")));
    }
}

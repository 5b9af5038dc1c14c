//! Where a report comes from, and what the command is given for it.

use super::file::{Tail, Wrong};
use super::follow::Follower;
use super::pipe::Pipe;
use crate::commands::run::recording::Recording;
use crate::failure::Failure;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd, RawFd};
use std::path::{Path, PathBuf};

/// The variable in which the command finds the place of its report.
const VARIABLE: &str = "TELEMETRY_REPORT";

/// The descriptors that are not the command's own streams, and that every system can give it.
const DESCRIPTORS: std::ops::Range<RawFd> = 3..256;

/// What was said on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MetricsFrom {
    /// A file that the command writes.
    File(PathBuf),
    /// A descriptor that the command finds open.
    Descriptor(RawFd),
}

impl MetricsFrom {
    /// A number is a descriptor; a file of that name has a slash in front.
    ///
    /// # Errors
    /// A sentence that says which numbers there are.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self::File(text.into()));
        }
        match text.parse().ok().filter(|number| DESCRIPTORS.contains(number)) {
            Some(number) => Ok(Self::Descriptor(number)),
            None => Err("expected a descriptor from 3 to 255, or a file, such as ./3".to_owned()),
        }
    }
}

/// What the command is given.
#[derive(Debug, Default)]
pub(crate) struct Ends {
    descriptor: Option<(OwnedFd, RawFd)>,
    variable: Option<OsString>,
}

impl Ends {
    /// The variable that tells the place of the report.
    pub(crate) fn variable(&self) -> Option<(&'static str, OsString)> {
        self.variable.clone().map(|place| (VARIABLE, place))
    }

    /// The descriptor, and as which number the command has it.
    pub(crate) fn descriptor(&self) -> Option<(BorrowedFd<'_>, RawFd)> {
        self.descriptor.as_ref().map(|(ours, number)| (ours.as_fd(), *number))
    }

    /// Makes ready to be reported to. Where nothing is recorded the command finds the same, and what it writes is not read.
    ///
    /// # Errors
    /// Where the file is none that can be followed, or the system gives no pipe.
    pub(crate) fn open(from: &MetricsFrom, recording: Option<&mut Recording<'_>>) -> Result<Self, Failure> {
        let (ends, follower) = match from {
            MetricsFrom::File(file) => of_file(file)?,
            MetricsFrom::Descriptor(number) if recording.is_some() => of_pipe(*number)?,
            MetricsFrom::Descriptor(number) => (nowhere(*number)?, None),
        };
        if let (Some(recording), Some(follower)) = (recording, follower) {
            recording.report = Some(follower);
        }
        Ok(ends)
    }
}

fn of_file(file: &Path) -> Result<(Ends, Option<Follower>), Failure> {
    let why_not = |error: Wrong| Failure::usage(format!("cannot follow {}: {error}", file.display()));
    // The command may work in another folder.
    let file = std::path::absolute(file).map_err(|error| why_not(error.into()))?;
    let tail = Tail::new(file.clone()).map_err(why_not)?;
    let ends = Ends { variable: Some(file.into()), descriptor: None };
    Ok((ends, Some(Follower::of_file(tail))))
}

fn of_pipe(number: RawFd) -> Result<(Ends, Option<Follower>), Failure> {
    let (pipe, writer) = Pipe::open()?;
    Ok((at(writer, number), Some(Follower::of_pipe(pipe))))
}

fn nowhere(number: RawFd) -> io::Result<Ends> {
    let nowhere = OpenOptions::new().write(true).open("/dev/null")?;
    Ok(at(nowhere.into(), number))
}

fn at(ours: OwnedFd, number: RawFd) -> Ends {
    let variable = Some(format!("/dev/fd/{number}").into());
    Ends { descriptor: Some((ours, number)), variable }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_descriptor_and_everything_else_a_file() {
        assert_eq!(MetricsFrom::read("3"), Ok(MetricsFrom::Descriptor(3)));
        assert_eq!(MetricsFrom::read("./3"), Ok(MetricsFrom::File("./3".into())));
        assert_eq!(MetricsFrom::read("3.jsonl"), Ok(MetricsFrom::File("3.jsonl".into())));
        for number in ["0", "2", "256", "99999999999"] {
            assert!(MetricsFrom::read(number).is_err(), "{number}");
        }
    }
}

//! A descriptor to which the command writes its report: a pipe that is emptied at once, so that the command never waits.
//!
//! A pipe and not a file without a name: whoever opens `/dev/fd/N` anew, as a shell does for `>/dev/fd/3`, would begin at the front of
//! a file and write over what was not read yet.

use rustix::event::{PollFd, PollFlags, poll};
use std::io::{self, PipeReader, Read as _};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How much waits to be recorded at most, in bytes; what comes beyond that is counted and lost.
const MOST_WAITING: usize = 8 << 20;

/// The most that a pipe holds, in bytes, unless root has said otherwise: so much there may be that was written before a moment.
const PIPE: usize = 1 << 20;

/// The end of the pipe that is ours.
#[derive(Debug)]
pub(super) struct Pipe {
    reader: PipeReader,
    spool: Mutex<Spool>,
}

/// What was written and waits to be recorded.
#[derive(Debug, Default)]
pub(super) struct Spool {
    /// The bytes, in their order.
    pub(super) bytes: Vec<u8>,
    /// How many came after them that were too many.
    pub(super) lost: u64,
}

impl Pipe {
    /// The pipe, and the end for the command. Only what that is handed to on purpose inherits it.
    pub(super) fn open() -> io::Result<(Self, OwnedFd)> {
        let (reader, writer) = io::pipe()?;
        rustix::io::ioctl_fionbio(&reader, true)?;
        Ok((Self { reader, spool: Mutex::default() }, writer.into()))
    }

    /// Empties the pipe whenever something is in it, until the other end of `stop` is closed.
    pub(super) fn empty_until_closed(&self, stop: &impl AsFd) {
        loop {
            let mut both = [PollFd::new(&self.reader, PollFlags::IN), PollFd::new(stop, PollFlags::IN)];
            let failed = poll(&mut both, None).is_err_and(|error| error != rustix::io::Errno::INTR);
            let [_, stop] = &both;
            if failed || !stop.revents().is_empty() {
                return;
            }
            self.empty();
        }
    }

    /// Takes what is in the pipe now; not without end what somebody goes on writing.
    pub(super) fn empty(&self) {
        let mut buffer = vec![0; PIPE];
        let mut reader = &self.reader;
        let mut taken = 0;
        while taken < PIPE {
            match reader.read(&mut buffer) {
                Ok(0) => return,
                Ok(read) => {
                    taken += read;
                    self.spool().add(buffer.get(..read).unwrap_or_default());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    /// What waits to be recorded.
    pub(super) fn take(&self) -> Spool {
        std::mem::take(&mut self.spool())
    }

    fn spool(&self) -> MutexGuard<'_, Spool> {
        self.spool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spool {
    /// Nothing is added any more once something was lost: it would look like one line with what came before.
    fn add(&mut self, bytes: &[u8]) {
        if self.lost > 0 || self.bytes.len() + bytes.len() > MOST_WAITING {
            self.lost += bytes.len() as u64;
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Write as _;

    #[test]
    fn whoever_writes_waits_for_nobody_and_too_much_is_counted() {
        let (pipe, writer) = Pipe::open().unwrap();
        let (stop, stopper) = io::pipe().unwrap();
        let all = MOST_WAITING + PIPE;
        std::thread::scope(|scope| {
            scope.spawn(|| pipe.empty_until_closed(&stop));
            let mut writer = File::from(writer);
            writer.write_all(&vec![b'x'; all]).unwrap();
            drop(stopper);
        });
        pipe.empty();
        let spool = pipe.take();
        assert_eq!(spool.bytes.len() as u64 + spool.lost, all as u64);
        assert!(spool.bytes.len() <= MOST_WAITING && spool.lost > 0, "{}", spool.lost);
        assert_eq!((pipe.take().bytes.len(), pipe.take().lost), (0, 0));
    }
}

//! A process of the demo, which is gone when this is.

use std::io::{self, Write as _};
use std::process::{Child, Command, ExitStatus};

/// A process that is killed when it is dropped.
#[derive(Debug)]
pub(super) struct Part {
    child: Child,
}

impl Part {
    /// Starts it.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        command.spawn().map(|child| Self { child })
    }

    /// The process itself.
    pub(super) const fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Says a word to it.
    pub(super) fn say(&mut self, word: &str) -> io::Result<()> {
        self.child.stdin.as_mut().map_or(Ok(()), |pipe| writeln!(pipe, "{word}"))
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        // It must not lose its standard input while it runs, so that `Child::wait`, which closes it, is for the end.
        self.child.try_wait()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // One that has ended is not there to be killed.
        let _ended = self.child.kill();
        let _gone = self.child.wait();
    }
}

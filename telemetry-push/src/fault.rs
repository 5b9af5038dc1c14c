//! The points between the steps on the file system, at which the tests of this crate let a process die or a step fail.
//!
//! In a program that is no test there is nothing at them.

#[cfg(not(test))]
pub(crate) use absent::{step, write_all};
#[cfg(test)]
pub(crate) use present::{Death, Fault, armed, step, write_all};

#[cfg(not(test))]
mod absent {
    use std::fs::File;
    use std::io::{self, Write};

    /// The point before a step.
    #[inline]
    #[expect(clippy::unnecessary_wraps, reason = "in tests it fails")]
    pub(crate) const fn step() -> io::Result<()> {
        Ok(())
    }

    /// Writes everything.
    pub(crate) fn write_all(file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }
}

#[cfg(test)]
mod present {
    use std::cell::Cell;
    use std::fs::File;
    use std::io::{self, Write};
    use std::panic;

    /// What happens at a point, and after how many others.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Fault {
        /// The process dies there: what it had open is closed, and nothing of its own is executed any more.
        Dies(u32),
        /// The step fails, as on a full disk.
        Fails(u32),
    }

    /// What a death unwinds with.
    pub(crate) struct Death;

    thread_local! {
        static ARMED: Cell<Option<Fault>> = const { Cell::new(None) };
    }

    /// The point before a step.
    pub(crate) fn step() -> io::Result<()> {
        let fault = ARMED.get();
        ARMED.set(match fault {
            Some(Fault::Dies(0) | Fault::Fails(0)) | None => None,
            Some(Fault::Dies(left)) => Some(Fault::Dies(left - 1)),
            Some(Fault::Fails(left)) => Some(Fault::Fails(left - 1)),
        });
        match fault {
            Some(Fault::Dies(0)) => panic::resume_unwind(Box::new(Death)),
            Some(Fault::Fails(0)) => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }

    /// Writes in two steps, so that half of it may be there when the process dies or the disk is full.
    pub(crate) fn write_all(file: &mut File, bytes: &[u8]) -> io::Result<()> {
        let (half, rest) = bytes.split_at(bytes.len() / 2);
        file.write_all(half)?;
        step()?;
        file.write_all(rest)
    }

    /// Works with a fault before it, if any; the death of the process is an error.
    pub(crate) fn armed<T>(fault: Option<Fault>, work: impl FnOnce() -> T) -> Result<T, Death> {
        ARMED.set(fault);
        let result = panic::catch_unwind(panic::AssertUnwindSafe(work));
        ARMED.set(None);
        result.map_err(|payload| match payload.downcast::<Death>() {
            Ok(death) => *death,
            Err(other) => panic::resume_unwind(other),
        })
    }
}

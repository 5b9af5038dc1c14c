//! What a process has for itself, and a process that was forked off it for itself again.
//!
//! This is for locks: one that another thread held at the fork is never released in the child, which has none of the parent's other threads.

use crate::sync::SetOnce;
use std::process;

/// The value of one process, and of those that were forked off it without starting a program.
#[derive(Debug)]
pub(crate) struct ByProcess<T> {
    process: u32,
    value: T,
    forked: SetOnce<Box<Self>>,
}

impl<T> ByProcess<T> {
    /// The value of this process.
    pub(crate) fn new(value: T) -> Self {
        Self::of(process::id(), value)
    }

    /// The value of the process with this number.
    pub(crate) fn of(process: u32, value: T) -> Self {
        Self { process, value, forked: SetOnce::default() }
    }

    /// The value of the process that asks; one that was forked off begins with what `begin` makes.
    pub(crate) fn get(&self, begin: impl FnOnce() -> T) -> &T {
        if self.process == process::id() {
            return &self.value;
        }
        if let Some(forked) = self.forked.get() {
            return forked.get(begin);
        }
        &self.forked.get_or_init(|| Box::new(Self::new(begin()))).value
    }
}

#[cfg(test)]
mod tests {
    use super::ByProcess;

    #[test]
    fn each_process_has_a_value_of_its_own() {
        let values = ByProcess::of(u32::MAX, 1);
        assert_eq!(values.get(|| 2), &2, "another process than the one that made it");
        assert_eq!(values.get(|| 3), &2);
        assert_eq!(ByProcess::new(1).get(|| 2), &1);
    }

    #[cfg(unix)]
    #[test]
    fn a_process_that_was_forked_off_a_forked_one_has_another() {
        use fork::{Fork, fork, waitpid};
        use std::process::exit;
        let (values, next) = (ByProcess::new(1), std::cell::Cell::new(1));
        let get = || {
            *values.get(|| {
                next.set(next.get() + 1);
                next.get()
            })
        };
        let all = match fork().unwrap() {
            Fork::Parent(child) => return assert_eq!((waitpid(child).unwrap(), get()), (0, 1)),
            Fork::Child => match (get(), fork().unwrap()) {
                (own, Fork::Parent(child)) => (own, get(), waitpid(child).unwrap()) == (2, 2, 0),
                (inherited, Fork::Child) => (inherited, get(), get()) == (2, 3, 3),
            },
        };
        exit(i32::from(!all));
    }
}

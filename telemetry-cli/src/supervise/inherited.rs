//! Which signals were ignored or blocked when this process began.
//!
//! A parent that ignores a signal for its command, as `nohup` does with `SIGHUP`, means the command behind the wrapper.
//! Ignoring survives the start of a program while a handler does not, so no handler may take its place, and whoever
//! installs handlers reads this first.

use std::process::{Command, Stdio};

/// Where Linux tells it.
const STATUS: &str = "/proc/self/status";

/// One bit per signal, the lowest for signal 1; `None` where the system does not tell.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Inherited {
    ignored: Option<u64>,
    blocked: Option<u64>,
}

impl Inherited {
    /// Reads it from the system; right only before the first handler is installed.
    pub(crate) fn read() -> Self {
        match std::fs::read_to_string(STATUS) {
            Ok(status) => Self::from_status(&status),
            Err(_) => Self { ignored: ask_ps(), blocked: None },
        }
    }

    /// Whether the signal was ignored; a system that does not tell is taken to ignore nothing, as is usual.
    pub(crate) fn ignores(&self, signal: i32) -> bool {
        self.ignored.is_some_and(|mask| contains(mask, signal))
    }

    /// Whether the signal is blocked, or may be.
    pub(super) fn may_block(&self, signal: i32) -> bool {
        self.blocked.is_none_or(|mask| contains(mask, signal))
    }

    fn from_status(status: &str) -> Self {
        Self { ignored: line(status, "SigIgn:"), blocked: line(status, "SigBlk:") }
    }
}

fn contains(mask: u64, signal: i32) -> bool {
    (1..=64).contains(&signal) && mask & (1 << (signal - 1)) != 0
}

fn line(status: &str, name: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix(name)).and_then(hexadecimal)
}

fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text.trim(), 16).ok()
}

/// What `ps` says: the way to the same mask without `/proc`, as on macOS.
///
/// The keyword is the one that the BSDs, macOS and Linux share. The masks of blocked signals are not asked for: macOS
/// keeps them per thread and `ps` shows none.
fn ask_ps() -> Option<u64> {
    let me = std::process::id().to_string();
    let mut ps = Command::new("ps");
    ps.args(["-o", "sigignore=", "-p", &me]).stdin(Stdio::null()).stderr(Stdio::null());
    hexadecimal(&String::from_utf8_lossy(&ps.output().ok()?.stdout))
}

#[cfg(test)]
mod tests {
    use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};

    use super::*;

    #[test]
    fn the_masks_of_linux_are_read() {
        let status =
            "Name:\tx\nSigPnd:\t0000000000000000\nSigBlk:\t0000000000010000\nSigIgn:\t0000000000001001\n";
        let inherited = Inherited::from_status(status);
        assert!(inherited.ignores(SIGHUP));
        assert!(!inherited.ignores(SIGINT));
        assert!(!inherited.ignores(SIGTERM));
        assert!(inherited.may_block(17), "bit 16 stands for signal 17");
        assert!(!inherited.may_block(SIGHUP));
    }

    #[test]
    fn what_is_not_told_is_not_ignored_but_may_be_blocked() {
        let inherited = Inherited::from_status("Name:\tx\nSigIgn:\tnonsense\n");
        assert_eq!(inherited, Inherited::default());
        assert!(!inherited.ignores(SIGHUP));
        assert!(inherited.may_block(SIGCHLD));
    }

    #[test]
    fn a_signal_without_a_bit_is_in_no_mask() {
        assert!(!contains(u64::MAX, 0));
        assert!(!contains(u64::MAX, 65));
        assert!(contains(u64::MAX, 64));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn ps_and_the_status_file_agree() {
        if let Some(mask) = ask_ps() {
            assert_eq!(Some(mask), Inherited::read().ignored);
        }
    }
}

//! What a process takes of the machine, as the kernel says.

use std::fs;

/// What a process has at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Vitals {
    /// Its memory, in KiB.
    pub(super) resident: u64,
    /// The most memory that it ever had, in KiB.
    pub(super) peak: u64,
    pub(super) threads: u64,
    /// Open files, sockets among them.
    pub(super) files: u64,
}

/// A process from before a siege to after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course {
    pub(super) name: &'static str,
    pub(super) process: u32,
    /// The most memory that it may ever have, in KiB.
    pub(super) bound: u64,
    pub(super) before: Vitals,
    pub(super) most: Vitals,
    pub(super) after: Vitals,
}

impl Course {
    pub(super) fn begin((name, process, bound): (&'static str, u32, u64)) -> Self {
        let now = Vitals::of(process);
        Self { name, process, bound, before: now, most: now, after: now }
    }

    pub(super) fn look(&mut self) {
        let now = Vitals::of(self.process);
        self.after = now;
        self.most = Vitals {
            resident: self.most.resident.max(now.resident),
            peak: now.peak,
            threads: self.most.threads.max(now.threads),
            files: self.most.files.max(now.files),
        };
    }
}

impl Vitals {
    /// Nothing where there is no such process any more.
    fn of(process: u32) -> Self {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
        };
        let files = fs::read_dir(format!("/proc/{process}/fd")).map_or(0, |files| files.count() as u64);
        Self { resident: number("VmRSS:"), peak: number("VmHWM:"), threads: number("Threads:"), files }
    }
}

#[test]
fn this_process_has_memory_threads_and_files() {
    let own = Vitals::of(std::process::id());
    assert!(own.resident > 0 && own.peak >= own.resident && own.threads > 0 && own.files > 2, "{own:?}");
}

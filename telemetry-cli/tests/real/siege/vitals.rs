//! What a process takes of the machine, as the kernel says.

use std::fs;

use super::besieged::Allowed;

/// How many parts of the siege are told apart.
pub(super) const PARTS: usize = 10;

/// How many more files than before may be open when all attackers have gone: what the stack itself has open varies by a few.
const MORE_FILES: u64 = 16;

/// How many more threads than before there may be by then. A thread that worked for attackers ends when it has had nothing to do for 10 s;
/// what is scraped each second gives its pool work in turn, so that ten of each such pool, the gateway's and the API's, stay.
const MORE_THREADS: u64 = 24;

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
    pub(super) allowed: Allowed,
    pub(super) before: Vitals,
    pub(super) most: Vitals,
    pub(super) after: Vitals,
    /// The most memory in each part of the time, in KiB: what grows for ever is the largest in the last.
    pub(super) parts: [u64; PARTS],
}

impl Course {
    pub(super) fn begin((name, process, allowed): (&'static str, u32, Allowed)) -> Self {
        let now = Vitals::of(process);
        Self { name, process, allowed, before: now, most: now, after: now, parts: [0; PARTS] }
    }

    /// Looks during a part of the siege.
    pub(super) fn look(&mut self, part: usize) {
        self.look_after();
        self.parts[part] = self.parts[part].max(self.after.resident);
        self.most = Vitals {
            resident: self.most.resident.max(self.after.resident),
            peak: self.after.peak,
            threads: self.most.threads.max(self.after.threads),
            files: self.most.files.max(self.after.files),
        };
    }

    /// Looks when it is over.
    pub(super) fn look_after(&mut self) {
        self.after = Vitals::of(self.process);
    }

    /// How its memory is more than it may be, in words.
    pub(super) fn bloated(&self) -> Vec<String> {
        let (Self { name, most, after, .. }, Allowed { kept, asked }) = (self, self.allowed);
        let more = |what: &str, has: u64, may: u64| {
            (has > may).then(|| format!("{name}: {has} KiB {what} are more than {may}"))
        };
        more("at most", most.peak, kept + asked)
            .into_iter()
            .chain(more("afterwards", after.resident, kept))
            .collect()
    }

    /// Whether it has no more than before of what attackers had it open, or start.
    pub(super) fn is_calm(&self) -> bool {
        self.left().is_empty()
    }

    /// What it still has of what attackers had it open, or start.
    pub(super) fn left(&self) -> Vec<String> {
        let Self { name, before, after, .. } = self;
        let kinds = [
            ("files", before.files, after.files, MORE_FILES),
            ("threads", before.threads, after.threads, MORE_THREADS),
        ];
        let left = kinds.into_iter().filter(|(_, before, after, more)| *after > before + more);
        left.map(|(kind, before, after, _)| format!("{name}: {after} {kind} after {before} before")).collect()
    }

    /// What it has now, in words.
    pub(super) fn now(&self) -> String {
        let Vitals { resident, threads, files, .. } = self.after;
        format!("{}: {} MiB, {threads} threads, {files} files", self.name, resident / 1024)
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

#[test]
fn what_is_left_or_bloated_is_said() {
    let before = Vitals { resident: 10, peak: 10, threads: 2, files: 9 };
    let allowed = Allowed { kept: 100, asked: 50 };
    let course =
        Course { name: "x", process: 0, allowed, before, most: before, after: before, parts: [0; PARTS] };
    assert!(course.is_calm() && course.bloated().is_empty(), "{course:?}");
    let most = Vitals { peak: 150, ..before };
    let asked = Course { most, ..course };
    assert!(asked.bloated().is_empty(), "what was asked for is allowed while somebody asks");
    let after = Vitals { resident: 101, peak: 151, threads: 2 + MORE_THREADS + 1, files: 9 + MORE_FILES + 1 };
    let worse = Course { most: after, after, ..course };
    let said = [worse.bloated(), worse.left()].concat();
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(said[0].contains("151 KiB") && said[1].contains("101 KiB"), "{said:?}");
    assert!(said[2].contains(" files") && said[3].contains(" threads"), "{said:?}");
}

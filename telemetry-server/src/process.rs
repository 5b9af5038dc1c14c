//! The process as the operating system sees it, under the names that every client library of Prometheus gives these metrics.

use telemetry_core::exposition::{Counter, Family, FamilyKind, Metric, Value};

/// What can be known of this process. What the operating system does not tell is `None`, and then there is no such family.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Readings {
    cpu_seconds: Option<f64>,
    open_fds: Option<f64>,
    max_fds: Option<f64>,
    virtual_memory_bytes: Option<f64>,
    virtual_memory_max_bytes: Option<f64>,
    resident_memory_bytes: Option<f64>,
    start_time_seconds: Option<f64>,
    threads: Option<f64>,
}

/// A metric of the process: name, type and help are those of the Go client's process collector, which has no threads. Those are
/// named as in the Rust client.
struct Row {
    name: &'static str,
    kind: FamilyKind,
    help: &'static str,
    read: fn(&Readings) -> Option<f64>,
}

const ROWS: [Row; 8] = [
    Row {
        name: "process_cpu_seconds_total",
        kind: FamilyKind::Counter,
        help: "Total user and system CPU time spent in seconds.",
        read: |readings| readings.cpu_seconds,
    },
    Row {
        name: "process_open_fds",
        kind: FamilyKind::Gauge,
        help: "Number of open file descriptors.",
        read: |readings| readings.open_fds,
    },
    Row {
        name: "process_max_fds",
        kind: FamilyKind::Gauge,
        help: "Maximum number of open file descriptors.",
        read: |readings| readings.max_fds,
    },
    Row {
        name: "process_virtual_memory_bytes",
        kind: FamilyKind::Gauge,
        help: "Virtual memory size in bytes.",
        read: |readings| readings.virtual_memory_bytes,
    },
    Row {
        name: "process_virtual_memory_max_bytes",
        kind: FamilyKind::Gauge,
        help: "Maximum amount of virtual memory available in bytes.",
        read: |readings| readings.virtual_memory_max_bytes,
    },
    Row {
        name: "process_resident_memory_bytes",
        kind: FamilyKind::Gauge,
        help: "Resident memory size in bytes.",
        read: |readings| readings.resident_memory_bytes,
    },
    Row {
        name: "process_start_time_seconds",
        kind: FamilyKind::Gauge,
        help: "Start time of the process since unix epoch in seconds.",
        read: |readings| readings.start_time_seconds,
    },
    Row {
        name: "process_threads",
        kind: FamilyKind::Gauge,
        help: "Number of OS threads in the process.",
        read: |readings| readings.threads,
    },
];

/// The families of the process that this system can tell; none on systems without `/proc`.
pub(crate) fn families() -> Vec<Family<'static>> {
    let readings = read();
    ROWS.iter().filter_map(|row| Some(row.family((row.read)(&readings)?))).collect()
}

impl Row {
    fn family(&self, value: f64) -> Family<'static> {
        let value = match self.kind {
            FamilyKind::Counter => Value::Counter(Counter::new(value)),
            _ => Value::Gauge(value),
        };
        Family::new(self.name, self.kind).with_help(self.help).with_metrics([Metric::new(Vec::new(), value)])
    }
}

#[cfg(target_os = "linux")]
fn read() -> Readings {
    let Ok(process) = procfs::process::Process::myself() else { return Readings::default() };
    let limits = process.limits().ok();
    let of_stat = process.stat().map(|stat| of_stat(&stat)).unwrap_or_default();
    Readings {
        open_fds: process.fd_count().ok().map(|count| count as f64),
        max_fds: limits.as_ref().map(|limits| soft(limits.max_open_files)),
        virtual_memory_max_bytes: limits.as_ref().map(|limits| soft(limits.max_address_space)),
        ..of_stat
    }
}

#[cfg(target_os = "linux")]
fn of_stat(stat: &procfs::process::Stat) -> Readings {
    let seconds = |ticks: u64| ticks as f64 / procfs::ticks_per_second() as f64;
    let booted = procfs::boot_time_secs().ok();
    Readings {
        cpu_seconds: Some(seconds(stat.utime + stat.stime)),
        virtual_memory_bytes: Some(stat.vsize as f64),
        resident_memory_bytes: Some((stat.rss * procfs::page_size()) as f64),
        start_time_seconds: booted.map(|booted| booted as f64 + seconds(stat.starttime)),
        threads: Some(stat.num_threads as f64),
        ..Readings::default()
    }
}

/// The limit that holds. No limit is the largest number there is, as in the Go client.
#[cfg(target_os = "linux")]
fn soft(limit: procfs::process::Limit) -> f64 {
    match limit.soft_limit {
        procfs::process::LimitValue::Value(value) => value as f64,
        procfs::process::LimitValue::Unlimited => u64::MAX as f64,
    }
}

#[cfg(not(target_os = "linux"))]
fn read() -> Readings {
    Readings::default()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::{ROWS, families, read};
    use std::time::{SystemTime, UNIX_EPOCH};

    /// The numbers on a line of a file of `/proc/self`, read without the library that the readings come from.
    fn proc_self(file: &str, line: &str) -> Vec<f64> {
        let text = std::fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
        let found = text.lines().find_map(|text| text.strip_prefix(line));
        found.into_iter().flat_map(str::split_whitespace).filter_map(|word| word.parse().ok()).collect()
    }

    /// Whether two readings of something that moves all the time are of the same thing.
    fn near(one: f64, other: f64) -> bool {
        (one / other - 1.0).abs() < 0.5
    }

    #[test]
    fn every_family_is_told_here() {
        assert_eq!(families().len(), ROWS.len());
    }

    #[test]
    fn memory_and_limits_are_what_the_kernel_says() {
        let readings = read();
        assert!(near(readings.resident_memory_bytes.unwrap(), proc_self("status", "VmRSS:")[0] * 1024.0));
        assert!(near(readings.virtual_memory_bytes.unwrap(), proc_self("status", "VmSize:")[0] * 1024.0));
        assert_eq!(readings.max_fds.unwrap(), proc_self("limits", "Max open files")[0]);
        let unlimited = proc_self("limits", "Max address space").is_empty();
        assert_eq!(readings.virtual_memory_max_bytes == Some(u64::MAX as f64), unlimited);
    }

    #[test]
    fn descriptors_and_threads_are_counted() {
        let before = read();
        let files: Vec<_> = (0..50).map(|_| std::fs::File::open("/proc/self/stat").unwrap()).collect();
        assert!(read().open_fds.unwrap() >= before.open_fds.unwrap() + 25.0);
        drop(files);
        assert!(read().threads.unwrap() >= 1.0);
    }

    #[test]
    fn the_process_began_between_the_boot_and_now_and_its_time_passes() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        let readings = read();
        let age = now - readings.start_time_seconds.unwrap();
        // The kernel rounds the time of the boot to whole seconds.
        assert!((-2.0..3600.0).contains(&age), "{age}");
        let before = readings.cpu_seconds.unwrap();
        while read().cpu_seconds.unwrap() == before {
            std::hint::black_box((0..100_000).sum::<u64>());
        }
    }
}

//! What a process takes of the machine, as Linux tells it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use crate::failure::{Failure, Outcome, While as _};

/// Memory in bytes, and time on a processor since the process began.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Usage {
    /// What is resident now.
    pub(super) resident: u64,
    /// The most that was ever resident.
    pub(super) peak: u64,
    pub(super) processor: Duration,
}

impl Usage {
    /// What the process with this id takes now.
    pub(super) fn of(process: u32) -> Outcome<Self> {
        let status = read(process, "status")?;
        let stat = read(process, "stat")?;
        let missing = || Failure::new(format!("/proc/{process} tells too little"));
        Ok(Self {
            resident: kilobytes(&status, "VmRSS:").ok_or_else(missing)?,
            peak: kilobytes(&status, "VmHWM:").ok_or_else(missing)?,
            processor: processor(&stat).ok_or_else(missing)?,
        })
    }

    /// What this process takes.
    pub(super) fn own() -> Outcome<Self> {
        Self::of(std::process::id())
    }
}

fn read(process: u32, file: &str) -> Outcome<String> {
    let path = format!("/proc/{process}/{file}");
    fs::read_to_string(&path).while_doing(format_args!("cannot read {path}"))
}

fn kilobytes(status: &str, key: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1_024)
}

/// Time in user and in system mode, which stand behind a name in parentheses that may hold anything.
fn processor(stat: &str) -> Option<Duration> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks = fields.next()?.parse::<u32>().ok()? + fields.next()?.parse::<u32>().ok()?;
    let per_second = u32::try_from(rustix::param::clock_ticks_per_second()).ok()?;
    Some(Duration::from_secs(1) * ticks / per_second)
}

/// What all files of a folder take on the disk, in bytes. A file may be longer than that: where nothing was written there is nothing.
pub(super) fn disk_of(folder: &Path) -> Outcome<u64> {
    let doing = || format!("cannot read {}", folder.display());
    let mut bytes = 0;
    for entry in fs::read_dir(folder).while_doing(doing())? {
        let entry = entry.while_doing(doing())?;
        let metadata = entry.metadata().while_doing(doing())?;
        bytes += if metadata.is_dir() { disk_of(&entry.path())? } else { metadata.blocks() * 512 };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_takes_memory_and_time() {
        let usage = Usage::own().unwrap();
        assert!(usage.resident > 100_000 && usage.peak >= usage.resident, "{usage:?}");
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20";
        assert_eq!(processor(stat).map(|time| time.as_millis() * 100 / 200), Some(1_000));
        assert_eq!(kilobytes("A:\t1 kB\nVmRSS:\t  12 kB\n", "VmRSS:"), Some(12_288));
    }

    #[test]
    fn a_folder_takes_what_is_written_in_its_files_and_not_their_holes() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/b"), vec![1; 100_000]).unwrap();
        fs::write(folder.path().join("c"), vec![2; 50_000]).unwrap();
        fs::File::create(folder.path().join("d")).unwrap().set_len(1 << 30).unwrap();
        let on_disk = disk_of(folder.path()).unwrap();
        assert!((100_000..1_000_000).contains(&on_disk), "{on_disk}");
    }
}

//! No room for more: on a small file system, and by a limit of the system on the length of files.

use crate::http::{eventually, get, put};
use crate::place::Process;
use crate::skip::require;
use std::fs::{self, File};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

/// How long the limited file may be, in blocks of 512 bytes; an empty one takes less.
const LONGEST: usize = 6 * 1024;

/// Pushes ever more until there is no room, and says what was kept of it.
fn fill(address: SocketAddr) -> usize {
    for number in 0..400 {
        let answer = put(address, &format!("/metrics/job/fill/n/{number}"), &body(number));
        match answer.status {
            200 => {}
            507 => {
                assert!(answer.body.contains("no room on the disk"), "{}", answer.body);
                return number;
            }
            _ => panic!("{answer:?}"),
        }
    }
    panic!("the disk was never full")
}

/// Leaves little room beside a file.
fn crowd(path: &Path) {
    let mut filler = File::create(path).unwrap();
    let pages = (0..).take_while(|_| filler.write_all(&[b'x'; 4096]).is_ok()).count();
    filler.set_len((pages.saturating_sub(100) * 4096) as u64).unwrap();
}

fn body(number: usize) -> String {
    (0..200).map(|n| format!("filler{{line=\"{n}\",text=\"{}\"}} {number}\n", "x".repeat(200))).collect()
}

/// The groups that there are, in order.
fn groups(address: SocketAddr) -> Vec<String> {
    let page = get(address, "/metrics").body;
    let lines = page.lines().filter(|line| line.starts_with("push_time_seconds{"));
    lines.filter_map(|line| line.rsplit_once(' ')).map(|(series, _)| series.to_owned()).collect()
}

fn sum(address: SocketAddr) -> Option<String> {
    let page = get(address, "/metrics").body;
    page.lines().find_map(|line| line.strip_prefix("c{instance=\"\",job=\"sum\"} ").map(str::to_owned))
}

fn count(address: SocketAddr) -> u16 {
    put(address, "/metrics/job/sum/clearmode/aggregate", "# TYPE c counter\nc 1\n").status
}

#[test]
fn a_full_disk_refuses_by_name_and_there_is_room_again_without_a_restart() {
    require!(mounts());
    let folder = tempfile::tempdir().unwrap();
    let disk = Mounted::new(folder.path());
    // It is as large as it will get before the pushes, which then make the file longer.
    let mut process = Process::start(disk.0);
    let address = process.address;
    assert_eq!(count(address), 200);
    crowd(&disk.0.join("filler"));
    let kept = fill(address);
    let before = groups(address);
    assert_eq!(before.len(), kept + 1);
    assert_eq!(put(address, "/metrics/job/fill/n/again", &body(0)).status, 507);
    assert_eq!(groups(address), before, "nothing changes");
    fs::remove_file(disk.0.join("filler")).unwrap();
    let answer = put(address, "/metrics/job/fill/n/again", &body(0));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(count(address), 200);
    let after = groups(address);
    process.kill();
    let process = Process::start(disk.0);
    assert_eq!(groups(process.address), after);
    assert_eq!(sum(process.address).as_deref(), Some("2"));
}

#[test]
fn a_file_that_may_not_grow_is_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut shell = Command::new("sh");
    // Without a handler, the signal that comes with the limit would end the process.
    let script = format!("trap '' XFSZ; ulimit -f {LONGEST}; exec \"$0\" \"$@\"");
    shell.args(["-c", &script]).arg(std::env::current_exe().unwrap());
    let mut process = Process::start_through(shell, folder.path());
    let address = process.address;
    assert_eq!(count(address), 200);
    let kept = fill(address);
    assert_eq!(groups(address).len(), kept + 1);
    let deleted = crate::http::Request::new("DELETE", "/metrics/job/fill/n/0", "").send(address).unwrap();
    assert!([202, 507].contains(&deleted.status), "{deleted:?}");
    let (before, counted) = (groups(address), sum(address));
    process.kill();
    // Without the limit there is room again, and all that was acknowledged is there.
    let process = Process::start(folder.path());
    assert_eq!((groups(process.address), sum(process.address)), (before, counted));
    assert_eq!(put(process.address, "/metrics/job/fill/n/again", &body(0)).status, 200);
}

/// A file system of a few megabytes in memory.
struct Mounted<'p>(&'p Path);

impl<'p> Mounted<'p> {
    fn new(folder: &'p Path) -> Self {
        let mut mount = Command::new("mount");
        let status = mount.args(["-t", "tmpfs", "-o", "size=4m", "none"]).arg(folder).status().unwrap();
        assert!(status.success());
        Self(folder)
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        eventually("it can be unmounted", || {
            Command::new("umount").arg(self.0).status().is_ok_and(|status| status.success()).then_some(())
        });
    }
}

/// Whether this process may mount anything.
fn mounts() -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let mount = Command::new("mount").args(["-t", "tmpfs", "none"]).arg(folder.path()).output();
    match mount {
        Ok(output) if output.status.success() => {
            eventually("it can be unmounted", || {
                Command::new("umount").arg(folder.path()).status().ok()?.success().then_some(())
            });
            Ok(())
        }
        _ => Err("mounting a small file system is not permitted".to_owned()),
    }
}

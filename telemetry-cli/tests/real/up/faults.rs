//! A disk without room: pushes are refused by name, nothing is kept by half or lost, and all goes on when there is room again.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::skip::{skip, test_name};
use crate::support::{Api, Scratch, Up, eventually};

use super::clients_wire::{Answer, ask, page, pushed, value};

/// Tells a test that it has mounts of its own.
const INSIDE: &str = "TELEMETRY_TEST_HAS_MOUNTS";

/// How large the disk is.
const DISK: &str = "size=32m";

/// What is left of it at first, in bytes: enough for some pushes.
const LEFT: u64 = 600 * 1024;

/// How many pushes are tried while there is little room or none.
const PUSHES: usize = 60;

#[test]
fn with_a_full_disk_pushes_are_refused_in_whole_and_nothing_is_lost() {
    with_own_mounts(test_name(&|| ()), || {
        let folder = Scratch::new();
        let disk = Disk::mounted_at(folder.path().join("up"));
        let mut up = Up::start_in(folder, &[]);
        let gateway = up.gateway();
        assert_eq!(ask(gateway, "PUT", "/metrics/job/kept", b"kept 7\n").status, 200);
        assert_eq!(add(gateway).status, 200);
        let scraped_before = samples(&up.api());
        disk.fill();
        disk.leave(LEFT);
        let added = push_without_room(gateway) + 1;
        disk.fill();
        await_trouble(&up.api());
        let refused = ask(gateway, "PUT", "/metrics/job/kept", &long(0));
        assert_eq!(refused.status, 507, "{}", refused.body);
        let full = pushed(gateway);
        disk.empty();
        // Nobody starts it again: there is room, and it goes on.
        let accepted = ask(gateway, "PUT", "/metrics/job/again", &long(1));
        assert_eq!(accepted.status, 200, "{}", accepted.body);
        assert_eq!(add(gateway).status, 200);
        assert_eq!(ask(gateway, "DELETE", "/metrics/job/again", b"").status, 202);
        let rest = |lines: Vec<String>| -> Vec<_> {
            lines.into_iter().filter(|line| !line.contains("sum")).collect()
        };
        assert!(rest(pushed(gateway)) == rest(full), "what was there before is there in whole");
        let scraped_after = await_samples_after(&up.api(), &scraped_before);
        let kept = pushed(gateway);
        up.restart();
        assert!(pushed(up.gateway()) == kept, "something else is there after a kill");
        assert_eq!(value(&page(up.gateway()), "added{instance=\"\",job=\"sum\"}"), Some(added + 1));
        let scraped = samples(&up.api());
        for (second, value) in scraped_before.iter().chain(&scraped_after) {
            assert_eq!(scraped.get(second), Some(value), "a sample is lost");
        }
    });
}

/// Pushes long and short ones until there have been enough of both answers, and looks at the page after each. Returns how many of
/// those that add were acknowledged.
fn push_without_room(gateway: SocketAddr) -> u64 {
    let mut before = pushed(gateway);
    let (mut added, mut refused) = (0, 0);
    for number in 0..PUSHES {
        let adds = number % 5 == 0;
        let path = format!("/metrics/job/long/number/{number}");
        let answer = if adds { add(gateway) } else { ask(gateway, "POST", &path, &long(number)) };
        let after = pushed(gateway);
        match answer.status {
            200 => added += u64::from(adds),
            507 => {
                assert!(answer.body.contains("no room"), "{}", answer.body);
                assert!(after == before, "a refused push has changed what was pushed");
                refused += 1;
            }
            status => panic!("{status}: {}", answer.body),
        }
        before = after;
    }
    assert!(refused > 0, "there was always room");
    added
}

/// Adds 1.
fn add(gateway: SocketAddr) -> Answer {
    ask(gateway, "POST", "/metrics/job/sum/clearmode/aggregate", b"# TYPE added counter\nadded 1\n")
}

/// A push of about 50 kB.
fn long(number: usize) -> Vec<u8> {
    let text = "x".repeat(200);
    let lines = (0..200).map(|line| format!("long{{line=\"{line}\",text=\"{text}\"}} {number}\n"));
    lines.collect::<String>().into_bytes()
}

/// All samples of one series that is written with every scrape, by their milliseconds; there are some.
fn samples(api: &Api) -> BTreeMap<u64, u64> {
    eventually("something is scraped", || {
        let histories = api.history("up{job=\"pushgateway\"}", "10m");
        let samples = histories.iter().flat_map(|history| &history.samples);
        let samples: BTreeMap<_, _> =
            samples.map(|&(second, value)| ((second * 1000.0).round() as u64, value.to_bits())).collect();
        (!samples.is_empty()).then_some(samples)
    })
}

/// Waits until the history says that it cannot store what it scrapes.
fn await_trouble(api: &Api) {
    eventually("a target tells that there is no room", || {
        let targets = api.targets();
        let tells = |error: &str| error.contains("no space");
        targets.iter().any(|target| target["lastError"].as_str().is_some_and(tells)).then_some(())
    });
}

/// Waits for samples that are later than all that are there now, and returns all of them.
fn await_samples_after(api: &Api, before: &BTreeMap<u64, u64>) -> BTreeMap<u64, u64> {
    let now = samples(api);
    eventually("later samples arrive", || {
        let later = samples(api);
        let healthy = api.targets().iter().all(|target| target["lastError"] == "");
        let more = later.last_key_value() > now.last_key_value();
        (healthy && more && later.len() > before.len()).then_some(later)
    })
}

/// A small disk in memory, which ends with the mounts of the test.
struct Disk(PathBuf);

impl Disk {
    fn mounted_at(folder: PathBuf) -> Self {
        fs::create_dir(&folder).unwrap();
        let mut mount = Command::new("mount");
        let status = mount.args(["-t", "tmpfs", "-o", DISK, "none"]).arg(&folder).status().unwrap();
        assert!(status.success());
        Self(folder)
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Leaves no room.
    fn fill(&self) {
        let mut filler = OpenOptions::new().append(true).create(true).open(self.filler()).unwrap();
        while filler.write_all(&[b'x'; 4096]).is_ok() {}
    }

    /// Leaves room for that many more bytes.
    fn leave(&self, bytes: u64) {
        let filler = File::options().write(true).open(self.filler()).unwrap();
        let length = filler.metadata().unwrap().len();
        filler.set_len(length.checked_sub(bytes).unwrap()).unwrap();
    }

    fn empty(&self) {
        fs::remove_file(self.filler()).unwrap();
    }
}

/// Gone with the test at the latest, and from here on as far as anybody can see.
impl Drop for Disk {
    fn drop(&mut self) {
        let _gone_anyway = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Runs a test in a process whose mounts nobody else sees, and which leaves none behind however it ends.
fn with_own_mounts(test: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let Some(ways) = unshare() else {
        return skip(test, "mounting a small disk is not permitted");
    };
    let mut again = Command::new("unshare");
    again.args(ways).arg(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]);
    let output = again.env(INSIDE, "yes").output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// The arguments with which `unshare` lets this user mount something, if there are any.
fn unshare() -> Option<&'static [&'static str]> {
    let folder = Scratch::new();
    let permitted = |ways: &[&str], folder: &Path| {
        let mut mount = Command::new("unshare");
        mount.args(ways).args(["mount", "-t", "tmpfs", "none"]).arg(folder);
        mount.output().is_ok_and(|output| output.status.success())
    };
    let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
    ways.into_iter().find(|ways| permitted(ways, folder.path()))
}

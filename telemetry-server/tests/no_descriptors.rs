//! The server in a process that has run out of file descriptors. It is alone in its process, since the limit is the process's.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test reports by panicking, and its support is no different")]

mod support;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use std::fs::File;
use std::io::Write as _;
use std::time::{Duration, Instant};
use support::{answer, connect, on_any_port, scrape};
use telemetry_server::serve;

/// More than the process needs to begin with.
const DESCRIPTORS: u64 = 64;

/// How long the server is left without a descriptor; long enough for a loop to show in the time of the processor.
const WITHOUT: Duration = Duration::from_secs(1);

fn cpu_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap()
}

/// Takes every descriptor there is, and those that the server gives back late: it closes a connection after its client has seen the end.
fn every_descriptor() -> Vec<File> {
    let (mut files, mut quiet) = (Vec::new(), 0);
    while quiet < 10 {
        let before = files.len();
        files.extend(std::iter::from_fn(|| File::open("/dev/null").ok()));
        quiet = if files.len() == before { quiet + 1 } else { 0 };
        std::thread::sleep(Duration::from_millis(30));
    }
    files
}

#[test]
fn a_server_without_descriptors_waits_without_spinning_and_serves_when_there_are_some() {
    let server = serve(&on_any_port()).unwrap();
    scrape(&server);
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(DESCRIPTORS), ..limit }).unwrap();
    let mut files = every_descriptor();
    files.pop();
    // It takes the last descriptor on this side, so that there is none on the other one.
    let mut waiting = connect(server.local_addr());
    waiting.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
    let (begun, used) = (Instant::now(), cpu_time());
    std::thread::sleep(WITHOUT);
    let (passed, used) = (begun.elapsed(), cpu_time() - used);
    assert!(used < passed / 2, "{used:?} of {passed:?} were spent on the processor");
    waiting.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
    assert!(waiting.peek(&mut [0]).is_err(), "there was a descriptor left");
    drop(files);
    waiting.set_read_timeout(Some(support::PATIENCE)).unwrap();
    assert_eq!(answer(&mut waiting).unwrap().status, 200);
    // With one descriptor on each side, whoever took the last one is served and does not make room for nobody.
    for _ in 0..20 {
        let mut files: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
        files.truncate(files.len() - 2);
        let mut only = connect(server.local_addr());
        only.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
        assert_eq!(answer(&mut only).unwrap().status, 200);
    }
    scrape(&server);
}

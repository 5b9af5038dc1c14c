//! How it ends.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Action, tcflow};

use crate::support::{Scratch, Up, http};

/// The bound of 5 s that is promised, with slack for a busy machine. What keeps it in these tests does so for a minute and more.
const BOUND: Duration = Duration::from_secs(20);

#[test]
fn a_signal_ends_it_with_success_and_everything_is_there_again() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut up = Up::start(&[]);
        let url = format!("{}/metrics/job/ending", up.gateway_url());
        assert_eq!(http::put(&url, "some_total 7\n").unwrap().status, 200);
        // Clients that hang must not keep it.
        let mut half_sent = TcpStream::connect(up.gateway()).unwrap();
        half_sent
            .write_all(b"PUT /metrics/job/x HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nsome")
            .unwrap();
        up.signal(signal);
        let (status, took, rest) = up.ended();
        assert!(status.success() && took < BOUND, "{signal:?}: {status} after {took:?}: {rest}");
        assert!(rest.contains("ending"), "{rest}");
        let _cut_off = half_sent.read(&mut [0; 10]);
        up.restart();
        let page = http::get(&format!("{}/metrics", up.gateway_url())).unwrap().body;
        assert!(page.contains("some_total{instance=\"\",job=\"ending\"} 7\n"), "{page}");
    }
}

#[test]
fn it_ends_though_queries_keep_it_busy() {
    let mut up = Up::start(&[]);
    let mut clients = Vec::new();
    for _ in 0..4 {
        let mut client = TcpStream::connect(up.api().url().trim_start_matches("http://")).unwrap();
        let query = "sum_over_time(vector(1)[90d:1s])";
        write!(client, "GET /api/v1/query?query={query} HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        clients.push(client);
    }
    std::thread::sleep(Duration::from_secs(1));
    up.signal(Signal::TERM);
    let (status, took, rest) = up.ended();
    assert!(status.success() && took < BOUND, "{status} after {took:?}: {rest}");
    drop(clients);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut up = Up::start(&[]);
    let mut half_sent = TcpStream::connect(up.gateway()).unwrap();
    half_sent.write_all(b"PUT /metrics/job/x HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nsome").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    up.signal(Signal::INT);
    std::thread::sleep(Duration::from_millis(200));
    up.signal(Signal::INT);
    let (status, took, rest) = up.ended();
    assert_eq!(status.code(), Some(130), "after {took:?}: {rest}");
}

/// A terminal on which somebody pressed Ctrl-S takes nothing more, and whatever is written waits for ever.
#[test]
fn it_ends_though_its_terminal_takes_nothing() {
    let folder = Scratch::new();
    let (keyboard, screen) = terminal();
    let mut command = folder.telemetry();
    command
        .args(["up", "--gateway-port", "0", "--api-port", "0", "--data-dir"])
        .arg(folder.path().join("up"));
    let mut up = command.stdout(screen.try_clone().unwrap()).stderr(Stdio::null()).spawn().unwrap();
    let mut keyboard = File::from(keyboard);
    let mut shown = String::new();
    while !shown.contains("running") {
        let mut some = [0; 1024];
        let length = keyboard.read(&mut some).unwrap();
        shown += &String::from_utf8_lossy(&some[..length]);
    }
    tcflow(&screen, Action::OOff).unwrap();
    std::thread::sleep(Duration::from_secs(2));
    kill_process(Pid::from_child(&up), Signal::TERM).unwrap();
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = up.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > BOUND {
            up.kill().unwrap();
            panic!("it is still there");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "{status}");
}

/// A new terminal, from both sides.
fn terminal() -> (OwnedFd, File) {
    let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&keyboard).unwrap();
    unlockpt(&keyboard).unwrap();
    let name = ptsname(&keyboard, Vec::new()).unwrap().into_string().unwrap();
    (keyboard, File::options().read(true).write(true).open(name).unwrap())
}

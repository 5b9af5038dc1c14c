//! A demonstration on a terminal, where its page stays after its end until somebody presses a key.

use std::fs::File;
use std::io::Read as _;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;

use crate::support::{Scratch, eventually, http};

/// How long each part of a demonstration of a minute may take on a busy machine, on which every agent takes longer than planned.
pub(super) const PART: Duration = Duration::from_secs(600);

/// One that runs, with what it prints.
pub(super) struct Shown {
    child: Child,
    printed: Arc<Mutex<String>>,
    /// Where the page is, as a URL that ends with a slash.
    pub(super) page: String,
    _home: Scratch,
}

impl Shown {
    pub(super) fn start() -> Self {
        let home = Scratch::new();
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap().into_string().unwrap();
        let terminal = || Stdio::from(File::options().read(true).write(true).open(&name).unwrap());
        let mut command = home.telemetry();
        command.args(["demo", "--duration", "60s", "--seed", "7", "--gateway-port", "0", "--api-port", "0"]);
        let child = command.stdin(terminal()).stdout(terminal()).stderr(terminal()).spawn().unwrap();
        let printed = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&printed);
        thread::spawn(move || {
            let (mut screen, mut bytes) = (File::from(keyboard), [0; 4096]);
            while let Ok(length @ 1..) = screen.read(&mut bytes) {
                heard.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..length]));
            }
        });
        let mut shown = Self { child, printed, page: String::new(), _home: home };
        shown.page = eventually("the address of the page", || shown.said("page     "));
        shown
    }

    /// What follows these words on their line, once they were printed.
    fn said(&self, words: &str) -> Option<String> {
        let printed = self.printed.lock().unwrap();
        let (_, rest) = printed.split_once(words)?;
        Some(rest.split_once('\n')?.0.trim().to_owned())
    }

    /// What the page says for programs, once it is as wanted.
    pub(super) fn state(&self, what: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PART;
        loop {
            let state: Value = serde_json::from_str(&self.get("state.json")).unwrap();
            if is_wanted(&state) {
                return state;
            }
            assert!(Instant::now() < deadline, "{what}: {state}\n{}", self.printed.lock().unwrap());
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Waits until everything has ended and was checked, and only the page is left.
    pub(super) fn ended(&self) {
        let deadline = Instant::now() + PART;
        while self.said("The history says what was done").is_none() {
            let failed = self.said("the check failed").is_some();
            assert!(Instant::now() < deadline && !failed, "{}", self.printed.lock().unwrap());
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// What stands at this path of the page.
    pub(super) fn get(&self, path: &str) -> String {
        let answer = http::get(&format!("{}{path}", self.page)).unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        // It takes its folder and its processes along.
        let _asked = kill_process(Pid::from_child(&self.child), Signal::INT);
        let _ended = self.child.wait();
    }
}

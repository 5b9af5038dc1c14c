//! `telemetry demo`: it passes its own check, fails where it must, and leaves nothing behind.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use telemetry_core::catalog;
use telemetry_core::metric::Kind;

use crate::support::{Scratch, Up, eventually};

/// The shortest demo that there is.
const SHORTEST: [&str; 3] = ["demo", "--duration", "60s"];

/// How long an interrupted demo may take to end; 8 s are promised.
const END: Duration = Duration::from_secs(25);

/// A demo in a home of its own, on any ports.
fn demo(home: &Scratch, arguments: &[&str]) -> Command {
    let mut command = home.telemetry();
    command.args(SHORTEST).args(["--gateway-port", "0", "--api-port", "0"]).args(arguments);
    command
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What a demo has left in its home.
fn left(home: &Scratch) -> Vec<PathBuf> {
    fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// The processes that live in this folder.
fn living_in(folder: &Path) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let here = processes
        .filter(|process| fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder)));
    here.map(|process| fs::read_to_string(process.path().join("cmdline")).unwrap_or_default()).collect()
}

fn line_of<'a>(text: &'a str, beginning: &str) -> &'a str {
    text.lines()
        .find(|line| line.starts_with(beginning))
        .unwrap_or_else(|| panic!("no {beginning} in {text}"))
}

#[test]
fn it_passes_its_own_check_and_leaves_only_what_is_kept_which_has_every_metric() {
    let home = Scratch::new();
    let output = demo(&home, &["--seed", "7", "--keep"]).stdin(Stdio::null()).output().unwrap();
    let text = printed(&output);
    assert!(output.status.success(), "{text}");
    assert!(output.stderr.is_empty(), "{text}");
    for part in ["page     http://127.0.0.1:", "plan     seed 7: ", "0:00  calm", "fault", "recovery"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(text.contains(" 0 differ; 34 of 34 metrics"), "{text}");
    for news in ["AxeCycleErrors fires: ", "AxeCycleErrors is over", "LlmErrors fires: ", "LlmErrors is over"]
    {
        assert!(text.contains(news), "{news} is not in {text}");
    }
    for command in
        ["telemetry up", "telemetry run -- ", "telemetry snapshot", "telemetry alerts", "export-config"]
    {
        assert!(text.contains(command), "{command} is not in {text}");
    }
    assert_eq!(living_in(home.path()), [""; 0]);
    let kept = text.lines().find_map(|line| line.split_once("telemetry up --data-dir ")).unwrap().1;
    let folder = left(&home);
    assert!(folder.len() == 1 && Path::new(kept).starts_with(&folder[0]), "{folder:?} {text}");
    fs::rename(kept, home.path().join("up")).unwrap();
    let up = Up::start_in(home, &["--no-gateway"]);
    for def in catalog::metrics() {
        let name = if matches!(def.kind, Kind::Histogram(_)) {
            format!("{}_count", def.name)
        } else {
            def.name.to_owned()
        };
        let answer = up.api().query(&format!("count(last_over_time({name}[1h]))"));
        assert!(!answer.is_empty(), "{name}");
    }
    // A second stands for a minute, so that the median of the runs is an estimate and no guess about the first bucket.
    let median =
        "histogram_quantile(0.5, sum by (le) (last_over_time(sase_agent_run_duration_seconds_bucket[1h])))";
    let value = up.api().query(median)[0].value;
    assert!((30.0..300.0).contains(&value), "{value}");
}

#[test]
fn without_the_push_it_fails_and_says_what_differs() {
    let home = Scratch::new();
    let output = demo(&home, &["--carrier", "serve", "--agents", "2"]).output().unwrap();
    let text = printed(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("the check failed"), "{text}");
    for part in [
        " series are not what was done",
        " by the plan, nothing in the history",
        " have no value in the history",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert_eq!((left(&home), living_in(home.path())), (Vec::new(), Vec::new()));
}

/// A demo that runs, with what it prints.
struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (tell, lines) = mpsc::channel();
        let printed = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || printed.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Self { child, lines }
    }

    /// Waits for a line that begins so.
    fn line(&mut self, beginning: &str) -> String {
        eventually(beginning, || {
            let next = self.lines.try_recv();
            if next == Err(mpsc::TryRecvError::Disconnected) {
                let mut said = String::new();
                let _ = self.child.stderr.take().unwrap().read_to_string(&mut said);
                panic!("it ended: {said}");
            }
            next.ok().filter(|line| line.starts_with(beginning))
        })
    }

    /// Sends a signal and waits for the end: the exit code, and how long it took.
    fn end(&mut self, signal: Signal) -> (Option<i32>, Duration) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let begun = Instant::now();
        let status = eventually("it ends", || self.child.try_wait().unwrap());
        (status.code(), begun.elapsed())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn neither_an_interrupt_nor_a_kill_leaves_a_process_or_a_file() {
    let home = Scratch::new();
    let mut running = Running::start(&mut demo(&home, &["--agents", "4"]));
    running.line("0:00  calm");
    eventually("agents are there", || (living_in(home.path()).len() > 3).then_some(()));
    let (code, took) = running.end(Signal::INT);
    assert!(code == Some(130) && took < END, "{code:?} after {took:?}");
    assert_eq!((left(&home), living_in(home.path())), (Vec::new(), Vec::new()));

    let mut running = Running::start(&mut demo(&home, &["--agents", "4"]));
    running.line("0:00  calm");
    eventually("agents are there", || (living_in(home.path()).len() > 3).then_some(()));
    running.end(Signal::KILL);
    eventually("its processes end with it, and take the folder along", || {
        (living_in(home.path()).is_empty() && left(&home).is_empty()).then_some(())
    });
}

#[test]
fn the_same_seed_gives_the_same_plan_and_another_one_another() {
    let plan = |seed: &str| {
        let home = Scratch::new();
        let mut running = Running::start(&mut demo(&home, &["--seed", seed]));
        let plan = running.line("plan");
        running.end(Signal::TERM);
        plan
    };
    let [first, again, other] = ["11", "11", "12"].map(plan);
    assert_eq!(first, again);
    assert_ne!(first.replace("seed 11", ""), other.replace("seed 12", ""));
}

#[test]
fn ports_that_others_have_are_left_to_them_unless_they_were_asked_for() {
    let home = Scratch::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = home.telemetry().args(SHORTEST).args(["--api-port", &port]).output().unwrap();
    let text = printed(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(line_of(&text, "telemetry: ").contains(&format!("cannot listen on port {port}")), "{text}");
    // Whoever has the standard ports keeps them: these, or another program of this machine.
    let _standard = [9090, 9091].map(|port| TcpListener::bind(("127.0.0.1", port)));
    let mut running = Running::start(home.telemetry().args(SHORTEST));
    for part in ["gateway", "history"] {
        let line = running.line(part);
        assert!(!line.ends_with(":9090") && !line.ends_with(":9091"), "{line}");
    }
    running.end(Signal::TERM);
    assert_eq!(left(&home), Vec::<PathBuf>::new());
}

#[test]
fn it_needs_no_home_and_no_temporary_folder_of_the_environment() {
    let home = Scratch::new();
    let mut command = demo(&home, &["--agents", "1"]);
    command.env_remove("HOME").env("TMPDIR", "/nowhere").env_remove("PATH");
    let mut running = Running::start(&mut command);
    running.line("0:00  calm");
    assert_eq!(running.end(Signal::INT).0, Some(130));
}

#[test]
fn wrong_usage_is_64() {
    let home = Scratch::new();
    let wrong: [&[&str]; 6] = [
        &["demo", "--duration", "59s"],
        &["demo", "--duration", "2h"],
        &["demo", "--agents", "0"],
        &["demo", "--agents", "51"],
        &["demo", "--seed", "x"],
        &["demo", "--api-port", "19999", "--gateway-port", "19999"],
    ];
    for arguments in wrong {
        let output = home.telemetry().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(64), "{arguments:?}: {}", printed(&output));
    }
    let output = home.telemetry().args(["demo", "--duration", "59s"]).output().unwrap();
    assert!(printed(&output).contains("from 1m to 1h"), "{}", printed(&output));
}

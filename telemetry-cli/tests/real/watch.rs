//! `telemetry snapshot --watch`, on a terminal and in a pipe.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

use crate::snapshot::AGENT;
use crate::support::pushgateway::Groups;
use crate::support::reviewed::reviewed;
use crate::support::schema::conforms;
use crate::support::terminal::Terminal;
use crate::support::{Pushgateway, Scratch, eventually, http, require};

/// Ended with the test.
struct Watching(Child);

impl Drop for Watching {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Watching {
    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }
}

/// The binary that watches this gateway alone.
fn watching(scratch: &Scratch, gateway: &Pushgateway, args: &[&str]) -> Command {
    let mut command = scratch.telemetry_pushing_to(&gateway.url());
    command.env("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_PORT", "1");
    command.args(["snapshot", "-S", "pushgateway", "--watch", "0.2"]).args(args);
    command
}

fn count(gateway: &Pushgateway, runs: u32) {
    let body = format!(
        "# TYPE sase_agent_runs_total counter\nsase_agent_runs_total{{llm_provider=\"claude\",status=\"ok\",workflow=\"fix\"}} {runs}\n"
    );
    let answer = http::put(&format!("{}/metrics/job/sase_agent/instance/a", gateway.url()), &body).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// The lines of a program, as they come.
fn lines(child: &mut Child) -> Receiver<String> {
    let (tell, told) = channel();
    let output = BufReader::new(child.stdout.take().unwrap());
    thread::spawn(move || output.lines().map_while(Result::ok).all(|line| tell.send(line).is_ok()));
    told
}

#[test]
fn a_watch_survives_its_source_and_says_what_has_changed() {
    require!(Pushgateway);
    let (scratch, mut gateway) = (Scratch::new(), Pushgateway::start(Groups::AreLost));
    count(&gateway, 5);
    let mut child = watching(&scratch, &gateway, &[]).stdout(Stdio::piped()).spawn().unwrap();
    let told = lines(&mut child);
    let _watching = Watching(child);
    let says = |what: &str, words: &[&str]| {
        eventually(what, || told.try_iter().find(|line| words.iter().all(|word| line.contains(word))))
    };
    says("the first look", &["sase_agent_runs_total", " 5"]);
    count(&gateway, 8);
    says("the difference", &["sase_agent_runs_total", " 8  ", "+3"]);
    gateway.stop();
    says("a source that is away", &["pushgateway", "connection refused"]);
    gateway.restart();
    says("a source that is back with nothing", &["pushgateway", "series in"]);
    count(&gateway, 2);
    says("a counter that is less", &["sase_agent_runs_total", " 2  ", "began anew"]);
}

#[test]
fn each_look_is_one_line_of_json() {
    require!(Pushgateway);
    let (scratch, gateway) = (Scratch::new(), Pushgateway::start(Groups::AreLost));
    count(&gateway, 5);
    let mut command = watching(&scratch, &gateway, &["-f", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let told = lines(&mut child);
    let mut watching = Watching(child);
    for runs in [5, 6] {
        count(&gateway, runs);
        eventually("the count", || {
            let document = conforms("snapshot", &told.recv().unwrap());
            (document[0]["value"] == runs).then_some(())
        });
    }
    drop(told);
    // Whoever stops reading ends it, and that is no failure.
    let status = eventually("the end", || watching.0.try_wait().unwrap());
    assert!(status.success(), "{status}");
}

#[test]
fn standard_input_cannot_be_watched_and_nothing_is_watched_without_pause() {
    for args in [&["--from", "-", "--watch"][..], &["--watch", "0.1"]] {
        let output = Scratch::new().telemetry().arg("snapshot").args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(64), "{args:?}");
    }
}

#[test]
fn a_terminal_is_cut_resized_and_given_back() {
    require!(Pushgateway);
    let (scratch, gateway) = (Scratch::new(), Pushgateway::start(Groups::AreLost));
    count(&gateway, 5);
    let terminal = Terminal::new(8, 80);
    let printed = terminal.printed();
    let mut command = watching(&scratch, &gateway, &[]);
    command.env("TERM", "xterm").env("LANG", "C.UTF-8");
    let mut watching = Watching(terminal.before(&mut command).spawn().unwrap());
    let says = |what: &str| {
        eventually(what, || {
            let mut printed = printed.lock().unwrap();
            let found = printed.contains(what);
            if found {
                printed.clear();
            }
            found.then_some(())
        });
    };
    says("\u{1b}[?1049h");
    says("more lines");
    terminal.resize(40);
    watching.signal(Signal::WINCH);
    says("claude");
    count(&gateway, 7);
    says("+2");
    watching.signal(Signal::TERM);
    eventually("the end", || watching.0.try_wait().unwrap());
    says("\u{1b}[?25h\u{1b}[?1049l");
}

#[test]
fn a_terminal_has_colour_within_its_width_unless_it_refuses() {
    let scratch = Scratch::new();
    let run = |environment: &[(&str, &str)]| {
        let mut command = scratch.telemetry();
        command.args(["list", "-s", "agent"]).env("TERM", "xterm").envs(environment.iter().copied());
        let (status, printed) = Terminal::new(24, 80).shows(command);
        assert!(status.success() && printed.contains("sase_agent_active"), "{printed}");
        printed
    };
    let coloured = run(&[("LANG", "C.UTF-8")]);
    assert!(coloured.contains("\u{1b}["), "{coloured}");
    for refusal in [("NO_COLOR", "1"), ("TERM", "dumb"), ("CLICOLOR", "0")] {
        let plain = run(&[refusal]);
        assert!(!plain.contains('\u{1b}'), "{refusal:?}: {plain}");
        assert!(plain.lines().all(|line| line.chars().count() <= 80), "{plain}");
        assert!(plain.is_ascii(), "nobody has said that this terminal shows UTF-8: {plain}");
    }
}

#[test]
fn a_snapshot_on_a_screen_of_eighty_columns_is_as_somebody_has_read_it() {
    let scratch = Scratch::new();
    std::fs::write(scratch.path().join("agent.prom"), AGENT).unwrap();
    let mut command = scratch.telemetry();
    command.args(["snapshot", "--from", "agent.prom"]).env("TERM", "xterm").env("LANG", "C.UTF-8");
    let (status, page) = Terminal::new(24, 80).shows(command);
    assert!(status.success(), "{page}");
    let page = page.replace('\r', "").replace('\u{1b}', "␛");
    reviewed("snapshot_on_a_terminal", &page, &[(r"in (under )?\d+ ms", "in N ms")]);
}

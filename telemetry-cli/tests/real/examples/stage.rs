//! Where examples are run: programs that are not ours, and the stack that they take for granted.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::support::{Scratch, Tmux, eventually};

/// How many seconds an example may take. None of them should take more than a few.
const PATIENCE: &str = "60";

/// How often an example is run that finds a server too slow.
const ATTEMPTS: usize = 5;

/// The size of the window for what takes one over, in columns and rows.
const WINDOW: (u16, u16) = (100, 30);

/// Programs that examples call and that may not be here, with what they do instead.
const STUBS: &[(&str, &str)] = &[
    ("claude", "exit 0"),
    ("make", "exit 0"),
    ("some-exporter", "printf '# TYPE sase_agent_spawns_total counter\nsase_agent_spawns_total 3\n'"),
    ("jq", "exec cat"),
    ("less", "exec cat"),
    ("man", "exec cat"),
];

/// The folders that examples write into and that every user has who has use for them.
const FOLDERS: &[&str] =
    &[".zfunc", ".local/share/bash-completion/completions", ".config/fish/completions", ".config/elvish/lib"];

/// Servers that examples take for granted: the stack, the exposition, and somebody else's exporter.
const RUNNING: &[&str] = &[
    "telemetry up --scrape-interval 1s --evaluation-interval 1s",
    "telemetry --set carrier=serve serve",
    "telemetry --set carrier=serve serve --listen 127.0.0.1:9100",
];

/// Where examples are run.
pub(super) struct Stage {
    programs: Scratch,
    running: Vec<(Child, Scratch)>,
}

impl Stage {
    /// Nothing runs.
    pub(super) fn empty() -> Self {
        let programs = Scratch::new();
        let path = |name: &str| programs.path().join(name);
        symlink(env!("CARGO_BIN_EXE_telemetry"), path("telemetry")).unwrap();
        for (name, script) in STUBS.iter().filter(|(name, _)| !is_installed(name)) {
            fs::write(path(name), format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(path(name), Permissions::from_mode(0o755)).unwrap();
        }
        Self { programs, running: Vec::new() }
    }

    /// The servers run, and the stack has looked at its rules.
    pub(super) fn with_the_stack() -> Self {
        let mut stage = Self::empty();
        for line in RUNNING {
            let folder = Scratch::new();
            let child = stage.begin(&folder, line);
            stage.running.push((child, folder));
        }
        let folder = Scratch::new();
        assert_eq!(
            stage.run(&folder, "telemetry record llm --provider claude --status ok --seconds 1").0,
            Some(0)
        );
        eventually("the stack knows of the fleet", || {
            (stage.run(&folder, "telemetry health -S prometheus -s llm").0 == Some(0)).then_some(())
        });
        eventually("the stack knows how its alerts stand", || {
            (stage.run(&folder, "telemetry alerts").0 == Some(0)).then_some(())
        });
        stage
    }

    /// Puts into a folder what an example finds in it.
    pub(super) fn furnish(&self, folder: &Scratch, files: &[(&str, &str)]) {
        FOLDERS.iter().for_each(|name| fs::create_dir_all(folder.path().join(name)).unwrap());
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    /// Runs an example to its end: its exit code, and what it said. Where a server was given up after the two seconds that people wait for it,
    /// the machine is busy, and it is run again, as people would.
    pub(super) fn run(&self, folder: &Scratch, line: &str) -> (Option<i32>, String) {
        let mut ran = self.run_once(folder, line);
        for _ in 1..ATTEMPTS {
            if !ran.1.contains("no answer within") {
                break;
            }
            ran = self.run_once(folder, line);
        }
        ran
    }

    fn run_once(&self, folder: &Scratch, line: &str) -> (Option<i32>, String) {
        let output = self.command(folder, "timeout").args([PATIENCE, "sh", "-c", line]).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    }

    /// Starts what runs until Ctrl-C, and presses that when it has said something: its exit code, and what it said.
    pub(super) fn interrupt(&self, folder: &Scratch, line: &str) -> (Option<i32>, String) {
        let mut child = self.begin(folder, line);
        let ended = child.try_wait().unwrap().is_some();
        let _gone = kill_process_group(Pid::from_child(&child), Signal::INT);
        let status = eventually(line, || child.try_wait().unwrap());
        // What ends by itself does not run until Ctrl-C, whatever its exit code is. What dies of the signal has the code that shells give it.
        let code = status.code().or(status.signal().map(|signal| 128 + signal));
        (code.filter(|_| !ended), fs::read_to_string(said(folder)).unwrap())
    }

    /// Runs what takes a terminal over, and presses `q` once it says how old its numbers are: its exit code, and what was seen.
    pub(super) fn watch(&self, folder: &Scratch, line: &str) -> (Option<i32>, String) {
        let mut command = self.command(folder, "sh");
        command.args(["-c", &format!("exec {line}")]);
        let terminal = Tmux::running(WINDOW, &command);
        let screen = terminal.until(line, |screen| {
            ["LIVE", "STALE"].iter().any(|badge| screen.contains(badge)) || terminal.is_over()
        });
        // What ends by itself has not shown anything, whatever its exit code is.
        let shows = !terminal.is_over();
        if shows {
            terminal.keys(&["q"]);
        }
        (Some(terminal.ended()).filter(|_| shows), screen)
    }

    /// Starts a server and waits until it says something, or ends.
    fn begin(&self, folder: &Scratch, line: &str) -> Child {
        let log = File::create(said(folder)).unwrap();
        let mut command = self.command(folder, "sh");
        let (before, server) = line.rsplit_once("&& ").unwrap_or(("true ", line));
        command.args(["-c", &format!("{before}&& exec {server}")]).process_group(0);
        command.stdout(log.try_clone().unwrap()).stderr(log).stdin(Stdio::null());
        let mut child = command.spawn().unwrap();
        eventually(line, || {
            let ended = child.try_wait().unwrap().is_some();
            let told = fs::read_to_string(said(folder)).unwrap();
            (ended || is_up(line, &told)).then_some(())
        });
        child
    }

    fn command(&self, folder: &Scratch, program: &str) -> Command {
        let mut command = folder.command(program);
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.programs.path().display()));
        command.env("SASE_TELEMETRY_LEDGER_PATH", folder.path().join("ledger"));
        command
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for (child, _) in &mut self.running {
            let _ended = child.kill();
            let _reaped = child.wait();
        }
    }
}

/// A stack says that it runs when all of it does; what others say first, they say when they are up.
fn is_up(line: &str, told: &str) -> bool {
    if line.starts_with("telemetry up") { told.contains("\nrunning") } else { told.contains('\n') }
}

fn said(folder: &Scratch) -> PathBuf {
    folder.path().join("said")
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

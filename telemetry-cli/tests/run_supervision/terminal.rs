//! Keys, jobs and the window of a real terminal.

use std::path::Path;

use rustix::process::{Pid, Signal};

use crate::harness::{Notes, WRAPPER, exists, never, send, until};
use crate::kernel::{FOREGROUND, GROUP, await_running, await_stopped, field, parent, state};
use crate::skip;
use crate::tmux::{COLUMNS, ROWS, Terminal};

/// The recorder under the wrapper in the foreground of a terminal, ready for keys.
struct Recorded {
    terminal: Terminal,
    notes: Notes,
    command: Pid,
}

impl Recorded {
    fn start(test: &str, signals: &[&str], preparation: &str) -> Option<Self> {
        let terminal = Terminal::open(test)?;
        let notes = Notes::new();
        let recorder = notes.recorder_with(signals, preparation);
        terminal.run(&recorder.display().to_string(), "");
        let command = notes.pid("pid");
        Some(Self { terminal, notes, command })
    }

    fn wrapper(&self) -> Pid {
        parent(self.command)
    }

    /// Waits until the shell gave the terminal to the job.
    fn await_foreground(&self) {
        let group = field(self.command, GROUP);
        until("the job in the foreground", || field(self.command, FOREGROUND) == group);
    }

    fn finish(&self) {
        self.await_foreground();
        self.notes.await_heartbeat();
        send(self.wrapper(), Signal::USR1);
        assert_eq!(self.terminal.last_code(), 7);
    }
}

/// The name of the running test, for the line that says that it was skipped.
fn test_name() -> String {
    std::thread::current().name().unwrap_or("a test").to_string()
}

#[test]
fn a_command_that_traps_the_interrupt_key_gets_it_once_each_time() {
    let Some(recorded) = Recorded::start(&test_name(), &["INT"], "") else { return };
    for times in 1..=3 {
        recorded.terminal.press("C-c");
        recorded.notes.await_log(&vec!["INT"; times]);
        never("the same key twice", || recorded.notes.lines("log").len() > times);
    }
    recorded.finish();
}

#[test]
fn a_command_that_does_not_trap_the_interrupt_key_dies_of_it() {
    let Some(recorded) = Recorded::start(&test_name(), &[], "") else { return };
    recorded.terminal.press("C-c");
    assert_eq!(recorded.terminal.last_code(), 128 + 2);
}

#[test]
fn the_interrupt_key_ends_the_loop_of_a_shell_as_it_would_without_the_wrapper() {
    let Some(terminal) = Terminal::open(&test_name()) else { return };
    let notes = Notes::new();
    let recorder = notes.recorder_with(&[], "");
    // A shell goes on with its loop unless it sees that its command died of the signal.
    let (wrapper, recorder) = (WRAPPER.join(" "), recorder.display());
    terminal.line(&format!("clear; for i in 1 2; do {wrapper} {recorder}; echo round-$i; done"));
    notes.pid("pid");
    notes.await_heartbeat();
    terminal.press("C-c");
    terminal.await_prompt();
    assert!(!terminal.screen().contains("round-1"), "{}", terminal.screen());
    assert_eq!(terminal.last_code(), 128 + 2);
}

#[test]
fn the_quit_key_reaches_a_command_that_traps_it_once() {
    let Some(recorded) = Recorded::start(&test_name(), &["QUIT"], "") else { return };
    recorded.terminal.press("C-\\");
    recorded.notes.await_log(&["QUIT"]);
    never("the same key twice", || recorded.notes.lines("log").len() > 1);
    recorded.finish();
}

#[test]
fn the_quit_key_ends_a_command_that_does_not_trap_it() {
    let Some(recorded) = Recorded::start(&test_name(), &[], "ulimit -c 0") else { return };
    recorded.terminal.press("C-\\");
    assert_eq!(recorded.terminal.last_code(), 128 + 3);
}

#[test]
fn an_interrupt_sent_by_a_process_reaches_the_command_on_a_terminal_too() {
    let Some(recorded) = Recorded::start(&test_name(), &["INT", "QUIT"], "") else { return };
    send(recorded.wrapper(), Signal::INT);
    recorded.notes.await_log(&["INT"]);
    send(recorded.wrapper(), Signal::QUIT);
    recorded.notes.await_log(&["INT", "QUIT"]);
    never("a signal twice", || recorded.notes.lines("log").len() > 2);
    recorded.finish();
}

#[test]
fn suspended_and_brought_back_to_the_foreground_as_often_as_one_likes() {
    let Some(recorded) = Recorded::start(&test_name(), &["CONT"], "") else { return };
    for times in 1..=3 {
        recorded.terminal.press("C-z");
        recorded.terminal.await_prompt();
        await_stopped(recorded.command);
        assert_eq!(state(recorded.wrapper()), 'T');
        assert!(recorded.terminal.do_line("jobs").contains("Stopped"));
        recorded.terminal.line("clear; fg");
        recorded.notes.await_log(&vec!["CONT"; times]);
        recorded.notes.await_heartbeat();
        never("a second continue", || recorded.notes.lines("log").len() > times);
    }
    recorded.finish();
}

#[test]
fn suspended_and_continued_in_the_background() {
    let Some(recorded) = Recorded::start(&test_name(), &["INT"], "") else { return };
    recorded.terminal.press("C-z");
    recorded.terminal.await_prompt();
    recorded.terminal.do_line("bg");
    await_running(recorded.command);
    recorded.notes.await_heartbeat();
    assert!(recorded.terminal.do_line("jobs").contains("Running"));
    recorded.terminal.press("C-c");
    recorded.terminal.line("clear; fg");
    recorded.await_foreground();
    recorded.terminal.press("C-c");
    recorded.notes.await_log(&["INT"]);
    recorded.finish();
}

#[test]
fn a_command_that_answers_the_suspend_key_by_stopping_itself_gives_the_terminal_back() {
    // The shell tends to its trap only after the program that it waits for, which must not stop at the key itself.
    let tidy = "trap 'echo TSTP >>log; kill -STOP $$' TSTP; pause() { (trap '' TSTP; exec sleep 0.01); }";
    let Some(recorded) = Recorded::start(&test_name(), &[], tidy) else { return };
    for times in 1..=2 {
        recorded.terminal.press("C-z");
        recorded.terminal.await_prompt();
        await_stopped(recorded.wrapper());
        recorded.notes.await_log(&vec!["TSTP"; times]);
        recorded.terminal.line("clear; fg");
        recorded.notes.await_heartbeat();
    }
    recorded.finish();
}

/// The shell signals the whole group of the job, which a signal does not show: the command may get it twice.
#[test]
fn a_shell_kills_its_suspended_job() {
    let Some(recorded) = Recorded::start(&test_name(), &["TERM"], "") else { return };
    recorded.terminal.press("C-z");
    recorded.terminal.await_prompt();
    recorded.terminal.do_line("kill %1");
    assert_eq!(recorded.notes.first_line("log"), "TERM");
    recorded.terminal.line("clear; fg");
    recorded.finish();
}

#[test]
fn a_background_command_that_reads_the_terminal_stops_the_job() {
    let Some(terminal) = Terminal::open(&test_name()) else { return };
    terminal.run("cat", "&");
    until("a stopped job", || terminal.do_line("jobs").contains("Stopped"));
    terminal.line("clear; fg");
    until("the job in the foreground", || !terminal.screen().contains("Stopped"));
    terminal.line("hello");
    until("the line and its copy", || terminal.screen().matches("hello").count() == 2);
    terminal.press("C-d");
    assert_eq!(terminal.last_code(), 0);
}

#[test]
fn a_foreground_command_reads_what_is_typed() {
    let Some(terminal) = Terminal::open(&test_name()) else { return };
    terminal.run("sh -c 'read -r line; echo \"<$line>\"; exit 5'", "");
    terminal.line("some words");
    terminal.await_text("<some words>");
    assert_eq!(terminal.last_code(), 5);
}

#[test]
fn the_command_sees_the_window_and_its_changes() {
    let preparation = "trap 'stty size >>size' WINCH; stty size >>size";
    let Some(recorded) = Recorded::start(&test_name(), &[], preparation) else { return };
    assert_eq!(recorded.notes.first_line("size"), format!("{ROWS} {COLUMNS}"));
    recorded.terminal.resize(77, 22);
    until("the new size", || recorded.notes.lines("size").last().is_some_and(|size| size == "22 77"));
    recorded.finish();
}

#[test]
fn a_command_that_leaves_the_foreground_group_still_gets_the_keys() {
    if !exists("timeout") {
        return skip::skip(&test_name(), "no timeout");
    }
    let Some(terminal) = Terminal::open(&test_name()) else { return };
    let notes = Notes::new();
    terminal.run(&format!("timeout 29 {}", notes.recorder(&["INT"]).display()), "");
    let timeout = parent(notes.pid("pid"));
    let wrapper = parent(timeout);
    until("a `timeout` that waits", || state(timeout) == 'S');
    terminal.press("C-c");
    notes.await_log(&["INT"]);
    terminal.press("C-z");
    terminal.await_prompt();
    await_stopped(wrapper);
    terminal.line("clear; fg");
    notes.await_heartbeat();
}

#[test]
fn a_shell_under_the_wrapper_has_jobs_of_its_own() {
    let Some(terminal) = Terminal::open(&test_name()) else { return };
    let notes = Notes::new();
    terminal.run("env PS1='inner> ' bash --norc --noprofile -i", "");
    terminal.await_text("inner>");
    terminal.line(&notes.recorder(&["INT"]).display().to_string());
    let command = notes.pid("pid");
    terminal.press("C-c");
    notes.await_log(&["INT"]);
    terminal.press("C-z");
    await_stopped(command);
    terminal.line("clear; fg");
    await_running(command);
    send(command, Signal::USR1);
    terminal.await_text("inner>");
    terminal.line("exit 3");
    assert_eq!(terminal.last_code(), 3);
}

#[test]
fn a_hang_up_reaches_the_command_of_a_wrapper_that_leads_the_session() {
    let notes = Notes::new();
    let recorder = notes.recorder(&["HUP"]);
    let program: Vec<&Path> = WRAPPER.iter().map(Path::new).chain([recorder.as_path()]).collect();
    let Some(terminal) = Terminal::with_program(&test_name(), &program) else { return };
    let command = notes.pid("pid");
    terminal.hang_up();
    notes.await_log(&["HUP"]);
    let wrapper = parent(command);
    send(wrapper, Signal::USR1);
    until("the end of the command", || !Path::new(&format!("/proc/{}", command.as_raw_pid())).exists());
}

#[test]
fn a_hang_up_reaches_the_command_of_a_shells_foreground_job() {
    let Some(recorded) = Recorded::start(&test_name(), &["HUP"], "") else { return };
    let wrapper = recorded.wrapper();
    recorded.terminal.hang_up();
    until("the hang-up", || !recorded.notes.lines("log").is_empty());
    recorded.notes.await_heartbeat();
    send(wrapper, Signal::USR1);
}

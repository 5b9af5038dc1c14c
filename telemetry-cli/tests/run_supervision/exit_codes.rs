//! The wrapper ends as its command ended.

use std::path::Path;
use std::process::{Command, Output};

use crate::harness::{ENVIRONMENT, Notes, Running, wrapped};

fn code(command: &[&str]) -> i32 {
    Running::start(&mut wrapped(command)).code()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn refused(program: &Path) -> (Option<i32>, String) {
    let output = wrapped([program]).output().unwrap();
    assert_eq!(output.stdout, b"");
    (output.status.code(), text(&output.stderr))
}

#[test]
fn a_command_that_exits_passes_its_code_on() {
    for expected in [0, 1, 42, 126, 127, 130, 255] {
        assert_eq!(code(&["sh", "-c", &format!("exit {expected}")]), expected);
    }
}

#[test]
fn a_command_that_dies_of_a_signal_gives_128_and_its_number() {
    for (name, number) in [("SEGV", 11), ("KILL", 9), ("TERM", 15), ("ABRT", 6), ("INT", 2)] {
        let script = format!("ulimit -c 0; kill -{name} $$; sleep 30");
        assert_eq!(code(&["sh", "-c", &script]), 128 + number, "{name}");
    }
}

#[test]
fn a_command_that_does_not_exist_gives_127_and_says_where_it_was_looked_for() {
    let (code, message) = refused(Path::new("no-such-program-anywhere"));
    assert_eq!(code, Some(127));
    assert!(message.contains("cannot run 'no-such-program-anywhere': not found in PATH"), "{message}");

    let (code, message) = refused(Path::new("/no/such/program"));
    assert_eq!(code, Some(127));
    assert!(message.contains("cannot run '/no/such/program': no such file"), "{message}");
}

#[test]
fn a_script_without_its_interpreter_gives_127_and_names_the_interpreter() {
    let notes = Notes::new();
    let (code, message) = refused(&notes.executable("script", "#!/no/such/interpreter\n"));
    assert_eq!(code, Some(127));
    assert!(message.contains("its interpreter '/no/such/interpreter' does not exist"), "{message}");
}

#[test]
fn what_cannot_be_executed_gives_126() {
    let notes = Notes::new();
    let (code, message) = refused(&notes.path("."));
    assert_eq!(code, Some(126));
    assert!(message.contains("it is a directory"), "{message}");

    std::fs::write(notes.path("plain"), "#!/bin/sh\n").unwrap();
    let (code, message) = refused(&notes.path("plain"));
    assert_eq!(code, Some(126));
    assert!(message.contains("permission denied"), "{message}");

    let foreign = notes.executable("foreign", "\u{7f}ELF\u{2}\u{1}\u{1}\0\0\0\0\0\0\0\0\0");
    let (code, message) = refused(&foreign);
    assert_eq!(code, Some(126));
    assert!(message.contains("it is not a program for this system"), "{message}");
}

#[test]
fn a_text_without_an_interpreter_line_runs_as_under_env() {
    let notes = Notes::new();
    let script = notes.executable("plain-text", "echo \"$0\" \"$@\"; exit 3\n");
    let path = std::env::join_paths([notes.path("."), "/usr/bin".into(), "/bin".into()]).unwrap();
    for program in [script.as_os_str(), "plain-text".as_ref()] {
        let arguments = [program, "a b".as_ref(), "-c".as_ref()];
        let ours = wrapped(arguments).env("PATH", &path).output().unwrap();
        let theirs =
            Command::new("env").args(arguments).envs(ENVIRONMENT).env("PATH", &path).output().unwrap();
        assert_eq!(ours.status.code(), Some(3));
        assert_eq!(seen(&ours), seen(&theirs));
    }
}

fn seen(output: &Output) -> (Option<i32>, String, String) {
    (output.status.code(), text(&output.stdout).replace("/./", "/"), text(&output.stderr))
}

//! The command has the wrapper's own streams and process group.

use std::io::{Read as _, Write as _};
use std::process::Stdio;
use std::thread;

use crate::harness::{wrapped, wrapped_by};
#[cfg(target_os = "linux")]
use crate::{
    harness::{Notes, Running},
    kernel::{GROUP, SESSION, field},
};

/// Every byte value, in an order that does not repeat with any buffer's size.
fn megabyte() -> Vec<u8> {
    (0..1_048_576_u32).map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect()
}

#[test]
fn a_megabyte_of_any_bytes_goes_through_unchanged() {
    let mut command = wrapped(["cat"]);
    let mut wrapper = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = wrapper.stdin.take().unwrap();
    let writer = thread::spawn(move || stdin.write_all(&megabyte()).unwrap());
    let mut received = Vec::new();
    wrapper.stdout.take().unwrap().read_to_end(&mut received).unwrap();
    writer.join().unwrap();
    assert!(wrapper.wait().unwrap().success());
    assert!(received == megabyte(), "{} bytes came through, and not the same", received.len());
}

#[test]
fn output_and_errors_stay_apart() {
    let output = wrapped(["sh", "-c", "echo out; echo err >&2"]).output().unwrap();
    assert_eq!((output.stdout, output.stderr), (b"out\n".to_vec(), b"err\n".to_vec()));
}

#[test]
fn further_open_files_are_the_commands_too() {
    let shell =
        ["sh", "-c", "exec 3<\"$0\"; exec \"$@\"", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")];
    let output = wrapped_by(&shell, ["cat", "/dev/fd/3"]).output().unwrap();
    assert!(output.stdout.starts_with(b"[package]"), "{output:?}");
}

#[test]
fn a_command_whose_reader_leaves_dies_of_the_broken_pipe() {
    let mut command = wrapped(["sh", "-c", "echo first; exec yes"]);
    let mut running = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 6];
    let mut stdout = running.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    assert_eq!(running.wait().unwrap().code(), Some(128 + 13));
}

#[test]
#[cfg(target_os = "linux")]
fn the_command_is_in_the_wrappers_process_group_and_session() {
    let notes = Notes::new();
    let (running, command) = Running::recorder(&notes, &[]);
    assert_eq!(field(command, GROUP), running.pid().as_raw_pid().to_string());
    assert_eq!(field(command, SESSION), field(running.pid(), SESSION));
}

#[test]
fn the_arguments_arrive_as_they_are() {
    let arguments = ["printf", "%s|", "", "a b", "--", "-x", "*", "\u{1b}[0m", "ä"];
    let output = wrapped(arguments).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "|a b|--|-x|*|\u{1b}[0m|ä|");
}

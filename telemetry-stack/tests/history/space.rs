//! A writer meets a limit on the length of files, as it would meet a full disk.

use crate::writer;
use std::io::{BufRead, BufReader, Write};
use std::process::Command;

/// The signal of the limit is ignored, so that writing fails instead. The limit is in units of 512 bytes.
fn limited_to(bytes: u64) -> String {
    format!("trap '' XFSZ; ulimit -S -f {}; exec \"$0\"", bytes / 512)
}

pub(crate) fn a_limit_is_an_error_and_room_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    // The file is there, and may become a little longer, which is enough for some batches.
    drop(writer::open(folder.path()));
    let length = folder.path().join("history.redb").metadata().unwrap().len();
    let mut child = writer::start(folder.path(), Some(&limited_to(length + 128 * 1024)));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().unwrap(), "ready");
    let mut acknowledged = 0;
    let failed = loop {
        let line = lines.next().unwrap();
        match line.parse::<i64>() {
            Ok(batch) => acknowledged = batch + 1,
            Err(_) => break line,
        }
    };
    assert!(failed.starts_with("error no space is left for the history"), "{failed}");
    // It fails as long as there is no room.
    let mut input = child.stdin.take().unwrap();
    writeln!(input).unwrap();
    assert_eq!(lines.next().unwrap(), failed);
    let raised =
        Command::new("prlimit").args(["--fsize=unlimited:", "--pid", &child.id().to_string()]).status();
    assert!(raised.unwrap().success());
    writeln!(input).unwrap();
    assert_eq!(lines.next().unwrap(), acknowledged.to_string(), "it goes on with the very batch that failed");
    assert_eq!(lines.next().unwrap(), (acknowledged + 1).to_string());
    child.kill().unwrap();
    child.wait().unwrap();
    let last = lines.filter_map(|line| line.parse::<i64>().ok()).last().unwrap_or(acknowledged + 1);
    writer::check(folder.path(), last + 1);
}

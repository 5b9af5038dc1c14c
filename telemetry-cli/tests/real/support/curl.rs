//! curl, as a person or a script asks a server.

use std::process::{Command, Output};

use super::{Program, Scratch};

/// What curl got, decoded by curl.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The lines of the last head, the first of them with the status.
    head: Vec<String>,
    pub(crate) body: String,
}

/// Fetches a URL; panics with curl's own words where that fails.
pub(crate) fn get(url: &str, arguments: &[&str]) -> Answer {
    let output = run(url, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let answer = String::from_utf8(output.stdout).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Answer { head: head.lines().map(str::to_owned).collect(), body: body.to_owned() }
}

/// What became of curl, which reads no configuration of its user and asks no proxy.
pub(crate) fn run(url: &str, arguments: &[&str]) -> Output {
    let mut curl = Scratch::new().command(&Program::Curl.path().display().to_string());
    curl.current_dir("/").args(["-q", "--silent", "--show-error", "--noproxy", "*", "--include"]);
    curl.args(["--max-time", "30"]).args(arguments).arg(url).output().unwrap()
}

/// Whether this curl was built with something, such as `zstd`.
pub(crate) fn has(feature: &str) -> bool {
    let output = Command::new(Program::Curl.path()).arg("--version").output().unwrap();
    String::from_utf8_lossy(&output.stdout).split_whitespace().any(|word| word == feature)
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head[0].split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// The value of a header, if it is there.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.iter().filter_map(|line| line.split_once(": "));
        headers.find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

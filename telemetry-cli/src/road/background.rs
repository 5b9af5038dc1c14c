//! The push beside a run: a process of its own, for which the run waits only so long.
//!
//! A request that is given up may still reach the gateway, after a newer one, and a counter there would go down. So the push must be
//! able to outlast the patience of the user: it is this same program, in a process group of its own, which ends by itself within
//! a bound. It keeps nothing of the user's open: neither a stream nor any other descriptor, such as a lock of the caller's script.

use crate::args::Global;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};
use telemetry_push::Place;

/// The most that is read of what the push has to say, in bytes.
const MAX_MESSAGE: usize = 4096;

/// A push that is under way.
pub(super) struct BackgroundPush {
    child: Child,
    stderr: Option<ChildStderr>,
}

impl BackgroundPush {
    /// Starts the push of the ledger at this place, with the global options of this call.
    ///
    /// The place is not looked for anew: the host may have got another name since the run began, and the push would then be of another
    /// ledger than the one that the run is in.
    pub(super) fn start(global: &Global, place: &Place) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        if let Some(config) = &global.config {
            command.arg("--config").arg(config);
        }
        for (key, value) in &global.overrides {
            command.arg("--set").arg(format!("{key}={value}"));
        }
        command.args(["push", "--passing", "--place"]);
        command.arg(&place.folder).args([&place.job, &place.instance]).process_group(0);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        Ok(Self { stderr: child.stderr.take(), child })
    }

    /// Waits for the end of the push, up to the bound, and says what went wrong with it. A push that takes longer goes on alone.
    pub(super) fn wait(mut self, bound: Duration) -> Option<String> {
        let deadline = Instant::now() + bound;
        let message = read_until(&mut self.stderr?, deadline)?;
        let status = self.child.wait().ok()?;
        let line = message.lines().next().unwrap_or_default();
        let line = line.strip_prefix("telemetry: ").unwrap_or(line);
        match (line, status.success()) {
            ("", true) => None,
            ("", false) => Some(format!("the push ended with {status}")),
            (line, _) => Some(line.to_owned()),
        }
    }
}

/// Everything until the stream ends; `None` where it does not end in time.
fn read_until(stream: &mut ChildStderr, deadline: Instant) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 512];
    loop {
        if !is_readable(stream, deadline) {
            return None;
        }
        match stream.read(&mut buffer) {
            Ok(0) => return Some(String::from_utf8_lossy(&bytes).into_owned()),
            Ok(read) if bytes.len() < MAX_MESSAGE => bytes.extend_from_slice(buffer.get(..read)?),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

/// Waits until the stream has something to say or has ended; signals that arrive meanwhile change nothing.
fn is_readable(stream: &ChildStderr, deadline: Instant) -> bool {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).ok();
        match poll(&mut [PollFd::new(stream, PollFlags::IN)], timeout.as_ref()) {
            Ok(ready) => return ready > 0,
            Err(rustix::io::Errno::INTR) if !left.is_zero() => {}
            Err(_) => return false,
        }
    }
}

//! The terminal, taken over and given back, whatever happens: at the end, at a signal and at a panic of any thread.
//!
//! There is one terminal, so there is one curtain, and whose the terminal is belongs to the process. That is held while something is written, so
//! that nothing is written on a terminal that was given back.

use super::events::Event;
use crate::failure::Failure;
use crate::output::stage::{ENTER, LEAVE};
use ratatui::crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use rustix::process::{getpgrp, getpid, getsid};
use rustix::termios::tcgetpgrp;
use std::io::{self, Write};
use std::panic::{set_hook, take_hook};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

static TERMINAL: Mutex<Terminal> = Mutex::new(Terminal::Left);

/// Whose the terminal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Terminal {
    /// Taken over.
    Taken,
    /// Given back for a while.
    Given,
    /// Given back for good, or not taken yet.
    Left,
}

/// A terminal that knows them shows everything between these two at once.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// The terminal, until this is dropped.
pub(super) struct Curtain(());

impl Curtain {
    /// Takes the terminal over: keys come one by one and are not shown, and what stood there is there again afterwards. A panic gives it
    /// back before it is told of, and is told to the loop.
    pub(super) fn raise(tell: &Sender<Event>) -> Result<Self, Failure> {
        raise(&mut held())?;
        let (tell, before) = (tell.clone(), take_hook());
        set_hook(Box::new(move |panic| {
            lower(Terminal::Left);
            before(panic);
            let _ended = tell.send(Event::Panicked);
        }));
        Ok(Self(()))
    }
}

impl Drop for Curtain {
    fn drop(&mut self) {
        lower(Terminal::Left);
    }
}

fn held() -> MutexGuard<'static, Terminal> {
    TERMINAL.lock().unwrap_or_else(PoisonError::into_inner)
}

fn raise(terminal: &mut Terminal) -> Result<(), Failure> {
    let failed = |error| Failure::new("cannot take the terminal over").because(error);
    let advice =
        "keys are read from standard input or the terminal of the session, of which one must be there";
    enable_raw_mode().map_err(|error| failed(error).advice(advice))?;
    *terminal = Terminal::Taken;
    put(ENTER.as_bytes()).map_err(failed)
}

/// Takes the terminal over again where it was given back, unless another job has it; whether everything has to be drawn anew.
pub(super) fn raise_again() -> Result<bool, Failure> {
    let mut terminal = held();
    if *terminal != Terminal::Given || !is_in_front() {
        return Ok(false);
    }
    raise(&mut terminal).map(|()| true)
}

/// Gives the terminal back as it was, for a while.
pub(super) fn give_back() {
    lower(Terminal::Given);
}

/// Where the terminal is given back or gone, nothing happens.
fn lower(to: Terminal) {
    lower_held(&mut held(), to);
}

fn lower_held(terminal: &mut Terminal, to: Terminal) {
    let before = *terminal;
    if before != Terminal::Left {
        *terminal = to;
    }
    if before == Terminal::Taken {
        let _gone = put(LEAVE.as_bytes());
        let _gone = disable_raw_mode();
    }
}

/// Gives it back for good where the loop hangs, so that even what is written may: then only the keys are as they were.
pub(super) fn cut() {
    match TERMINAL.try_lock() {
        Ok(mut terminal) => lower_held(&mut terminal, Terminal::Left),
        Err(TryLockError::Poisoned(terminal)) => lower_held(&mut terminal.into_inner(), Terminal::Left),
        Err(TryLockError::WouldBlock) => {
            let _gone = disable_raw_mode();
        }
    }
}

fn put(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Whether this job has the terminal. Where nobody knows of jobs, there is no other.
fn is_in_front() -> bool {
    tcgetpgrp(io::stdout()).map_or(true, |front| front == getpgrp())
}

/// Whether a shell would go on where this stops. Whoever leads a session was started by no shell of it.
pub(super) fn has_a_shell() -> bool {
    getsid(None).map_or(true, |leader| leader != getpid())
}

/// What is written on the terminal: all of a frame at once, and nothing while it is given back.
#[derive(Debug, Default)]
pub(super) struct Prompt {
    frame: Vec<u8>,
}

impl Write for Prompt {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.frame.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let frame = std::mem::take(&mut self.frame);
        let terminal = held();
        if *terminal == Terminal::Taken && !frame.is_empty() {
            put(&[BEGIN, &frame, END].concat())
        } else {
            Ok(())
        }
    }
}

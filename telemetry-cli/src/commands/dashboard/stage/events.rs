//! Whatever happens beside the loop, brought into one queue by threads that may wait.

use super::super::observe::Told;
use super::super::state::Charted;
use super::curtain;
use crate::failure::Failure;
use ratatui::crossterm::event::{self, KeyEvent};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::getpgrp;
use rustix::termios::{OptionalActions, tcgetattr, tcgetpgrp, tcsetattr};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::time::Duration;

/// What happens.
#[derive(Debug)]
pub(super) enum Event {
    Key(KeyEvent),
    Told(Told),
    /// What was measured of the panels, ready to be drawn.
    Charted(Box<Charted>),
    /// What is on the screen was saved in these files, or was not.
    Saved(Result<Vec<PathBuf>, Failure>),
    Signal(i32),
    /// A thread has panicked.
    Panicked,
    /// The terminal is gone.
    Gone(io::Error),
    /// The clock shows another second.
    Tick,
}

/// From now on keys and signals are events.
pub(super) fn listen(tell: &Sender<Event>) -> Result<(), Failure> {
    let signals = Signals::new([SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH])
        .map_err(|error| Failure::new("cannot catch signals").because(error))?;
    let (of_signals, of_keys) = (tell.clone(), tell.clone());
    std::thread::spawn(move || obey(signals, &of_signals));
    std::thread::spawn(move || {
        if let Err(error) = read_keys(&of_keys) {
            let _ended = of_keys.send(Event::Gone(error));
        }
    });
    Ok(())
}

/// Tells of signals. One that ends programs ends this one also where the loop hangs, as on a terminal that takes no more.
fn obey(mut signals: Signals, tell: &Sender<Event>) {
    const PATIENCE: Duration = Duration::from_secs(2);
    for signal in &mut signals {
        if tell.send(Event::Signal(signal)).is_err() {
            return;
        }
        if matches!(signal, SIGHUP | SIGINT | SIGQUIT | SIGTERM) {
            std::thread::sleep(PATIENCE);
            curtain::cut();
            let _survived = emulate_default_handler(signal);
        }
    }
}

/// Tells of keys, until nobody listens or the terminal is gone. That is seen here, since reading from one that is gone comes back at once,
/// for ever, and what reads keys would not notice.
fn read_keys(tell: &Sender<Event>) -> io::Result<()> {
    let stdin = io::stdin();
    let terminal = if stdin.is_terminal() { None } else { Some(File::open("/dev/tty")?) };
    let keys = terminal.as_ref().map_or_else(|| stdin.as_fd(), AsFd::as_fd);
    loop {
        wait_for(keys)?;
        while event::poll(Duration::ZERO)? {
            let event::Event::Key(key) = event::read()? else { continue };
            if tell.send(Event::Key(key)).is_err() {
                return Ok(());
            }
        }
        if is_left(keys) {
            tell_again(keys)?;
        }
    }
}

/// Whether something is left to be read though crossterm knows of nothing. It is told of keys once, and forgets them where a change of the
/// window is told at the same time.
fn is_left(keys: BorrowedFd<'_>) -> bool {
    let mut waited = [PollFd::new(&keys, PollFlags::IN)];
    poll(&mut waited, Some(&Timespec::default())).is_ok_and(|_| waited[0].revents() == PollFlags::IN)
}

/// Lets crossterm be told once more: a terminal wakes whoever waits for keys when it is set, even to what it is. Where that is no help, as
/// in the background, the next key is.
fn tell_again(keys: BorrowedFd<'_>) -> io::Result<()> {
    /// How often that is done at most, so that nothing spins.
    const PAUSE: Duration = Duration::from_millis(20);
    std::thread::sleep(PAUSE);
    if tcgetpgrp(keys).is_ok_and(|group| group == getpgrp()) {
        tcsetattr(keys, OptionalActions::Now, &tcgetattr(keys)?)?;
    }
    Ok(())
}

/// Waits, until there is something to read.
fn wait_for(keys: BorrowedFd<'_>) -> io::Result<()> {
    let mut waited = [PollFd::new(&keys, PollFlags::IN)];
    match poll(&mut waited, None) {
        Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) if waited[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) => {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
        Ok(_) => Ok(()),
    }
}

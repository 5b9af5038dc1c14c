//! The terminal, the keys and the loop.
//!
//! | module | responsible for |
//! |---|---|
//! | here | from the first frame until somebody ends it |
//! | `show` | what happens: each event changes the state, and what has changed is drawn |
//! | `curtain` | the terminal, taken over and given back, whatever happens |
//! | `events` | whatever happens beside, brought into one queue |
//! | `sixteen` | cells as sequences that also a terminal of 16 colours understands |
//!
//! Nothing in the loop waits for a source, a file or anything else but the next event.
//!
//! In a build for development F12 is a panic of the loop, and Shift-F12 one of another thread, so that what a panic does to the terminal
//! can be seen.

mod curtain;
mod events;
mod show;
mod sixteen;

use super::Plan;
use crate::failure::{Exit, Failure};
use crate::output::{Screen, Stage};
use curtain::{Curtain, Prompt};
use show::{End, Show};
use signal_hook::low_level::emulate_default_handler;
pub(super) use sixteen::Sixteen;
use std::process::ExitCode;
use std::sync::mpsc::channel;

/// Shows the dashboard until somebody ends it.
pub(super) fn run(plan: Plan, screen: Screen) -> Result<ExitCode, Failure> {
    if !Stage::is_possible() {
        return Err(Failure::new("the dashboard needs a terminal that can be drawn on").advice(
            "`telemetry snapshot` prints the numbers once, and `telemetry snapshot --watch` again and again",
        ));
    }
    let (tell, events) = channel();
    let curtain = Curtain::raise(&tell)?;
    events::listen(&tell)?;
    let mut show = Show::begin(plan, screen, Sixteen::new(Prompt::default()), &tell)?;
    let end = show.go_on(&events);
    // The terminal is given back before anything else ends, which may take a moment.
    drop(curtain);
    // Whoever leaves while pictures are being written has asked for them.
    if let Some(saving) = show.saving.take() {
        let _written = saving.join();
    }
    match end? {
        End::Quit => Ok(ExitCode::SUCCESS),
        End::Panicked => Ok(Exit::Failure.into()),
        End::Signal(signal) => {
            let _survived = emulate_default_handler(signal);
            Ok(ExitCode::from(128 + u8::try_from(signal).unwrap_or_default()))
        }
    }
}

//! Ctrl-C and its like in the middle of the walk: the probe is deleted, and then the process ends as by the signal.

use super::probe::Probe;
use crate::failure::{Failure, tell};
use crate::supervise::Inherited;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The probe that is to be deleted, once there is one.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch {
    probe: Arc<Mutex<Option<Probe>>>,
}

impl Watch {
    /// Watches from now on.
    pub(super) fn begin() -> Result<Self, Failure> {
        // `nohup` wants that one to be ignored.
        let ignored = Inherited::read().ignores(SIGHUP);
        let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|&signal| signal != SIGHUP || !ignored);
        let mut signals =
            Signals::new(wanted).map_err(|error| Failure::new("cannot catch signals").because(error))?;
        let watch = Self::default();
        let watched = watch.clone();
        thread::spawn(move || {
            let signal = signals.forever().next().unwrap_or(SIGTERM);
            watched.end();
            process::exit(128 + signal)
        });
        Ok(watch)
    }

    /// From now on this probe is deleted.
    pub(super) fn over(&self, probe: &Probe) {
        *self.probe.lock().unwrap_or_else(PoisonError::into_inner) = Some(probe.clone());
    }

    fn end(&self) {
        let probe = self.probe.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(probe) = probe.as_ref() else { return };
        match probe.delete() {
            Ok(()) => tell("interrupted; the probe is deleted"),
            Err(error) => {
                tell(&format!("interrupted; the probe stays until the next doctor removes it: {error}"));
            }
        }
    }
}

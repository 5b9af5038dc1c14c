//! What every command needs: the configuration, read once and when it is first asked for.

use crate::args::Global;
use crate::failure::{Failure, warn};
use crate::output::Screen;
use telemetry_core::config::{self, Carrier, Config, Loaded, Origin, Sources};

/// The global options of one call.
#[derive(Debug)]
pub(crate) struct Session {
    global: Global,
}

impl Session {
    pub(crate) const fn new(global: Global) -> Self {
        Self { global }
    }

    /// The global options as they were given.
    pub(crate) const fn global(&self) -> &Global {
        &self.global
    }

    /// The screen behind standard output, with colour as the user wants it.
    pub(crate) fn screen(&self) -> Screen {
        Screen::of_stdout(self.global.color)
    }

    /// The configuration in force; what it warns of is said on standard error.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        let loaded = self.load()?;
        loaded.warnings.iter().for_each(|warning| warn(warning));
        Ok(loaded.config)
    }

    /// Where the configuration in force is read from.
    pub(crate) fn sources(&self) -> Sources {
        let mut sources = Sources::from_process();
        sources.file.clone_from(&self.global.config);
        sources.overrides.clone_from(&self.global.overrides);
        sources
    }

    /// The configuration in force, with where each value comes from.
    pub(crate) fn load(&self) -> Result<Loaded, Failure> {
        // The error says everything itself; what caused it may hold control characters of the file.
        config::load(&self.sources()).map_err(|error| match error.origin() {
            Some(Origin::Flag(_)) => Failure::usage(error.to_string()),
            _ => Failure::new(error.to_string()),
        })
    }
}

/// Which setting keeps everything from being recorded here, if one does.
pub(crate) fn why_nothing_is_recorded(config: &Config) -> Option<&'static str> {
    match config {
        Config { enabled: Some(false), .. } => Some("telemetry.enabled is false"),
        Config { carrier: Carrier::None, .. } => Some("telemetry.carrier is none"),
        _ => None,
    }
}

//! The switch: turns the whole catalog from stub to real, once, from any thread.

use crate::config::Config;
use crate::registry::Registry;

/// What [`init`] found and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// This call turned telemetry on.
    TurnedOn,
    /// An earlier call had turned it on; the configuration of this one changes nothing.
    WasOn,
    /// The configuration does not turn it on.
    Off,
    /// The program was built without the feature `live`: there is nothing to turn on.
    Absent,
}

/// Turns the handles of the default registry on, if `telemetry.enabled` is `true`.
///
/// Until then a call through a handle does nothing and costs next to nothing. Handles and bound series that were made before
/// become live; what was recorded before is not made up for. Turning off again is not possible: a program that restarts its
/// counters would look to Prometheus like one that crashed.
///
/// ```
/// use telemetry_core::{Switch, config::Config, init};
///
/// assert_eq!(init(&Config::default()), Switch::Off); // a library stays off until its host says so
/// let config = Config { enabled: Some(true), ..Config::default() };
/// assert_eq!(init(&config), Switch::TurnedOn);
/// assert_eq!(init(&config), Switch::WasOn);
/// ```
///
/// A program that records unless its user turns that off reads what the user has said, and decides where that is nothing. Without the line
/// in the middle it records for those alone who have `telemetry.enabled: true` in their configuration:
///
/// ```no_run
/// # #[cfg(feature = "config")] {
/// use telemetry_core::{config::Config, init};
///
/// let mut config = Config::load()?.config;
/// config.enabled.get_or_insert(true);
/// init(&config);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "live")]
pub fn init(config: &Config) -> Switch {
    if config.enabled != Some(true) {
        return if is_on() { Switch::WasOn } else { Switch::Off };
    }
    let made_here = REGISTRY.get().is_none() && publish(config);
    ON.store(true, Ordering::Release);
    if made_here { Switch::TurnedOn } else { Switch::WasOn }
}

/// Makes the default registry. Where another thread was quicker, this one is left behind, empty.
#[cfg(feature = "live")]
#[cold]
#[inline(never)]
fn publish(config: &Config) -> bool {
    REGISTRY.set_first(Box::leak(Box::new(Registry::new(config))))
}

/// Says that there is nothing to turn on: the program was built without the feature `live`.
#[cfg(not(feature = "live"))]
pub fn init(_: &Config) -> Switch {
    Switch::Absent
}

#[cfg(feature = "live")]
use crate::handle::Published;
#[cfg(feature = "live")]
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(feature = "live")]
static ON: AtomicBool = AtomicBool::new(false);
#[cfg(feature = "live")]
static REGISTRY: Published<Registry> = Published::new();

/// Whether the default registry is on.
#[inline]
#[must_use]
pub fn is_on() -> bool {
    #[cfg(feature = "live")]
    return ON.load(Ordering::Relaxed);
    #[cfg(not(feature = "live"))]
    return false;
}

/// The registry of the static handles, once [`init`] has turned it on.
#[must_use]
pub fn default_registry() -> Option<&'static Registry> {
    #[cfg(feature = "live")]
    return REGISTRY.get();
    #[cfg(not(feature = "live"))]
    return None;
}

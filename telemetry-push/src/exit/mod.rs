//! Carries out what a process counted, however it ends.

mod desk;
mod hooks;
mod road;
mod watch;
mod worker;

use crate::error::Error;
use crate::ledger::Ledger;
use crate::pusher::Pushed;
use desk::Desk;
use road::{IntoLedger, ToGateway};
use std::fmt;
use std::process;
use std::sync::Arc;
use std::time::Duration;
use telemetry_core::Registry;
use telemetry_core::config::{Carrier, Config};
use watch::Watch;
use worker::{Listener, Work};

/// How long the end of a process may be delayed, where nothing else is said: 2 s.
pub const EXIT_BOUND: Duration = Duration::from_secs(2);

/// The shortest period; a shorter one is this one: 100 ms. Every merge syncs a file to the disk.
pub const SHORTEST_PERIOD: Duration = Duration::from_millis(100);

/// The longest period; a longer one is this one, and as good as none.
const LONGEST_PERIOD: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Carries out what the default registry counts, when this process ends: [`PushOnExit`] with its defaults.
///
/// When this returns, what was counted before is durable in the ledger, and the process counts as living there.
///
/// ```
/// use telemetry_core::config::Config;
///
/// # fn main() -> Result<(), telemetry_push::Error> {
/// # let folder = tempfile::tempdir().expect("a temporary folder");
/// # let config = Config { ledger_path: Some(folder.path().into()), carrier: telemetry_core::config::Carrier::Serve, ..Config::default() };
/// let config = Config { enabled: Some(true), ..config };
/// telemetry_core::init(&config);
/// let _guard = telemetry_push::push_on_exit(&config)?; // until the end of `main`
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Those of [`PushOnExit::start`].
pub fn push_on_exit(config: &Config) -> Result<ExitGuard, Error> {
    PushOnExit::new(config).start()
}

/// Says what is carried out when this process ends, and how.
///
/// | this end of the process | carries out |
/// |---|---|
/// | the guard is dropped, also by a panic that unwinds | everything |
/// | `std::process::exit`, or `main` returns, in whatever thread, with the guard leaked or in a `static` | everything |
/// | SIGTERM, SIGINT, SIGHUP | everything counted before the signal |
/// | SIGKILL, `abort`, `_exit`, a panic with `panic = "abort"`, SIGSEGV, SIGQUIT | what was merged before: at the start, at each [`flush`](ExitGuard::flush), at each period |
/// | a power cut | the same: what was merged is synced to the disk |
///
/// What was merged is never merged again. Merging comes first and pushing gets the time that is left; what was merged and not pushed waits
/// in the ledger for the next push of any process. Neither delays the end beyond [`bound`](Self::bound), whatever hangs: a lock, a disk
/// or a gateway.
///
/// # Signals
/// A signal that is ignored stays ignored, as `nohup` wants it. Where the system's default would have ended the process, it ends by
/// the same signal after the flush; a second signal, a tenth of a second or more after the first, ends it at once. Where the host has a
/// handler, installed before or later, that handler decides on the process as if this guard were not there; the counts are flushed beside
/// it. A handler that is installed later and does not call the one before it, unlike `signal-hook` and tokio, takes the signal away from
/// the guard, which is then flushed by whatever that handler leads to. A handler that ends the process with `_exit` leaves no time to flush.
///
/// The first process of a container is not ended by a signal that nobody handles, and so it lives on; its counts are flushed.
///
/// [`signals(false)`](Self::signals) leaves signals alone.
///
/// # Threads
/// One merges and one pushes, for each guard; one waits for signals, for all of them. No signal is ever delivered to them, so a host that
/// waits for its signals with `sigwait` or `signalfd` goes on getting them.
///
/// # Forks
/// In a child that was forked and runs no other program the guard does nothing: no count is sent twice, and nothing of the parent's is
/// touched. A child that counts for itself needs a registry and a guard of its own.
///
/// # Where it does nothing
/// Where `telemetry.enabled` is `false`, where the default registry is meant and not on, and where `telemetry.carrier` is `none`. With the
/// carriers `serve` and `textfile` it merges and does not push, and so it does in a container that calls for
/// [advice](crate::Place::advice).
#[must_use = "nothing is carried out before `start`"]
pub struct PushOnExit<'c> {
    config: &'c Config,
    registry: Option<Registry>,
    bound: Duration,
    every: Option<Duration>,
    signals: bool,
    listener: Option<Listener>,
}

/// Carries out what was counted when it is dropped, and when the process ends; see [`PushOnExit`].
///
/// Dropping it delays the caller by no more than the bound. When the drop is over, everything counted before is durable in the ledger,
/// unless a problem was told or the bound was reached, or a signal was ending the process already: then it is what was counted before the
/// signal. The live gauges of this process are no longer part of the sum.
#[must_use = "what was counted is carried out when the guard is dropped, so it should live as long as the process counts"]
#[derive(Debug)]
pub struct ExitGuard {
    duty: Option<Duty>,
}

/// What an active guard has to do.
#[derive(Debug)]
struct Duty {
    pid: u32,
    desk: Arc<Desk>,
    signals: bool,
}

/// What came of a flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flushed {
    /// Whether everything that was counted before the call is durable in the ledger.
    pub durable: bool,
    /// How the push ended. `None` where it failed or did not end in time, where nothing was merged, and where the counts take another
    /// road than the Pushgateway.
    pub pushed: Option<Pushed>,
}

/// Something that went wrong on the way out, or that a person should know. Shown, it is one line with all its causes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// What was counted is not in the ledger. The next merge carries it, if there is one.
    #[error("what was counted is not recorded yet: {}", with_causes(.0))]
    Merge(Error),
    /// What was counted is safe in the ledger, but the gateway does not have it yet.
    #[error("what was counted is not pushed yet: {}", with_causes(.0))]
    Push(Error),
    /// What a person should know: a damaged ledger that was set aside, or what to do in a container whose names do not last.
    #[error("{0}")]
    Note(String),
}

/// An error and what caused it, on one line.
fn with_causes(error: &Error) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl<'c> PushOnExit<'c> {
    /// The default registry, the ledger and the gateway of this configuration, [`EXIT_BOUND`], no periods, and with signals.
    pub const fn new(config: &'c Config) -> Self {
        Self { config, registry: None, bound: EXIT_BOUND, every: None, signals: true, listener: None }
    }

    /// Carries out what another registry than the default one counts.
    pub fn registry(self, registry: &Registry) -> Self {
        Self { registry: Some(registry.clone()), ..self }
    }

    /// The longest time by which the end of the process, the drop of the guard, a flush or the start are delayed; [`EXIT_BOUND`] by
    /// default. Of several guards each has its own, and they are flushed at the same time.
    pub const fn bound(mut self, bound: Duration) -> Self {
        self.bound = bound;
        self
    }

    /// Merges and pushes after each period too, so that a SIGKILL loses no more than was counted in the last one.
    ///
    /// A period in which nothing was counted costs no write and no request. Periods are counted by the monotonic clock and do not drift;
    /// the least is [`SHORTEST_PERIOD`]. A push that takes longer than a period delays no merge, and the next push waits for it.
    pub const fn every(mut self, period: Duration) -> Self {
        self.every = Some(period);
        self
    }

    /// Whether signals are caught; they are by default.
    pub const fn signals(mut self, signals: bool) -> Self {
        self.signals = signals;
        self
    }

    /// Tells what goes wrong, since nothing is ever printed.
    ///
    /// The listener is called on threads of the guard, also while the process ends; it should be quick, as its time is part of the bound. The
    /// same failure is told once until it works again. That nobody answers at an address that is only the default is not told.
    pub fn on_problem(self, listener: impl Fn(&Problem) + Send + Sync + 'static) -> Self {
        Self { listener: Some(Arc::new(listener)), ..self }
    }

    /// Merges at once, has it pushed in the background, and watches over the end of the process from now on.
    ///
    /// When this returns, what was counted before is durable in the ledger and the process counts as living there, unless a problem was
    /// told or the bound was reached.
    ///
    /// # Errors
    /// Only what is wrong from the start: [`Error::NoFolder`] where there is no place for a ledger, [`Error::Push`] where the certificates
    /// of the gateway's address cannot be read, [`Error::Watch`] where the system has no thread left. A ledger that cannot be written now
    /// and a gateway that does not answer now are problems, not errors.
    pub fn start(self) -> Result<ExitGuard, Error> {
        let Some(registry) = self.registry_that_counts() else { return Ok(ExitGuard { duty: None }) };
        let into_ledger = IntoLedger::new(self.config, registry)?;
        let to_gateway = self.gateway(into_ledger.ledger())?;
        let advice = self.pushes() && to_gateway.is_none();
        let desk = Arc::new(Desk::new(self.bound, to_gateway.is_some()));
        let every = self.every.map(|period| period.clamp(SHORTEST_PERIOD, LONGEST_PERIOD));
        let listener = self.listener.clone();
        let work = Work { desk: Arc::clone(&desk), into_ledger, to_gateway, every, listener, advice };
        worker::start(work)?;
        ExitGuard::watch_over(desk, self.signals)
    }

    fn registry_that_counts(&self) -> Option<Registry> {
        if self.config.enabled == Some(false) || self.config.carrier == Carrier::None {
            return None;
        }
        let default = || telemetry_core::default_registry().filter(|_| telemetry_core::is_on()).cloned();
        self.registry.clone().or_else(default)
    }

    fn pushes(&self) -> bool {
        self.config.carrier == Carrier::Push
    }

    fn gateway(&self, ledger: &Ledger) -> Result<Option<ToGateway>, Error> {
        if !self.pushes() || ledger.place().advice.is_some() {
            return Ok(None);
        }
        ToGateway::new(ledger, &self.config.prometheus.pushgateway_url).map(Some)
    }
}

impl fmt::Debug for PushOnExit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bound, every, signals, .. } = self;
        f.debug_struct("PushOnExit")
            .field("bound", bound)
            .field("every", every)
            .field("signals", signals)
            .finish_non_exhaustive()
    }
}

impl ExitGuard {
    fn watch_over(desk: Arc<Desk>, signals: bool) -> Result<Self, Error> {
        let first = desk.ask();
        let watched = Watch::of_this_process().add(&desk, signals).map_err(Error::Watch);
        let guard = Self { duty: Some(Duty { pid: process::id(), desk, signals }) };
        watched?;
        guard.duty().map(|duty| duty.desk.wait_for_merge(first));
        Ok(guard)
    }

    /// Whether this guard carries anything out: not where telemetry is off, and not in a forked child.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.duty().is_some()
    }

    /// Merges and pushes now, and waits for both up to the bound.
    ///
    /// The answer says what is durable; a guard that is not [active](Self::is_active) answers that nothing was done, and so does one whose
    /// process a signal is ending already.
    pub fn flush(&self) -> Flushed {
        self.duty().map_or_else(Flushed::default, |duty| duty.desk.wait(duty.desk.ask()))
    }

    /// What there is to do in this process. A forked child has nothing to do: it has none of the threads, and no lock of its parent's can
    /// be trusted to be released ever.
    fn duty(&self) -> Option<&Duty> {
        self.duty.as_ref().filter(|duty| duty.pid == process::id())
    }
}

impl Drop for ExitGuard {
    fn drop(&mut self) {
        if let Some(duty) = self.duty() {
            let _left_behind = duty.desk.wait(duty.desk.ask_to_end());
            Watch::of_this_process().remove(&duty.desk, duty.signals);
        }
    }
}

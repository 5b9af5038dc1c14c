//! The probe: one metric under a job of its own, which is at the gateway for as long as a doctor looks for it.
//!
//! It carries how long it may be there. A doctor that is killed leaves its probe, and the next one removes those that have been there
//! for longer; by the clock of the gateway, so that it does not matter what those of the machines say.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};
use telemetry_core::config::{Address, Config};
use telemetry_core::exposition::{Family, Value};
use telemetry_core::{Registry, catalog};
use telemetry_push::{BlockingPushClient, Group, PushClient, PushError, Retry};

/// The job of all probes.
pub(super) const JOB: &str = "telemetry_doctor";

/// How long a probe may be there after the time of its doctor is over: as long as it takes to delete it, and as long again.
const GRACE: Duration = Duration::from_secs(5);

/// How long the deletion may take. With the wait below and what the client adds to learn what went wrong, that is less than 2 s.
const DELETION: Duration = Duration::from_millis(800);

/// How long whoever deletes waits for a push that is under way, which would otherwise follow the deletion.
const UNDER_WAY: Duration = Duration::from_millis(600);

/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(10);

catalog! {
    /// What `telemetry doctor` pushes, and deletes again.
    pub(super) DOCTOR = "Doctor", "doctor";

    /// Whether this probe of telemetry doctor is on its way
    gauge(State) PROBE = "telemetry_doctor_probe", Probed<'a> { probe: &'a str };
    /// How long a probe of telemetry doctor may stay
    gauge(State) LIFETIME = "telemetry_doctor_probe_lifetime_seconds", Lifetime<'a> { probe: &'a str };
}

/// A probe, shared with whoever deletes it when a signal comes.
#[derive(Debug, Clone)]
pub(super) struct Probe {
    /// What tells it from others: the value of its label `probe` and of the label `instance` of its group.
    pub(super) id: String,
    lifetime: Duration,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    pushing: BlockingPushClient,
    deleting: BlockingPushClient,
    /// Whether the gateway may have it. Held during a push.
    may_be_there: Mutex<bool>,
    /// Nothing is pushed any more.
    over: AtomicBool,
}

impl Probe {
    /// A probe that may be pushed to this gateway within `answer`, by a doctor that takes no longer than `all`.
    pub(super) fn new(gateway: &Address, answer: Duration, all: Duration) -> Result<Self, PushError> {
        let id = format!("{:016x}", fastrand::u64(..));
        let shared = Shared {
            pushing: client(gateway, &id, answer)?,
            deleting: client(gateway, &id, DELETION)?,
            may_be_there: Mutex::new(false),
            over: AtomicBool::new(false),
        };
        Ok(Self { id, lifetime: all + GRACE, shared: Arc::new(shared) })
    }

    /// Pushes it. Whatever goes wrong but that nobody listens there, the gateway may have it.
    pub(super) fn push(&self) -> Result<(), PushError> {
        let mut may_be_there = lock(&self.shared.may_be_there);
        if self.shared.over.load(Ordering::SeqCst) {
            return Ok(());
        }
        let pushed = self.shared.pushing.push(&self.families());
        *may_be_there = !matches!(&pushed, Err(error) if error.is_refused());
        pushed
    }

    /// Deletes it, if it may be there, for good: from now on nothing is pushed. A push that is under way is waited for, but not long.
    pub(super) fn delete(&self) -> Result<(), PushError> {
        self.shared.over.store(true, Ordering::SeqCst);
        let begun = Instant::now();
        let mut held = try_lock(&self.shared.may_be_there);
        while held.is_none() && begun.elapsed() < UNDER_WAY {
            thread::sleep(LOOK);
            held = try_lock(&self.shared.may_be_there);
        }
        // One that is still under way is deleted all the same; should it arrive afterwards, the next doctor removes it.
        if held.as_deref() == Some(&false) {
            return Ok(());
        }
        self.shared.deleting.delete()?;
        if let Some(mut held) = held {
            *held = false;
        }
        Ok(())
    }

    fn families(&self) -> Vec<Family<'static>> {
        let registry = Registry::new(&Config::default());
        registry.declare(&DOCTOR);
        let probe = self.id.as_str();
        PROBE.in_registry(&registry).with(|| Probed { probe }).set(1);
        let seconds = i64::try_from(self.lifetime.as_secs()).unwrap_or(i64::MAX);
        LIFETIME.in_registry(&registry).with(|| Lifetime { probe }).set(seconds);
        let mut metrics = registry.snapshot().metrics;
        metrics.retain(|metric| DOCTOR.metrics.contains(&metric.def));
        metrics.iter().map(|metric| metric.family().into_owned()).collect()
    }
}

/// The name of the metric, for whoever asks for it.
pub(super) const fn metric() -> &'static str {
    PROBE.def().name
}

fn client(gateway: &Address, id: &str, timeout: Duration) -> Result<BlockingPushClient, PushError> {
    let client = PushClient::of(gateway).group(Group::new(JOB, id)).timeout(timeout).retry(Retry::never());
    Ok(client.build()?.blocking())
}

fn lock(mutex: &Mutex<bool>) -> MutexGuard<'_, bool> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn try_lock(mutex: &Mutex<bool>) -> Option<MutexGuard<'_, bool>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Deletes the probes in what a gateway exposes that nobody looks for any more. Says how many those were.
pub(super) fn sweep(families: &[Family<'_>], now: f64, gateway: &Address) -> usize {
    let left = left_behind(families, now);
    left.iter().filter(|id| client(gateway, id, DELETION).is_ok_and(|client| client.delete().is_ok())).count()
}

/// The instances of the probes that have been there for longer than they may, `now` being a time of the gateway's.
fn left_behind(families: &[Family<'_>], now: f64) -> Vec<String> {
    let mut left = Vec::new();
    for (id, lifetime) in of_doctors(families, LIFETIME.def().name) {
        let pushed = of_doctors(families, PUSHED).find(|(other, _)| *other == id);
        if pushed.is_some_and(|(_, pushed)| now - pushed > lifetime) {
            left.push(id.to_owned());
        }
    }
    left
}

/// When a gateway took a push, by its own clock, in seconds since 1970: a gauge that it keeps for each group.
pub(super) const PUSHED: &str = "push_time_seconds";

/// The instances in the groups of doctors that have this gauge, with its values.
fn of_doctors<'f>(families: &'f [Family<'_>], name: &'f str) -> impl Iterator<Item = (&'f str, f64)> {
    gauges(families, name, JOB).filter_map(|(instance, value)| Some((instance?, value)))
}

/// The values of a gauge in the groups of a job, with their instances.
pub(super) fn gauges<'f>(
    families: &'f [Family<'_>],
    name: &'f str,
    job: &'f str,
) -> impl Iterator<Item = (Option<&'f str>, f64)> {
    let metrics =
        families.iter().filter(move |family| family.name == name).flat_map(|family| &family.metrics);
    metrics.filter_map(move |metric| {
        let label =
            |name: &str| metric.labels.iter().find(|label| label.name == name).map(|label| &*label.value);
        let (Value::Gauge(value) | Value::Untyped(value)) = metric.value else { return None };
        (label("job") == Some(job)).then(|| (label("instance"), value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::exposition::{Format, parse};

    #[test]
    fn only_probes_that_outlived_their_doctor_are_left_behind() {
        let group = |job: &str, id: &str, lifetime: i32, pushed: i32| {
            format!(
                "telemetry_doctor_probe_lifetime_seconds{{probe=\"{id}\",job=\"{job}\",instance=\"{id}\"}} {lifetime}\n\
                 # pushed\npush_time_seconds{{job=\"{job}\",instance=\"{id}\"}} {pushed}\n"
            )
        };
        let groups = [
            group(JOB, "old", 30, 900),
            group(JOB, "new", 30, 980),
            group(JOB, "patient", 3600, 900),
            group("sase_agent", "other", 30, 900),
        ];
        let (mut lifetimes, mut times) = (String::new(), String::new());
        for group in &groups {
            let (lifetime, time) = group.split_once("# pushed\n").unwrap();
            lifetimes += lifetime;
            times += time;
        }
        let text = lifetimes + &times;
        let families = parse(&text, Format::Text).unwrap();
        assert_eq!(left_behind(&families, 1000.0), ["old"]);
    }

    #[test]
    fn a_probe_holds_nothing_but_itself_and_is_not_pushed_after_its_end() {
        let gateway = Address::parse("127.0.0.1:1").unwrap();
        let probe = Probe::new(&gateway, Duration::from_secs(1), Duration::from_secs(30)).unwrap();
        let names: Vec<_> = probe.families().iter().map(|family| family.name.to_string()).collect();
        assert_eq!(names, DOCTOR.metrics.iter().map(|def| def.name).collect::<Vec<_>>());
        assert!(probe.push().unwrap_err().is_refused());
        assert!(probe.delete().is_ok(), "nothing is there to delete");
        assert!(probe.push().is_ok(), "nothing is sent");
    }
}

//! The thread that sends a client's requests, so that its callers need no tokio runtime.

use crate::http::{ClientSetup, SetupError};
use reqwest::Client;
use std::mem;
use std::pin::Pin;
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};

/// How often, with a pause of a millisecond each, a forked process tries to take what another thread may have held during the fork.
const ATTEMPTS: usize = 50;

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;
type Jobs = mpsc::UnboundedSender<Job>;

/// A thread that begins with the first job and ends after this is dropped, which never waits for it.
///
/// After a fork the child has the memory of this but not the thread, and shares the connections with its parent. It then begins a thread
/// with connections of its own and touches nothing of its parent's, not even to free it: a lock inside may have been held during the
/// fork, and nobody would ever release it.
#[derive(Debug)]
pub(super) struct Worker {
    setup: ClientSetup,
    /// The process that made this.
    home: u32,
    slot: Mutex<Slot>,
}

/// What belongs to one process, and is never freed in another.
#[derive(Debug)]
struct Slot {
    process: u32,
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    http: Client,
    jobs: Option<Jobs>,
}

impl Worker {
    /// A worker with no thread yet.
    pub(super) fn new(setup: ClientSetup) -> Result<Self, SetupError> {
        let slot = Mutex::new(Slot::new(&setup)?);
        Ok(Self { setup, home: process::id(), slot })
    }

    /// Has the thread run this, and hand its outcome to the receiver. It is given up when the receiver is dropped.
    pub(super) fn run<T, F>(&self, job: impl FnOnce(Client) -> F) -> Result<oneshot::Receiver<T>, SetupError>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let (http, jobs) = self.access()?;
        let (mut sender, receiver) = oneshot::channel();
        let (outcome, keep_alive) = (job(http), jobs.clone());
        // A thread that has ended drops this with its sender, and the receiver learns it.
        let _ended = jobs.send(Box::pin(async move {
            let _keep_alive = keep_alive;
            tokio::select! {
                () = sender.closed() => {}
                outcome = outcome => { let _given_up = sender.send(outcome); }
            }
        }));
        Ok(receiver)
    }

    fn access(&self) -> Result<(Client, Jobs), SetupError> {
        match self.slot() {
            Some(mut slot) => slot.access(&self.setup),
            None => Slot::new(&self.setup)?.access(&self.setup),
        }
    }

    /// `None` in a forked process where a thread of its parent held the slot during the fork.
    fn slot(&self) -> Option<MutexGuard<'_, Slot>> {
        if process::id() == self.home {
            return Some(self.slot.lock().unwrap_or_else(PoisonError::into_inner));
        }
        for _ in 0..ATTEMPTS {
            match self.slot.try_lock() {
                Ok(slot) => return Some(slot),
                Err(TryLockError::Poisoned(slot)) => return Some(slot.into_inner()),
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
            }
        }
        None
    }
}

impl Slot {
    fn new(setup: &ClientSetup) -> Result<Self, SetupError> {
        let own = Own { http: setup.client()?, jobs: None };
        Ok(Self { process: process::id(), own: Some(own) })
    }

    fn access(&mut self, setup: &ClientSetup) -> Result<(Client, Jobs), SetupError> {
        if self.process != process::id() {
            *self = Self::new(setup)?;
        }
        let own = match &mut self.own {
            Some(own) => own,
            None => self.own.insert(Own { http: setup.client()?, jobs: None }),
        };
        let jobs = match &own.jobs {
            Some(jobs) if !jobs.is_closed() => jobs.clone(),
            _ => own.jobs.insert(begin()?).clone(),
        };
        Ok((own.http.clone(), jobs))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if self.process != process::id() {
            mem::forget(self.own.take());
        }
    }
}

fn begin() -> Result<Jobs, SetupError> {
    let runtime = Builder::new_current_thread().enable_io().enable_time().build();
    let runtime = runtime.map_err(SetupError::Thread)?;
    let (sender, jobs) = mpsc::unbounded_channel();
    let thread = thread::Builder::new().name("telemetry-push".to_owned());
    thread.spawn(move || work(runtime, jobs)).map_err(SetupError::Thread)?;
    Ok(sender)
}

fn work(runtime: Runtime, mut jobs: mpsc::UnboundedReceiver<Job>) {
    runtime.block_on(async {
        while let Some(job) = jobs.recv().await {
            tokio::spawn(job);
        }
    });
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
}

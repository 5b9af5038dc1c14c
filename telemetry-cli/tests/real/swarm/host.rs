//! The ledger that the processes of a swarm share, our binary beside it, and the end of each process.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{fs, io};

use rustix::process::{Pid, Signal, kill_process};
use telemetry_core::config::Config;
use telemetry_push::Place;

use super::Outcome;
use super::agent::{MAX_SERIES, Orders};
use super::journal::Told;
use super::plan::{End, Life, Moment};
use crate::support::{Scratch, eventually};

/// A signal that a runtime caught for its own purposes does its work the second time, which is tried after this time.
const SECOND_BLOW: Duration = Duration::from_millis(50);

/// A host whose processes push to one gateway.
pub(crate) struct Host {
    scratch: Scratch,
    gateway: String,
}

/// Threads that share a number of tasks.
pub(crate) struct Workers {
    tasks: usize,
    /// When no further task is begun.
    until: Option<Instant>,
    begun: AtomicUsize,
    ended: AtomicUsize,
    working: AtomicUsize,
}

impl Host {
    pub(crate) fn pushing_to(gateway: &str) -> Self {
        let host = Self { scratch: Scratch::new(), gateway: gateway.to_owned() };
        fs::create_dir(host.journals()).unwrap();
        host
    }

    /// Lets a process live its life, with a counter under this label value and one of ten histograms.
    pub(crate) fn live(&self, number: usize, counter: &str, life: Life) -> Outcome {
        let orders = self.orders(number, counter, life);
        let mut command = self.scratch.command(std::env::current_exe().unwrap().to_str().unwrap());
        orders.give(&mut command);
        let mut process = silent(&mut command).spawn().unwrap();
        let seen = life.killed.map(|(signal, moment)| {
            wait_for(moment, &orders.journal);
            // What is in the journal now was counted before the signal.
            let seen = Told::read(&orders.journal);
            kill(&mut process, signal);
            seen
        });
        let status = process.wait().unwrap();
        let told = Told::read(&orders.journal);
        let killed = life.killed.map(|(signal, _)| signal);
        Outcome::of(&orders, killed, status, seen.as_ref(), told)
    }

    fn orders(&self, number: usize, counter: &str, life: Life) -> Orders {
        let kind = if life.is_certain() { "certain" } else { "open" };
        Orders {
            gateway: self.gateway.clone(),
            ledger: self.scratch.path().join("ledger"),
            journal: self.journals().join(number.to_string()),
            counter: counter.to_owned(),
            histogram: format!("{kind}-{}", number % 10),
            seed: life.seed,
            length: life.length,
            bound: life.bound,
            every: life.every,
            end: life.end,
        }
    }

    fn journals(&self) -> PathBuf {
        self.scratch.path().join("journals")
    }

    /// Our binary, with this ledger and this gateway.
    pub(crate) fn telemetry(&self, args: &[&str]) -> Command {
        let mut command = self.scratch.telemetry_pushing_to(&self.gateway);
        command.env("SASE_TELEMETRY_MAX_SERIES_PER_METRIC", MAX_SERIES.to_string()).args(args);
        command.stdin(Stdio::null());
        command
    }

    /// A file of the test's own.
    pub(crate) fn note(&self, name: &str) -> PathBuf {
        self.journals().join(name)
    }

    /// Pushes as a person does; panics with what was said where that fails.
    pub(crate) fn push(&self) {
        let output = self.telemetry(&["push"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The totals of the ledger after a sweep, as the command shows them.
    pub(crate) fn ledger(&self) -> String {
        let output = self.telemetry(&["snapshot", "-S", "ledger", "-f", "prometheus"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The folder of the ledger.
    pub(crate) fn folder(&self) -> PathBuf {
        let ledger_path = Some(self.scratch.path().join("ledger"));
        Place::of(&Config { ledger_path, ..Config::default() }).unwrap().folder
    }

    /// Nobody is alive, nothing waits, and nothing had to be set aside.
    pub(crate) fn assert_clean(&self) {
        let names = |folder: PathBuf| -> Vec<_> {
            let entries = fs::read_dir(&folder).into_iter().flatten();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        };
        let folder = self.folder();
        assert_eq!(names(folder.join("waiting")), [""; 0], "nothing waits");
        assert_eq!(names(folder.join("living")), [""; 0], "the dead were swept");
        let known = ["copies", "ledger.lock", "ledger.prom", "living", "push.lock", "push.state", "waiting"];
        let other = |name: &String| !known.contains(&name.as_str()) && !name.ends_with(".new");
        assert_eq!(
            names(folder).into_iter().filter(other).collect::<Vec<_>>(),
            [""; 0],
            "nothing was set aside"
        );
    }

    /// No process is left that was started with this host's folder as its home.
    pub(crate) fn assert_no_process_is_left(&self) {
        eventually("every process has ended", || {
            processes_at_home_in(self.scratch.path()).is_empty().then_some(())
        });
    }
}

/// Nobody reads what the process says.
pub(crate) fn silent(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

fn wait_for(moment: Moment, journal: &Path) {
    match moment {
        Moment::After(time) => thread::sleep(time),
        Moment::WhenStill => eventually("the process is still", || Told::read(journal).still.then_some(())),
    }
}

/// Sends the signal, and once more where the runtime of the process took it for a fault of its own and waits for that to be repeated.
pub(crate) fn kill(process: &mut Child, signal: Signal) {
    let send = |process: &Child| match kill_process(Pid::from_child(process), signal) {
        // It has ended already, and is not reaped yet.
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => panic!("{error}"),
    };
    send(process);
    while signal == Signal::SEGV && process.try_wait().unwrap().is_none() {
        thread::sleep(SECOND_BLOW);
        send(process);
    }
}

/// How a process ended that was told to.
pub(crate) fn ended_by(status: ExitStatus, signal: Signal) -> bool {
    status.signal() == Some(signal.as_raw())
}

/// The ids of the processes whose environment names this folder; none on a system that does not show it.
fn processes_at_home_in(folder: &Path) -> Vec<String> {
    let home = format!("HOME={}\0", folder.display());
    let at_home = |environment: io::Result<Vec<u8>>| {
        environment.is_ok_and(|bytes| bytes.windows(home.len()).any(|window| window == home.as_bytes()))
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().map_while(Result::ok);
    let all = entries.filter(|entry| at_home(fs::read(entry.path().join("environ"))));
    all.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

impl Workers {
    pub(crate) const fn new(tasks: usize) -> Self {
        let [begun, ended, working] = [const { AtomicUsize::new(0) }; 3];
        Self { tasks, until: None, begun, ended, working }
    }

    /// Begins no task after this moment.
    pub(crate) const fn until(self, until: Instant) -> Self {
        Self { until: Some(until), ..self }
    }

    /// Starts so many threads that do the tasks, each of which has a number.
    pub(crate) fn start<'s, 'e>(
        &'s self,
        scope: &'s thread::Scope<'s, 'e>,
        at_once: usize,
        task: impl Fn(usize) + Copy + Send + 's,
    ) {
        self.working.store(at_once, Ordering::SeqCst);
        for _ in 0..at_once {
            scope.spawn(move || {
                let _working = Working(self);
                while let Some(number) = self.next() {
                    task(number);
                    self.ended.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    }

    fn next(&self) -> Option<usize> {
        let number = self.begun.fetch_add(1, Ordering::SeqCst);
        let is_over = self.until.is_some_and(|until| Instant::now() >= until);
        (number < self.tasks && !is_over).then_some(number)
    }

    /// How many tasks are done.
    pub(crate) fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }

    /// Whether nobody works any more, be it that all is done or that all have panicked.
    pub(crate) fn are_gone(&self) -> bool {
        self.working.load(Ordering::SeqCst) == 0
    }

    /// Waits until so many tasks are done, or nobody does any.
    pub(crate) fn await_ended(&self, tasks: usize) {
        while self.ended() < tasks && !self.are_gone() {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A thread that works, until it is dropped, also by a panic.
struct Working<'w>(&'w Workers);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.working.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The code with which a process ends by itself; nothing where it does not, or by a signal.
pub(crate) const fn expected_code(end: End) -> Option<i32> {
    match end {
        End::Returns => Some(0),
        End::Exits => Some(super::agent::EXIT_CODE),
        // That of a test that fails.
        End::Panics => Some(101),
        End::DropsAndAborts | End::WaitsStill { .. } | End::Never => None,
    }
}

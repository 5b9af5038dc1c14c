//! When a report is looked at, merged and pushed: while the command runs by a thread beside it, and to its end when the command has
//! ended.

use super::families;
use super::file::{Found, Tail, Wrong};
use super::lines::Lines;
use super::only::Only;
use super::pipe::Pipe;
use super::since::Counted;
use super::tally::Tally;
use crate::events::Place;
use crate::road::{Problems, Road};
use crate::tables::harmless;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};
use telemetry_core::Registry;

/// How often the report is looked at: so much of it at most is lost where this program is killed.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How often what was reported is pushed at most.
const PUSH_EVERY: Duration = Duration::from_secs(15);

/// How often it is at least, where pushes take longer than they are waited for.
const PUSH_AT_LEAST_EVERY: Duration = Duration::from_secs(600);

/// How long a merge or a push may take while the command runs: the end of the command waits for one that is under way.
const BOUND: Duration = Duration::from_secs(1);

/// The most that one look takes of a file, in bytes.
const AT_A_LOOK: usize = 8 << 20;

/// The most that the last look takes of a file, in bytes: what is left of it is not worth the wait.
const AT_THE_END: usize = 256 << 20;

/// Where what is reported goes.
pub(crate) struct Way<'w, 'a> {
    pub(crate) registry: &'w Registry,
    pub(crate) road: &'w mut Road<'a>,
    pub(crate) problems: &'w mut Problems,
}

/// Follows the report of a command.
#[derive(Debug)]
pub(crate) struct Follower {
    source: Source,
    lines: Lines,
    tally: Tally,
}

#[derive(Debug)]
enum Source {
    File(Tail, Option<Only>),
    Pipe(Arc<Pipe>),
    /// A file that another run follows.
    Theirs(PathBuf),
}

impl Follower {
    pub(super) fn of_file(tail: Tail) -> Self {
        Self::new(Source::File(tail, None))
    }

    pub(super) fn of_pipe(pipe: Pipe) -> Self {
        Self::new(Source::Pipe(Arc::new(pipe)))
    }

    fn new(source: Source) -> Self {
        Self { source, lines: Lines::default(), tally: Tally::default() }
    }

    /// An attempt begins; the ledger has this folder.
    pub(crate) fn begin(&mut self, ledger: &Path) {
        self.claim(ledger);
        if let Source::File(tail, _) = &mut self.source {
            tail.begin();
        }
    }

    /// Makes sure that nobody else follows the file. Where the system gives no lock it is followed all the same.
    fn claim(&mut self, ledger: &Path) {
        let Source::File(tail, only @ None) = &mut self.source else { return };
        match Only::claim(tail.path(), ledger) {
            // Whoever had it until now may have counted what was added since this run first looked.
            Ok(Some(claimed)) => *only = tail.skip().is_ok().then_some(claimed),
            Ok(None) => self.source = Source::Theirs(tail.path().to_owned()),
            Err(_) => {}
        }
    }

    /// Waits for the command, and follows its report meanwhile and to its end. Where the system has no thread left, all of it is read at
    /// the end.
    pub(crate) fn follow<T>(&mut self, way: &mut Way<'_, '_>, command: impl FnOnce() -> T) -> T {
        let pipe = match &self.source {
            Source::Pipe(pipe) => Some(Arc::clone(pipe)),
            Source::File(..) | Source::Theirs(_) => None,
        };
        let (ended, waits) = channel::<()>();
        let (stop, stopper) = io::pipe().ok().unzip();
        let result = thread::scope(|scope| {
            if let (Some(pipe), Some(stop)) = (&pipe, &stop) {
                let _none_left = thread::Builder::new().spawn_scoped(scope, || pipe.empty_until_closed(stop));
            }
            let (this, way) = (&mut *self, &mut *way);
            let _none_left = thread::Builder::new().spawn_scoped(scope, move || this.keep_up(way, &waits));
            let result = command();
            drop((ended, stopper));
            result
        });
        self.finish(way);
        result
    }

    /// Looks again and again until the command has ended.
    fn keep_up(&mut self, way: &mut Way<'_, '_>, ended: &Receiver<()>) {
        let mut pushes = Pushes::new();
        let mut unmerged = false;
        while ended.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
            let before = self.tally.recorded;
            self.look(way, AT_A_LOOK);
            unmerged |= self.tally.recorded != before;
            // What could not be merged is by the next time, or at the end, which then says why not.
            if unmerged && way.road.merge(BOUND, way.problems).is_ok() {
                unmerged = false;
                pushes.waiting = true;
            }
            pushes.push_if_due(way);
        }
    }

    /// Takes what is new in the report, up to about so many bytes.
    fn look(&mut self, way: &mut Way<'_, '_>, most: usize) {
        let place = Place { registry: way.registry, ledger: way.road.ledger() };
        if let Err(error) = self.take_new(&place, most) {
            way.problems.warn(format!("cannot follow the report: {error}"));
        }
    }

    fn take_new(&mut self, place: &Place<'_>, most: usize) -> Result<(), Wrong> {
        let Self { source, lines, tally } = self;
        let tail = match source {
            Source::Theirs(_) => return Ok(()),
            Source::File(tail, _) => tail,
            Source::Pipe(pipe) => {
                let spool = pipe.take();
                lines.feed(&spool.bytes, |line| tally.take(&line, place));
                if spool.lost > 0 {
                    tally.lose(spool.lost + lines.rest().len() as u64);
                    lines.skip();
                }
                return Ok(());
            }
        };
        let mut taken = 0;
        while taken < most {
            match tail.look()? {
                Found::Nothing => return Ok(()),
                Found::Anew => tally.take_last(&lines.rest(), place),
                Found::Within => lines.skip(),
                Found::Bytes(bytes) => {
                    taken += bytes.len();
                    lines.feed(&bytes, |line| tally.take(&line, place));
                }
            }
        }
        Ok(())
    }

    /// The command has ended: what is left of its report is all that will come.
    fn finish(&mut self, way: &mut Way<'_, '_>) {
        if let Source::Pipe(pipe) = &self.source {
            pipe.empty();
        }
        self.look(way, AT_THE_END);
        let place = Place { registry: way.registry, ledger: way.road.ledger() };
        self.tally.take_last(&self.lines.rest(), &place);
        match &self.source {
            Source::File(tail, _) => {
                self.tally.lose(tail.left());
                let problem = add_exposition_of(tail, way.registry).or_else(|| nowhere(tail));
                problem.into_iter().for_each(|problem| way.problems.warn(format!("the report: {problem}")));
            }
            Source::Theirs(path) => way.problems.warn(theirs(path)),
            Source::Pipe(_) => {}
        }
        self.tally.words().into_iter().for_each(|words| way.problems.warn(words));
    }
}

/// Adds the counts of the exposition that the file holds, if it holds one; gives what there is to say about it.
fn add_exposition_of(tail: &Tail, registry: &Registry) -> Option<String> {
    match tail.exposition() {
        Ok(text) => add(&text?, tail.counted_before(), registry),
        Err(error) => Some(error.to_string()),
    }
}

/// Adds the counts of an exposition; gives what there is to say about the rest.
fn add(text: &[u8], before: &[u8], registry: &Registry) -> Option<String> {
    let Ok(before) = Counted::read(before) else {
        return Some(
            "what it held before was no exposition, so that what was counted since is not known".to_owned(),
        );
    };
    match families::add(text, &before, registry) {
        Err(error) => Some(format!("it is no exposition: {}", harmless(&error.to_string()))),
        Ok(left_out) => match left_out.as_slice() {
            [] => None,
            [only] => Some(format!("{only} does not fit the catalog and is left out")),
            [first, rest @ ..] => {
                Some(format!("{first} and {} more do not fit the catalog and are left out", rest.len()))
            }
        },
    }
}

fn nowhere(tail: &Tail) -> Option<String> {
    tail.has_no_folder().then(|| {
        format!("{} cannot be written: its folder is not there", harmless(&tail.path().display().to_string()))
    })
}

fn theirs(path: &Path) -> String {
    let path = harmless(&path.display().to_string());
    format!(
        "{path} is followed by another run, which counts what is reported there; give each run a file of its own"
    )
}

/// When what was reported is pushed.
struct Pushes {
    next: Instant,
    every: Duration,
    /// Whether something was merged since the last push.
    waiting: bool,
}

impl Pushes {
    fn new() -> Self {
        Self { next: Instant::now() + PUSH_EVERY, every: PUSH_EVERY, waiting: false }
    }

    /// Pushes that outlast their time go on alone; where that happens, the next is made later.
    fn push_if_due(&mut self, way: &mut Way<'_, '_>) {
        let begun = Instant::now();
        if !self.waiting || begun < self.next {
            return;
        }
        way.road.push(BOUND, way.problems);
        self.waiting = false;
        let is_slow = begun.elapsed() >= BOUND;
        self.every = if is_slow { (self.every * 2).min(PUSH_AT_LEAST_EVERY) } else { PUSH_EVERY };
        self.next = Instant::now() + self.every;
    }
}

//! What a process has counted, in a file of its own. A line is in the file before the next thing happens, so whatever kills the
//! process, the file says what was begun and what was done.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

/// The observations of the histogram: each in a bucket of its own, and a sum of them is exact in any order.
pub(crate) const OBSERVATIONS: [f64; 6] = [0.25, 2.0, 16.0, 96.0, 512.0, 4096.0];

/// One step of a process: it adds to its counter, then it observes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// What is added to the counter.
    pub(crate) amount: u32,
    /// Which of the [`OBSERVATIONS`] is made.
    pub(crate) observation: usize,
}

/// The journal, as its process writes it.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
}

/// The journal, as the test reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// The steps that were begun.
    pub(crate) steps: Vec<Step>,
    /// How many of them were done.
    pub(crate) done: usize,
    /// How many of them were durable, as the library said.
    pub(crate) durable: usize,
    /// The process counts no more.
    pub(crate) still: bool,
    /// Its guard has been dropped.
    pub(crate) over: bool,
    /// How long the start of the guard and its drop took, in milliseconds; for whoever wants to know why something is missing.
    pub(crate) took: Vec<u128>,
}

impl Journal {
    pub(crate) fn create(path: &Path) -> Self {
        Self { file: OpenOptions::new().append(true).create_new(true).open(path).unwrap() }
    }

    pub(crate) fn begin(&mut self, step: Step) {
        self.write(&format!("+ {} {}\n", step.amount, step.observation));
    }

    pub(crate) fn done(&mut self) {
        self.write(".\n");
    }

    pub(crate) fn durable(&mut self) {
        self.write("durable\n");
    }

    pub(crate) fn still(&mut self) {
        self.write("still\n");
    }

    pub(crate) fn over(&mut self) {
        self.write("over\n");
    }

    pub(crate) fn took(&mut self, time: Duration) {
        self.write(&format!("took {}\n", time.as_millis()));
    }

    /// One write, so that a line is there as a whole or not at all.
    fn write(&mut self, line: &str) {
        self.file.write_all(line.as_bytes()).unwrap();
    }
}

impl Told {
    /// Nothing was told by a process that died before it began.
    pub(crate) fn read(path: &Path) -> Self {
        Self::parse(&fs::read_to_string(path).unwrap_or_default())
    }

    fn parse(text: &str) -> Self {
        let mut told = Self::default();
        for line in text.lines() {
            match line.split(' ').collect::<Vec<_>>().as_slice() {
                ["+", amount, observation] => told.steps.push(Step {
                    amount: amount.parse().unwrap(),
                    observation: observation.parse().unwrap(),
                }),
                ["."] => told.done += 1,
                ["durable"] => told.durable = told.done,
                ["still"] => told.still = true,
                ["over"] => told.over = true,
                ["took", time] => told.took.push(time.parse().unwrap()),
                _ => panic!("{line:?} is no line of a journal"),
            }
        }
        assert!(told.done <= told.steps.len(), "{text}");
        told
    }
}

#[test]
fn a_journal_tells_what_was_begun_done_and_durable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let steps = [(3, 0), (1, 5), (9, 2)].map(|(amount, observation)| Step { amount, observation });
    let mut journal = Journal::create(&path);
    journal.begin(steps[0]);
    journal.done();
    journal.durable();
    journal.begin(steps[1]);
    journal.done();
    journal.begin(steps[2]);
    journal.took(Duration::from_millis(7));
    let told = Told { steps: steps.to_vec(), done: 2, durable: 1, took: vec![7], ..Told::default() };
    assert_eq!(Told::read(&path), told);
    assert_eq!(Told::read(&folder.path().join("none")), Told::default());
}

//! The label sets that every library is given: texts of a usual length, of which the compiler knows nothing.

use super::ring::Ring;
use std::hint::black_box;
use telemetry_core::closed_label;
use telemetry_peers::given::PROVIDERS;

closed_label! {
    /// How a call ended.
    pub enum Status { Ok = "ok", Error = "error" (failure), Killed = "killed", Other = "other" }
}

closed_label! {
    /// What was done.
    pub enum Operation {
        Create = "create", Read = "read", Update = "update", Close = "close", Delete = "delete", Other = "other",
    }
}

/// One label set.
#[derive(Debug, Clone)]
pub(crate) struct Set {
    pub(crate) provider: String,
    pub(crate) project: String,
    pub(crate) workflow: String,
    pub(crate) status: Status,
    pub(crate) operation: Operation,
    pub(crate) seconds: f64,
}

/// A hundred of them, and where a thread makes their texts anew.
#[derive(Debug)]
pub(crate) struct Sets {
    sets: Vec<Set>,
    ring: Ring,
}

const WORKFLOWS: [&str; 5] =
    ["fix_failing_tests", "review", "split_commit", "write_docs", "update_dependencies"];

impl Set {
    /// The texts of the labels of a metric with three open ones: `provider`, `project` and `workflow`.
    fn texts(&self) -> [&str; 3] {
        [&self.provider, &self.project, &self.workflow]
    }
}

impl Sets {
    /// They always have the same order, and begin with this one, of a hundred.
    pub(crate) fn beginning_at(first: usize) -> Self {
        let set = |i: usize| Set {
            provider: PROVIDERS[i % 4].to_owned(),
            project: format!("telemetry-{:02}", i / 20),
            workflow: WORKFLOWS[i / 4 % 5].to_owned(),
            status: Status::ALL[i * 7 % 4],
            operation: Operation::ALL[i * 11 % 6],
            seconds: (i * 37 % 400) as f64 + 0.25,
        };
        let mut sets: Vec<_> = (0..100).map(set).collect();
        sets.rotate_left(first);
        Self { sets, ring: Ring::default() }
    }

    /// Makes them once more, so that a library has the luck of where texts came to stand for one turn and not for all.
    pub(crate) fn renew(&mut self) {
        self.sets = self.sets.clone();
    }

    pub(crate) fn len(&self) -> usize {
        self.sets.len()
    }

    /// Calls `f` with each of them.
    #[inline(always)]
    pub(crate) fn each(&self, mut f: impl FnMut(&Set)) {
        for set in &self.sets {
            f(black_box(set));
        }
    }

    /// Calls `f` with the three texts of each of them, which stand where they stood in every call before.
    #[inline(always)]
    pub(crate) fn each_kept(&self, mut f: impl FnMut([&str; 3])) {
        self.each(|set| f(set.texts()));
    }

    /// Calls `f` with the three texts of each of them, which are made for this call and stand where no others stood in a long time.
    #[inline(always)]
    pub(crate) fn each_anew(&mut self, mut f: impl FnMut([&str; 3])) {
        for set in &self.sets {
            f(black_box(self.ring.write(black_box(set).texts())));
        }
    }

    /// Every value of the open label `provider`, once.
    pub(crate) fn providers() -> [&'static str; 4] {
        PROVIDERS
    }

    /// Every value of the open label `workflow`, once.
    pub(crate) fn workflows() -> [&'static str; 5] {
        WORKFLOWS
    }

    /// Every value of the open label `project`, once.
    pub(crate) fn projects() -> [String; 5] {
        [0, 1, 2, 3, 4].map(|i| format!("telemetry-{i:02}"))
    }
}

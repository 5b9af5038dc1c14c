//! The label sets that every library is given: texts of a usual length, of which the compiler knows nothing.

use std::hint::black_box;
use telemetry_core::closed_label;

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

/// A hundred of them.
#[derive(Debug, Clone)]
pub(crate) struct Sets(Vec<Set>);

/// The bounds of the histogram.
pub(crate) const BOUNDS: [f64; 10] = [0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];

const PROVIDERS: [&str; 4] = ["claude", "codex", "gemini", "open-weights"];
const WORKFLOWS: [&str; 5] =
    ["fix_failing_tests", "review", "split_commit", "write_docs", "update_dependencies"];

impl Default for Sets {
    fn default() -> Self {
        let set = |i: usize| Set {
            provider: PROVIDERS[i % 4].to_owned(),
            project: format!("telemetry-{:02}", i / 20),
            workflow: WORKFLOWS[i / 4 % 5].to_owned(),
            status: Status::ALL[i * 7 % 4],
            operation: Operation::ALL[i * 11 % 6],
            seconds: (i * 37 % 400) as f64 + 0.25,
        };
        Self((0..100).map(set).collect())
    }
}

impl Sets {
    /// The same sets in the same order, from another one on.
    pub(crate) fn beginning_at(&self, first: usize) -> Self {
        let mut sets = self.0.clone();
        sets.rotate_left(first % self.0.len());
        Self(sets)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Calls `f` with each of them.
    #[inline(always)]
    pub(crate) fn each(&self, mut f: impl FnMut(&Set)) {
        for set in &self.0 {
            f(black_box(set));
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

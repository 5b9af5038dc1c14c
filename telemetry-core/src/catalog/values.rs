//! The closed labels of the catalog: their values, and which of them are failures.

use crate::closed_label;

closed_label! {
    /// How an agent run, a workflow, a mentor, a call of a language model or a notification ended.
    ///
    /// `killed` is no failure in a rate: it has an indicator of its own.
    pub enum RunStatus { Ok = "ok", Error = "error" (failure), Killed = "killed", Other = "other" }
}

closed_label! {
    /// How a hook ended.
    pub enum HookStatus { Passed = "passed", Failed = "failed" (failure), Killed = "killed", Other = "other" }
}

closed_label! {
    /// How an operation on a version control system ended; a conflict is no failure.
    pub enum VcsStatus { Ok = "ok", Error = "error" (failure), Conflict = "conflict", Other = "other" }
}

closed_label! {
    /// How a retry in another process ended.
    pub enum RetryOutcome { Ok = "ok", Error = "error" (failure), Other = "other" }
}

closed_label! {
    /// Why an agent was killed.
    pub enum KillReason {
        Signal = "signal", Timeout = "timeout", User = "user", Shutdown = "shutdown", Oom = "oom", Other = "other",
    }
}

closed_label! {
    /// The kind of an axe cycle.
    pub enum CycleType { Tick = "tick", Full = "full", Other = "other" }
}

closed_label! {
    /// What was done to a bead.
    pub enum BeadOperation {
        Create = "create", Read = "read", Update = "update", Close = "close", Delete = "delete", Other = "other",
    }
}

closed_label! {
    /// What a version control system was asked to do.
    pub enum VcsOperation {
        Clone = "clone", Fetch = "fetch", Checkout = "checkout", Commit = "commit", Merge = "merge", Rebase = "rebase",
        Push = "push", Other = "other",
    }
}

//! What is said at the end: what was run and checked, which alerts fired, how the fleet is, and where to go from here.

use super::plan::{End, Plan};
use super::run::Outcome;
use super::show::clock;
use super::watch::Seen;
use comfy_table::{Table, presets};
use std::fmt::Write as _;
use telemetry_catalog::quantity::number;
use telemetry_catalog::verdict::Verdict;
use telemetry_core::catalog::{
    AGENT_KILLS, AGENT_RUNS, AGENT_SPAWNS, AXE_CYCLES, AXE_ERRORS, HOOK_EXECUTIONS, HOOK_RETRIES,
    LLM_CACHE_READ_TOKENS, LLM_INPUT_TOKENS, LLM_INVOCATIONS, LLM_OUTPUT_TOKENS, LLM_RETRIES,
    LLM_RETRY_SPAWNS, VCS_OPERATIONS, WORKSPACE_ACQUISITIONS, WORKSPACE_RELEASES, metrics,
};
use telemetry_core::metric::MetricDef;

/// How many alerts must have fired and be over.
const LEAST_ALERTS: usize = 2;

/// How many differences are shown.
const SHOWN: usize = 8;

/// What was run, a row each.
static ROWS: [(&str, &MetricDef); 16] = [
    ("agents begun", AGENT_SPAWNS.def()),
    ("agent runs ended", AGENT_RUNS.def()),
    ("agents killed", AGENT_KILLS.def()),
    ("calls of a language model", LLM_INVOCATIONS.def()),
    ("retries of calls", LLM_RETRIES.def()),
    ("retries in another process", LLM_RETRY_SPAWNS.def()),
    ("input tokens", LLM_INPUT_TOKENS.def()),
    ("output tokens", LLM_OUTPUT_TOKENS.def()),
    ("cached tokens", LLM_CACHE_READ_TOKENS.def()),
    ("hooks", HOOK_EXECUTIONS.def()),
    ("retries of hooks", HOOK_RETRIES.def()),
    ("operations of version control", VCS_OPERATIONS.def()),
    ("workspaces acquired", WORKSPACE_ACQUISITIONS.def()),
    ("workspaces released", WORKSPACE_RELEASES.def()),
    ("cycles of the orchestrator", AXE_CYCLES.def()),
    ("errors of the orchestrator", AXE_ERRORS.def()),
];

impl Plan {
    /// The plan in a line.
    pub(super) fn summary(&self) -> String {
        let count = |end| self.ending(end);
        format!(
            "seed {}: {} agents, at most {} at a time; outcomes: {} ok, {} error, {} timeout, {} killed",
            self.seed,
            self.lives.len(),
            self.agents,
            count(End::Ok),
            count(End::Error),
            count(End::TimedOut),
            count(End::Killed)
        )
    }
}

impl Outcome {
    /// What is not as it should be, a sentence each.
    pub(super) fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        if self.ended < self.planned {
            complaints.push(format!(
                "only {} of {} agents have ended, and what the others were to do is missing: this machine has too much else to do",
                self.ended, self.planned
            ));
        }
        let comparison = &self.comparison;
        let differences = &comparison.differences;
        if !differences.is_empty() {
            complaints.push(format!("{} series are not what was done:", differences.len()));
            complaints.extend(differences.iter().take(SHOWN).map(|difference| format!("  {difference}")));
            let more = differences.len().saturating_sub(SHOWN);
            complaints.extend((more > 0).then(|| format!("  and {more} more")));
        }
        complaints.extend(named("have no value in the history", &comparison.missing));
        complaints.extend(named("are not 0 though nobody is there", &comparison.left));
        let over = self.alerts.iter().filter(|seen| seen.cleared.is_some()).count();
        if over < LEAST_ALERTS {
            complaints.push(format!(
                "{over} alerts fired and were over again, and it should be {LEAST_ALERTS} or more"
            ));
        }
        let lasting = self.alerts.iter().filter(|seen| seen.cleared.is_none());
        complaints.extend(lasting.map(|seen| format!("{} still fires", seen.name)));
        if self.health.iter().all(|health| health.verdict == Verdict::Unknown) {
            complaints.push("the health of no subsystem is known".to_owned());
        }
        complaints
    }

    /// Everything that there is to say, in sections.
    pub(super) fn text(&self) -> String {
        let mut text = format!("\nWhat was run, and what the history says of it\n{}\n", self.runs());
        let _ = writeln!(
            text,
            "  {} series compared, {} differ; {} of {} metrics of the catalog have a value\n",
            self.comparison.series,
            self.comparison.differences.len(),
            metrics().count() - self.comparison.missing.len(),
            metrics().count()
        );
        let _ = writeln!(text, "Alerts that fired\n{}\n", self.fired());
        let overall = Verdict::worst(self.health.iter().map(|health| health.verdict));
        let _ = writeln!(
            text,
            "Health over the last seconds, which is what the rules of the demo look at: {overall}\n{}",
            self.healths()
        );
        text
    }

    fn runs(&self) -> String {
        let mut table = plain();
        for (what, def) in ROWS {
            let total = self.agents.total(def) + self.orchestrator.total(def);
            let mut parts = self.agents.parts(def);
            for (part, count) in self.orchestrator.parts(def) {
                *parts.entry(part).or_default() += count;
            }
            parts.retain(|part, _| !part.is_empty());
            let parts: Vec<_> =
                parts.iter().map(|(part, count)| format!("{} {part}", number(*count as f64))).collect();
            table.add_row([what.to_owned(), number(total as f64), parts.join(", ")]);
        }
        lines(&table)
    }

    fn fired(&self) -> String {
        let mut table = plain();
        for Seen { name, severity, summary, fired, cleared } in &self.alerts {
            let until = cleared.map_or_else(|| "still".to_owned(), clock);
            table.add_row([
                name.clone(),
                severity.clone(),
                format!("{} to {until}", clock(*fired)),
                summary.clone(),
            ]);
        }
        lines(&table)
    }

    fn healths(&self) -> String {
        let mut table = plain();
        for health in &self.health {
            table.add_row([
                health.subsystem.title.to_owned(),
                health.verdict.to_string(),
                health.reason.clone(),
            ]);
        }
        lines(&table)
    }
}

fn named(what: &str, names: &[&str]) -> Option<String> {
    (!names.is_empty()).then(|| format!("{} {what}", names.join(", ")))
}

/// The rows of a table, a little to the right.
fn lines(table: &Table) -> String {
    let rows: Vec<_> = table.lines().map(|line| format!("  {}", line.trim())).collect();
    rows.join("\n")
}

/// A table without lines.
fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).force_no_tty();
    table
}

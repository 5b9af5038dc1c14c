//! What a siege came to, as tables in Markdown, and which of its invariants broke.

use std::fmt::Write as _;
use std::time::Duration;

use super::tally::{Answers, Tally};
use super::vitals::Course;

/// How many errors of one kind are told in full.
const SHOWN: usize = 3;

/// How many more files than before may be open when all attackers have gone: what the stack itself has open varies by a few.
pub(super) const MORE_FILES: u64 = 16;

/// Everything about a siege that is over.
pub(super) struct Report<'a> {
    pub(super) time: Duration,
    pub(super) answers: &'a Answers,
    pub(super) tally: &'a Tally,
    pub(super) courses: &'a [Course],
}

impl Report<'_> {
    /// The tables.
    pub(super) fn tables(&self) -> String {
        let mut text = format!("A siege of {} s.\n", self.time.as_secs());
        self.clients(&mut text)
            .and_then(|()| self.attacks(&mut text))
            .and_then(|()| self.processes(&mut text))
            .unwrap();
        text
    }

    fn clients(&self, text: &mut String) -> std::fmt::Result {
        writeln!(
            text,
            "\n| those who mean well | requests | errors | p50 | p99 | slowest |\n|---|--:|--:|--:|--:|--:|"
        )?;
        for (name, waited) in self.answers.deeds() {
            let [half, most, all] = [0.5, 0.99, 1.0].map(|share| waited.within(share).as_secs_f64() * 1000.0);
            let (requests, errors) = (waited.requests(), waited.errors.len());
            writeln!(text, "| {name} | {requests} | {errors} | {half:.1} ms | {most:.1} ms | {all:.1} ms |")?;
        }
        Ok(())
    }

    fn attacks(&self, text: &mut String) -> std::fmt::Result {
        writeln!(
            text,
            "\n| attacked | requests | 2xx, 3xx | 4xx | 5xx | no answer | hung |\n|---|--:|--:|--:|--:|--:|--:|"
        )?;
        for (door, attacks) in self.tally.doors() {
            let [none, one, two, three, four, five] = attacks.by_class;
            let (all, good): (u64, u64) = (attacks.by_class.iter().sum(), one + two + three);
            let hung = attacks.hung;
            writeln!(text, "| {} | {all} | {good} | {four} | {five} | {none} | {hung} |", door.name())?;
        }
        Ok(())
    }

    fn processes(&self, text: &mut String) -> std::fmt::Result {
        writeln!(
            text,
            "\n| process: before, most, after | memory, MiB (peak) | open files | threads |\n|---|--:|--:|--:|"
        )?;
        for Course { name, before, most, after, .. } in self.courses {
            let mib = |kib: u64| kib / 1024;
            let memory = [before.resident, most.resident, after.resident].map(mib);
            let [before_mib, most_mib, after_mib] = memory;
            writeln!(
                text,
                "| {name} | {before_mib}, {most_mib}, {after_mib} ({}) | {}, {}, {} | {}, {}, {} |",
                mib(most.peak),
                before.files,
                most.files,
                after.files,
                before.threads,
                most.threads,
                after.threads
            )?;
        }
        Ok(())
    }

    /// What must not be, and is.
    pub(super) fn broken(&self) -> Vec<String> {
        let mut broken = Vec::new();
        for (name, waited) in self.answers.deeds() {
            let (errors, requests) = (waited.errors.len(), waited.requests());
            let shown: Vec<_> = waited.errors.iter().take(SHOWN).collect();
            broken.extend((errors > 0).then(|| format!("{name}: {errors} of {requests} failed: {shown:?}")));
            broken.extend((requests == 0).then(|| format!("{name}: nobody asked")));
        }
        for (door, attacks) in self.tally.doors() {
            let defects = attacks.defects;
            broken
                .extend((defects > 0).then(|| format!("{}: {defects} answers with status 500", door.name())));
        }
        for Course { name, most, bound, before, after, .. } in self.courses {
            let (peak, more) = (most.peak, after.files.saturating_sub(before.files));
            broken.extend((peak > *bound).then(|| format!("{name}: {peak} KiB are more than {bound}")));
            broken.extend(
                (more > MORE_FILES).then(|| format!("{name}: {more} files more are open than before")),
            );
            broken.extend((after.threads == 0).then(|| format!("{name}: it is dead")));
        }
        broken
    }
}

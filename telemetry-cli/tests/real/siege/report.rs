//! What a siege came to, as tables in Markdown, and which of its invariants broke.

use std::fmt::Write as _;
use std::time::Duration;

use super::tally::{Answers, Fault, Tally};
use super::vitals::Course;

/// How long before the end connections must still have come to hang: a server cuts most of them off within 5 s, so that there is always room
/// for more, and a siege that fades away would show nothing.
const KEEPS_HANGING: Duration = Duration::from_secs(15);

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
            .and_then(|()| self.faults(&mut text))
            .and_then(|()| self.attacks(&mut text))
            .and_then(|()| self.processes(&mut text))
            .and_then(|()| self.course(&mut text))
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
            let (requests, errors) = (waited.requests(), waited.errors());
            writeln!(text, "| {name} | {requests} | {errors} | {half:.1} ms | {most:.1} ms | {all:.1} ms |")?;
        }
        Ok(())
    }

    /// What went wrong for those who mean well, of which sort, and when.
    fn faults(&self, text: &mut String) -> std::fmt::Result {
        for (name, waited) in self.answers.deeds() {
            for (sort, Fault { count, first, last, told }) in &waited.faults {
                let [first, last] = [first, last].map(Duration::as_secs);
                writeln!(text, "\n{name}: {count} x {sort}, first at {first} s, last at {last} s: {told}")?;
            }
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

    /// The memory of each process as time went on.
    fn course(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "\n| process | most memory in each tenth of the time, MiB |\n|---|---|")?;
        for Course { name, parts, .. } in self.courses {
            writeln!(text, "| {name} | {} |", parts.map(|kib| (kib / 1024).to_string()).join(", "))?;
        }
        Ok(())
    }

    /// What must not be, and is.
    pub(super) fn broken(&self) -> Vec<String> {
        let mut broken = Vec::new();
        for (name, waited) in self.answers.deeds() {
            let (errors, requests) = (waited.errors(), waited.requests());
            let sorts: Vec<_> = waited.faults.keys().collect();
            broken.extend((errors > 0).then(|| format!("{name}: {errors} of {requests} failed: {sorts:?}")));
            broken.extend((requests == 0).then(|| format!("{name}: nobody asked")));
        }
        for (door, attacks) in self.tally.doors() {
            let (name, defects, at) = (door.name(), attacks.defects, attacks.last_hung);
            broken.extend((defects > 0).then(|| format!("{name}: {defects} answers with status 500")));
            let answered: u64 = attacks.by_class[2..].iter().sum();
            broken.extend((answered == 0).then(|| format!("{name}: nobody was answered")));
            let faded = self.time.saturating_sub(at) > KEEPS_HANGING;
            broken.extend(faded.then(|| format!("{name}: none hung any more after {} s", at.as_secs())));
        }
        for course in self.courses {
            let Course { name, after, .. } = course;
            broken.extend(course.bloated());
            broken.extend(course.left());
            broken.extend((after.threads == 0).then(|| format!("{name}: it is dead")));
        }
        broken
    }
}

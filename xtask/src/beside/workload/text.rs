//! The fleet as text: what a target exposes now, and what it exposed at each of many times.

use std::fmt::Write as _;
use std::io::{self, Write};

use telemetry_core::exposition::write_value;

use super::{Fleet, HOST, Part};

/// What the host is called in an exposition, where `instance` belongs to whoever scrapes it.
const EXPOSED_HOST: &str = "host";

/// The times of scrapes, in milliseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// A multiple of the interval; each host is scraped a little later.
    pub(crate) begin: i64,
    pub(crate) interval: i64,
    pub(crate) scrapes: usize,
}

impl Times {
    /// When a host with this phase is scraped.
    pub(crate) fn of_phase(self, phase: i64) -> impl Iterator<Item = i64> {
        let Self { begin, interval, scrapes } = self;
        (0..).map(move |number| begin + phase + number * interval).take(scrapes)
    }
}

impl Fleet {
    /// The exposition of the next scrape in the text format.
    pub(crate) fn exposition(&mut self) -> String {
        let mut text = String::new();
        let mut family = String::new();
        for part in &mut self.parts {
            if family != part.family {
                family.clone_from(&part.family);
                let kind = part.kind;
                // Writing to text cannot fail.
                let _always = writeln!(text, "# HELP {family} What the fleet counts\n# TYPE {family} {kind}");
            }
            part.write_next(&mut text);
        }
        text
    }

    /// The samples of the next scrapes as OpenMetrics with times.
    pub(crate) fn write_history(&mut self, out: &mut impl Write, times: Times) -> io::Result<()> {
        for part in &mut self.parts {
            part.write_history(out, times)?;
        }
        out.write_all(b"# EOF\n")
    }
}

impl Part {
    fn write_next(&mut self, text: &mut String) {
        let columns = self.next(1);
        for ((name, labels), column) in self.series.iter().zip(&columns) {
            let scraped = |name: &str| if name == HOST { EXPOSED_HOST.to_owned() } else { name.to_owned() };
            let labels = labels.iter().filter(|(name, _)| name != "job");
            write_series(text, name, labels.map(|(name, value)| (scraped(name), value)));
            write_value(text, column[0]);
            text.push('\n');
        }
    }

    fn write_history(&mut self, out: &mut impl Write, times: Times) -> io::Result<()> {
        let columns = self.next(times.scrapes);
        let ends: Vec<_> = times.of_phase(self.phase).map(end_of_line).collect();
        let mut line = String::new();
        for ((name, labels), column) in self.series.iter().zip(&columns) {
            line.clear();
            write_series(&mut line, name, labels.iter().map(|(name, value)| (name.clone(), value)));
            let prefix = line.len();
            for (value, end) in column.iter().zip(&ends) {
                line.truncate(prefix);
                write_value(&mut line, *value);
                line.push_str(end);
                out.write_all(line.as_bytes())?;
            }
        }
        Ok(())
    }
}

/// The time of a sample, in seconds.
fn end_of_line(time: i64) -> String {
    format!(" {}.{:03}\n", time / 1_000, time % 1_000)
}

/// The name with its labels and a blank. The values of this workload need no escape.
fn write_series<'a>(text: &mut String, name: &str, labels: impl Iterator<Item = (String, &'a String)>) {
    let labels: Vec<_> = labels.map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    text.push_str(name);
    if !labels.is_empty() {
        let _always = write!(text, "{{{}}}", labels.join(","));
    }
    text.push(' ');
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::exposition::{Format, parse};

    #[test]
    fn an_exposition_is_one() {
        let mut fleet = Fleet::of_catalog(300);
        let text = fleet.exposition();
        let families = parse(&text, Format::Text).unwrap();
        assert_eq!(families.len(), telemetry_core::catalog::metrics().count());
        assert_ne!(fleet.exposition(), text, "nothing moves");
    }

    #[test]
    fn history_has_a_line_for_each_sample() {
        let mut fleet = Fleet::with_what_rules_record(200);
        let mut text = Vec::new();
        let times = Times { begin: 1_700_000_010_000, interval: 15_000, scrapes: 3 };
        fleet.write_history(&mut text, times).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.lines().count(), fleet.series() * 3 + 1);
        let line = text.lines().find(|line| line.starts_with("push_time_seconds{")).unwrap();
        let series = "push_time_seconds{instance=\"host-0\",job=\"sase_agent\"} ";
        assert!(line.starts_with(series) && line.ends_with(" 1700000010.125"), "{line}");
    }
}

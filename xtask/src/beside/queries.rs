//! Range queries over days of samples, over HTTP, each asked of both in turn, and their answers compared.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::Bench;
use super::answers::{self, Agreement};
use super::backfill::{self, Amount, Data};
use super::client::Client;
use super::panels::{Asked, Kind, asked};
use super::subject::{Role, Side, Subject};
use super::table::{Figure, Row, median, time_text};
use crate::failure::{Failure, Outcome};
use crate::terminal;

/// So long a query is repeated on either side.
const BUDGET: Duration = Duration::from_secs(2);

/// The most repetitions.
const ROUNDS: usize = 5;

/// A span that is looked at, with the resolution that Grafana asks for on a panel of 1200 to 1600 points.
#[derive(Debug, Clone, Copy)]
struct Span {
    name: &'static str,
    seconds: i64,
    step: i64,
}

const DAY: Span = Span { name: "24 h", seconds: 86_400, step: 60 };
const WEEK: Span = Span { name: "7 d", seconds: 7 * 86_400, step: 300 };

/// What a query took: the medians of both sides, where both are asked.
struct Taken {
    asked: Asked,
    times: [Option<Duration>; 2],
}

/// Servers on the same data.
struct Pair {
    servers: Vec<(Side, Subject, Client)>,
}

/// Every set of data, with the spans that are asked of it.
fn plan(quick: bool) -> Vec<(Amount, Vec<Span>)> {
    let amount = |series, interval, blocks| Amount { series, interval, blocks };
    if quick {
        return vec![(amount(500, 15_000, 2), vec![DAY])];
    }
    vec![
        (amount(500, 15_000, 10), vec![DAY, WEEK]),
        (amount(10_000, 15_000, 2), vec![DAY]),
        (amount(10_000, 60_000, 10), vec![WEEK]),
    ]
}

/// The sets of data of all that is asked.
pub(super) fn amounts(quick: bool) -> Vec<Amount> {
    plan(quick).into_iter().map(|(amount, _)| amount).collect()
}

pub(super) fn run(bench: &Bench) -> Outcome<(Vec<Row>, String)> {
    let (mut rows, mut notes) = (Vec::new(), String::new());
    for (amount, spans) in plan(bench.quick) {
        let data = backfill::provide(bench, amount)?;
        let each = |bytes: u64| Figure::Bytes(bytes as f64 / data.samples as f64);
        let what = format!("disk for a sample, {} series every {} s", data.series, amount.interval / 1_000);
        rows.push(Row::new(what, each(data.bytes[0]), each(data.bytes[1])));
        let mut pair = Pair::start(bench, &data)?;
        for span in spans {
            let taken = pair.ask_all(&data, span, &mut notes)?;
            let title = format!("{} series, {}", data.series, span.name);
            rows.extend(summed(&title, &taken));
            worst(&title, &taken, &mut notes);
        }
        pair.end(&mut rows, &data)?;
    }
    Ok((rows, notes))
}

impl Pair {
    fn start(bench: &Bench, data: &Data) -> Outcome<Self> {
        let mut servers = Vec::new();
        for side in &bench.sides {
            let server = Subject::start(&bench.programs, *side, Role::History, &data.of(*side))?;
            let client = Client::new(server.address)?;
            servers.push((*side, server, client));
        }
        Ok(Self { servers })
    }

    fn ask_all(&mut self, data: &Data, span: Span, notes: &mut String) -> Outcome<Vec<Taken>> {
        let interval = data.amount.interval / 1_000;
        let rate_interval = (span.step + interval).max(4 * interval);
        let (mut all, mut sum) = (Vec::new(), Agreement::default());
        for asked in asked(&format!("{rate_interval}s")) {
            terminal::say(format_args!("{} series, {}: {} …", data.series, span.name, asked.name));
            let path = path(&asked.expression, data.end, span);
            let agreement = self.compare(&path)?;
            sum.series += agreement.series;
            sum.points += agreement.points;
            sum.apart += agreement.apart;
            if let Some(example) = agreement.example {
                let (name, apart) = (&asked.name, agreement.apart);
                note(notes, &format!("different: {name}: {apart} of {} points: {example}", agreement.points));
            }
            let times = self.measure(&path)?;
            all.push(Taken { asked, times });
        }
        let Agreement { series, points, apart, .. } = sum;
        let (of, span, queries) = (data.series, span.name, all.len());
        let seen = format!("{queries} queries, {series} series, {points} points, {apart} of them different");
        note(notes, &format!("{of} series, {span}: {seen}"));
        Ok(all)
    }

    /// Asks each once, which also warms it up.
    fn compare(&mut self, path: &str) -> Outcome<Agreement> {
        let mut bodies = Vec::new();
        for (side, _, client) in &mut self.servers {
            let answer = client.get(path)?;
            if answer.status != 200 {
                let said = String::from_utf8_lossy(&answer.body).into_owned();
                return Err(Failure::new(format!("{side} answered {} to {path}: {said}", answer.status)));
            }
            bodies.push(answer.body);
        }
        match bodies.as_slice() {
            [theirs, ours] => answers::compared(theirs, ours),
            _ => Ok(Agreement::default()),
        }
    }

    fn measure(&mut self, path: &str) -> Outcome<[Option<Duration>; 2]> {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (side, _, client) in &mut self.servers {
                let times = &mut times[usize::from(*side == Side::Ours)];
                if times.iter().sum::<Duration>() < BUDGET {
                    let begun = Instant::now();
                    client.get(path)?;
                    times.push(begun.elapsed());
                }
            }
        }
        Ok(times.map(|times| median(&times)))
    }

    /// Ends them, and tells what they have taken.
    fn end(self, rows: &mut Vec<Row>, data: &Data) -> Outcome {
        let mut usages = [None, None];
        for (side, server, _) in self.servers {
            usages[usize::from(side == Side::Ours)] = Some(server.usage()?);
            server.end()?;
        }
        let peak = usages.map(|usage| usage.map(|usage| Figure::Bytes(usage.peak as f64)));
        rows.push(Row::new(format!("highest memory during these, {} series", data.series), peak[0], peak[1]));
        Ok(())
    }
}

/// Ends a little before the data does, at a multiple of the step as Grafana has it.
fn path(expression: &str, end: i64, span: Span) -> String {
    let end = (end / 1_000 - 60) / span.step * span.step;
    let start = end - span.seconds;
    let expression: String = form_urlencoded::byte_serialize(expression.as_bytes()).collect();
    format!("/api/v1/query_range?query={expression}&start={start}&end={end}&step={}", span.step)
}

fn summed(title: &str, taken: &[Taken]) -> Vec<Row> {
    let of_kind = |kind: Kind| {
        let sum = |side: usize| {
            let times = taken.iter().filter(|taken| taken.asked.kind == kind);
            times.map(|taken| taken.times[side]).sum::<Option<Duration>>().map(Figure::Time)
        };
        Row::new(format!("{title}: {}", kind.title()), sum(0), sum(1))
    };
    Kind::ALL.map(of_kind).into()
}

/// The queries in which ours is slowest beside theirs.
fn worst(title: &str, taken: &[Taken], notes: &mut String) {
    let ratio = |taken: &Taken| {
        let [theirs, ours] = taken.times.map(|time| time.map(|time| time.as_secs_f64()));
        Some(ours? / theirs?)
    };
    let mut rated: Vec<_> = taken.iter().filter_map(|taken| Some((ratio(taken)?, taken))).collect();
    rated.sort_by(|one, other| other.0.total_cmp(&one.0));
    for (ratio, Taken { asked, times }) in rated.into_iter().take(5) {
        let [theirs, ours] = times.map(|time| time.map(time_text).unwrap_or_default());
        note(
            notes,
            &format!(
                "{title}, worst: {ratio:.2} ({theirs}, {ours}) {}\n      {}",
                asked.name, asked.expression
            ),
        );
    }
}

fn note(notes: &mut String, line: &str) {
    // Writing to text cannot fail.
    let _always = writeln!(notes, "- {line}");
}

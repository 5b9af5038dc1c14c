//! A gateway with many groups: its memory, and what it takes to expose them all.

use std::time::{Duration, Instant};

use super::Bench;
use super::client::{Client, Connection, runtime};
use super::pushes::{body, push};
use super::subject::{Role, Side, Subject};
use super::table::{Figure, Row, median};
use crate::failure::{Failure, Outcome};
use crate::terminal;

/// How many clients fill it.
const CLIENTS: usize = 50;

#[derive(Debug, Clone, Copy)]
struct Seen {
    pushed: Duration,
    idle: f64,
    after: f64,
    peak: f64,
    time: Duration,
    processor: Duration,
    bytes: f64,
}

pub(super) fn run(bench: &Bench) -> Outcome<Vec<Row>> {
    let groups = if bench.quick { 1_000 } else { 10_000 };
    let [theirs, ours] = Side::BOTH.map(|side| bench.has(side).then(|| seen(bench, side, groups)));
    let (theirs, ours) = (theirs.transpose()?, ours.transpose()?);
    let row = |what: &str, figure: fn(Seen) -> Figure| {
        Row::new(format!("{groups} groups: {what}"), theirs.map(figure), ours.map(figure))
    };
    Ok(vec![
        row("time to push them, 50 clients", |seen| Figure::Time(seen.pushed)),
        row("resident memory after that", |seen| Figure::Bytes(seen.idle)),
        row("`GET /metrics`", |seen| Figure::Time(seen.time)),
        row("processor time of it", |seen| Figure::Time(seen.processor)),
        row("length of the page", |seen| Figure::Bytes(seen.bytes)),
        row("resident memory after six pages", |seen| Figure::Bytes(seen.after)),
        row("its highest", |seen| Figure::Bytes(seen.peak)),
    ])
}

fn seen(bench: &Bench, side: Side, groups: usize) -> Outcome<Seen> {
    terminal::say(format_args!("{groups} groups, {side} …"));
    let folder = bench.fresh(&format!("page-{side}"))?;
    let server = Subject::start(&bench.programs, side, Role::LargeGateway, &folder)?;
    let pushed = fill(&server, groups)?;
    let idle = server.usage()?.resident;
    let mut client = Client::new(server.address)?;
    let (mut times, mut processor, mut bytes) = (Vec::new(), Vec::new(), 0);
    for round in 0..6 {
        let (begun, before) = (Instant::now(), server.usage()?);
        let answer = client.get("/metrics")?;
        if answer.status != 200 {
            return Err(Failure::new(format!("GET /metrics of {side} was answered with {}", answer.status)));
        }
        // The first one warms up.
        if round > 0 {
            times.push(begun.elapsed());
            processor.push(server.usage()?.processor.saturating_sub(before.processor));
        }
        bytes = answer.body.len();
    }
    let after = server.usage()?;
    server.end()?;
    Ok(Seen {
        pushed,
        idle: idle as f64,
        after: after.resident as f64,
        peak: after.peak as f64,
        time: median(&times).unwrap_or_default(),
        processor: median(&processor).unwrap_or_default(),
        bytes: bytes as f64,
    })
}

/// Pushes every group once.
fn fill(server: &Subject, groups: usize) -> Outcome<Duration> {
    let begun = Instant::now();
    let (body, address) = (body(), server.address);
    runtime()?.block_on(async {
        let clients = (0..CLIENTS).map(|client| {
            let body = body.clone();
            tokio::spawn(async move {
                let mut connection = Connection::new(address).await?;
                for group in (client..groups).step_by(CLIENTS) {
                    let answer = connection.send(&push(&format!("host-{group}"), "", body.clone())).await?;
                    // Theirs answers so while it does not check.
                    if ![200, 202].contains(&answer.status) {
                        return Err(Failure::new(format!("a push was answered with {}", answer.status)));
                    }
                }
                Ok(())
            })
        });
        for client in clients.collect::<Vec<_>>() {
            client.await.map_err(|_| Failure::new("a client has ended early"))??;
        }
        Ok(begun.elapsed())
    })
}

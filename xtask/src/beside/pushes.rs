//! Pushes in a second, and how long one takes. Each client has a connection that stays open, and a group of its own.
//!
//! Ours has every push on the disk before it answers; theirs keeps pushes in memory and writes them all to a file now and then.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hyper::Method;
use hyper::body::Bytes;

use super::Bench;
use super::client::{Call, Connection, runtime};
use super::subject::{Role, Side, Subject};
use super::table::{Figure, Row, median, quantile};
use super::workload::Fleet;
use crate::failure::{Failure, Outcome};
use crate::terminal;

/// How many series a push has, at least.
pub(super) const SERIES: usize = 20;

/// How a server is pushed to.
#[derive(Debug, Clone, Copy)]
struct Way {
    side: Side,
    /// The end of the path.
    mode: &'static str,
}

/// What clients saw in one round.
#[derive(Debug, Clone, Copy)]
struct Seen {
    per_second: f64,
    half: f64,
    most: f64,
}

const THEIRS: Way = Way { side: Side::Theirs, mode: "" };
const OURS: Way = Way { side: Side::Ours, mode: "" };
const ADDING: Way = Way { side: Side::Ours, mode: "/clearmode/aggregate" };

pub(super) fn run(bench: &Bench) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    let mut servers = Vec::new();
    for side in &bench.sides {
        let folder = bench.fresh(&format!("pushes-{side}"))?;
        servers.push((*side, Subject::start(&bench.programs, *side, Role::Gateway, &folder)?));
    }
    for clients in [1, 50] {
        let ways = [THEIRS, OURS, ADDING];
        let mut seen = [const { Vec::new() }; 3];
        for round in 0..if bench.quick { 1 } else { 5 } {
            terminal::say(format_args!("pushes of {clients} clients, round {round} …"));
            for (way, seen) in ways.iter().zip(&mut seen) {
                if let Some((_, server)) = servers.iter().find(|(side, _)| *side == way.side) {
                    seen.push(pushed(server.address, *way, clients, bench.moment())?);
                }
            }
        }
        rows.extend(told(clients, "PUT", &seen[0], &seen[1]));
        rows.extend(told(
            clients,
            "PUT with `clearmode=aggregate` (beside a PUT of theirs)",
            &seen[0],
            &seen[2],
        ));
    }
    for (_, server) in servers {
        server.end()?;
    }
    Ok(rows)
}

fn told(clients: usize, how: &str, theirs: &[Seen], ours: &[Seen]) -> [Row; 3] {
    let who = if clients == 1 { "1 client".to_owned() } else { format!("{clients} clients") };
    let row = |what: &str, figure: fn(f64) -> Figure, of: fn(&Seen) -> f64| {
        let middle = |seen: &[Seen]| median(&seen.iter().map(of).collect::<Vec<_>>()).map(figure);
        Row::new(format!("{how}, {who}: {what}"), middle(theirs), middle(ours))
    };
    let time = |seconds| Figure::Time(Duration::from_secs_f64(seconds));
    [
        row("in a second", Figure::PerSecond, |seen| seen.per_second),
        row("median latency", time, |seen| seen.half),
        row("99th percentile", time, |seen| seen.most),
    ]
}

fn pushed(address: SocketAddr, way: Way, clients: usize, time: Duration) -> Outcome<Seen> {
    let body = body();
    runtime()?.block_on(async {
        let begun = Instant::now();
        let all: Vec<_> = (0..clients)
            .map(|client| {
                let call = push(&format!("host-{client}"), way.mode, body.clone());
                tokio::spawn(one_client(address, call, begun + time))
            })
            .collect();
        let mut latencies = Vec::new();
        for one in all {
            let of_one = one.await.map_err(|_| Failure::new("a client has ended early"))?;
            latencies.extend(of_one?);
        }
        let (count, seconds) = (latencies.len() as f64, begun.elapsed().as_secs_f64());
        let at = |share| quantile(&latencies, share).unwrap_or(f64::NAN);
        Ok(Seen { per_second: count / seconds, half: at(0.5), most: at(0.99) })
    })
}

async fn one_client(address: SocketAddr, call: Call, end: Instant) -> Outcome<Vec<f64>> {
    let mut connection = Connection::new(address).await?;
    let mut latencies = Vec::new();
    while Instant::now() < end {
        let begun = Instant::now();
        let answer = connection.send(&call).await?;
        if answer.status != 200 {
            let said = String::from_utf8_lossy(&answer.body).into_owned();
            return Err(Failure::new(format!("a push was answered with {}: {said}", answer.status)));
        }
        latencies.push(begun.elapsed().as_secs_f64());
    }
    Ok(latencies)
}

/// A push to the group of an instance.
pub(super) fn push(instance: &str, mode: &str, body: Bytes) -> Call {
    Call { method: Method::PUT, path: format!("/metrics/job/sase_agent/instance/{instance}{mode}"), body }
}

/// A metric of each of the first families of the catalog, until there are enough series.
pub(super) fn body() -> Bytes {
    let mut fleet = Fleet::of_catalog(1);
    let mut series = 0;
    fleet.parts.retain(|part| {
        let wanted = series < SERIES;
        series += part.series.len();
        wanted
    });
    fleet.exposition();
    fleet.exposition().into()
}

//! Who means well: pushes known counts, scrapes, asks and looks, and is never to notice that anything is the matter.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Output;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::Until;
use super::besieged::Besieged;
use super::tally::{Answers, Failed};
use crate::support::http::{self, Response, escape};
use crate::support::{curl, exposition};

/// How many groups are pushed in turn.
pub(super) const GROUPS: usize = 8;

/// What was acknowledged so far.
#[derive(Debug, Default)]
pub(super) struct Acknowledged {
    /// The number that each group was given last.
    pub(super) pushed: [AtomicU64; GROUPS],
    /// What was added up in one group.
    pub(super) added: AtomicU64,
    /// Commands that ran, which the ledger has counted.
    pub(super) ran: AtomicU64,
}

/// What became of one thing that was done.
type Done = Result<(), Failed>;

/// Does one thing, and checks what it was answered.
type Deed = fn(&Besieged, &Acknowledged) -> Done;

/// What is done, each by a client of its own with a connection for each request, and how long it rests in between.
pub(super) const DEEDS: &[(&str, Duration, Deed)] = &[
    ("push", Duration::from_millis(50), push),
    ("push that is added", Duration::from_millis(50), add),
    ("scrape of the gateway", Duration::from_millis(500), read_gateway),
    ("scrape of the exposition", Duration::from_millis(250), read_ledger),
    ("the same with TLS, by curl", Duration::from_millis(500), read_secured),
    ("instant query", Duration::from_millis(100), query),
    ("range query", Duration::from_millis(250), query_range),
    ("page", Duration::from_millis(1000), look),
    ("`telemetry run`", Duration::from_millis(1000), run),
];

/// Pushes everything once before anybody else is there: of two who push a metric by different types, the first is right.
pub(super) fn come_first(besieged: &Besieged, done: &Acknowledged) {
    (0..GROUPS).for_each(|_| push(besieged, done).unwrap());
    add(besieged, done).unwrap();
}

/// Does the same again and again until the time is over; nothing is ever tried twice. No connection is used twice either, so that none can be
/// closed by the server at the moment when it is used again. Whoever is cut off here was wronged by a listener, but for one case: as many as
/// there are places came while it was still asking, and of all who waited it had done so for longest.
pub(super) fn use_it(
    which: usize,
    besieged: &Besieged,
    done: &Acknowledged,
    until: &Until,
    answers: &Answers,
) {
    let (_, rest, deed) = DEEDS[which];
    while !until.is_over() {
        let (at, begun) = (until.elapsed(), Instant::now());
        let outcome = survived(|| deed(besieged, done));
        answers.note(which, at, begun.elapsed(), outcome);
        thread::sleep(rest);
    }
}

/// An answer that cannot even be read fails this request alone: the figures of an hour are not to be lost for it.
fn survived(deed: impl FnOnce() -> Done) -> Done {
    catch_unwind(AssertUnwindSafe(deed)).unwrap_or_else(|panic| {
        let told = panic.downcast_ref::<String>().map(String::as_str);
        Err(Failed::new("not readable", told.unwrap_or("the client panicked")))
    })
}

fn push(besieged: &Besieged, done: &Acknowledged) -> Done {
    let least = done.pushed.iter().enumerate().min_by_key(|(_, number)| number.load(Ordering::SeqCst));
    let (group, number) = least.unwrap();
    let next = number.load(Ordering::SeqCst) + 1;
    let url = format!("{}/metrics/job/siege/instance/{group}", besieged.up.gateway_url());
    let body = format!("# TYPE siege_pushed_total counter\nsiege_pushed_total {next}\n");
    fine(http::put(&url, &body))?;
    number.store(next, Ordering::SeqCst);
    Ok(())
}

fn add(besieged: &Besieged, done: &Acknowledged) -> Done {
    let url = format!("{}/metrics/job/siege_added/clearmode/aggregate", besieged.up.gateway_url());
    fine(http::post(&url, "# TYPE siege_added_total counter\nsiege_added_total 1\n"))?;
    done.added.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

/// Whatever was acknowledged before is on the page.
fn read_gateway(besieged: &Besieged, done: &Acknowledged) -> Done {
    let (pushed, added) = done.now();
    let page = fine(http::get(&format!("{}/metrics", besieged.up.gateway_url())))?;
    let (seen, sum) = (on_the_page(&page), exposition::total(&page, "siege_added_total", &[]).unwrap_or(0.0));
    let lost = seen.iter().zip(pushed).any(|(seen, pushed)| *seen < pushed as f64) || sum < added as f64;
    if lost { Err(less(&format!("{seen:?}, {sum}"), &format!("{pushed:?}, {added}"))) } else { Ok(()) }
}

fn read_ledger(besieged: &Besieged, done: &Acknowledged) -> Done {
    let ran = done.ran.load(Ordering::SeqCst) as f64;
    let page = fine(http::get(&format!("http://{}/metrics", besieged.ledger.address())))?;
    let seen = exposition::total(&page, RUNS, &[]).unwrap_or(0.0);
    if seen < ran { Err(less(&seen.to_string(), &ran.to_string())) } else { Ok(()) }
}

fn read_secured(besieged: &Besieged, _: &Acknowledged) -> Done {
    let (authority, token) = (besieged.certificates.authority(), Besieged::authorization());
    let arguments = ["--fail", "--cacert", authority.to_str().unwrap(), "--header", &token];
    let output = curl::run(&format!("https://{}/metrics", besieged.secured.address()), &arguments);
    let said = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && said.contains("telemetry_build_info{") {
        return Ok(());
    }
    Err(exited(&output))
}

fn query(besieged: &Besieged, _: &Acknowledged) -> Done {
    asked(besieged, &format!("query?query={}", escape("sum by (instance) (siege_pushed_total)")))
}

/// The last minutes, as a dashboard asks for them.
fn query_range(besieged: &Besieged, _: &Acknowledged) -> Done {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let expression = escape("sum(rate(siege_added_total[30s]))");
    asked(besieged, &format!("query_range?query={expression}&start={}&end={now}&step=5", now - 600))
}

fn asked(besieged: &Besieged, path: &str) -> Done {
    let body = fine(http::get(&format!("{}/api/v1/{path}", besieged.up.api().url())))?;
    if body.starts_with("{\"status\":\"success\"") { Ok(()) } else { Err(Failed::new("no success", &body)) }
}

fn look(besieged: &Besieged, _: &Acknowledged) -> Done {
    let page = fine(http::get(&besieged.up.page_url()))?;
    let length = page.len();
    if page.ends_with("</html>") { Ok(()) } else { Err(Failed::new("cut off", &format!("{length} bytes"))) }
}

fn run(besieged: &Besieged, done: &Acknowledged) -> Done {
    let output =
        besieged.home.telemetry().args(["run", "--", "true"]).output().map_err(|error| transport(&error))?;
    if !output.status.success() || !output.stderr.is_empty() {
        return Err(exited(&output));
    }
    done.ran.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

/// What counts the commands that ran.
pub(super) const RUNS: &str = "sase_agent_runs_total";

/// The numbers of all groups, in their order, as the gateway exposes them.
pub(super) fn on_the_page(page: &str) -> Vec<f64> {
    let number =
        |group: usize| exposition::total(page, "siege_pushed_total", &[("instance", &group.to_string())]);
    (0..GROUPS).map(|group| number(group).unwrap_or(0.0)).collect()
}

impl Acknowledged {
    pub(super) fn now(&self) -> ([u64; GROUPS], u64) {
        let pushed = std::array::from_fn(|group| self.pushed[group].load(Ordering::SeqCst));
        (pushed, self.added.load(Ordering::SeqCst))
    }
}

fn fine(answer: io::Result<Response>) -> Result<String, Failed> {
    match answer {
        Ok(answer) if answer.status == 200 => Ok(answer.body),
        Ok(answer) => Err(Failed::new(format!("status {}", answer.status), &answer.body)),
        Err(error) => Err(transport(&error)),
    }
}

fn transport(error: &io::Error) -> Failed {
    Failed::new(format!("{:?}", error.kind()), &error.to_string())
}

fn exited(output: &Output) -> Failed {
    Failed::new(output.status.to_string(), &String::from_utf8_lossy(&output.stderr))
}

/// What was acknowledged is not all there.
fn less(seen: &str, acknowledged: &str) -> Failed {
    Failed::new("lost", &format!("{seen} are less than {acknowledged}"))
}

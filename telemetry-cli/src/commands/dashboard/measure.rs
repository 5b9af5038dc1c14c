//! What refreshes cost: time, memory and frames, for a benchmark.
//!
//! Everything is as before a person, but for the terminal: nobody looks at what is written to it.

use super::Plan;
use super::observe::{Observer, Told};
use super::skin::Skin;
use super::stage::Sixteen;
use super::state::{App, View};
use super::view;
use crate::clock::now;
use crate::failure::Failure;
use crate::output;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use std::io::{self, Sink};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// The terminal that is drawn for: a wall rather than a window.
const COLUMNS: u16 = 200;
const ROWS: u16 = 60;

/// How much longer than its bound a look may take to be told on a machine that has other things to do.
const SLACK: Duration = Duration::from_secs(10);

/// What it has cost.
#[derive(Debug, Serialize)]
struct Cost {
    refreshes: u64,
    columns: u16,
    rows: u16,
    /// From the first refresh to the last frame.
    seconds: f64,
    /// Processor time of all threads over the same time.
    cpu_seconds: f64,
    frames: Vec<Frames>,
    resident_kib: Resident,
}

/// How long frames of a view took, from plain data to what the terminal is sent.
#[derive(Debug, Serialize)]
struct Frames {
    view: &'static str,
    count: usize,
    median_ms: f64,
    p99_ms: f64,
    max_ms: f64,
}

/// How much memory the process held in KiB, after so much of the refreshes; nothing where the system does not tell.
#[derive(Debug, Default, Serialize)]
struct Resident {
    tenth: Option<u64>,
    half: Option<u64>,
    end: Option<u64>,
}

/// A dashboard whose frames are timed.
struct Bench {
    app: App,
    terminal: Terminal<Sixteen<Sink>>,
    told: Receiver<Told>,
    observer: Observer,
    summary: Vec<Duration>,
    charts: Vec<Duration>,
}

/// Refreshes so many times as fast as possible, and prints what that cost as JSON.
pub(super) fn measure(plan: Plan, refreshes: u64) -> Result<ExitCode, Failure> {
    let mut bench = Bench::begin(plan)?;
    let (begun, cpu) = (Instant::now(), cpu_time());
    let mut resident = Resident::default();
    for number in 1..=refreshes {
        bench.refresh(number)?;
        if number == refreshes.div_ceil(10) {
            resident.tenth = resident_kib();
        }
        if number == refreshes.div_ceil(2) {
            resident.half = resident_kib();
        }
    }
    resident.end = resident_kib();
    let cost = Cost {
        refreshes,
        columns: COLUMNS,
        rows: ROWS,
        seconds: begun.elapsed().as_secs_f64(),
        cpu_seconds: (cpu_time() - cpu).as_secs_f64(),
        frames: bench.frames(),
        resident_kib: resident,
    };
    output::print_json(&cost)
}

impl Bench {
    fn begin(plan: Plan) -> Result<Self, Failure> {
        let (tell, told) = channel();
        let observer = Observer::begin(plan.clone(), tell);
        let app = App::new(plan);
        observer.wish(app.wish());
        let viewport = Viewport::Fixed(Rect::new(0, 0, COLUMNS, ROWS));
        let terminal = Terminal::with_options(Sixteen::new(io::sink()), TerminalOptions { viewport })
            .map_err(|error| Failure::new("cannot make a terminal to draw on").because(error))?;
        Ok(Self { app, terminal, told, observer, summary: Vec::new(), charts: Vec::new() })
    }

    /// Asks, waits for the answer and draws it: one view, or where charts are wanted the two in turn.
    fn refresh(&mut self, number: u64) -> Result<(), Failure> {
        self.observer.refresh();
        self.await_look()?;
        if self.app.plan.charts {
            self.app.view = if number.is_multiple_of(2) { View::Summary } else { View::Charts };
        }
        self.app.now = now();
        let body = view::body(Rect::new(0, 0, COLUMNS, ROWS), &self.app);
        self.app.body = (body.width, body.height);
        let (shown, begun) = (self.app.shown(), Instant::now());
        let skin = Skin { colour: true, utf8: true };
        self.terminal
            .draw(|frame| view::draw(frame, &self.app, skin))
            .map_err(|error| Failure::new("cannot draw a frame").because(error))?;
        match shown {
            View::Summary => self.summary.push(begun.elapsed()),
            View::Charts => self.charts.push(begun.elapsed()),
        }
        Ok(())
    }

    /// Hears what is told until a look is among it, and what has come with it.
    fn await_look(&mut self) -> Result<(), Failure> {
        let bound = self.app.plan.timeout + SLACK;
        loop {
            let told = self.told.recv_timeout(bound);
            let told = told.map_err(|error| Failure::new("no look was told").because(error))?;
            let is_look = matches!(told, Told::Look(_));
            self.app.hear(told);
            if is_look {
                break;
            }
        }
        self.told.try_iter().for_each(|told| self.app.hear(told));
        Ok(())
    }

    fn frames(&mut self) -> Vec<Frames> {
        let views = [("summary", &mut self.summary), ("charts", &mut self.charts)];
        views.into_iter().filter_map(|(view, times)| frames(view, times)).collect()
    }
}

/// What is to be said of the frames of a view, if there were any.
fn frames(view: &'static str, times: &mut [Duration]) -> Option<Frames> {
    times.sort();
    let of = |share: usize| times.get((times.len() * share / 100).min(times.len().checked_sub(1)?)).copied();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    Some(Frames {
        view,
        count: times.len(),
        median_ms: ms(of(50)?),
        p99_ms: ms(of(99)?),
        max_ms: ms(of(100)?),
    })
}

/// The processor time that all threads of this process have taken.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let whole = Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or_default());
    whole + Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or_default())
}

/// How much memory this process holds, where the system has a file that tells.
fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_summed_up_by_rank() {
        let mut times: Vec<_> = (1..=200).rev().map(Duration::from_millis).collect();
        let frames = frames("summary", &mut times).unwrap();
        assert_eq!(
            (frames.count, frames.median_ms, frames.p99_ms, frames.max_ms),
            (200, 101.0, 199.0, 200.0)
        );
        assert!(super::frames("charts", &mut []).is_none());
        let one = super::frames("charts", &mut [Duration::from_millis(3)]).unwrap();
        assert_eq!((one.median_ms, one.p99_ms, one.max_ms), (3.0, 3.0, 3.0));
    }

    #[test]
    fn a_process_has_taken_time_and_holds_memory() {
        let before = cpu_time();
        let kept: Vec<u64> = (0..2_000_000).collect();
        assert!(cpu_time() > before);
        if cfg!(target_os = "linux") {
            assert!(resident_kib().is_some_and(|kib| kib > 8 * kept.len() as u64 / 1024));
        }
    }
}

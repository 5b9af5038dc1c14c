//! `telemetry serve --textfile`: what programs write into a folder, served as Prometheus wants it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::serve::Served;
use crate::support::{Prometheus, Scrape, Scratch, exposition, promtool, require};

/// A folder that is served.
struct Folder {
    scratch: Scratch,
}

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self { scratch: Scratch::new() };
        fs::create_dir(folder.path()).unwrap();
        files.iter().for_each(|(name, text)| folder.write(name, text));
        folder
    }

    fn path(&self) -> PathBuf {
        self.scratch.path().join("metrics")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    /// As a program should do it: whole, under a name that nobody reads, and then in its place.
    fn replace(&self, name: &str, text: &str) {
        let beside = self.path().join(format!("{name}.new"));
        fs::write(&beside, text).unwrap();
        fs::rename(beside, self.path().join(name)).unwrap();
    }

    fn serve(&self) -> Served {
        Served::start_with(&mut self.scratch.telemetry(), &["--textfile", &self.path().display().to_string()])
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.scratch.telemetry();
        command.args(args);
        command
    }
}

const SERVED: &str = "telemetry_textfiles_served";
const LEFT_OUT: &str = "telemetry_textfiles_left_out";

fn of(served: &str, metric: &str) -> Option<f64> {
    exposition::total(served, metric, &[])
}

#[test]
fn good_files_are_served_beside_the_ledger_and_bad_ones_are_left_out_and_said_once() {
    require!(Promtool);
    let folder = Folder::new(&[
        (
            "a.prom",
            "# HELP backups_total Backups\n# TYPE backups_total counter\nbackups_total{host=\"a\"} 3\n",
        ),
        (
            "b.prom",
            "# HELP backups_total Backups\n# TYPE backups_total counter\nbackups_total{host=\"b\"} 4\n",
        ),
        ("broken.prom", "oops{ 1\n"),
        ("clash.prom", "# TYPE backups_total gauge\nbackups_total 5\n"),
        ("double.prom", "# TYPE backups_total counter\nbackups_total{host=\"a\"} 6\n"),
        ("catalog.prom", "# TYPE sase_agent_runs_total gauge\nsase_agent_runs_total 7\n"),
        ("half.prom", "# TYPE half gauge\nhalf 1"),
        ("timed.prom", "# TYPE timed gauge\ntimed 1 1700000000000\n"),
        (".hidden.prom", "# TYPE hidden gauge\nhidden 1\n"),
        ("other.txt", "# TYPE other gauge\nother 1\n"),
        (
            "ours.prom",
            "# HELP sase_agent_spawns_total Agents spawned\n# TYPE sase_agent_spawns_total counter\nsase_agent_spawns_total{project=\"of a file\"} 8\n",
        ),
    ]);
    fs::create_dir(folder.path().join("folder.prom")).unwrap();
    symlink("a.prom", folder.path().join("link.prom")).unwrap();
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe.prom")).status().unwrap().success());
    assert!(folder.command(&["run", "--", "true"]).status().unwrap().success());
    let served = folder.serve();
    let page = served.get("/metrics").body;
    assert_eq!(of(&page, "backups_total"), Some(7.0), "{page}");
    assert_eq!((of(&page, SERVED), of(&page, LEFT_OUT)), (Some(3.0), Some(9.0)));
    assert_eq!(
        (of(&page, "sase_agent_runs_total"), of(&page, "sase_agent_spawns_total")),
        (Some(1.0), Some(9.0))
    );
    assert!(["half", "timed", "hidden", "other"].iter().all(|name| of(&page, name).is_none()), "{page}");
    assert_eq!(promtool::complaints(&page), "");
    folder.write("broken.prom", "mended 1\n");
    assert_eq!(of(&served.get("/metrics").body, "mended"), Some(1.0));
    let said = served.end();
    for (file, why) in [
        ("broken", "line 1, column"),
        ("clash", "another type"),
        ("double", "a series of backups_total"),
        ("catalog", "another type"),
        ("half", "does not end"),
        ("timed", "timestamps"),
        ("folder", "no plain file"),
        ("link", "a link"),
        ("pipe", "no plain file"),
    ] {
        let lines: Vec<_> = said.lines().filter(|line| line.contains(&format!("/{file}.prom"))).collect();
        assert!(lines.len() == 1 && lines[0].contains(why), "{file}: {lines:?} in {said}");
    }
}

#[test]
fn a_file_that_is_replaced_is_whole_at_each_scrape() {
    let text =
        |number: u32| (0..500).map(|row| format!("load{{row=\"{row}\"}} {number}\n")).collect::<String>();
    let folder = Folder::new(&[("load.prom", &text(1))]);
    let (served, over) = (folder.serve(), AtomicBool::new(false));
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut number = 1;
            while !over.load(Ordering::Relaxed) {
                number += 1;
                folder.replace("load.prom", &text(number));
            }
            number
        });
        let scrapes = (0..200).map(|_| served.get("/metrics").body);
        let wrong = scrapes.enumerate().find_map(|(scrape, page)| {
            let sum = of(&page, "load").unwrap_or_default();
            // All rows have the same number, so that a torn file has a sum between two.
            (sum < 500.0 || sum % 500.0 != 0.0).then_some((scrape, sum))
        });
        over.store(true, Ordering::Relaxed);
        assert_eq!(wrong, None);
        assert!(writer.join().unwrap() > 10, "it was replaced meanwhile");
    });
}

#[test]
fn prometheus_scrapes_them_and_learns_when_the_folder_is_gone() {
    require!(Prometheus);
    let folder = Folder::new(&[("a.prom", "# TYPE nightly gauge\nnightly 5\n")]);
    let served = folder.serve();
    let prometheus = Prometheus::start(&[Scrape::of("files", served.address())]);
    prometheus.await_up("files");
    let value = |query: &str| prometheus.query(query).first().map(|sample| sample.value);
    crate::support::eventually("it has the file", || value("nightly").filter(|value| *value == 5.0));
    fs::rename(folder.path(), folder.scratch.path().join("away")).unwrap();
    crate::support::eventually("it is told", || {
        value("sum(telemetry_exposition_source_errors_total{source=~\"folder .*\"})")
            .filter(|count| *count > 0.0)
    });
    crate::support::eventually("the series ends", || value("nightly").is_none().then_some(()));
}

#[test]
fn a_folder_that_is_not_there_is_a_mistake() {
    let folder = Folder::new(&[]);
    let output =
        folder.command(&["serve", "--listen", "127.0.0.1:0", "--textfile", "nowhere"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("nowhere") && said.contains("--textfile") && output.stdout.is_empty(), "{said}");
}

#[test]
fn what_is_too_long_is_left_out() {
    let folder = Folder::new(&[("a.prom", "small 1\n")]);
    folder.write("long.prom", &"# nothing but a comment, again and again\n".repeat(16 * 1024 * 1024 / 40));
    let served = folder.serve();
    let page = served.get("/metrics").body;
    assert_eq!((of(&page, "small"), of(&page, LEFT_OUT)), (Some(1.0), Some(1.0)));
    let said = served.end();
    assert!(said.contains("long.prom") && said.contains("16 MiB"), "{said}");
}

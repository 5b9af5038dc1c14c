//! A writer is killed at any moment.

use crate::writer;
use std::io::{BufRead, BufReader};

/// How often the writer is killed. Each time it goes on where it was.
const KILLS: usize = 25;

pub(crate) fn every_acknowledged_sample_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut there = 0;
    for _ in 0..KILLS {
        let mut child = writer::start(folder.path(), None);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        let wanted = random.usize(..60);
        let mut last = lines.by_ref().take(wanted).last().map(|line| line.unwrap().parse().unwrap());
        // Somewhere within the next batch, its writing included.
        std::thread::sleep(std::time::Duration::from_micros(random.u64(..20_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        // What it had acknowledged before it died counts too, unless the line was cut off.
        if let Some(line) = lines.map_while(Result::ok).filter_map(|line| line.parse::<i64>().ok()).last() {
            last = Some(line);
        }
        there = writer::check(folder.path(), last.map_or(there, |last| last + 1));
    }
    assert!(there > KILLS as i64 * 5, "{there} batches");
}

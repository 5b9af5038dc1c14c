//! A demonstration that runs while a picture of it is taken.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome, While as _};
use crate::terminal;

/// What it is started with: the same plan each time. Much fails from its third minute on, for two and a half.
const DEMO: [&str; 9] =
    ["demo", "--duration", "10m", "--seed", "7", "--gateway-port", "0", "--api-port", "0"];

/// How many alerts fire in the picture, at least.
const FIRING: usize = 6;

/// How long it has run when the picture is taken: as long as the time that charts show, and not so long that what failed is over.
const SHOWN: Duration = Duration::from_secs(5 * 60);

/// One that runs until it is dropped.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        // One that has ended is not there to be killed; its parts and its folder go with it.
        let _ended = self.0.kill();
        let _gone = self.0.wait();
    }
}

/// Where the parts of a demonstration are, by what it calls them: `gateway`, `history` and `page`.
pub(super) type Places = BTreeMap<String, String>;

/// Runs the demonstration until charts are full and alerts fire, and then what takes the picture, beside it.
pub(super) fn while_alerts_fire(telemetry: &Path, take: impl FnOnce(&Places) -> Outcome) -> Outcome {
    terminal::title("Running the demonstration for five minutes");
    let mut command = Command::new(telemetry);
    command.args(DEMO).stdin(Stdio::null()).stdout(Stdio::piped());
    let begun = Instant::now();
    let mut demo = Demo(command.spawn().while_doing("cannot start the demonstration")?);
    let printed = demo.0.stdout.take().map(BufReader::new).into_iter().flat_map(BufReader::lines);
    let (mut places, mut fired) = (Places::new(), 0);
    for line in printed.map_while(Result::ok) {
        terminal::say(&line);
        places.extend(place(&line));
        fired += usize::from(line.contains(" fires: "));
        if places.contains_key("page") && fired >= FIRING {
            thread::sleep(SHOWN.saturating_sub(begun.elapsed()));
            return take(&places);
        }
    }
    Err(Failure::new("the demonstration ended before alerts fired"))
}

/// What a line says of where something is.
fn place(line: &str) -> Option<(String, String)> {
    let (name, rest) = line.split_once(' ')?;
    let url = rest.split_whitespace().next().filter(|url| url.starts_with("http://"))?;
    Some((name.to_owned(), url.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn places_are_told_from_what_happens() {
        let found = place("page     http://127.0.0.1:9090/").unwrap();
        assert_eq!(found, ("page".to_owned(), "http://127.0.0.1:9090/".to_owned()));
        assert_eq!(place("0:45  LlmErrors fires: http://x"), None);
        assert_eq!(place(""), None);
    }
}

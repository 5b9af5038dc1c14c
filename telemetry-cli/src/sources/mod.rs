//! Where samples come from: the Pushgateway, the exposition server, the ledger, a Prometheus, or any exposition that somebody names.
//!
//! A source is asked for bytes, within bounds of time and size; reading the bytes is the second step, so that the families can borrow
//! from them. What a source does not have is told as [`Trouble`] and never as zero.

mod fetch;
mod from;
mod live;
mod own_server;
mod prometheus;
mod servers;
mod trouble;

pub(crate) use fetch::fetch;
pub(crate) use from::{ask_from, holds_credentials};
pub(crate) use live::{ask_exposition, ask_gateway, ask_ledger, ask_running, block_on, ledger_in_place_of};
pub(crate) use prometheus::{ask_prometheus, families_of, why};
pub(crate) use servers::{Kind, Server, Silence, ask_servers};
pub(crate) use trouble::Trouble;

use std::time::{Duration, Instant};
use telemetry_core::exposition::{self, Family, Format, Label};

/// The most bytes that are read of one exposition. The largest that are known in the wild are a quarter of it.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// A source that was asked, and what it said.
#[derive(Debug)]
pub(crate) struct Asked {
    /// What the source is, in one word.
    pub(crate) name: &'static str,
    /// Where it is: a URL or a file.
    pub(crate) place: String,
    /// How long it took to answer.
    pub(crate) took: Duration,
    /// What samples get that do not carry it themselves.
    pub(crate) target: Option<Target>,
    /// What a person should know beside the samples.
    pub(crate) notes: Vec<String>,
    pub(crate) result: Result<Body, Trouble>,
}

/// The labels that Prometheus gives to what it scrapes from a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) job: String,
    pub(crate) instance: String,
}

/// An exposition as it came.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    pub(crate) format: Format,
    /// Whether the source called it a web page, which some do with an exposition too.
    pub(crate) html: bool,
}

/// A source with the families that were read from its answer.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) asked: &'a Asked,
    pub(crate) families: Result<Vec<Family<'a>>, Lack>,
}

/// Why there are no families.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lack {
    pub(crate) why: String,
    /// Whether the source is simply not there; else something is wrong with it.
    pub(crate) absent: bool,
}

impl From<&Trouble> for Lack {
    fn from(trouble: &Trouble) -> Self {
        Self { why: trouble.sentence(), absent: trouble.is_absence() }
    }
}

impl Asked {
    /// The time from `begun` until now is what the source took.
    fn new(
        name: &'static str,
        place: impl Into<String>,
        begun: Instant,
        result: Result<Body, Trouble>,
    ) -> Self {
        Self { name, place: place.into(), took: begun.elapsed(), target: None, notes: Vec::new(), result }
    }

    fn with_target(self, target: Target) -> Self {
        Self { target: Some(target), ..self }
    }
}

impl Body {
    fn text(bytes: Vec<u8>) -> Self {
        Self { bytes, format: Format::Text, html: false }
    }
}

impl<'a> Reading<'a> {
    /// Reads what the source answered.
    pub(crate) fn of(asked: &'a Asked) -> Self {
        let families = match &asked.result {
            Ok(body) => read(body, asked.target.as_ref()),
            Err(trouble) => Err(trouble.into()),
        };
        Self { asked, families }
    }

    /// How much the source has and how fast it was, or why it has nothing. What is wrong is called an error; what is merely not there
    /// is not.
    pub(crate) fn outcome(&self) -> String {
        match &self.families {
            Ok(families) => {
                let series: usize = families.iter().map(|family| family.metrics.len()).sum();
                format!("{series} series in {}", milliseconds(self.asked.took))
            }
            Err(Lack { why, absent: true }) => why.clone(),
            Err(Lack { why, absent: false }) => format!("error: {why}"),
        }
    }
}

fn read<'a>(body: &'a Body, target: Option<&'a Target>) -> Result<Vec<Family<'a>>, Lack> {
    let families = exposition::parse_bytes(&body.bytes, body.format);
    let mut families = families.map_err(|error| Lack::from(&Trouble::unreadable(error, body.html)))?;
    if let Some(target) = target {
        families
            .iter_mut()
            .flat_map(|family| &mut family.metrics)
            .for_each(|metric| add_target(&mut metric.labels, target));
    }
    Ok(families)
}

fn add_target<'a>(labels: &mut Vec<Label<'a>>, target: &'a Target) {
    for (name, value) in [("job", &target.job), ("instance", &target.instance)] {
        if labels.iter().all(|label| label.name != name) {
            labels.push(Label::new(name, value.as_str()));
        }
    }
}

fn milliseconds(took: Duration) -> String {
    match took.as_millis() {
        0 => "under 1 ms".to_owned(),
        millis => format!("{millis} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Asked {
        let target = Target { job: "sase_axe".to_owned(), instance: "127.0.0.1:9464".to_owned() };
        let body = Body::text(text.as_bytes().to_vec());
        Asked {
            took: Duration::from_millis(3),
            ..Asked::new("exposition", "http://127.0.0.1:9464", Instant::now(), Ok(body))
        }
        .with_target(target)
    }

    #[test]
    fn samples_get_the_target_unless_they_carry_it() {
        let asked = asked("a{job=\"mine\"} 1\nb 2\n");
        let reading = Reading::of(&asked);
        let families = reading.families.as_ref().unwrap();
        let labels = |family: usize| families[family].metrics[0].labels.clone();
        assert_eq!(labels(0), [Label::new("job", "mine"), Label::new("instance", "127.0.0.1:9464")]);
        assert_eq!(labels(1), [Label::new("job", "sase_axe"), Label::new("instance", "127.0.0.1:9464")]);
        assert_eq!(reading.outcome(), "2 series in 3 ms");
    }

    #[test]
    fn what_does_not_parse_is_an_error_with_its_place() {
        let asked = asked("a 1\nb{ 2\n");
        let reading = Reading::of(&asked);
        assert!(reading.families.is_err());
        let outcome = reading.outcome();
        assert!(outcome.starts_with("error: not an exposition: line 2, column "), "{outcome}");
    }
}

//! The step at Prometheus: whether it scrapes what counts reach it by, and leaves the labels as they are.

use super::ask::{Server, Unanswered};
use super::bounds::Bounds;
use super::step::Finding;
use super::wait::Waiting;
use reqwest::Url;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;
use telemetry_catalog::quantity::seconds;
use telemetry_stack::parse_duration;

/// What Prometheus takes where nobody says how often it scrapes.
const INTERVAL: Duration = Duration::from_secs(60);

/// A Prometheus that has just started tells of no target until it has looked for them, which it does within 5 s.
const DISCOVERY: Duration = Duration::from_secs(7);

/// How long after a scrape Prometheus tells of it at the latest.
const TOLD: Duration = Duration::from_secs(2);

/// What Prometheus should scrape.
pub(super) struct Wanted<'a> {
    /// Its address, without a path.
    pub(super) url: &'a str,
    /// What it is, in a few words.
    pub(super) what: &'static str,
    /// The job under which the generated configuration scrapes it.
    pub(super) job: &'static str,
    /// Whether what it shows carries labels `job` and `instance` of its own.
    pub(super) keeps_labels: bool,
}

/// What is known of the scrape.
pub(super) struct Scraped {
    pub(super) finding: Finding,
    /// Whether Prometheus answers at all.
    pub(super) answers: bool,
    /// The target, where there is one that is not down.
    pub(super) target: Option<Target>,
}

#[derive(Debug, Deserialize)]
struct Targets {
    #[serde(rename = "activeTargets")]
    active: Vec<Target>,
}

/// A target as Prometheus tells of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    scrape_url: String,
    #[serde(default)]
    health: String,
    #[serde(default)]
    last_error: String,
    #[serde(default)]
    scrape_interval: String,
    #[serde(default)]
    scrape_timeout: String,
}

/// Looks for the target. One that has only just come is waited for until its first scrape.
pub(super) fn look(prometheus: Server<'_>, wanted: &Wanted<'_>, bounds: &Bounds, quiet: bool) -> Scraped {
    let mut waiting: Option<Waiting> = None;
    loop {
        let targets = prometheus.api::<Targets>("targets", &[("state", "active")], bounds.answer());
        let targets = match targets {
            Ok(targets) => targets.active,
            Err(Unanswered { why, advice }) => {
                return Scraped {
                    finding: Finding::failed(why).advice(advice),
                    answers: false,
                    target: None,
                };
            }
        };
        let goes_on = too_early(&targets, wanted).is_some_and(|most| {
            let begin = || Waiting::begin("waiting for the first scrape", most.min(bounds.left()), quiet);
            waiting.get_or_insert_with(begin).goes_on()
        });
        if !goes_on {
            return seen(&targets, prometheus, wanted, bounds);
        }
    }
}

/// How long the first scrape may take from the start of Prometheus; `None` where it was, or is not to be expected.
fn too_early(targets: &[Target], wanted: &Wanted<'_>) -> Option<Duration> {
    match find(targets, wanted) {
        None => targets.is_empty().then_some(DISCOVERY),
        Some(target) if target.health == "unknown" => {
            Some(target.interval() + target.timeout().min(target.interval()) + TOLD)
        }
        Some(_) => None,
    }
}

fn seen(targets: &[Target], prometheus: Server<'_>, wanted: &Wanted<'_>, bounds: &Bounds) -> Scraped {
    let Some(target) = find(targets, wanted) else {
        return Scraped { finding: missing(targets, prometheus, wanted), answers: true, target: None };
    };
    let finding = match target.health.as_str() {
        "down" => down(target, wanted),
        _ => found(target, wanted)
            .but(wanted.keeps_labels.then(|| renamed(prometheus, target, bounds)).flatten()),
    };
    let target = (target.health != "down").then(|| target.clone());
    Scraped { finding, answers: true, target }
}

/// The target at this address; else one that has its name or its port, since Prometheus may know it by another address.
fn find<'t>(targets: &'t [Target], wanted: &Wanted<'_>) -> Option<&'t Target> {
    let at = Url::parse(wanted.url).ok()?;
    let urls = || targets.iter().filter_map(|target| Some((target, Url::parse(&target.scrape_url).ok()?)));
    let same_port = |url: &Url| url.port_or_known_default() == at.port_or_known_default();
    let exact = urls().find(|(_, url)| same_port(url) && same_host(url, &at)).map(|(target, _)| target);
    exact
        .or_else(|| targets.iter().find(|target| target.label("job") == wanted.job))
        .or_else(|| urls().find(|(_, url)| same_port(url)).map(|(target, _)| target))
}

fn same_host(one: &Url, other: &Url) -> bool {
    one.host_str() == other.host_str() || is_loopback(one) && is_loopback(other)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn missing(targets: &[Target], prometheus: Server<'_>, wanted: &Wanted<'_>) -> Finding {
    let Wanted { what, url, job, .. } = wanted;
    let others: Vec<_> = targets.iter().map(|target| target.label("job")).collect();
    let others = if others.is_empty() { "nothing".to_owned() } else { format!("only {}", others.join(", ")) };
    Finding::failed(format!(
        "{} does not scrape {what} at {url}: a scrape job such as {job} is missing; it scrapes {others}",
        prometheus.address.url
    ))
    .advice("`telemetry endpoint -f prometheus` prints the scrape job; add it to prometheus.yml and reload Prometheus.")
}

fn down(target: &Target, wanted: &Wanted<'_>) -> Finding {
    Finding::failed(format!("Prometheus cannot scrape {}: {}", target.scrape_url, target.last_error)).advice(format!(
        "From where Prometheus runs, {} has to be reached at that address, with the credentials in its scrape job.",
        wanted.what
    ))
}

fn found(target: &Target, wanted: &Wanted<'_>) -> Finding {
    let every = seconds(target.interval().as_secs_f64());
    let state = if target.health == "up" { "is up" } else { "has not been scraped yet" };
    let finding = Finding::ok(format!(
        "the target {} {state}, every {every}, job {}",
        target.scrape_url,
        target.label("job")
    ));
    let exact = find(std::slice::from_ref(target), &Wanted { job: "", ..*wanted });
    let by_address = exact.is_some_and(|target| {
        Url::parse(&target.scrape_url)
            .is_ok_and(|url| Url::parse(wanted.url).is_ok_and(|at| same_host(&url, &at)))
    });
    finding.with((!by_address).then(|| format!("it is taken for {} at {}", wanted.what, wanted.url)))
}

/// Whether the labels of what is pushed are renamed, as what is there already shows.
fn renamed(prometheus: Server<'_>, target: &Target, bounds: &Bounds) -> Option<Finding> {
    let shown = prometheus.series("push_time_seconds{exported_job!=\"\"}", bounds.answer()).ok()?;
    let of_target = |series: &super::ask::Element| {
        ["job", "instance"]
            .iter()
            .all(|name| series.metric.get(*name).map(String::as_str) == Some(target.label(name)))
    };
    shown.iter().any(of_target).then(|| not_honored(target.label("job")))
}

/// What is wrong where Prometheus puts labels of the target in the place of those that were pushed.
pub(super) fn not_honored(job: &str) -> Finding {
    Finding::failed(format!(
        "the scrape job {job} renames the labels job and instance to exported_job and exported_instance"
    ))
    .advice(format!(
        "Set `honor_labels: true` in the scrape job {job}: without it no rule and no board finds who pushed."
    ))
}

impl Target {
    /// A label; empty where there is none.
    pub(super) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    /// How often it is scraped.
    pub(super) fn interval(&self) -> Duration {
        parse_duration(&self.scrape_interval).unwrap_or(INTERVAL)
    }

    /// How long a scrape may take.
    pub(super) fn timeout(&self) -> Duration {
        parse_duration(&self.scrape_timeout).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const GATEWAY: Wanted<'_> = Wanted {
        url: "http://localhost:9091",
        what: "the Pushgateway",
        job: "pushgateway",
        keeps_labels: true,
    };

    fn targets(urls_and_jobs: &[(&str, &str)]) -> Vec<Target> {
        let target = |(url, job): &(&str, &str)| json!({ "scrapeUrl": url, "labels": { "job": job, "instance": "x" }, "health": "up", "scrapeInterval": "15s", "scrapeTimeout": "10s" });
        let active: Vec<_> = urls_and_jobs.iter().map(target).collect();
        serde_json::from_value::<Targets>(json!({ "activeTargets": active })).unwrap().active
    }

    #[test]
    fn a_target_is_known_by_its_address_its_name_or_its_port() {
        for (urls_and_jobs, job) in [
            (
                &[("http://pg:9091/metrics", "pushgateway"), ("http://127.0.0.1:9091/metrics", "mine")][..],
                Some("mine"),
            ),
            (
                &[("http://pg:1/metrics", "pushgateway"), ("http://other:9091/metrics", "port")],
                Some("pushgateway"),
            ),
            (
                &[("http://pg:1/metrics", "x"), ("http://host.docker.internal:9091/metrics", "port")],
                Some("port"),
            ),
            (&[("http://localhost:9100/metrics", "node")], None),
        ] {
            let targets = targets(urls_and_jobs);
            assert_eq!(find(&targets, &GATEWAY).map(|target| target.label("job")), job);
        }
    }

    #[test]
    fn the_first_scrape_is_waited_for_and_no_other() {
        let mut targets = targets(&[("http://localhost:9091/metrics", "pushgateway")]);
        assert_eq!(too_early(&targets, &GATEWAY), None);
        targets[0].health = "unknown".to_owned();
        assert_eq!(too_early(&targets, &GATEWAY), Some(Duration::from_secs(15 + 10) + TOLD));
        targets[0].scrape_url = "http://localhost:9100/metrics".to_owned();
        targets[0].labels.clear();
        assert_eq!(too_early(&targets, &GATEWAY), None, "others are there, and it is not among them");
        assert_eq!(too_early(&[], &GATEWAY), Some(DISCOVERY));
    }

    #[test]
    fn one_with_another_address_is_said_to_be_taken_for_it() {
        let said = |url| found(&targets(&[(url, "pushgateway")])[0], &GATEWAY).said.join("\n");
        assert!(said("http://pg:9091/metrics").contains("taken for the Pushgateway"));
        let exact = said("http://127.0.0.1:9091/metrics");
        assert!(!exact.contains("taken for") && exact.contains("every 15 s"), "{exact}");
    }
}

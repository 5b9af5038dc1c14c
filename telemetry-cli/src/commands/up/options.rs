//! What the arguments and the configuration make of the stack.

use super::FOLDER;
use super::arguments::{UpArgs, alertmanager, instead, target};
use crate::args::address;
use crate::failure::Failure;
use std::sync::Arc;
use std::time::Duration;
use telemetry_catalog::{EXPOSITION_JOB, exposition_target};
use telemetry_core::config::{Address, Config};
use telemetry_push::state_folder;
use telemetry_stack::gateway::GatewayOptions;
use telemetry_stack::history::HistoryOptions;
use telemetry_stack::notify::News;
use telemetry_stack::scrape::{ScrapeOptions, Target};
use telemetry_stack::{RulesPlan, StackOptions};

pub(super) fn options(args: UpArgs, config: Config, news: News) -> Result<StackOptions, Failure> {
    let data = match args.data_dir {
        Some(data) => data,
        None => state_folder(FOLDER)?,
    };
    let alertmanager = each(&args.alertmanager, alertmanager)?;
    let webhook = each(&args.webhook, |text| address("--webhook", text))?;
    let external = args.external_url.map(|text| address("--external-url", &text)).transpose()?;
    let rules = if args.no_rules || args.no_history {
        None
    } else {
        Some(RulesPlan {
            files: args.rules,
            interval: args.evaluation_interval,
            alertmanagers: alertmanagers(alertmanager, &config)?,
            webhooks: webhooks(webhook, &config)?,
        })
    };
    let targets = targets(exposition(&config), each(&args.scrape, target)?);
    Ok(StackOptions {
        listen: args.listen,
        gateway_port: (!args.no_gateway).then_some(args.gateway_port),
        api_port: (!args.no_history).then_some(args.api_port),
        gateway: GatewayOptions { max_body: args.max_body, ttl: args.group_ttl, ..GatewayOptions::default() },
        history: HistoryOptions { retention: args.retention, ..HistoryOptions::default() },
        scrape: scrape_options(args.scrape_interval),
        targets,
        rules,
        page_port: args.page_port,
        external_url: external.map(|address| address.url),
        config: Arc::new(config),
        news,
        ..StackOptions::new(data)
    })
}

/// Every one of the values of an option.
fn each<T>(texts: &[String], read: impl Fn(&str) -> Result<T, Failure>) -> Result<Vec<T>, Failure> {
    texts.iter().map(|text| read(text)).collect()
}

/// Those that are named, or else the one that is configured.
fn alertmanagers(named: Vec<Address>, config: &Config) -> Result<Vec<Address>, Failure> {
    if !named.is_empty() {
        return Ok(named);
    }
    let configured = &config.prometheus.alertmanager_url;
    match configured.as_ref().and_then(|address| Some((address, instead(&address.url)?))) {
        Some((Address { url, .. }, base)) => Err(Failure::new(format!(
            "telemetry.prometheus.alertmanager_url is {url}: the path of the API is added here, so set it to {base}"
        ))),
        None => Ok(configured.iter().cloned().collect()),
    }
}

/// Those that are named, or else those in the file that is configured.
fn webhooks(named: Vec<Address>, config: &Config) -> Result<Vec<Address>, Failure> {
    if named.is_empty() { Ok(config.prometheus.webhooks()?) } else { Ok(named) }
}

/// A scrape may take as long as Prometheus allows by default, but not longer than until the next one.
fn scrape_options(interval: Duration) -> ScrapeOptions {
    let default = ScrapeOptions::default();
    ScrapeOptions { interval, timeout: default.timeout.min(interval), ..default }
}

/// The exposition server of the configuration, which may start later or never.
fn exposition(config: &Config) -> Option<Target> {
    let scheme = config.prometheus.exposition_tls.scheme();
    let url = format!("{scheme}://{}/metrics", exposition_target(config)?);
    Some(Target { job: EXPOSITION_JOB.to_owned(), url, honor_labels: false, optional: true })
}

/// What is scraped besides the stack: whoever names the exposition server misses it, too.
fn targets(exposition: Option<Target>, named: Vec<Target>) -> Vec<Target> {
    let is_named = |target: &Target| named.iter().any(|named| named.url == target.url);
    let exposition = exposition.map(|target| Target { optional: !is_named(&target), ..target });
    exposition.into_iter().chain(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target { job: "job".to_owned(), url: url.to_owned(), honor_labels: false, optional: false }
    }

    #[test]
    fn a_named_target_is_missed_and_scraped_once() {
        let exposition = Target { optional: true, ..target("http://localhost:9464/metrics") };
        let all = targets(Some(exposition.clone()), vec![target("http://localhost:9100/metrics")]);
        assert_eq!((all.len(), all[0].optional), (2, true));
        let all = targets(Some(exposition), vec![target("http://localhost:9464/metrics")]);
        assert!(!all[0].optional);
    }

    #[test]
    fn who_is_named_is_told_in_place_of_who_is_configured() {
        let address = |text| Address::parse(text).unwrap();
        let mut config = Config::default();
        assert_eq!(alertmanagers(Vec::new(), &config).unwrap(), []);
        config.prometheus.alertmanager_url = Some(address("configured:9093"));
        assert_eq!(alertmanagers(Vec::new(), &config).unwrap(), [address("configured:9093")]);
        let named = vec![address("named:9093")];
        assert_eq!(alertmanagers(named.clone(), &config).unwrap(), named);
        config.prometheus.alertmanager_url = Some(address("configured:9093/am/api/v2/alerts"));
        let refused = alertmanagers(Vec::new(), &config).unwrap_err().line();
        assert!(refused.ends_with("set it to http://configured:9093/am"), "{refused}");

        config.prometheus.webhook_url_file = Some("/nonexistent".into());
        assert!(webhooks(Vec::new(), &config).unwrap_err().line().contains("/nonexistent"));
        assert_eq!(webhooks(named.clone(), &config).unwrap(), named);
    }
}

//! What is started, and where.

use crate::gateway::GatewayOptions;
use crate::history::HistoryOptions;
use crate::notify::{News, origin};
use crate::scrape::{ScrapeOptions, Target};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use telemetry_core::config::{Address, Config};

/// What is started, and where.
#[derive(Debug, Clone)]
pub struct StackOptions {
    /// The folder of everything that is kept.
    pub data: PathBuf,
    /// The address that both ports are on: loopback.
    pub listen: IpAddr,
    /// The port of the gateway; `None` where there shall be none. 0 takes any free one.
    pub gateway_port: Option<u16>,
    /// The port of the HTTP API; `None` where there shall be no history. 0 takes any free one.
    pub api_port: Option<u16>,
    /// What the gateway accepts.
    pub gateway: GatewayOptions,
    /// What the history keeps.
    pub history: HistoryOptions,
    /// How targets are scraped.
    pub scrape: ScrapeOptions,
    /// What is scraped besides the stack itself.
    pub targets: Vec<Target>,
    /// Which rules are evaluated; `None` where none are.
    pub rules: Option<RulesPlan>,
    /// The port of the page; `None` is that of the HTTP API or, where that is a server of others, the first free one from 9095.
    pub page_port: Option<u16>,
    /// The URL by which people reach the page, without a slash at the end: links in alerts begin with it, as with Prometheus's
    /// `--web.external-url`. `None` is the address of the page as this machine reaches it.
    pub external_url: Option<String>,
    /// Thresholds, names and addresses, for the rules and the page.
    pub config: Arc<Config>,
    /// Who hears, a line each, what becomes of alerts and of those who are told of them.
    pub news: News,
}

/// Which rules are evaluated, how often, and who is told of alerts.
#[derive(Clone)]
pub struct RulesPlan {
    /// Rule files; the generated rules where there are none.
    pub files: Vec<PathBuf>,
    /// The time from one evaluation to the next.
    pub interval: Duration,
    /// The Alertmanagers, whose API v2 is told.
    pub alertmanagers: Vec<Address>,
    /// Who else is told, with Alertmanager's JSON for webhooks.
    pub webhooks: Vec<Address>,
}

/// The paths of webhooks, in which many services have a token, are left out.
impl fmt::Debug for RulesPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let webhooks: Vec<_> = self.webhooks.iter().map(|address| origin(&address.url)).collect();
        f.debug_struct("RulesPlan")
            .field("files", &self.files)
            .field("interval", &self.interval)
            .field("alertmanagers", &self.alertmanagers)
            .field("webhooks", &webhooks)
            .finish()
    }
}

impl Default for RulesPlan {
    fn default() -> Self {
        let interval = Duration::from_secs(15);
        Self { files: Vec::new(), interval, alertmanagers: Vec::new(), webhooks: Vec::new() }
    }
}

impl StackOptions {
    /// The standard ports on loopback, with nothing to scrape but the stack itself.
    #[must_use]
    pub fn new(data: PathBuf) -> Self {
        Self {
            data,
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            gateway_port: Some(9091),
            api_port: Some(9090),
            gateway: GatewayOptions::default(),
            history: HistoryOptions::default(),
            scrape: ScrapeOptions::default(),
            targets: Vec::new(),
            rules: Some(RulesPlan::default()),
            page_port: None,
            external_url: None,
            config: Arc::default(),
            news: News::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_of_a_webhook_is_shown() {
        let webhook = Address::parse("https://chat.example/hooks/hunter2").unwrap();
        let shown = format!("{:?}", RulesPlan { webhooks: vec![webhook], ..RulesPlan::default() });
        assert!(shown.contains("https://chat.example") && !shown.contains("hunter2"), "{shown}");
    }
}

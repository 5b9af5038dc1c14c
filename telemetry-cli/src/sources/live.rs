//! The sources of a running system: the Pushgateway, the exposition server and the ledger.

use super::fetch::{fetch, fetch_by};
use super::{Asked, Body, Reading, Target, Trouble, own_server};
use reqwest::Url;
use std::path::Path;
use std::time::{Duration, Instant};
use telemetry_catalog::{EXPOSITION_JOB, exposition_target};
use telemetry_core::config::{Address, Carrier, Config};
use telemetry_push::Ledger;

/// Asks the Pushgateway. What was pushed there carries the job and instance that it was pushed with.
pub(crate) async fn ask_gateway(config: &Config, timeout: Duration) -> Asked {
    let (begun, address) = (Instant::now(), &config.prometheus.pushgateway_url);
    Asked::new("pushgateway", &address.url, begun, metrics_of(address, timeout).await)
}

/// Asks the exposition server, and gives its samples the job and instance that Prometheus gives them.
pub(crate) async fn ask_exposition(config: &Config, timeout: Duration) -> Asked {
    const NAME: &str = "exposition";
    let begun = Instant::now();
    let Some(instance) = exposition_target(config) else {
        let listen = config.prometheus.exposition_listen.to_string();
        return Asked::new(NAME, listen, begun, Err(Trouble::NoPort));
    };
    let Ok(address) = own_server::address(&config.prometheus, &instance) else {
        return Asked::new(NAME, instance, begun, Err(Trouble::NoUrl));
    };
    let cert_file = config.prometheus.exposition_tls.cert_file.as_deref();
    let result = match metrics_url(&address) {
        Ok(url) => exposed(cert_file, &address, url, timeout).await,
        Err(trouble) => Err(trouble),
    };
    Asked::new(NAME, address.url, begun, result)
        .with_target(Target { job: EXPOSITION_JOB.to_owned(), instance })
}

/// What the exposition server of this configuration has at a URL; `None` for a URL of anybody else.
pub(super) fn exposed_at(
    url: &Url,
    config: &Config,
    timeout: Duration,
) -> Option<impl Future<Output = Result<Body, Trouble>>> {
    let address = own_server::address(&config.prometheus, &exposition_target(config)?).ok()?;
    let own = Url::parse(&address.url).is_ok_and(|own| own.origin() == url.origin());
    let (cert_file, url) = (config.prometheus.exposition_tls.cert_file.as_deref(), url.clone());
    own.then_some(async move { exposed(cert_file, &address, url, timeout).await })
}

async fn exposed(
    cert_file: Option<&Path>,
    address: &Address,
    url: Url,
    timeout: Duration,
) -> Result<Body, Trouble> {
    let Some(cert_file) = cert_file else { return fetch(address, url, timeout).await };
    let client = own_server::client(cert_file, timeout)?;
    fetch_by(&client, address, url, timeout).await
}

/// Reads the ledger of this machine or user. Its totals get the job and instance that they are pushed with.
pub(crate) fn ask_ledger(config: &Config) -> Asked {
    const NAME: &str = "ledger";
    let begun = Instant::now();
    let ledger = match Ledger::new(config) {
        Ok(ledger) => ledger,
        Err(error) => return Asked::new(NAME, "of this user", begun, Err(error.into())),
    };
    let mut notes = Vec::new();
    let totals =
        ledger.totals(&mut notes).map_err(Trouble::from).and_then(|totals| totals.ok_or(Trouble::NoLedger));
    let body = totals.map(|totals| Body::text(totals.exposition().into_bytes()));
    let target = Target { job: ledger.place().job.clone(), instance: ledger.place().instance.clone() };
    let file = ledger.file().display().to_string();
    Asked { notes, ..Asked::new(NAME, file, begun, body).with_target(target) }
}

/// Asks the Pushgateway and the exposition server, both at once.
pub(crate) fn ask_running(config: &Config, timeout: Duration) -> Result<[Asked; 2], Trouble> {
    let (gateway, exposition) = (ask_gateway(config, timeout), ask_exposition(config, timeout));
    block_on(async { tokio::join!(gateway, exposition) }).map(<[Asked; 2]>::from)
}

/// The ledger, where it takes the place of a gateway: of one without an answer, and where counts leave by another road and are at none.
pub(crate) fn ledger_in_place_of(gateway: &Reading<'_>, config: &Config) -> Option<Asked> {
    let needed = gateway.families.is_err() || config.carrier == Carrier::Textfile;
    needed.then(|| ask_ledger(config))
}

/// Runs a future to its end. Resolving a name may go on in a thread of its own beyond every bound; nobody waits for it.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Trouble> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Trouble::Runtime)?;
    let result = runtime.block_on(future);
    runtime.shutdown_background();
    Ok(result)
}

async fn metrics_of(address: &Address, timeout: Duration) -> Result<Body, Trouble> {
    fetch(address, metrics_url(address)?, timeout).await
}

fn metrics_url(address: &Address) -> Result<Url, Trouble> {
    Url::parse(&format!("{}/metrics", address.url)).map_err(|_| Trouble::NoUrl)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_any_free_port_is_not_asked() {
        let mut config = Config::default();
        config.prometheus.exposition_port = 0;
        let asked = block_on(ask_exposition(&config, Duration::from_secs(1))).unwrap();
        assert!(matches!(asked.result, Err(Trouble::NoPort)), "{asked:?}");
    }

    #[test]
    fn a_ledger_that_was_never_written_is_told_apart_from_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { ledger_path: Some(folder.path().to_owned()), ..Config::default() };
        let asked = ask_ledger(&config);
        assert!(matches!(asked.result, Err(Trouble::NoLedger)), "{asked:?}");
        assert!(asked.place.ends_with("ledger.prom"));
        assert_eq!(asked.target.unwrap().job, "sase_agent");
    }
}

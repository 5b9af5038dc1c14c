//! `telemetry up`: the monitoring stack of one machine in this process.

mod report;

use crate::failure::{Failure, warn};
use crate::output::Screen;
use crate::session::Session;
use crate::supervise::Inherited;
use clap::Args;
use report::Report;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{self, ExitCode};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;
use telemetry_catalog::{EXPOSITION_JOB, WORKER_JOB, exposition_target};
use telemetry_core::config::{Address, Config};
use telemetry_push::state_folder;
use telemetry_stack::gateway::GatewayOptions;
use telemetry_stack::history::HistoryOptions;
use telemetry_stack::scrape::{ScrapeOptions, Target};
use telemetry_stack::{Part, Place, Stack, StackOptions, parse_duration, reachable};

/// The folder below that of the state of all programs.
const FOLDER: &str = "telemetry-up";

/// How long the end may take: a little less than the 5 s that are promised.
const END: Duration = Duration::from_millis(4500);

/// The shortest interval: more would be done about scraping than about what is scraped.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// Run the whole monitoring stack in this process: gateway, history and the Prometheus HTTP API
///
/// The gateway takes what `telemetry run` and every Pushgateway client push. The history scrapes the gateway, the exposition port of the
/// configuration (as soon as something answers there), itself and every --scrape target, and keeps what it saw. The API answers Grafana,
/// promtool and every other client of Prometheus. A real Pushgateway or Prometheus that answers on one of the ports already is used in its
/// place. It runs until it is interrupted; what was acknowledged survives even a kill.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry up
  telemetry up --retention 90d --data-dir ~/telemetry
  telemetry up --scrape localhost:9100 --scrape https://build.example/metrics
  telemetry up --gateway-port 19091 --api-port 19090

Then, in another terminal:
  telemetry run -- claude -p \"fix the tests\"
  curl 'http://127.0.0.1:9090/api/v1/query?query=sase_agent_runs_total'

Exit codes: 0 after Ctrl-C, SIGTERM or SIGHUP, 1 failure, 64 wrong usage.")]
pub(crate) struct UpArgs {
    /// Keep everything in this folder [default: telemetry-up in the user's state folder, or /var/lib/telemetry-up for root]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Forget samples that are older than this, such as 36h, 15d or 1y
    #[arg(long, value_name = "TIME", default_value = "15d", value_parser = positive_duration)]
    retention: Duration,
    /// Listen on this address; anybody who reaches it may read and push, since nobody is asked for a password
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// The port of the gateway; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = 9091)]
    gateway_port: u16,
    /// The port of the HTTP API; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = 9090)]
    api_port: u16,
    /// Scrape these as well: HOST:PORT or a URL, with the path /metrics where it has none
    #[arg(long, value_name = "URL", num_args = 1.., value_parser = target)]
    scrape: Vec<Target>,
    /// The time from one scrape of a target to the next
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = interval)]
    scrape_interval: Duration,
    /// Start no gateway
    #[arg(long, conflicts_with_all = ["gateway_port", "max_body", "group_ttl"])]
    no_gateway: bool,
    /// Start no history, and so no API
    #[arg(long, conflicts_with_all = ["api_port", "scrape", "scrape_interval", "retention"])]
    no_history: bool,
    /// The longest push that the gateway reads, without compression: bytes, or a number with KiB, MiB or GiB
    #[arg(long, value_name = "SIZE", default_value = "16MiB", value_parser = size)]
    max_body: usize,
    /// Forget groups of the gateway that were last pushed this long ago; a group may say so for itself with the grouping label `ttl`
    #[arg(long, value_name = "TIME", value_parser = positive_duration)]
    group_ttl: Option<Duration>,
}

pub(crate) fn run(args: UpArgs, session: &Session) -> Result<ExitCode, Failure> {
    if args.no_gateway && args.no_history {
        return Err(Failure::usage("--no-gateway and --no-history together leave nothing to start"));
    }
    if args.gateway_port == args.api_port && args.api_port != 0 && !args.no_gateway && !args.no_history {
        return Err(Failure::usage(
            "--gateway-port and --api-port are the same, and each needs one of its own",
        ));
    }
    let config = session.config()?;
    // Signals that come while it starts are kept for it.
    let signals = signals()?;
    let listen = args.listen;
    let options = options(args, &config)?;
    let report = Report::new(Screen::of_stdout(), options.history.retention, options.scrape.interval);
    let stack = Stack::start(&options)?;
    let report = report.start(&stack);
    if !stack.runs() {
        report.end("everything that would be started here runs already");
        return Ok(ExitCode::SUCCESS);
    }
    stack.notes().iter().for_each(|note| warn(note));
    hints(&stack, &config).iter().for_each(|hint| warn(hint));
    if !listen.is_loopback() {
        warn("anybody who reaches this address may read and push: nobody is asked for a password");
    }
    // Whoever sends them is gone only when the process is.
    let _signal = signals.recv();
    let report = report.ending();
    stack.stop();
    report.end("");
    Ok(ExitCode::SUCCESS)
}

/// The signals that end it. From the first one on the process has only so long, whatever keeps it, such as a terminal that takes nothing;
/// what was acknowledged is on disk already. A second one ends it at once.
fn signals() -> Result<Receiver<i32>, Failure> {
    // `nohup` wants that one to be ignored.
    let ignored = Inherited::read().ignores(SIGHUP);
    let wanted = [SIGTERM, SIGINT, SIGHUP].into_iter().filter(|&signal| signal != SIGHUP || !ignored);
    let mut signals =
        Signals::new(wanted).map_err(|error| Failure::new("cannot catch signals").because(error))?;
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut coming = signals.forever();
        let first = coming.next().unwrap_or(SIGTERM);
        thread::spawn(|| {
            thread::sleep(END);
            process::exit(0)
        });
        let _told = tell.send(first);
        if let Some(second) = coming.next() {
            process::exit(128 + second);
        }
    });
    Ok(told)
}

fn options(args: UpArgs, config: &Config) -> Result<StackOptions, Failure> {
    let data = match args.data_dir {
        Some(data) => data,
        None => state_folder(FOLDER)?,
    };
    let targets = targets(exposition(config), args.scrape);
    Ok(StackOptions {
        listen: args.listen,
        gateway_port: (!args.no_gateway).then_some(args.gateway_port),
        api_port: (!args.no_history).then_some(args.api_port),
        gateway: GatewayOptions { max_body: args.max_body, ttl: args.group_ttl, ..GatewayOptions::default() },
        history: HistoryOptions { retention: args.retention, ..HistoryOptions::default() },
        scrape: scrape_options(args.scrape_interval),
        targets,
        ..StackOptions::new(data)
    })
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

/// What does not fit together: addresses of the configuration that lead elsewhere, and servers of others that know nothing of ours.
fn hints(stack: &Stack, config: &Config) -> Vec<String> {
    let parts = [
        (Part::Gateway, "prometheus.pushgateway_url", &config.prometheus.pushgateway_url.url),
        (Part::History, "prometheus.url", &config.prometheus.url.url),
    ];
    let elsewhere = parts.into_iter().filter_map(|(part, key, configured)| {
        let Place::Here(address) = *stack.place(part) else { return None };
        let (here, name) = (reachable(address), part.name());
        (!leads_to(configured, here)).then(|| {
            format!("telemetry.{key} is {configured}: set it to http://{here}, or other commands do not find this {name}")
        })
    });
    let theirs = match (stack.place(Part::Gateway), stack.place(Part::History)) {
        (Place::Here(gateway), Place::Theirs { name, .. }) => Some(format!(
            "{name} has to scrape the gateway, with honor_labels: true, at {}; `telemetry export-config` writes such a \
             configuration. Nothing is scraped or kept here",
            reachable(*gateway)
        )),
        _ => None,
    };
    elsewhere.chain(theirs).collect()
}

/// Whether a URL leads to an address of this machine; `localhost` is every loopback address that it may stand for.
fn leads_to(url: &str, address: SocketAddr) -> bool {
    let localhost = address.ip() == IpAddr::from([127, 0, 0, 1])
        || address.ip() == IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]);
    url == format!("http://{address}") || (localhost && url == format!("http://localhost:{}", address.port()))
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = positive_duration(text)?;
    if interval < SHORTEST_INTERVAL {
        return Err("the shortest interval is 100ms".to_owned());
    }
    Ok(interval)
}

fn positive_duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Some(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("expected a time such as 36h, 15d or 1h30m".to_owned()),
    }
}

/// A number of bytes.
fn size(text: &str) -> Result<usize, String> {
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1_usize << 30), ("", 1)];
    let split = units.into_iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, bytes)));
    let bytes = split.and_then(|(number, unit)| number.trim().parse::<usize>().ok()?.checked_mul(unit));
    let wrong = || "expected a number of bytes, such as 1048576, 512KiB or 16MiB".to_owned();
    bytes.filter(|&bytes| bytes > 0).ok_or_else(wrong)
}

/// What is to be scraped. A password has no place in an argument, where everybody on the machine can read it.
fn target(text: &str) -> Result<Target, String> {
    let Address { url, .. } = Address::parse(text).map_err(|error| error.to_string())?;
    let has_path = url.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
    let url = if has_path { url } else { format!("{url}/metrics") };
    Ok(Target { job: WORKER_JOB.to_owned(), url, honor_labels: false, optional: false })
}

#[cfg(test)]
mod tests {
    use super::{leads_to, positive_duration, size, target, targets};
    use std::time::Duration;

    #[test]
    fn a_named_target_is_missed_and_scraped_once() {
        let exposition = super::Target { optional: true, ..target("localhost:9464").unwrap() };
        let all = targets(Some(exposition.clone()), vec![target("localhost:9100").unwrap()]);
        assert_eq!((all.len(), all[0].optional), (2, true));
        let all = targets(Some(exposition), vec![target("localhost:9464").unwrap()]);
        assert!(!all[0].optional);
    }

    #[test]
    fn a_url_leads_to_an_address_by_host_and_port() {
        for (url, address, leads) in [
            ("http://localhost:9091", "127.0.0.1:9091", true),
            ("http://localhost:9091", "[::1]:9091", true),
            ("http://localhost:9091", "127.0.0.2:9091", false),
            ("http://127.0.0.2:9091", "127.0.0.2:9091", true),
            ("http://other:9091", "127.0.0.1:9091", false),
            ("http://localhost:9090", "127.0.0.1:9091", false),
        ] {
            assert_eq!(leads_to(url, address.parse().unwrap()), leads, "{url} {address}");
        }
    }

    #[test]
    fn a_target_is_a_host_or_a_url() {
        for (text, url) in [
            ("localhost:9100", "http://localhost:9100/metrics"),
            ("https://build.example/", "https://build.example/metrics"),
            ("http://[::1]:9/federate", "http://[::1]:9/federate"),
        ] {
            assert_eq!(target(text).unwrap().url, url);
        }
        for wrong in ["", "ftp://x", "http://me:secret@host"] {
            let error = target(wrong).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn sizes_and_times_have_units() {
        for (text, bytes) in [("1", 1), ("512KiB", 524_288), ("16 MiB", 16_777_216), ("1GiB", 1 << 30)] {
            assert_eq!(size(text), Ok(bytes));
        }
        for wrong in ["", "0", "MiB", "1MB", "-1", "99999999999999GiB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
        assert_eq!(positive_duration("1d12h"), Ok(Duration::from_secs(36 * 3600)));
        for wrong in ["", "0s", "15", "d", "-1d"] {
            assert!(positive_duration(wrong).is_err(), "{wrong}");
        }
    }
}

//! `telemetry report`: one page of HTML about a period.
//!
//! | module | responsible for |
//! |---|---|
//! | here | what is asked for, whom, and for how long |
//! | `progress` | how far it is, on a terminal |

mod progress;

use crate::args::{Patience, address};
use crate::clock::now;
use crate::commands::alerts::{Answer, ask_rules};
use crate::commands::chart::{here, range};
use crate::failure::{Failure, warn};
use crate::output::file::Target;
use crate::session::Session;
use crate::tables::harmless;
use clap::Args;
use progress::Progress;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};
use telemetry_catalog::promql::Window;
use telemetry_catalog::quantity::bytes;
use telemetry_core::config::{Address, Config};
use telemetry_stack::report::{Report, Rules, Wish, gather};
use telemetry_stack::source::{Source as _, SourceError, Theirs};

/// Write a report about a period as one page of HTML
///
/// The page has everything in it and asks nobody: how well the fleet is, the alerts of the period, every panel, and the workflows and
/// providers with the most failures, time and tokens. It is written whole or not at all; what a source does not answer is said in it.
/// A question about the period may take five times as long as the timeout says.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry report -o report.html
  telemetry report -r 7d -o week.html
  telemetry report -r 1h -o - > incident.html")]
pub(crate) struct ReportArgs {
    /// Over which time, up to now: such as 1h, 6h, 24h or 7d
    #[arg(short, long, value_name = "RANGE", default_value = "24h", value_parser = range)]
    range: Duration,
    /// The file; - is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Ask this Prometheus or `telemetry up` instead: HOST:PORT or a URL [default: prometheus.url of the configuration]
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    #[command(flatten)]
    patience: Patience,
}

/// How many times as long as a single question all of them may take, and how long they may take in any case: there are about 200, of which
/// four are asked at a time.
const WHOLE: u32 = 30;
const LEAST_WHOLE: Duration = Duration::from_secs(60);

/// How many times as long as a look at now a question about the period may take: of a week there is much to read, and the source may be
/// busy with the other questions.
const EACH: u32 = 5;

/// A question that every Prometheus answers at once.
const ANYBODY: &str = "vector(1)";

/// What to do where no Prometheus answers.
const ADVICE: &str = "`telemetry up` keeps a history that can be asked; where one runs elsewhere, name it: `telemetry report --from \
                      http://127.0.0.1:9090 -o report.html`";

pub(crate) fn run(args: &ReportArgs, session: &Session) -> Result<ExitCode, Failure> {
    let from = args.from.as_deref().map(|from| address("--from", from)).transpose()?;
    let target = Target::of(page_named(&args.output)?)?;
    let config = session.config()?;
    let address = from.unwrap_or_else(|| config.prometheus.url.clone());
    let report = report(args, &config, &address, session.global().quiet)?;
    if !report.has_data() {
        warn("nothing was seen in this period, and the report says so");
    }
    let page = report.page();
    target.write(page.as_bytes())?;
    target.tell(&bytes(page.len() as f64));
    Ok(ExitCode::SUCCESS)
}

/// The name of the page, which does not end as another kind of file does: it would be opened as that.
fn page_named(output: &Path) -> Result<&Path, Failure> {
    const OTHERS: [&str; 8] = ["csv", "jpeg", "jpg", "json", "md", "pdf", "png", "svg"];
    let ending = output.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    if ending.is_some_and(|ending| OTHERS.contains(&&*ending)) {
        let what = format!(
            "a report is a page of HTML, which {} does not name",
            harmless(&output.to_string_lossy())
        );
        return Err(Failure::usage(what).advice("end the name in .html; a browser prints the page as PDF"));
    }
    Ok(output)
}

fn report(args: &ReportArgs, config: &Config, address: &Address, quiet: bool) -> Result<Report, Failure> {
    let timeout = args.patience.timeout;
    let to = now();
    // Whether anybody answers is known soon, however long the other questions may take.
    Theirs::within(address.clone(), timeout)?.instant(ANYBODY, to).map_err(|error| failure(&error))?;
    let source = Theirs::within(address.clone(), timeout * EACH)?;
    let asked = address.clone();
    let rules = thread::spawn(move || ask_rules(&asked, timeout));
    let progress = Progress::begin(quiet);
    let from = to - i64::try_from(args.range.as_millis()).unwrap_or(to);
    let wish = Wish {
        config,
        place: address.to_string(),
        window: Window::of_seconds(u32::try_from(args.range.as_secs()).unwrap_or(u32::MAX)),
        to,
        deadline: Instant::now() + (timeout * WHOLE).max(LEAST_WHOLE),
        zone: here(from, to),
        rules: known(rules.join().unwrap_or_else(|_| Err("they could not be asked for".to_owned()))),
    };
    gather(&source, &wish, &|done, all| progress.tell(done, all)).map_err(|error| failure(&error))
}

/// What the answer about the rules says: where there are none, that no alert fires says nothing.
fn known(answer: Result<Answer, String>) -> Rules {
    match answer {
        Err(why) => Rules::Unknown(why),
        Ok(answer) => match answer.has_rules() {
            Err(_) => Rules::None,
            Ok(()) => Rules::Evaluated {
                count: answer.rules(),
                doubtful: answer.not_yet().count() + answer.failing().count(),
                every: answer.every(),
            },
        },
    }
}

fn failure(error: &SourceError) -> Failure {
    Failure::new(format!("no report: {}", harmless(&error.to_string()))).advice(ADVICE)
}

#[cfg(test)]
mod tests {
    use super::page_named;
    use std::path::Path;

    #[test]
    fn a_page_is_not_named_as_another_kind_of_file() {
        for name in ["report.html", "REPORT.HTM", "-", "report", "/dev/fd/1", "of 2025.11.21"] {
            assert_eq!(page_named(Path::new(name)).unwrap(), Path::new(name));
        }
        for name in ["report.pdf", "a/b.PNG", "x.svg"] {
            let failure = page_named(Path::new(name)).unwrap_err();
            assert!(failure.is_usage() && failure.line().contains(name), "{}", failure.line());
        }
    }
}

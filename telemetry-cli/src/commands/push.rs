//! `telemetry push`: brings the ledger to the Pushgateway now, or what somebody else wrote.

use crate::failure::{Failure, warn};
use crate::output::{self, Screen};
use crate::session::{Session, why_nothing_is_recorded};
use clap::Args;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;
use telemetry_core::config::{Address, Carrier, Config};
use telemetry_push::{Error, Ledger, Place, Pushed, Pusher, Wish};

mod exposition;
mod group;
mod protect;

use group::GroupArgs;

/// How long a passing push goes on while the ledger keeps growing. Nobody waits for it that long: `run` leaves it behind.
const PASSING_BOUND: Duration = Duration::from_secs(30);

/// How long an explicit push waits for another one, and goes on while the ledger keeps growing.
const EXPLICIT_BOUND: Duration = Duration::from_secs(15);

/// Push the ledger to the Pushgateway now, or an exposition
///
/// Without a FILE it sweeps what dead processes left behind, and sends the totals of the ledger. What was counted stays there, whatever
/// becomes of the push.
///
/// A FILE holds an exposition in the text format, or in OpenMetrics, of which what the text format has is sent. It is read as a whole
/// first, and nothing is sent where there is an error in it or something that a Pushgateway would refuse. In its group it replaces the
/// metrics of the same names. It is pushed whatever telemetry.enabled and telemetry.carrier say: they are about the ledger.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telemetry push
  telemetry --set prometheus.pushgateway_url=gateway.example:9091 push
  telemetry push backup.prom --job backup --grouping instance=build-1
  printf 'backup_size_bytes 1200\\n' | telemetry push - --job backup --replace
  telemetry push --delete --job backup --grouping instance=build-1")]
pub(crate) struct PushArgs {
    /// The exposition to push, or - for standard input [default: the ledger]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    group: GroupArgs,
    /// Push as a process that passes by: silent, and not where another push does or just failed
    #[arg(long, hide = true)]
    passing: bool,
    /// The folder, the job and the instance of the ledger, where the caller knows them
    #[arg(long, hide = true, num_args = 3, allow_hyphen_values = true, requires = "passing")]
    place: Option<Vec<OsString>>,
    /// The descriptors that the caller left open are closed already
    #[arg(long, hide = true)]
    alone: bool,
}

impl PushArgs {
    fn place(&self) -> Option<Place> {
        let [folder, job, instance] = self.place.as_deref()? else { return None };
        let text = |text: &OsString| text.to_string_lossy().into_owned();
        Some(Place { folder: folder.into(), job: text(job), instance: text(instance), advice: None })
    }
}

pub(crate) fn run(args: &PushArgs, session: &Session) -> Result<ExitCode, Failure> {
    match (&args.file, args.group.any()) {
        (Some(file), _) => group::push(file, &args.group, session),
        (None, _) if args.group.delete => group::delete(&args.group, session),
        (None, Some(option)) => Err(Failure::usage(format!("{option} goes with a FILE, or with --delete"))),
        (None, None) => run_of_ledger(args, session),
    }
}

fn run_of_ledger(args: &PushArgs, session: &Session) -> Result<ExitCode, Failure> {
    if args.passing && !args.alone {
        return Err(begin_alone());
    }
    let config = if args.passing { session.load()?.config } else { session.config()? };
    let ledger = match args.place() {
        Some(place) => Ledger::at(place, &config),
        None => Ledger::new(&config)?,
    };
    check(&config, &ledger)?;
    if let Some(advice) = &ledger.place().advice {
        return Err(Failure::new(advice));
    }
    let address = &config.prometheus.pushgateway_url;
    let pusher = Pusher::new(&ledger, address)?;
    let mut notes = Vec::new();
    let pushed = if args.passing { passing(pusher, &mut notes) } else { explicit(pusher, &mut notes) };
    notes.iter().for_each(|note| warn(note));
    match pushed {
        Err(Error::Push(error)) if args.passing && error.is_refused() && !address.configured => {
            Ok(ExitCode::SUCCESS)
        }
        // Others hold the ledger, and whoever pushes next sends what it has by then.
        Err(Error::Busy { .. }) if args.passing => Ok(ExitCode::SUCCESS),
        Err(error) => Err(failure(error, address)),
        Ok(_) if args.passing => Ok(ExitCode::SUCCESS),
        Ok(pushed) => report(pushed, &ledger, address, session.screen()),
    }
}

/// Begins anew, without the descriptors that were inherited: a push that outlasts its caller must not keep a pipe or a lock of the
/// caller's open. Only what goes wrong returns.
fn begin_alone() -> Failure {
    close_fds::set_fds_cloexec(3, &[]);
    let program = std::env::current_exe();
    let program = match program {
        Ok(program) => program,
        Err(error) => return Failure::new("cannot find this program").because(error),
    };
    let error = Command::new(program).args(std::env::args_os().skip(1)).arg("--alone").exec();
    Failure::new("cannot begin the push").because(error)
}

/// A ledger that is carried out by another road is not pushed too: its counts would be there twice.
fn check(config: &Config, ledger: &Ledger) -> Result<(), Failure> {
    if let Some(why) = why_nothing_is_recorded(config) {
        return Err(Failure::new(format!("nothing is recorded and nothing pushed: {why}")));
    }
    let Some(road) = other_road(config.carrier, ledger) else { return Ok(()) };
    let message = format!("the ledger is not pushed: telemetry.carrier is {}", config.carrier);
    Err(Failure::new(message)
        .advice(format!("{road}\n  To have it pushed instead, set telemetry.carrier to push.")))
}

/// By which road the counts reach a reader, if it is another than the push.
fn other_road(carrier: Carrier, ledger: &Ledger) -> Option<String> {
    match carrier {
        Carrier::Push | Carrier::None => None,
        Carrier::Serve => Some("Prometheus scrapes it from `telemetry serve`.".to_owned()),
        Carrier::Textfile => Some(match ledger.textfile() {
            Some(file) => {
                format!("node_exporter serves its copy {}, which every run renews.", file.display())
            }
            None => ledger.place().advice.clone().unwrap_or_default(),
        }),
    }
}

fn passing(mut pusher: Pusher, notes: &mut Vec<String>) -> Result<Pushed, Error> {
    pusher.bound = PASSING_BOUND;
    pusher.push(Wish::Passing, notes)
}

fn explicit(mut pusher: Pusher, notes: &mut Vec<String>) -> Result<Pushed, Error> {
    (pusher.patience, pusher.bound) = (EXPLICIT_BOUND, EXPLICIT_BOUND);
    pusher.push(Wish::Explicit, notes)
}

fn report(pushed: Pushed, ledger: &Ledger, address: &Address, screen: Screen) -> Result<ExitCode, Failure> {
    let (place, url) = (ledger.place(), &address.url);
    let sentence = match pushed {
        Pushed::Nothing => format!("nothing to push: nothing was recorded in {} yet", place.folder.display()),
        Pushed::Current => {
            format!("pushed the ledger to {url} as job={} instance={}", place.job, place.instance)
        }
        Pushed::LeftToAnother => {
            let message = "another process has been pushing this ledger for too long";
            return Err(Failure::new(message)
                .advice("What was counted is safe in the ledger. Try again in a moment."));
        }
        _ => format!("pushed the ledger to {url}, which has grown since: the next push carries the rest"),
    };
    output::print_to(screen, &(sentence + "\n"))
}

fn failure(error: Error, address: &Address) -> Failure {
    if matches!(error, Error::Damaged { .. }) {
        return Failure::from(error);
    }
    let refused = matches!(&error, Error::Push(error) if error.is_refused());
    let failure = Failure::from(error);
    if refused && !address.configured {
        return failure.advice("What was counted is safe in the ledger. Start a Pushgateway there, or set telemetry.prometheus.pushgateway_url.");
    }
    failure.advice("What the ledger holds stays there; the next push carries it.")
}

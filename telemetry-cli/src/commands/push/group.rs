//! A group that somebody names: an exposition is pushed to it, or it is deleted.

use super::{exposition, protect};
use crate::failure::{Failure, warn};
use crate::output;
use crate::session::Session;
use crate::tables::harmless;
use clap::Args;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use telemetry_core::config::Address;
use telemetry_core::exposition::Family;
use telemetry_push::{BlockingPushClient, Group, PushClient, PushError, Retry};

/// The job of a group that is not said to be of another.
const JOB: &str = "telemetry_push";

/// How long the gateway may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Which group, and what becomes of it.
#[derive(Debug, Args)]
pub(super) struct GroupArgs {
    /// The job of the group [default: telemetry_push]
    #[arg(long, value_name = "JOB")]
    job: Option<String>,
    /// One more label of the group, of any text; can be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    grouping: Vec<(String, String)>,
    /// Put the exposition in place of everything in the group; else only metrics of the same names are replaced
    #[arg(long)]
    replace: bool,
    /// Delete the group
    #[arg(long)]
    pub(super) delete: bool,
    /// Do it to the group of the ledger, too
    #[arg(long)]
    force: bool,
    /// How long the gateway may take, such as 5, 0.5 or 1m [default: 10s]
    #[arg(long, value_name = "TIME", value_parser = crate::args::timeout)]
    timeout: Option<Duration>,
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE, such as instance=build-1")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl GroupArgs {
    /// Which option makes no sense where the ledger is what is pushed.
    pub(super) fn any(&self) -> Option<&'static str> {
        let given = [
            (self.job.is_some(), "--job"),
            (!self.grouping.is_empty(), "--grouping"),
            (self.replace, "--replace"),
            (self.force, "--force"),
            (self.timeout.is_some(), "--timeout"),
        ];
        given.into_iter().find_map(|(is_given, option)| is_given.then_some(option))
    }

    /// The group.
    ///
    /// # Errors
    /// Wrong usage, where the gateway knows no such group.
    fn group(&self) -> Result<Group, Failure> {
        let group =
            Group { job: self.job.clone().unwrap_or_else(|| JOB.to_owned()), labels: self.grouping.clone() };
        group.check().map_err(|error| Failure::usage(error.to_string()))?;
        Ok(group)
    }
}

/// Deletes a group. One that is not there is as good as deleted.
pub(super) fn delete(args: &GroupArgs, session: &Session) -> Result<ExitCode, Failure> {
    if args.replace {
        return Err(Failure::usage("--delete and --replace are two different things"));
    }
    let group = args.group()?;
    let config = session.config()?;
    if !args.force {
        protect::from_delete(&group, &config)?;
    }
    let address = &config.prometheus.pushgateway_url;
    client(args, &group, address)?.delete().map_err(|error| failure(error, address))?;
    output::print_to(session.screen(), &format!("deleted the group {} at {}\n", words(&group), address.url))
}

/// Pushes an exposition.
pub(super) fn push(file: &Path, args: &GroupArgs, session: &Session) -> Result<ExitCode, Failure> {
    if args.delete {
        return Err(Failure::usage("--delete takes no exposition"));
    }
    let group = args.group()?;
    let config = session.config()?;
    let text = exposition::read(file)?;
    let families = exposition::families(&text, file)?;
    exposition::check(&families, &group)?;
    if !args.force {
        protect::from_push(&group, &families, &config)?;
    }
    let series = exposition::series(&families);
    if series == 0 && !args.replace {
        return output::print_to(
            session.screen(),
            &format!("nothing to push: {} holds no series\n", exposition::name(file)),
        );
    }
    exposition::remarks(&families, &group).iter().for_each(|remark| warn(remark));
    let address = &config.prometheus.pushgateway_url;
    send(&client(args, &group, address)?, args, &families).map_err(|error| failure(error, address))?;
    let how = if args.replace { "in place of what was there" } else { "beside metrics of other names" };
    output::print_to(
        session.screen(),
        &format!("pushed {series} series to {} as {}, {how}\n", address.url, words(&group)),
    )
}

fn send(client: &BlockingPushClient, args: &GroupArgs, families: &[Family<'_>]) -> Result<(), PushError> {
    if args.replace { client.push(families) } else { client.push_add(families) }
}

fn client(args: &GroupArgs, group: &Group, address: &Address) -> Result<BlockingPushClient, Failure> {
    let timeout = args.timeout.unwrap_or(TIMEOUT);
    // Whoever pushes by hand or from a script tries again if that is worth it to them.
    let builder = PushClient::of(address).group(group.clone()).timeout(timeout).retry(Retry::never());
    Ok(builder.build()?.blocking())
}

/// The group as a person reads it.
pub(super) fn words(group: &Group) -> String {
    let labels = group.labels.iter().map(|(name, value)| format!(" {name}={}", harmless(value)));
    format!("job={}{}", harmless(&group.job), labels.collect::<String>())
}

fn failure(error: PushError, address: &Address) -> Failure {
    match error {
        PushError::Refused { .. } if !address.configured => Failure::from(error).advice(
            "Start a Pushgateway there, or set telemetry.prometheus.pushgateway_url to where one is.",
        ),
        PushError::Timeout { .. } => {
            Failure::from(error).advice("It may have taken it or not; doing it again does no harm.")
        }
        error => Failure::from(error),
    }
}

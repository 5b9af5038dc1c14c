//! The copy of the totals for the textfile collector of node_exporter.
//!
//! Its series carry the job and the instance under which the ledger would be pushed, so that the ledgers of two users can stand in one
//! folder: the collector refuses a series that it finds in two files.

use crate::error::{Context, Error};
use crate::fault;
use crate::made;
use crate::place::Place;
use crate::totals::Totals;
use std::fs;
use std::path::{Path, PathBuf};
use telemetry_core::config::{Carrier, Config};
use telemetry_core::exposition::{self, Format, Label};

/// Where the collector of Debian's package looks; elsewhere it looks nowhere unless it is told to.
const DEBIAN: &str = "/var/lib/prometheus/node-exporter";

/// Where the copy is kept, and whose it is.
#[derive(Debug, Clone)]
pub(crate) struct Textfile {
    file: PathBuf,
    job: String,
    instance: String,
}

impl Textfile {
    /// The copy that the configuration asks for; none where another carrier is configured.
    pub(crate) fn of(config: &Config, place: &Place) -> Option<Self> {
        let wanted = config.carrier == Carrier::Textfile;
        wanted.then(|| Self {
            file: config
                .textfile_path
                .as_deref()
                .unwrap_or_else(|| Path::new(DEBIAN))
                .join(place.file_name()),
            job: place.job.clone(),
            instance: place.instance.clone(),
        })
    }

    /// Replaces the copy, whole. It can be had again from the ledger, so it is not synced.
    pub(crate) fn write(&self, totals: &Totals) -> Result<(), Error> {
        // The collector reads whatever ends in `.prom`.
        let new = self.file.with_extension("new");
        made::write(&new, self.text(totals).as_bytes())?;
        fault::step().and_then(|()| fs::rename(&new, &self.file)).context("replace", &self.file)
    }

    fn text(&self, totals: &Totals) -> String {
        let mut families = totals.families();
        for metric in families.iter_mut().flat_map(|family| &mut family.metrics) {
            for (name, value) in [("job", &self.job), ("instance", &self.instance)] {
                if metric.labels.iter().all(|label| label.name != name) {
                    metric.labels.push(Label::new(name, value.as_str()));
                }
            }
        }
        let mut text = String::new();
        exposition::write(&families, Format::Text, &mut text);
        text
    }
}

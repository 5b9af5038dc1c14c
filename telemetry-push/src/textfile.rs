//! The copy of the totals for the textfile collector of node_exporter.
//!
//! Several ledgers may keep their copies in one folder, of several users and of several versions of this program, and the collector serves
//! them side by side: each has a file name of its own, and its series carry the job and the instance under which the ledger would be
//! pushed. The collector drops the series of a metric whose help text differs from that in another file; a copy therefore has one help
//! text for all, which no version changes.
//!
//! The first line of a copy names the ledger and the generation that it is of, so that a copy which was not written, such as on a full
//! disk, is known and made up for by whoever holds the ledger's lock next.

use crate::error::{Context, Error};
use crate::families::PREFIX;
use crate::fault;
use crate::made;
use crate::place::Place;
use crate::totals::Totals;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use telemetry_core::config::{Carrier, Config};
use telemetry_core::exposition::{self, Family, Format, Label};

/// Where the collector of Debian's package looks; elsewhere it looks nowhere unless it is told to.
const DEBIAN: &str = "/var/lib/prometheus/node-exporter";

/// The help text of every metric.
const HELP: &str = "Kept in a ledger of telemetry; its command `telemetry list` says what it is";

/// The most that is read of a first line, in bytes; none is longer.
const LONGEST_LINE: u64 = 200;

/// Where the copy is kept, and whose it is.
#[derive(Debug, Clone)]
pub(crate) struct Textfile {
    file: PathBuf,
    job: String,
    instance: String,
}

impl Textfile {
    /// The copy that the configuration asks for; none where another carrier is configured, and none of a ledger that does not last:
    /// each container would leave a copy under a name of its own.
    pub(crate) fn of(config: &Config, place: &Place) -> Option<Self> {
        let wanted = config.carrier == Carrier::Textfile && place.advice.is_none();
        let folder = config.textfile_path.as_deref().unwrap_or_else(|| Path::new(DEBIAN));
        wanted.then(|| Self {
            file: folder.join(place.file_name()),
            job: place.job.clone(),
            instance: place.instance.clone(),
        })
    }

    /// The file of the copy.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// Replaces the copy, whole, unless it is of these totals already. Under the lock of the ledger alone, and once the totals are durable
    /// there, so that a copy is never of more than the ledger has.
    ///
    /// It is synced: an older one, as a power cut might bring it back, would let counters go down.
    pub(crate) fn keep(&self, totals: &Totals) -> Result<(), Error> {
        if self.is_of(totals) {
            return Ok(());
        }
        // The collector reads whatever ends in `.prom`.
        let new = self.file.with_extension("new");
        self.replace(&new, &self.text(totals)).inspect_err(|_| {
            let _nothing_is_left = fs::remove_file(&new);
        })
    }

    fn replace(&self, new: &Path, text: &str) -> Result<(), Error> {
        let file = made::write(new, text.as_bytes())?;
        made::open_to_readers(&file, new)?;
        fault::step().and_then(|()| file.sync_all()).context("sync", new)?;
        fault::step().and_then(|()| fs::rename(new, &self.file)).context("replace", &self.file)?;
        if let Some(folder) = self.file.parent() {
            // Who may write in a folder may not always open it.
            let _in_its_place = made::sync_folder(folder);
        }
        Ok(())
    }

    fn is_of(&self, totals: &Totals) -> bool {
        let mut line = String::new();
        let first = File::open(&self.file)
            .and_then(|file| BufReader::new(file.take(LONGEST_LINE)).read_line(&mut line));
        first.is_ok() && line == first_line(totals)
    }

    fn text(&self, totals: &Totals) -> String {
        let mut families = totals.families();
        families.iter_mut().for_each(|family| self.label(family));
        let mut text = first_line(totals);
        exposition::write(&families, Format::Text, &mut text);
        text
    }

    fn label(&self, family: &mut Family<'_>) {
        family.help = Some(HELP.into());
        for metric in &mut family.metrics {
            for (name, value) in [("job", &self.job), ("instance", &self.instance)] {
                if metric.labels.iter().all(|label| label.name != name) {
                    metric.labels.push(Label::new(name, value.clone()));
                }
            }
        }
    }
}

fn first_line(totals: &Totals) -> String {
    format!("{PREFIX}copy id={} generation={}\n", totals.id, totals.generation)
}

#[cfg(test)]
mod tests {
    use super::Textfile;
    use crate::fault::{Fault, armed};
    use crate::place::Place;
    use crate::{Carry, Ledger};
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use telemetry_core::Registry;
    use telemetry_core::catalog::{LLM_RETRIES, LlmRetries};
    use telemetry_core::config::{Carrier, Config};
    use telemetry_core::exposition::{Format, Value, parse};

    /// A host whose node_exporter reads a folder, and one process that counts on it.
    struct Host {
        folder: tempfile::TempDir,
        ledger: Ledger,
        registry: Registry,
        carry: Carry,
    }

    impl Host {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let config = Config {
                carrier: Carrier::Textfile,
                ledger_path: Some(folder.path().join("state")),
                textfile_path: Some(folder.path().join("collector")),
                ..Config::default()
            };
            fs::create_dir(folder.path().join("collector")).unwrap();
            let (ledger, registry) = (Ledger::new(&config).unwrap(), Registry::new(&config));
            let carry = Carry::new(ledger.clone(), registry.clone());
            Self { folder, ledger, registry, carry }
        }

        fn count(&self) {
            LLM_RETRIES.in_registry(&self.registry).with(|| LlmRetries { provider: "a" }).inc();
        }

        /// The count in a ledger or its copy, which is whole whenever it is there.
        fn copied(&self) -> f64 {
            let text = fs::read_to_string(self.ledger.textfile().unwrap()).unwrap_or_default();
            let families = parse(&text, Format::Text).unwrap();
            let metric = families.iter().find(|family| family.name == "sase_llm_retries_total");
            match metric.map(|family| &family.metrics[0].value) {
                Some(Value::Counter(counter)) => counter.value,
                _ => 0.0,
            }
        }
    }

    #[test]
    fn wherever_a_merge_dies_or_fails_the_copy_is_whole_and_the_next_look_brings_it_up_to_date() {
        for (fault, steps) in [(Fault::Dies as fn(u32) -> Fault, 40), (Fault::Fails, 40)] {
            for step in 0..steps {
                let mut host = Host::new();
                host.count();
                host.carry.merge().unwrap();
                host.count();
                let _ended = armed(Some(fault(step)), || host.carry.merge());
                let copied = host.copied();
                assert!([1.0, 2.0].contains(&copied), "{:?}: {copied}", fault(step));
                let totals = host.ledger.totals(&mut Vec::new()).unwrap().unwrap();
                let merged = totals.exposition().contains("provider=\"a\"} 2");
                assert_eq!(host.copied(), if merged { 2.0 } else { 1.0 }, "{:?}", fault(step));
            }
        }
    }

    #[test]
    fn a_folder_that_is_gone_is_told_and_made_up_for_by_a_merge_that_changes_nothing() {
        let mut host = Host::new();
        let (collector, gone) = (host.folder.path().join("collector"), host.folder.path().join("gone"));
        fs::rename(&collector, &gone).unwrap();
        host.count();
        let merged = host.carry.merge().unwrap();
        assert!(merged.durable && merged.notes.len() == 1, "{merged:?}");
        assert!(merged.notes[0].contains("textfile_path") && merged.notes[0].contains("os error 2"));
        fs::rename(&gone, &collector).unwrap();
        let mut other = Carry::new(host.ledger.clone(), Registry::new(&Config::default()));
        assert_eq!(other.merge().unwrap().notes, Vec::<String>::new());
        assert_eq!(host.copied(), 1.0);
    }

    #[test]
    fn a_copy_that_is_current_is_left_alone_and_everybody_may_read_it() {
        let mut host = Host::new();
        host.count();
        host.carry.merge().unwrap();
        let file = host.ledger.textfile().unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o444, 0o444);
        let text = fs::read_to_string(file).unwrap();
        let marked = format!("{text}# mark\n");
        fs::write(file, &marked).unwrap();
        host.ledger.totals(&mut Vec::new()).unwrap();
        assert_eq!(fs::read_to_string(file).unwrap(), marked);
    }

    #[test]
    fn a_ledger_that_does_not_last_has_no_copy() {
        let config = Config { carrier: Carrier::Textfile, ..Config::default() };
        let place = Place::below("/l".as_ref(), "job", "0123456789ab");
        assert!(Textfile::of(&config, &place).is_some());
        assert!(Textfile::of(&config, &Place { advice: Some("…".to_owned()), ..place }).is_none());
        let place = Place::below("/l".as_ref(), "job", "0123456789ab");
        assert!(Textfile::of(&Config::default(), &place).is_none(), "another carrier");
    }
}

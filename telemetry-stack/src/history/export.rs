//! Everything as text, for another system to load.

use super::History;
use std::io::{self, Write};
use telemetry_query::{Labels, METRIC_NAME, Sample, Selection, Store, is_stale};

/// What was exported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exported {
    /// How many samples were written.
    pub samples: u64,
    /// How many marks of staleness were left out, because the format has no way to write them.
    pub stale: u64,
}

impl History {
    /// Writes all samples from `start` to `end`, in milliseconds since 1970, in the text format of OpenMetrics with timestamps, as
    /// `promtool tsdb create-blocks-from openmetrics` reads it. Marks of staleness cannot be written in it: where a series ended, whoever
    /// loads the text sees its last value for as long as values are looked back for.
    ///
    /// # Errors
    /// When it cannot be read, or not be written where it is wanted.
    pub fn export(&self, out: &mut dyn Write, start: i64, end: i64) -> Result<Exported, ExportError> {
        let selected = self.select(&Selection { matchers: &[], start, end }).map_err(ExportError::Read)?;
        let (mut exported, mut samples, mut line) = (Exported::default(), Vec::new(), Vec::new());
        for series in selected {
            samples.clear();
            series.read(&mut samples).map_err(ExportError::Read)?;
            samples.retain(|sample| (start..=end).contains(&sample.timestamp));
            let text = series_text(series.labels());
            for sample in &samples {
                if is_stale(sample.value) {
                    exported.stale += 1;
                } else {
                    exported.samples += 1;
                    write_line(&mut line, &text, *sample)?;
                    out.write_all(&line)?;
                }
            }
        }
        out.write_all(b"# EOF\n")?;
        Ok(exported)
    }
}

/// Why a history could not be exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// It cannot be read.
    #[error("cannot read the history")]
    Read(#[source] telemetry_query::StoreError),
    /// It cannot be written.
    #[error("cannot write the text")]
    Write(#[from] io::Error),
}

fn write_line(line: &mut Vec<u8>, series: &str, sample: Sample) -> io::Result<()> {
    line.clear();
    let (sign, time) = (if sample.timestamp < 0 { "-" } else { "" }, sample.timestamp.unsigned_abs());
    let (seconds, thousandths) = (time / 1000, time % 1000);
    write!(line, "{series} ")?;
    match sample.value {
        value if value == f64::INFINITY => line.extend_from_slice(b"+Inf"),
        value if value == f64::NEG_INFINITY => line.extend_from_slice(b"-Inf"),
        value => write!(line, "{value:?}")?,
    }
    writeln!(line, " {sign}{seconds}.{thousandths:03}")
}

fn series_text(labels: &Labels) -> String {
    let name = labels.get(METRIC_NAME);
    let others = labels.iter().filter(|label| &*label.name != METRIC_NAME);
    let mut parts: Vec<String> =
        others.map(|label| format!("{}=\"{}\"", label.name, escaped(&label.value))).collect();
    if is_classic(name) {
        return format!("{name}{{{}}}", parts.join(","));
    }
    parts.insert(0, format!("\"{}\"", escaped(name)));
    format!("{{{}}}", parts.join(","))
}

/// Whether every version of the format can have this name in front of the labels.
fn is_classic(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    name.chars().all(allowed) && name.starts_with(|first: char| !first.is_ascii_digit())
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

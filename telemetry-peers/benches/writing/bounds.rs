//! What bounds the price from above and below: each line by `write!`, and a copy of the text that is there already.

use super::Write;
use super::content::Content;
use std::fmt::Write as _;
use telemetry_peers::given::BOUNDS;

pub(crate) fn writers(content: &Content) -> Vec<(&'static str, Write)> {
    let naive = content.clone();
    let mut text = String::new();
    write_all(&naive, &mut text).unwrap();
    vec![
        ("`write!` for each line", Box::new(move |out| write_all(&naive, out).unwrap())),
        ("a copy of the finished text", Box::new(move |out| out.push_str(&text))),
    ]
}

/// Without escapes, and from numbers that nobody changes meanwhile.
fn write_all(content: &Content, out: &mut String) -> std::fmt::Result {
    for ([provider, project, status], count) in &content.counters {
        let labels = format_args!("provider=\"{provider}\",project=\"{project}\",status=\"{status}\"");
        writeln!(out, "bench_runs_total{{{labels}}} {count}")?;
    }
    for ([provider, project], count) in &content.gauges {
        writeln!(out, "bench_agents{{provider=\"{provider}\",project=\"{project}\"}} {count}")?;
    }
    for ([provider, workflow], seconds) in &content.histograms {
        let labels = format_args!("provider=\"{provider}\",workflow=\"{workflow}\"");
        for (bound, cumulative) in BOUNDS.iter().zip(1..) {
            writeln!(out, "bench_seconds_bucket{{{labels},le=\"{bound}\"}} {cumulative}")?;
        }
        writeln!(out, "bench_seconds_bucket{{{labels},le=\"+Inf\"}} {}", seconds.len())?;
        writeln!(out, "bench_seconds_sum{{{labels}}} {}", seconds.len() as f64 * 1.7)?;
        writeln!(out, "bench_seconds_count{{{labels}}} {}", seconds.len())?;
    }
    Ok(())
}

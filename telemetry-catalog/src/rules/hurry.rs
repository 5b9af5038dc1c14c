//! Rule files with windows of seconds, so that what takes hours in a fleet can be watched in a minute.

/// Where a span of time stands in the files: behind one of these.
const BEFORE: [&str; 9] = [
    "[",
    " offset ",
    "for: ",
    "scrape_interval: ",
    "evaluation_interval: ",
    "scrape_timeout: ",
    "group_wait: ",
    "group_interval: ",
    "repeat_interval: ",
];

/// The text of a rule file, of a configuration of Prometheus or Alertmanager, or of an expression, with every span of time replaced by one
/// of at most half a minute; longer spans stay longer than shorter ones.
///
/// ```
/// use telemetry_catalog::rules::hurried;
///
/// assert_eq!(hurried("increase(x[5m]) > increase(x[5m] offset 1d)"), "increase(x[8s]) > increase(x[8s] offset 24s)");
/// ```
#[must_use]
pub fn hurried(text: &str) -> String {
    every_span(text, short)
}

/// The same, but days stay days: what is compared with another day finds nothing there, and so it says nothing.
///
/// ```
/// use telemetry_catalog::rules::hurried_below_a_day;
///
/// assert_eq!(hurried_below_a_day("increase(x[5m] offset 1d)"), "increase(x[8s] offset 1d)");
/// ```
#[must_use]
pub fn hurried_below_a_day(text: &str) -> String {
    every_span(text, |span| if span.ends_with('d') { None } else { short(span) })
}

/// The text with each span of time as `change` has it; one for which it has nothing stays.
fn every_span(text: &str, change: fn(&str) -> Option<String>) -> String {
    BEFORE.iter().fold(text.to_owned(), |text, before| replaced(&text, before, change))
}

fn replaced(text: &str, before: &str, change: fn(&str) -> Option<String>) -> String {
    let mut parts = text.split(before);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut out, part| {
        let length = part.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(part.len());
        let (span, rest) = part.split_at(length);
        out.push_str(before);
        out.push_str(&change(span).unwrap_or_else(|| span.to_owned()));
        out.push_str(rest);
        out
    })
}

/// What stands for a span of time; nothing for what is none.
fn short(span: &str) -> Option<String> {
    let unit = span.char_indices().last()?.0;
    let (count, unit) = (span[..unit].parse::<u32>().ok()?, &span[unit..]);
    let seconds = match (count, unit) {
        (_, "s") => 1,
        (..=2, "m") => 2,
        (..=5, "m") => 8,
        (..=10, "m") => 10,
        (..=15, "m") => 12,
        (_, "m") => 16,
        (_, "h") => 20,
        (days, "d") => days.saturating_add(23),
        _ => return None,
    };
    Some(format!("{seconds}s"))
}

#[cfg(test)]
mod tests {
    use super::{hurried, hurried_below_a_day};

    #[test]
    fn spans_are_shortened_where_they_are_spans() {
        let rule = "for: 2m\nexpr: increase(x[30m]) < max_over_time(x[1d] offset 7d) and a:b:increase30m{type=\"[x]\"}";
        let short = "for: 2s\nexpr: increase(x[16s]) < max_over_time(x[24s] offset 30s) and a:b:increase30m{type=\"[x]\"}";
        assert_eq!(hurried(rule), short);
        let days_kept = "for: 2s\nexpr: increase(x[16s]) < max_over_time(x[1d] offset 7d) and a:b:increase30m{type=\"[x]\"}";
        assert_eq!(hurried_below_a_day(rule), days_kept);
    }

    #[test]
    fn what_is_no_span_stays_as_it_is() {
        for text in ["x[0-9]", "a offset b", "for: ", "[", "é[ü]", "{le=\"5\"}"] {
            assert_eq!(hurried(text), text);
        }
    }
}

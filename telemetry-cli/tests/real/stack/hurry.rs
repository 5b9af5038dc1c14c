//! The generated files with windows of seconds, so that what takes hours in a fleet can be watched in a minute.

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

/// The text with every span of time replaced by a shorter one; longer spans stay longer than shorter ones.
pub(crate) fn hurried(text: &str) -> String {
    BEFORE.iter().fold(text.to_owned(), |text, before| replaced(&text, before))
}

fn replaced(text: &str, before: &str) -> String {
    let mut parts = text.split(before);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut out, part| {
        let length = part.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(part.len());
        let (span, rest) = part.split_at(length);
        out.push_str(before);
        out.push_str(&short(span).unwrap_or_else(|| span.to_owned()));
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
        (days, "d") => 23 + days,
        _ => return None,
    };
    Some(format!("{seconds}s"))
}

#[test]
fn spans_are_shortened_where_they_are_spans() {
    let rule =
        "for: 2m\nexpr: increase(x[30m]) < max_over_time(x[1d] offset 7d) and a:b:increase30m{type=\"[x]\"}";
    let hurried_rule = "for: 2s\nexpr: increase(x[16s]) < max_over_time(x[24s] offset 30s) and a:b:increase30m{type=\"[x]\"}";
    assert_eq!(hurried(rule), hurried_rule);
}

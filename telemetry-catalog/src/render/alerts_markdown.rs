//! The runbook, `docs/alerts.md`: every alert with its meaning, its limits, its expression, and what to do about it.

use super::markdown::anchor;
use crate::indicator::{AT_LEAST_EVENTS, Beyond, Indicator, Level, Severity, Step, Unit, indicators};
use crate::promql::{Record, Scope, Vector, Window};
use crate::rules::{alert_rules, amount};
use crate::subsystems;
use std::fmt::Write as _;
use telemetry_core::config::Config;
use telemetry_core::metric::Subsystem;

/// Where Alertmanager listens unless something else is configured.
const ALERTMANAGER: &str = "http://localhost:9093";

/// The page: how to read it, a table of all alerts, and an entry for each, under a heading to which the alert's `runbook_url` leads.
///
/// ```
/// use telemetry_core::config::Config;
///
/// let page = telemetry_catalog::render::alerts_markdown(&Config::default());
/// assert!(page.contains("\n### AgentRunsFailing\n"));
/// ```
#[must_use]
pub fn alerts_markdown(config: &Config) -> String {
    let mut page = String::from("# Alerts\n\n");
    page.push_str(&introduction(config));
    page.push_str(&reading());
    subsystems().for_each(|subsystem| page.push_str(&section(subsystem, config)));
    page
}

/// The same page of the alerts of these subsystems alone, and the whole of it where they are all.
///
/// ```
/// use telemetry_catalog::{find_subsystem, render};
/// use telemetry_core::config::Config;
///
/// let agent = find_subsystem("agent").unwrap();
/// let page = render::alerts_markdown_of(&[agent], &Config::default());
/// assert!(page.contains("### AgentRunsFailing") && !page.contains("### LlmErrors"));
/// ```
#[must_use]
pub fn alerts_markdown_of(wanted: &[&'static Subsystem], config: &Config) -> String {
    if subsystems().eq(wanted.iter().copied()) {
        return alerts_markdown(config);
    }
    let mut page = String::from("# Alerts\n");
    page.push_str(&reading());
    wanted.iter().for_each(|subsystem| page.push_str(&section(subsystem, config)));
    page
}

fn section(subsystem: &Subsystem, config: &Config) -> String {
    let mut text = format!("\n## {}\n", subsystem.title);
    of_subsystem(subsystem).for_each(|indicator| text.push_str(&entry(indicator, config)));
    text
}

fn of_subsystem(subsystem: &Subsystem) -> impl Iterator<Item = &'static Indicator> {
    indicators().filter(move |indicator| indicator.subsystem == subsystem)
}

fn introduction(config: &Config) -> String {
    let (count, rules) = (indicators().count(), alert_rules(config).len());
    let mut text = format!(
        "{count} health indicators, and {rules} alert rules that follow from them. Each alert links to its entry on this page, which says what it \
         means, what usually is behind it and what to do.\n"
    );
    for subsystem in subsystems() {
        // Writing into a string cannot fail, here and below.
        let _ = write!(
            text,
            "\n**[{}](#{})**\n\n| alert | fires on | warning | critical |\n|---|---|---|---|\n",
            subsystem.title,
            anchor(subsystem.title)
        );
        of_subsystem(subsystem).for_each(|indicator| text.push_str(&row(indicator, config)));
    }
    text
}

fn row(indicator: &Indicator, config: &Config) -> String {
    let levels = indicator.limits.levels(&config.health_thresholds);
    let at = |severity| {
        let level = levels.iter().find(|level| level.severity == severity)?;
        Some(bound(indicator, level.limit))
    };
    let information = at(Severity::Info).map(|bound| format!("{bound}, for information only"));
    format!(
        "| [{}](#{}) | {}{} | {} | {} |\n",
        indicator.alert,
        indicator.anchor(),
        indicator.title,
        in_window(indicator.over),
        at(Severity::Warning).or(information).unwrap_or_default(),
        at(Severity::Critical).unwrap_or_default()
    )
}

fn in_window(window: Window) -> String {
    if window == Window::ZERO { String::new() } else { format!(", over {window}") }
}

fn reading() -> String {
    let few = AT_LEAST_EVENTS;
    format!(
        "
## How to read this page

- The **window** is how far back an alert looks. It is longer where events are rare, so that one failure among few does not wake anybody.
- A **limit** that names a setting follows it: `telemetry.health_thresholds` in `sase.yml`. The others are fixed.
- An alert fires after its condition has held without a break **for** the time that its entry names, and ends as soon as the condition does.
- **Critical** is to be looked at now, **warning** in working hours, and **info** calls nobody. The label `severity` has the word. While the
  critical alert of an indicator fires, Alertmanager keeps back the warning about the same thing, so that one trouble is one message.
- **Shares** of fewer than {few} events within the window page nobody.
- **Events are counted**, and not estimated as PromQL's `increase` does: a series that is born with its first event counts with it, if its target
  was up or its group was pushed when the window began. Only where a counter began anew within the window it is `increase`, which may be
  a little too much. What was never counted is 0 as soon as its target is there; what is away has no value, so that its alerts are silent
  and those about the target fire. A **percentile** needs no least number, and does not see what a histogram is born with.
- A run that was **killed** and an operation that met a **conflict** are no failures.
- The **expression** uses recorded series, which are named `level:metric:operation`; the level is the labels that are kept, or `fleet`. The
  queries under *What to look at* use none, so that they can be pasted into any Prometheus. They estimate with `increase` where
  that is near enough.
"
    )
}

fn entry(indicator: &'static Indicator, config: &Config) -> String {
    let mut text = format!("\n### {}\n\n{}\n\n", indicator.alert, indicator.runbook.meaning);
    text.push_str(&facts(indicator, config));
    text.push_str("\n**Likely causes**\n\n");
    for cause in indicator.runbook.causes {
        let _ = writeln!(text, "1. {}", linked(cause));
    }
    text.push_str("\n**What to look at**\n\n");
    let steps: Vec<_> =
        indicator.runbook.look_at.iter().map(|step| self::step(step, indicator, config)).collect();
    text.push_str(&steps.concat());
    text.push_str(&silencing(indicator, config));
    text.push_str(&expression(indicator, config));
    text
}

/// The table of what can be said in a few words.
fn facts(indicator: &Indicator, config: &Config) -> String {
    let mut text = String::from("| | |\n|---|---|\n");
    let mut fact = |what: &str, says: &str| {
        let _ = writeln!(text, "| {what} | {says} |");
    };
    fact("measures", &format!("{}, {}", indicator.title, unit(indicator.unit)));
    if indicator.over != Window::ZERO {
        fact("window", &format!("the last {}", indicator.over.words()));
    }
    let levels = indicator.limits.levels(&config.health_thresholds);
    let keys = indicator.limits.keys();
    for (at, Level { severity, limit }) in levels.iter().enumerate() {
        let key = keys.get(at).map(|key| format!(" (`telemetry.{key}`)")).unwrap_or_default();
        fact(severity.as_str(), &format!("{}{key}", bound(indicator, *limit)));
    }
    if let Some(least) = indicator.measure.least_events() {
        fact("events", &format!("at least {least} within the window"));
    }
    fact("fires", &holding(indicator.hold));
    if !indicator.by.is_empty() {
        fact("told apart by", &code_list(indicator.by));
    }
    let metrics = metrics(indicator, config);
    if !metrics.is_empty() {
        fact("looks at", &metrics);
    }
    text
}

fn holding(hold: Window) -> String {
    match hold {
        Window::ZERO => "at once".to_owned(),
        hold => format!("after {} without a break", hold.words()),
    }
}

const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Share => "in percent",
        Unit::Seconds => "in seconds",
        Unit::Count => "as a number",
        Unit::Times => "as a multiple",
        Unit::State => "1 where it is so and 0 where it is not",
    }
}

/// What lies beyond a limit, in words.
fn bound(indicator: &Indicator, limit: f64) -> String {
    let limit = amount(indicator.unit, limit);
    match (indicator.beyond, indicator.unit) {
        (Beyond::Above, Unit::State) => "where it is so".to_owned(),
        (Beyond::FallsTo, Unit::State) => "where it is not so".to_owned(),
        (Beyond::AtLeast, _) => format!("{limit} or more"),
        (Beyond::Above, _) => format!("more than {limit}"),
        (Beyond::FallsTo, _) => limit,
    }
}

fn metrics(indicator: &Indicator, config: &Config) -> String {
    let links = indicator.metrics(config).into_iter().map(|def| format!("[`{0}`](metrics.md#{0})", def.name));
    links.collect::<Vec<_>>().join(", ")
}

fn code_list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// A step as a point of a numbered list, its query indented so that it belongs to the point.
fn step(step: &Step, indicator: &Indicator, config: &Config) -> String {
    let mut text = format!("1. {}\n", linked(step.text));
    if let Some(query) = step.query {
        let query = query.vector(indicator, config).written(&Scope::plain());
        let _ = writeln!(text, "\n   ```promql\n   {}\n   ```\n", query.replace('\n', "\n   "));
    }
    text
}

/// The sentence, in which each alert that it names has become a link to its entry.
fn linked(sentence: &str) -> String {
    indicators().fold(sentence.to_owned(), |text, other| {
        let link = format!("[{}](#{})", other.alert, other.anchor());
        text.replace(&format!("`{}`", other.alert), &link)
    })
}

fn silencing(indicator: &Indicator, config: &Config) -> String {
    let url = config.prometheus.alertmanager_url.as_ref().map_or(ALERTMANAGER, |address| &address.url);
    let alert = indicator.alert;
    let narrowed: String = indicator.by.iter().map(|label| format!(" {label}=VALUE")).collect();
    let which = if narrowed.is_empty() { "" } else { ", with the labels of the alert that called you" };
    let mut text = format!(
        "\n**How to silence it**\n\nFor two hours{which}:\n\n```sh\namtool silence add --alertmanager.url={url} \
         --duration=2h --comment=\"WHY\" alertname={alert}{narrowed}\n```\n\n\
         Or press *Silence* at the alert on the page of Alertmanager, {url}."
    );
    match indicator.limits.keys() {
        [] => text.push_str(" Its limits are fixed.\n"),
        keys => {
            let keys: Vec<_> = keys.iter().map(|key| format!("`telemetry.{key}`")).collect();
            let _ = writeln!(
                text,
                " If what you see is normal for your fleet, change {} and export the rules again.",
                keys.join(" and ")
            );
        }
    }
    text
}

/// The condition of each level, and what the recorded series in them are computed from.
fn expression(indicator: &Indicator, config: &Config) -> String {
    let levels = indicator.limits.levels(&config.health_thresholds);
    let conditions: Vec<_> = levels
        .iter()
        .map(|Level { severity, limit }| {
            let condition = indicator.condition(config, *limit).written(&Scope::rules());
            format!("# {}\n{condition}\n", severity.as_str())
        })
        .collect();
    let mut text = format!("\n**Expression**\n\n```promql\n{}```\n", conditions.join("\n"));
    let records: Vec<_> = records(indicator, config);
    if !records.is_empty() {
        let rules: Vec<_> =
            records.iter().map(|Record { name, expr, .. }| format!("# {name}\n{expr}\n")).collect();
        let _ = write!(text, "\nThe recorded series in it:\n\n```promql\n{}```\n", rules.join("\n"));
    }
    text
}

fn records(indicator: &Indicator, config: &Config) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    for record in indicator.vectors(config).iter().flat_map(Vector::records) {
        if !records.contains(&record) {
            records.push(record);
        }
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::runbook_url;
    use std::collections::BTreeSet;

    fn page() -> String {
        alerts_markdown(&Config::default())
    }

    /// The entry under this heading.
    fn entry_of<'a>(page: &'a str, alert: &str) -> &'a str {
        let (_, rest) = page.split_once(&format!("\n### {alert}\n")).unwrap();
        rest.split("\n## ").next().and_then(|rest| rest.split("\n### ").next()).unwrap()
    }

    /// The anchors of all headings; a comment inside a query is none.
    fn anchors(page: &str) -> Vec<String> {
        let outside = page.split("```").step_by(2).flat_map(str::lines);
        let headings = outside.filter(|line| line.starts_with('#'));
        headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
    }

    #[test]
    fn every_runbook_url_leads_to_exactly_one_heading() {
        let (page, config) = (page(), Config::default());
        let anchors = anchors(&page);
        for indicator in indicators() {
            let url = runbook_url(&config, indicator);
            let (_, wanted) = url.split_once('#').unwrap();
            assert_eq!(anchors.iter().filter(|anchor| *anchor == wanted).count(), 1, "{url}");
        }
    }

    #[test]
    fn every_link_within_the_page_leads_to_a_heading_and_every_other_to_a_metric() {
        let page = page();
        let anchors: BTreeSet<_> = anchors(&page).into_iter().collect();
        for link in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            match link.split_once('#').unwrap() {
                ("", anchor) => assert!(anchors.contains(anchor), "{link}"),
                (file, name) => assert!(file == "metrics.md" && crate::find_metric(name).is_some(), "{link}"),
            }
        }
    }

    #[test]
    fn every_entry_says_all_that_is_known() {
        let (page, config) = (page(), Config::default());
        for indicator in indicators() {
            let entry = entry_of(&page, indicator.alert);
            assert!(entry.contains(indicator.runbook.meaning), "{entry}");
            for part in ["Likely causes", "What to look at", "How to silence it", "Expression"] {
                assert_eq!(entry.matches(&format!("\n**{part}**\n")).count(), 1, "{entry}");
            }
            for rule in alert_rules(&config).iter().filter(|rule| rule.indicator == indicator) {
                assert!(entry.contains(&rule.expr) && entry.contains(rule.severity().as_str()), "{entry}");
            }
            for record in indicator.vectors(&config).iter().flat_map(Vector::records) {
                assert!(entry.contains(&record.expr), "{}: {}", indicator.alert, record.name);
            }
            assert!(entry.contains(&format!("alertname={}", indicator.alert)), "{entry}");
        }
    }

    #[test]
    fn the_users_numbers_names_and_addresses_are_on_the_page() {
        let mut config = Config::default();
        config.health_thresholds.error_rate_warn = 7.5;
        config.prometheus.job = "my \"job\"".to_owned();
        config.prometheus.alertmanager_url = telemetry_core::config::Address::parse("alerts.example:1").ok();
        let page = alerts_markdown(&config);
        let failing = entry_of(&page, "AgentRunsFailing");
        assert!(
            failing.contains("| warning | 7.5% or more (`telemetry.health_thresholds.error_rate_warn`) |"),
            "{failing}"
        );
        assert!(failing.contains("--alertmanager.url=http://alerts.example:1 "), "{failing}");
        assert!(entry_of(&page, "PushGroupStale").contains(r#"push_time_seconds{job="my \"job\""}"#));
    }

    #[test]
    fn limits_are_said_as_they_are_compared() {
        let page = page();
        for (alert, fact) in [
            ("LlmSlow", "| critical | 2m or more |"),
            ("LlmOutputTokensSurge", "| warning | more than 3 |"),
            ("AxeStalled", "| critical | where it is so |"),
            ("PushgatewayDown", "| critical | where it is not so |"),
            ("PushGroupStale", "| warning | more than 1d |"),
            ("StrangeTarget", "| info | where it is so |"),
            ("AxeCycleErrors", "| fires | at once |"),
            ("LlmErrors", "| events | at least 5 within the window |"),
        ] {
            let entry = entry_of(&page, alert);
            assert!(entry.contains(fact), "{alert}: {fact}\n{entry}");
        }
    }

    #[test]
    fn an_alert_that_a_sentence_names_is_a_link() {
        assert_eq!(
            linked("See `LlmErrors`, and `LlmSlow`."),
            "See [LlmErrors](#llmerrors), and [LlmSlow](#llmslow)."
        );
    }

    #[test]
    fn the_page_is_the_same_each_time_and_has_no_line_that_ends_in_a_blank() {
        let page = page();
        assert_eq!(page, self::page());
        assert!(page.ends_with('\n') && !page.ends_with("\n\n") && !page.contains("\n\n\n"));
        assert!(page.lines().all(|line| line.trim_end() == line));
    }
}

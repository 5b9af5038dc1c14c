//! The runbook and the reference of the metrics as HTML.

use maud::{Markup, PreEscaped};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};
use std::collections::HashMap;
use telemetry_catalog::indicator::indicators;
use telemetry_catalog::render::{alerts_markdown, anchor, metrics_markdown};
use telemetry_core::config::Config;

/// Where the pages are.
pub(super) const RUNBOOK: &str = "/runbook";
pub(super) const METRICS: &str = "/metrics-reference";

/// The pages that are made of Markdown, made once.
pub(super) struct Documents {
    pub(super) runbook: Markup,
    pub(super) metrics: Markup,
    /// What the runbook says of each alert.
    entries: HashMap<&'static str, Markup>,
}

impl Documents {
    pub(super) fn new(config: &Config) -> Self {
        let runbook = alerts_markdown(config);
        let entry = |alert: &'static str| Some((alert, rendered(entry(&runbook, alert)?, RUNBOOK)));
        let entries = indicators().filter_map(|indicator| entry(indicator.alert)).collect();
        Self { entries, metrics: rendered(&metrics_markdown(), ""), runbook: rendered(&runbook, "") }
    }

    /// What the runbook says of an alert, if it is one of ours.
    pub(super) fn entry(&self, alert: &str) -> Option<&Markup> {
        self.entries.get(alert)
    }
}

/// What the runbook says of these alerts, for a page that stands by itself: nothing in it leads to pages of ours.
pub(crate) fn alone(config: &Config, alerts: &[&str]) -> Vec<Option<Markup>> {
    let runbook = alerts_markdown(config);
    let parser = |text| Parser::new_ext(text, Options::ENABLE_TABLES).filter(leads_nowhere());
    let of = |alert: &&str| {
        Some(written(parser(entry(&runbook, alert)?).map(|event| harmless(event, "")).collect()))
    };
    alerts.iter().map(of).collect()
}

/// Whether an event is not that of a link within our pages, of which the words stay. Links are not within links.
fn leads_nowhere() -> impl FnMut(&Event<'_>) -> bool {
    let mut is_inside = false;
    move |event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => {
            is_inside = !is_of_the_web(dest_url);
            !is_inside
        }
        Event::End(TagEnd::Link) => !std::mem::take(&mut is_inside),
        _ => true,
    }
}

fn is_of_the_web(link: &str) -> bool {
    link.starts_with("https://") || link.starts_with("http://")
}

/// What stands below the heading of an alert.
fn entry<'a>(runbook: &'a str, alert: &str) -> Option<&'a str> {
    let (_, entry) = runbook.split_once(&format!("\n### {alert}\n"))?;
    let end = ["\n### ", "\n## "].into_iter().filter_map(|heading| entry.find(heading)).min();
    entry.get(..end.unwrap_or(entry.len()))
}

/// Markdown as HTML, in which HTML means itself, headings have the anchors that links expect, and links lead to pages that there are. Links
/// within the text lead to `page`.
fn rendered(markdown: &str, page: &str) -> Markup {
    let parser = Parser::new_ext(markdown, Options::ENABLE_TABLES);
    written(parser.map(|event| harmless(event, page)).collect())
}

fn written(mut events: Vec<Event<'_>>) -> Markup {
    name_headings(&mut events);
    let mut text = String::new();
    html::push_html(&mut text, events.into_iter());
    // Wide tables and code scroll by themselves, so that the page does not. Who has only a keyboard must be able to scroll them too.
    // A head that says nothing is none.
    let text = text
        .replace("<thead><tr><th></th><th></th></tr></thead>", "")
        .replace("<table>", "<div class=\"scroll\" tabindex=\"0\"><table>")
        .replace("</table>", "</table></div>")
        .replace("<pre>", "<pre tabindex=\"0\">");
    PreEscaped(text)
}

fn harmless<'a>(event: Event<'a>, page: &str) -> Event<'a> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Link { link_type, dest_url: led(&dest_url, page), title, id })
        }
        Event::Start(Tag::Image { .. }) => Event::Start(Tag::Emphasis),
        Event::End(TagEnd::Image) => Event::End(TagEnd::Emphasis),
        other => other,
    }
}

/// Where a link of the file leads on the page. What is neither of our pages nor of the web leads nowhere.
fn led<'a>(link: &str, page: &str) -> CowStr<'a> {
    let (file, part) =
        link.split_once('#').map_or((link, String::new()), |(file, part)| (file, format!("#{part}")));
    let led = match file {
        "" => format!("{page}{part}"),
        "metrics.md" => format!("{METRICS}{part}"),
        "alerts.md" => format!("{RUNBOOK}{part}"),
        _ if is_of_the_web(link) => link.to_owned(),
        _ => "#".to_owned(),
    };
    led.into()
}

/// Gives each heading its name, and a second one of the same name a number.
fn name_headings(events: &mut [Event<'_>]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut at = 0;
    while at < events.len() {
        let end = events[at..].iter().position(|event| matches!(event, Event::End(TagEnd::Heading(_))));
        let (Event::Start(Tag::Heading { .. }), Some(end)) = (&events[at], end) else {
            at += 1;
            continue;
        };
        let words = events[at..at + end].iter().filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
            _ => None,
        });
        let name = anchor(&words.collect::<String>());
        let count = seen.entry(name.clone()).or_default();
        let name = if *count == 0 { name } else { format!("{name}-{count}") };
        *count += 1;
        if let Event::Start(Tag::Heading { id, .. }) = &mut events[at] {
            *id = Some(name.into());
        }
        at += end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_means_itself_and_links_lead_to_pages_that_there_are() {
        let text = rendered(
            "# A `b_c` D\n\n# A `b_c` D\n\n<script>alert(1)</script>\n\nx <b onclick=y>z</b> [m](metrics.md#m) [a](#a) \
             [j](javascript:alert(1)) [o](other.md) ![p](http://elsewhere/p.png)\n",
            "/p",
        )
        .into_string();
        assert!(text.contains("<h1 id=\"a-b_c-d\">") && text.contains("<h1 id=\"a-b_c-d-1\">"), "{text}");
        assert!(
            text.contains("&lt;script&gt;") && !text.contains("<script") && !text.contains("<b "),
            "{text}"
        );
        assert!(text.contains("href=\"/metrics-reference#m\"") && text.contains("href=\"/p#a\""), "{text}");
        assert!(
            !text.contains("javascript:") && !text.contains("<img") && !text.contains("other.md"),
            "{text}"
        );
    }

    #[test]
    fn a_page_that_stands_by_itself_has_no_links_to_ours() {
        let alerts: Vec<_> = indicators().map(|indicator| indicator.alert).collect();
        let entries = alone(&Config::default(), &alerts);
        assert_eq!(entries.len(), alerts.len());
        for text in entries.into_iter().map(|entry| entry.unwrap().into_string()) {
            assert!(text.contains("What to look at"), "{text}");
            assert!(text.split("href=\"").skip(1).all(|link| link.starts_with("http")), "{text}");
        }
        assert_eq!(alone(&Config::default(), &["Foreign"]).len(), 1);
        assert!(alone(&Config::default(), &["Foreign"])[0].is_none());
    }

    #[test]
    fn every_alert_has_its_entry_and_every_link_its_heading() {
        let documents = Documents::new(&Config::default());
        for indicator in indicators() {
            let entry = documents.entry(indicator.alert).unwrap();
            assert!(entry.0.contains("What to look at") && !entry.0.contains("<h3"), "{}", indicator.alert);
            assert!(!entry.0.contains("<th></th>"), "{}", indicator.alert);
            assert!(documents.runbook.0.contains(&format!("<h3 id=\"{}\">", indicator.anchor())));
        }
        for (text, own, page) in [
            (&documents.runbook.0, RUNBOOK, &documents.runbook.0),
            (&documents.metrics.0, METRICS, &documents.metrics.0),
        ] {
            for link in text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
                let Some((file, part)) = link.split_once('#') else { continue };
                let page = match file {
                    "" => page,
                    RUNBOOK => &documents.runbook.0,
                    METRICS => &documents.metrics.0,
                    _ => continue,
                };
                assert!(page.contains(&format!("id=\"{part}\"")), "{own} leads to {link}");
            }
        }
    }
}

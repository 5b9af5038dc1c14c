//! Targets, what listens, and what to do next.

use super::super::liveness::Reached;
use super::super::look::Overview;
use super::super::shared::Answer;
use super::super::{Listening, Room};
use super::parts;
use crate::source::SeenTarget;
use maud::{Markup, html};
use telemetry_catalog::verdict::Verdict;

/// Everything of the overview that is about the stack itself.
pub(super) fn all(room: &Room, overview: &Overview, now: i64) -> Markup {
    html! {
        (targets(&overview.targets, &overview.reached, now))
        div.pair {
            (listening(&room.page.listening))
            (next(room))
        }
    }
}

fn targets(found: &Answer<Vec<SeenTarget>>, reached: &Answer<Reached>, now: i64) -> Markup {
    html! {
        section #targets aria-labelledby="targets-title" {
            h2 #targets-title { "Targets" }
            @match found {
                Err(trouble) => p.error { "Not known: " (parts::foreign(&trouble.to_string())) },
                Ok(targets) if targets.is_empty() => p.empty { "Nothing is scraped." },
                Ok(targets) => div.scroll tabindex="0" {
                    table {
                        thead {
                            tr {
                                th scope="col" { "State" } th scope="col" { "Job" } th scope="col" { "Instance" }
                                th scope="col" { "Last seen" } th scope="col" { "Last asked" } th scope="col" { "Trouble" }
                            }
                        }
                        tbody { @for target in targets.iter() { (row(target, reached, now)) } }
                    }
                },
            }
        }
    }
}

fn row(target: &SeenTarget, reached: &Answer<Reached>, now: i64) -> Markup {
    let (verdict, word) = match target.up {
        Some(true) => (Verdict::Healthy, "up"),
        Some(false) => (Verdict::Critical, "down"),
        None => (Verdict::Unknown, "not asked yet"),
    };
    html! {
        tr {
            td.state.(parts::class(verdict)) { (parts::symbol(verdict)) (word) }
            td { (parts::foreign(&target.job)) }
            th scope="row" { (parts::foreign(&target.instance)) }
            td { (last_seen(target, reached, now)) }
            td {
                @match target.last_scrape {
                    Some(time) => (parts::ago(time, now)),
                    None => (parts::dash("Nobody asked it yet")),
                }
            }
            td.trouble { (parts::foreign(&target.error)) }
        }
    }
}

fn last_seen(target: &SeenTarget, reached: &Answer<Reached>, now: i64) -> Markup {
    let key = (target.job.clone(), target.instance.clone());
    match reached.as_ref().map(|reached| reached.targets.get(&key)) {
        Ok(Some(time)) => parts::ago(*time, now),
        Ok(None) => parts::dash("It has not answered within a week"),
        Err(trouble) => parts::dash(&format!("Not known: {trouble}")),
    }
}

fn listening(all: &[Listening]) -> Markup {
    html! {
        section #listening aria-labelledby="listening-title" {
            h2 #listening-title { "Where things listen" }
            @if all.is_empty() { p.empty { "Nothing listens but this page." } }
            dl.places {
                @for place in all {
                    div {
                        dt { (parts::foreign(&place.name)) }
                        dd { (address(&place.url)) p.note { (parts::foreign(&place.note)) } }
                    }
                }
            }
        }
    }
}

fn address(url: &str) -> Markup {
    let is_web = url.starts_with("http://") || url.starts_with("https://");
    html! { @if is_web { a href=(url) { (url) } } @else { code { (parts::foreign(url)) } } }
}

fn next(room: &Room) -> Markup {
    html! {
        section #next aria-labelledby="next-title" {
            h2 #next-title { "What next" }
            h3 { "Send data" }
            p { "Put this before the command of any agent. It counts the run, how it ended and how long it took:" }
            pre tabindex="0" { code { "telemetry run --workflow review -- claude -p \"…\"" } }
            h3 { "Look at it in Grafana" }
            ol {
                li { "Add a data source of the type Prometheus with the URL " code { (room.page.api_url) } "." }
                li { "Write the dashboards to a folder: " code { "telemetry export-config" } "." }
                li { "Import the files of " code { "grafana/dashboards" } " in it." }
            }
        }
    }
}

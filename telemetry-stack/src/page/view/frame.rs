//! What all pages have around them.

use super::super::Room;
use super::super::look::Look;
use super::super::markdown::{METRICS, RUNBOOK};
use super::super::span::{Choice, millis};
use super::parts;
use maud::{DOCTYPE, Markup, html};
use telemetry_catalog::panel::{Board, OVERVIEW_UID};

/// How often a page without a script is loaded anew, in seconds, where its reader wants that: whoever has it read aloud may not.
const RELOAD: u32 = 15;

/// A page that is being written.
pub(super) struct Frame<'a> {
    room: &'a Room,
    title: &'a str,
    path: &'a str,
    look: Option<&'a Look>,
    choice: Choice,
}

impl<'a> Frame<'a> {
    /// A page that shows nothing of now.
    pub(super) fn of(room: &'a Room, title: &'a str, path: &'a str) -> Self {
        Self { room, title, path, look: None, choice: Choice::default() }
    }

    /// A page of this moment, which brings itself up to date.
    pub(super) fn with(self, look: &'a Look) -> Self {
        Self { look: Some(look), ..self }
    }

    pub(super) fn over(self, choice: Choice) -> Self {
        Self { choice, ..self }
    }

    pub(super) fn page(&self, content: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                (self.head())
                body data-interval=[self.look.map(|_| millis(self.room.page.interval).clamp(1_000, 60_000))]
                    data-at=[self.look.map(|look| look.at)] {
                    a.skip href="#content" { "Skip to the content" }
                    (self.header())
                    main #content tabindex="-1" { (content) }
                    footer { p { "Agent fleet telemetry. Times are in UTC." } }
                    p #announce .unseen role="status" {}
                }
            }
        }
    }

    fn head(&self) -> Markup {
        html! {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (self.full_title()) }
                link rel="icon" href="/favicon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/style.css";
                @if self.look.is_some() {
                    script src="/page.js" defer {}
                    @if self.choice.reloads { noscript { meta http-equiv="refresh" content=(RELOAD); } }
                }
            }
        }
    }

    fn full_title(&self) -> String {
        match self.look {
            Some(look) => {
                let firing = look.alerts.firing();
                let alerts = if firing == 0 { String::new() } else { format!(" ({firing} firing)") };
                format!(
                    "{}{alerts} · {} · Agent fleet",
                    parts::capital(look.health.verdict.as_str()),
                    self.title
                )
            }
            None => format!("{} · Agent fleet", self.title),
        }
    }

    fn header(&self) -> Markup {
        html! {
            header.top {
                div.bar {
                    a.brand href=(to("/", self.choice)) { (parts::logo()) span { "Agent fleet" } }
                    @if let Some(look) = self.look {
                        noscript.reload {
                            @if self.choice.reloads { a href=(self.path) { "Do not reload" } }
                            @else { a href=(to(self.path, Choice { reloads: true, ..self.choice })) { "Reload every " (RELOAD) " s" } }
                        }
                        (parts::badge(&look.liveness, look.at))
                    }
                }
                nav aria-label="Pages" {
                    ul {
                        li { (self.link("/", &to("/", self.choice), "Overview")) }
                        @for board in self.room.boards.iter().filter(|board| board.uid != OVERVIEW_UID) {
                            @let path = format!("/board/{}", board.uid);
                            li { (self.link(&path, &to(&path, self.choice), name(board))) }
                        }
                        li.apart { (self.link(RUNBOOK, RUNBOOK, "Runbook")) }
                        li { (self.link(METRICS, METRICS, "Metrics")) }
                    }
                }
            }
        }
    }

    fn link(&self, path: &str, to: &str, text: &str) -> Markup {
        html! { a href=(to) aria-current=[(path == self.path).then_some("page")] { (text) } }
    }
}

/// What a board is called among others.
pub(super) fn name(board: &Board) -> &str {
    board.subsystem.map_or("Overview", |subsystem| subsystem.title)
}

/// The address of a page over the same time, where the reader chose one.
pub(super) fn to(path: &str, choice: Choice) -> String {
    let range = choice.is_asked.then(|| format!("range={}", choice.span.as_str()));
    let reload = choice.reloads.then(|| "reload".to_owned());
    let chosen: Vec<_> = range.into_iter().chain(reload).collect();
    if chosen.is_empty() { path.to_owned() } else { format!("{path}?{}", chosen.join("&")) }
}

//! The page: what a browser sees at the top of the stack.
//!
//! What is shown is looked up first, as plain data, and then written as HTML; nothing is shown that was not found. Pages work without
//! a script; with it they bring themselves up to date in place.
//!
//! | module | responsible for |
//! |---|---|
//! | `desk`, `shared` | asking the source: so many at once, for so long, and once for all who ask for the same |
//! | `span` | over which time charts go, and with which steps |
//! | `health` | asking what the health of the fleet follows from |
//! | `alerts` | which alerts are pending and firing |
//! | `tiles` | the numbers of the overview |
//! | `tally` | events over spans of time, each within the next, as of one moment |
//! | `liveness` | whether what is shown is of now |
//! | `charts` | panels as pictures, and their values as text |
//! | `look` | everything that a page shows, looked up at the same time |
//! | `view` | pages as HTML |
//! | `handlers`, `assets`, `headers` | what is answered to a request |
//! | `markdown` | the runbook as HTML |

pub(crate) mod alerts;
pub(crate) mod assets;
pub(crate) mod charts;
mod desk;
mod handlers;
mod headers;
mod health;
pub(crate) mod liveness;
mod look;
pub(crate) mod markdown;
mod shared;
mod span;
mod tally;
mod tiles;
pub(crate) mod view;

use crate::rules::Rules;
use crate::source::Source;
use axum::Router;
use desk::Desk;
use std::sync::Arc;
use std::time::Duration;
use telemetry_catalog::panel::{Board, Panel, boards};
use telemetry_core::config::Config;

/// Something that listens, for the list on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listening {
    /// What it is, such as `gateway`.
    pub name: String,
    /// Where, as a URL.
    pub url: String,
    /// What it is good for.
    pub note: String,
}

/// What is recorded for the page to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Not every series that the generated rules record; everything is asked in full.
    Nothing,
    /// What the generated rules record, as they do.
    AsGenerated,
    /// The same series by other expressions, perhaps over other spans of time: health is told by them, since alerts are, and the page says so.
    Otherwise,
}

/// What the page shows.
#[derive(Clone)]
pub struct Page {
    /// Where it asks.
    pub source: Arc<dyn Source>,
    /// The rules whose alerts it shows; `None` where none are evaluated.
    pub rules: Option<Arc<Rules>>,
    /// Which of the series that recording rules record the source has.
    pub recorded: Recorded,
    /// The configuration, with the thresholds.
    pub config: Arc<Config>,
    /// The time from one scrape to the next: what is three of it old is not live.
    pub interval: Duration,
    /// Everything that listens.
    pub listening: Vec<Listening>,
    /// The URL that Grafana is to be told.
    pub api_url: String,
}

/// What every handler has.
struct Room {
    page: Page,
    boards: Vec<Board>,
    desk: Desk,
    documents: markdown::Documents,
}

impl Room {
    fn new(page: Page) -> Self {
        let boards = boards(&page.config);
        let desk = Desk::new(&page);
        let documents = markdown::Documents::new(&page.config);
        Self { page, boards, desk, documents }
    }

    fn panel(&self, id: &str) -> Option<&Panel> {
        self.boards.iter().flat_map(Board::panels).find(|panel| panel.id == id)
    }

    fn board(&self, uid: &str) -> Option<&Board> {
        self.boards.iter().find(|board| board.uid == uid)
    }
}

/// The routes of the page: `/`, `/runbook` and what they refer to. They need a tokio runtime with time. There is no fallback among them,
/// so that they can be merged with other routes.
pub fn routes(page: Page) -> Router {
    handlers::routes(Arc::new(Room::new(page)))
}

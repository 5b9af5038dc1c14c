//! Everything that a page shows, looked up at the same time and within one bound.

use super::Room;
use super::alerts::Alerts;
use super::charts::{self, Values};
use super::desk::Desk;
use super::health::{self, Health};
use super::liveness::{Liveness, Reached};
use super::shared::Answer;
use super::span::Span;
use super::tiles::{self, Tile};
use crate::source::SeenTarget;
use crate::upkeep::now;
use telemetry_catalog::panel::Panel;

/// What each page shows at its top.
pub(super) struct Look {
    /// When it was looked, in milliseconds since 1970.
    pub(super) at: i64,
    pub(super) liveness: Liveness,
    pub(super) alerts: Alerts,
    pub(super) health: Health,
}

/// What the overview shows besides.
pub(super) struct Overview {
    pub(super) tiles: Vec<Tile>,
    pub(super) targets: Answer<Vec<SeenTarget>>,
    pub(super) reached: Answer<Reached>,
}

/// A panel with its values.
pub(super) struct Shown<'a> {
    pub(super) panel: &'a Panel,
    pub(super) values: Values,
}

/// The look of a page with these panels.
pub(super) async fn look<'a>(
    room: &'a Room,
    panels: Vec<&'a Panel>,
    span: Span,
) -> (Look, Overview, Vec<Shown<'a>>) {
    let deadline = Desk::deadline();
    let desk = &room.desk;
    // Everything is asked before anything is waited for.
    let (groups, reached) = (desk.groups(), desk.reached());
    let questions = health::ask(desk, &room.page.config);
    let (numbers, targets) = (tiles::ask(desk), desk.targets());
    let asked: Vec<_> = panels.into_iter().map(|panel| (panel, charts::ask(desk, panel, span))).collect();
    let groups = match groups {
        Some(groups) => Some(groups.by(deadline).await),
        None => None,
    };
    let reached = reached.by(deadline).await;
    let liveness = Liveness::of(&reached, room.page.interval);
    let alerts = Alerts::of(groups.as_ref());
    let thresholds = &room.page.config.health_thresholds;
    let health = health::health(questions, &alerts, thresholds, liveness.is_live(), deadline).await;
    let overview = Overview {
        tiles: tiles::tiles(numbers, deadline).await,
        targets: targets.by(deadline).await,
        reached,
    };
    let mut shown = Vec::with_capacity(asked.len());
    for (panel, asked) in asked {
        shown.push(Shown { panel, values: charts::values(panel, asked, deadline).await });
    }
    (Look { at: now(), liveness, alerts, health }, overview, shown)
}

//! The focus among panels that stand in a grid, and how far tables are scrolled.

use super::super::view::columns;
use super::choose::{charts_of, sections_of, series_of, subsystems_of, troubles_of};
use super::{App, Overlay, View};

/// Where to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Move {
    Left,
    Right,
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
}

impl App {
    pub(super) fn go(&mut self, to: Move) {
        let page = usize::from(self.body.1).saturating_sub(2).max(1);
        match (&self.overlay, self.shown()) {
            (Overlay::Subsystems { chosen }, _) => {
                let chosen = along(*chosen, to, page, subsystems_of().len());
                self.overlay = Overlay::Subsystems { chosen };
            }
            (Overlay::Series { chosen }, _) => {
                let chosen = along(*chosen, to, page, series_of(self).len());
                self.overlay = Overlay::Series { chosen };
            }
            (Overlay::Troubles { chosen }, _) => {
                let chosen = along(*chosen, to, page, troubles_of(self).len());
                self.overlay = Overlay::Troubles { chosen };
            }
            (_, View::Charts) if self.overlay != Overlay::Help => self.focus = self.beside(to),
            (_, View::Summary) if self.overlay != Overlay::Help => self.through_tables(to, page),
            _ => {}
        }
    }

    /// How many places the focus may have.
    pub(super) fn places(&self) -> usize {
        match self.shown() {
            View::Summary => sections_of(self).len(),
            View::Charts => charts_of(self).len(),
        }
    }

    /// The panel that lies in this direction, or the same where there is none. Where one fills the screen, they follow one another.
    fn beside(&self, to: Move) -> usize {
        let count = self.places();
        let across = columns(count, self.body.0, self.body.1, self.zoomed).max(1);
        let (place, last) = (self.focus, count.saturating_sub(1));
        match to {
            Move::Left => place.saturating_sub(1),
            Move::Right => place + 1,
            Move::Up => place.checked_sub(across).unwrap_or(place),
            Move::Down if place / across < last / across => place + across,
            Move::Down => place,
            Move::PageUp | Move::First => 0,
            Move::PageDown | Move::Last => last,
        }
        .min(last)
    }

    /// The section with the focus is where scrolling begins, so that each is seen when the focus comes to it. Whoever scrolls up from
    /// there comes to the section before.
    fn through_tables(&mut self, to: Move, page: usize) {
        let is_at_its_beginning = self.scroll == 0 && !self.zoomed;
        let before = self.focus.saturating_sub(1);
        match to {
            Move::Left => self.turn_to_section(before),
            Move::Right => self.turn_to_section(self.focus + 1),
            Move::Up | Move::PageUp if is_at_its_beginning => self.turn_to_section(before),
            Move::First if !self.zoomed => self.turn_to_section(0),
            to => self.scroll = along(self.scroll, to, page, self.last_line() + 1),
        }
    }

    fn turn_to_section(&mut self, place: usize) {
        let place = place.min(self.places().saturating_sub(1));
        if place != self.focus || self.scroll > 0 && !self.zoomed {
            (self.focus, self.scroll) = (place, 0);
            self.furthest.set(None);
        }
    }

    /// By how much tables can be scrolled: as the last frame has found, else until only the last of all lines is left.
    fn last_line(&self) -> usize {
        let lines = || sections_of(self).iter().map(|section| section.lines.len() + 2).sum::<usize>();
        self.furthest.get().unwrap_or_else(|| lines().saturating_sub(1))
    }

    /// What lies beyond the end is brought back to it.
    pub(super) fn clamp(&mut self) {
        let places = self.places();
        self.focus = self.focus.min(places.saturating_sub(1));
        self.zoomed &= places > 0;
        self.scroll = self.scroll.min(self.last_line());
        if let Overlay::Series { chosen } = self.overlay {
            let last = series_of(self).len().checked_sub(1);
            self.overlay = last.map_or(Overlay::None, |last| Overlay::Series { chosen: chosen.min(last) });
        }
        if let Overlay::Troubles { chosen } = self.overlay {
            let last = troubles_of(self).len().saturating_sub(1);
            self.overlay = Overlay::Troubles { chosen: chosen.min(last) };
        }
    }
}

/// From a place of a list to another.
fn along(place: usize, to: Move, page: usize, count: usize) -> usize {
    let last = count.saturating_sub(1);
    match to {
        Move::Left | Move::Up => place.saturating_sub(1),
        Move::Right | Move::Down => place + 1,
        Move::PageUp => place.saturating_sub(page),
        Move::PageDown => place + page,
        Move::First => 0,
        Move::Last => last,
    }
    .min(last)
}

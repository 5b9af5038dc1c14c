//! What each action does.

use super::super::observe::Wish;
use super::choose::{charts_of, series_of, subsystems_of};
use super::moves::Move;
use super::{App, Overlay, View};
use telemetry_core::metric::Subsystem;
use telemetry_stack::panels::Span;

/// What a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Action {
    Quit,
    /// As Ctrl-C does it everywhere.
    Interrupt,
    /// As Ctrl-Z does it everywhere.
    Stop,
    /// Draws everything anew, where something else has written on the terminal.
    Redraw,
    /// One step back: from what lies over the view, from the zoom, from the filter.
    Back,
    SwitchView,
    NextRange,
    FormerRange,
    Range(Span),
    Pause,
    Refresh,
    Save,
    Help,
    ChooseSubsystem,
    NextSubsystem,
    FormerSubsystem,
    ChooseSeries,
    ShowAllSeries,
    /// In the summary: all reasons and alerts.
    Troubles,
    /// In a list: toggles the series that is chosen.
    Toggle,
    /// In a list: shows the series that is chosen and no other.
    Only,
    Move(Move),
    /// Zooms into what has the focus and out of it; in a list it takes what is chosen.
    Enter,
    BeginFilter,
    Type(char),
    EraseLetter,
    EraseAll,
}

/// What an action asks of whoever has the terminal and the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Effect {
    Nothing,
    Quit,
    Interrupt,
    Stop,
    Redraw,
    Refresh,
    Save,
}

impl App {
    /// Does it. What is to be told of the key before is gone.
    pub(in super::super) fn act(&mut self, action: Action) -> Effect {
        self.message = None;
        match action {
            Action::Quit => return Effect::Quit,
            Action::Interrupt => return Effect::Interrupt,
            Action::Stop => return Effect::Stop,
            Action::Redraw => return Effect::Redraw,
            Action::Refresh => return self.refresh(),
            Action::Save => return self.save(),
            Action::Back => self.back(),
            Action::SwitchView => self.switch_view(),
            Action::NextRange => self.change_range(1),
            Action::FormerRange => self.change_range(Span::ALL.len() - 1),
            Action::Range(span) => self.choose_range(span),
            Action::Pause => self.paused = !self.paused,
            Action::Help => self.overlay = Overlay::Help,
            Action::ChooseSubsystem => self.choose_subsystem(),
            Action::NextSubsystem => self.change_subsystem(1),
            Action::FormerSubsystem => self.change_subsystem(subsystems_of().len() - 1),
            Action::ChooseSeries => self.choose_series(),
            Action::ShowAllSeries => self.show_all_series(),
            Action::Troubles => self.overlay = Overlay::Troubles { chosen: 0 },
            Action::Toggle => self.toggle(),
            Action::Only => self.only(),
            Action::Move(to) => self.go(to),
            Action::Enter => self.enter(),
            Action::BeginFilter => self.overlay = Overlay::Filter,
            Action::Type(letter) => self.filter.push(letter),
            Action::EraseLetter => self.erase_letter(),
            Action::EraseAll => self.filter.clear(),
        }
        self.clamp();
        Effect::Nothing
    }

    /// What is wished for of an observer: also what a zoom hides, since it is seen again with one key. Also where the summary stands in for the charts these are wished for, so that they come back.
    pub(in super::super) fn wish(&self) -> Wish {
        let panels = match self.view {
            View::Summary => Vec::new(),
            View::Charts => charts_of(self),
        };
        let panels = panels.into_iter().map(|panel| panel.id).collect();
        Wish { panels, range: self.range, paused: self.paused }
    }

    fn refresh(&mut self) -> Effect {
        self.refreshing = true;
        Effect::Refresh
    }

    fn save(&mut self) -> Effect {
        self.message = Some("saving…".to_owned());
        Effect::Save
    }

    fn back(&mut self) {
        match self.overlay {
            Overlay::Filter => {
                self.filter.clear();
                self.overlay = Overlay::None;
            }
            Overlay::None if self.zoomed => self.zoomed = false,
            Overlay::None if !self.filter.is_empty() => self.filter.clear(),
            Overlay::None => self.tell("q quits"),
            _ => self.overlay = Overlay::None,
        }
    }

    fn switch_view(&mut self) {
        let before = self.shown();
        if self.view == View::Charts && before == View::Summary {
            self.tell("the charts are no longer waited for");
        }
        self.view = if self.view == View::Charts { View::Summary } else { View::Charts };
        // What was true when charts were last wished for may not be true now: whoever wishes for them is told anew.
        self.no_courses = None;
        if self.shown() != before {
            self.turn_to_another_view();
        }
    }

    /// Focus, zoom and scrolling belong to a view, and are there again when that comes back.
    pub(super) fn turn_to_another_view(&mut self) {
        let here = (self.focus, self.zoomed, self.scroll);
        (self.focus, self.zoomed, self.scroll) = std::mem::replace(&mut self.aside, here);
        self.furthest.set(None);
        if matches!(self.overlay, Overlay::Series { .. }) {
            self.overlay = Overlay::None;
        }
    }

    fn change_range(&mut self, by: usize) {
        let place = Span::ALL.iter().position(|span| *span == self.range).unwrap_or_default();
        self.choose_range(Span::ALL[(place + by) % Span::ALL.len()]);
    }

    fn choose_range(&mut self, span: Span) {
        self.range = span;
        if self.shown() == View::Summary {
            self.tell(&format!("charts go over the last {} (v shows them)", span.words()));
        }
    }

    fn choose_subsystem(&mut self) {
        self.overlay = Overlay::Subsystems { chosen: self.place_of_subsystem() };
    }

    fn change_subsystem(&mut self, by: usize) {
        let all = subsystems_of();
        self.take_subsystem(all[(self.place_of_subsystem() + by) % all.len()]);
    }

    fn place_of_subsystem(&self) -> usize {
        let is_shown =
            |one: &Option<&Subsystem>| one.map(|one| one.slug) == self.subsystem.map(|one| one.slug);
        subsystems_of().iter().position(is_shown).unwrap_or_default()
    }

    /// Other panels and other tables are shown: the focus is on the first of them.
    fn take_subsystem(&mut self, subsystem: Option<&'static Subsystem>) {
        self.subsystem = subsystem;
        (self.focus, self.zoomed, self.scroll) = (0, false, 0);
        self.aside = (0, false, 0);
        self.furthest.set(None);
    }

    fn choose_series(&mut self) {
        if self.shown() == View::Summary {
            self.tell("charts have series to choose from (v shows them)");
        } else if series_of(self).is_empty() {
            self.tell("this panel has no series to choose from");
        } else {
            self.overlay = Overlay::Series { chosen: 0 };
        }
    }

    /// In the list those of its panel, else those of every panel.
    fn show_all_series(&mut self) {
        let panel = charts_of(self).into_iter().nth(self.focus).map(|panel| panel.id);
        let is_here = matches!(self.overlay, Overlay::Series { .. });
        self.hidden.retain(|(of, _)| is_here && Some(of) != panel.as_ref());
    }

    fn toggle(&mut self) {
        let Overlay::Series { chosen } = self.overlay else { return };
        if let Some(choice) = series_of(self).into_iter().nth(chosen) {
            let key = (choice.panel, choice.name);
            if !self.hidden.remove(&key) {
                self.hidden.insert(key);
            }
        }
    }

    fn only(&mut self) {
        let Overlay::Series { chosen } = self.overlay else { return };
        for (place, choice) in series_of(self).into_iter().enumerate() {
            let key = (choice.panel, choice.name);
            if place == chosen {
                self.hidden.remove(&key);
            } else {
                self.hidden.insert(key);
            }
        }
    }

    fn enter(&mut self) {
        match self.overlay {
            Overlay::Subsystems { chosen } => {
                self.overlay = Overlay::None;
                self.take_subsystem(subsystems_of().get(chosen).copied().flatten());
            }
            Overlay::Series { .. } => self.toggle(),
            Overlay::Help | Overlay::Filter | Overlay::Troubles { .. } => self.overlay = Overlay::None,
            Overlay::None => {
                self.zoomed = !self.zoomed && self.places() > 0;
                self.scroll = 0;
            }
        }
    }

    fn erase_letter(&mut self) {
        // Whoever erases beyond the first letter has done with filtering, as in other programs.
        if self.filter.pop().is_none() {
            self.overlay = Overlay::None;
        }
    }

    fn tell(&mut self, text: &str) {
        self.message = Some(text.to_owned());
    }
}

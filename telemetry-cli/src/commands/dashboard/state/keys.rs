//! Which action a key stands for, by what takes the keys at that moment.

use super::action::Action;
use super::moves::Move;
use super::{App, Overlay, View};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use telemetry_stack::panels::Span;

/// What a key stands for; `None` for keys that mean nothing.
pub(in super::super) fn action(app: &App, key: KeyEvent) -> Option<Action> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return with_control(app, key.code);
    }
    // With Alt a letter is another key, of which nobody expects that it quits.
    if key.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    match app.overlay {
        Overlay::Filter => typed(key.code),
        Overlay::Series { .. } => among_series(key.code).or_else(|| in_list(key.code)),
        Overlay::Troubles { .. } if key.code == KeyCode::Char('a') => Some(Action::Back),
        Overlay::Help | Overlay::Subsystems { .. } | Overlay::Troubles { .. } => in_list(key.code),
        Overlay::None if key.code == KeyCode::Char('a') && app.shown() == View::Summary => {
            Some(Action::Troubles)
        }
        Overlay::None => on_view(key.code),
    }
}

/// What terminals do by themselves where no program has taken them over, and what shells do with a line.
fn with_control(app: &App, code: KeyCode) -> Option<Action> {
    match code {
        KeyCode::Char('c') => Some(Action::Interrupt),
        KeyCode::Char('z') => Some(Action::Stop),
        KeyCode::Char('l') => Some(Action::Redraw),
        KeyCode::Char('u') if app.overlay == Overlay::Filter => Some(Action::EraseAll),
        KeyCode::Char('h') if app.overlay == Overlay::Filter => Some(Action::EraseLetter),
        _ => None,
    }
}

fn typed(code: KeyCode) -> Option<Action> {
    match code {
        KeyCode::Esc => Some(Action::Back),
        KeyCode::Enter => Some(Action::Enter),
        KeyCode::Backspace => Some(Action::EraseLetter),
        KeyCode::Char(letter) if !letter.is_control() => Some(Action::Type(letter)),
        _ => None,
    }
}

fn among_series(code: KeyCode) -> Option<Action> {
    match code {
        KeyCode::Char(' ') => Some(Action::Toggle),
        KeyCode::Char('a') => Some(Action::ShowAllSeries),
        KeyCode::Char('o') => Some(Action::Only),
        KeyCode::Char('t') => Some(Action::Back),
        _ => None,
    }
}

fn in_list(code: KeyCode) -> Option<Action> {
    match code {
        KeyCode::Esc => Some(Action::Back),
        // Whoever wants to be rid of a list presses q without thinking; it must not end everything.
        KeyCode::Char('q' | '?' | 's') => Some(Action::Back),
        KeyCode::Enter => Some(Action::Enter),
        code => direction(code).map(Action::Move),
    }
}

fn on_view(code: KeyCode) -> Option<Action> {
    match code {
        KeyCode::Char('q') => Some(Action::Quit),
        KeyCode::Esc => Some(Action::Back),
        KeyCode::Tab | KeyCode::BackTab | KeyCode::Char('v') => Some(Action::SwitchView),
        KeyCode::Char('r') => Some(Action::NextRange),
        KeyCode::Char('R') => Some(Action::FormerRange),
        KeyCode::Char(digit @ '1'..='5') => span(digit).map(Action::Range),
        KeyCode::Char('p' | ' ') => Some(Action::Pause),
        KeyCode::F(5) | KeyCode::Char('g') => Some(Action::Refresh),
        KeyCode::Char('w') => Some(Action::Save),
        KeyCode::Char('?') | KeyCode::F(1) => Some(Action::Help),
        KeyCode::Char('s') => Some(Action::ChooseSubsystem),
        KeyCode::Char(']') => Some(Action::NextSubsystem),
        KeyCode::Char('[') => Some(Action::FormerSubsystem),
        KeyCode::Char('t') => Some(Action::ChooseSeries),
        KeyCode::Char('a') => Some(Action::ShowAllSeries),
        KeyCode::Char('/') => Some(Action::BeginFilter),
        KeyCode::Enter => Some(Action::Enter),
        code => direction(code).map(Action::Move),
    }
}

fn direction(code: KeyCode) -> Option<Move> {
    match code {
        KeyCode::Left | KeyCode::Char('h') => Some(Move::Left),
        KeyCode::Right | KeyCode::Char('l') => Some(Move::Right),
        KeyCode::Up | KeyCode::Char('k') => Some(Move::Up),
        KeyCode::Down | KeyCode::Char('j') => Some(Move::Down),
        KeyCode::PageUp => Some(Move::PageUp),
        KeyCode::PageDown => Some(Move::PageDown),
        KeyCode::Home => Some(Move::First),
        KeyCode::End => Some(Move::Last),
        _ => None,
    }
}

/// The span of a digit: 1 is the shortest.
fn span(digit: char) -> Option<Span> {
    let place = digit.to_digit(10)?.checked_sub(1)?;
    Span::ALL.get(usize::try_from(place).ok()?).copied()
}

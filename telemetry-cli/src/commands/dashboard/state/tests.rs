use super::super::observe::Wish;
use super::choose::{charts_of, sections_of};
use super::made_up::{app, control, courses, key, look};
use super::*;
use ratatui::crossterm::event::{KeyCode, KeyEventKind, KeyModifiers};

/// Presses keys one after another; what the last of them asks for.
fn press(app: &mut App, keys: &[KeyCode]) -> Effect {
    let mut effect = Effect::Nothing;
    for code in keys {
        effect = action(app, key(*code)).map_or(Effect::Nothing, |action| app.act(action));
    }
    effect
}

fn letters(app: &mut App, text: &str) -> Effect {
    press(app, &text.chars().map(KeyCode::Char).collect::<Vec<_>>())
}

fn charts() -> App {
    let mut app = app();
    letters(&mut app, "v");
    let found = courses(&app, &["one", "two", "three"]);
    app.hear(Told::Courses(Box::new(found)));
    app
}

#[test]
fn a_key_that_means_nothing_does_nothing() {
    let mut app = app();
    let before = format!("{app:?}");
    for code in [KeyCode::Char('x'), KeyCode::Char('Q'), KeyCode::F(9), KeyCode::Insert, KeyCode::Null] {
        assert_eq!(action(&app, key(code)), None, "{code:?}");
    }
    let mut released = key(KeyCode::Char('q'));
    released.kind = KeyEventKind::Release;
    let with_alt = ratatui::crossterm::event::KeyEvent::new(KeyCode::Char('q'), KeyModifiers::ALT);
    assert_eq!((action(&app, released), action(&app, with_alt)), (None, None));
    assert_eq!(press(&mut app, &[KeyCode::Char('x')]), Effect::Nothing);
    assert_eq!(format!("{app:?}"), before);
}

#[test]
fn what_ends_stops_and_refreshes_is_asked_of_whoever_has_the_terminal() {
    let mut app = app();
    assert_eq!(letters(&mut app, "q"), Effect::Quit);
    assert_eq!((letters(&mut app, "g"), app.refreshing), (Effect::Refresh, true));
    assert_eq!(press(&mut app, &[KeyCode::F(5)]), Effect::Refresh);
    app.hear(Told::Look(Box::new(look("a"))));
    assert!(!app.refreshing);
    assert_eq!((letters(&mut app, "w"), app.message.as_deref()), (Effect::Save, Some("saving…")));
    for overlay in [Overlay::None, Overlay::Help, Overlay::Filter, Overlay::Subsystems { chosen: 0 }] {
        app.overlay = overlay;
        for (letter, effect) in [('c', Effect::Interrupt), ('z', Effect::Stop), ('l', Effect::Redraw)] {
            let action = action(&app, control(letter)).unwrap();
            assert_eq!(app.act(action), effect);
        }
    }
}

#[test]
fn escape_goes_back_one_step_and_never_ends_anything() {
    let mut app = charts();
    letters(&mut app, "/on");
    press(&mut app, &[KeyCode::Enter, KeyCode::Enter]);
    letters(&mut app, "?");
    let standing = |app: &App| (app.overlay == Overlay::Help, app.zoomed, app.filter.clone());
    assert_eq!(standing(&app), (true, true, "on".to_owned()));
    for expected in [(false, true, "on"), (false, false, "on"), (false, false, ""), (false, false, "")] {
        assert_eq!(press(&mut app, &[KeyCode::Esc]), Effect::Nothing);
        assert_eq!(standing(&app), (expected.0, expected.1, expected.2.to_owned()));
    }
    assert_eq!(app.message.as_deref(), Some("q quits"));
    letters(&mut app, "j");
    assert_eq!(app.message, None);
}

#[test]
fn in_a_list_q_closes_it_and_in_the_filter_it_is_a_letter() {
    for (open, then) in [("?", "q"), ("s", "q"), ("t", "q"), ("?", "?"), ("s", "s"), ("t", "t")] {
        let mut app = charts();
        letters(&mut app, open);
        assert_ne!(app.overlay, Overlay::None);
        assert_eq!((letters(&mut app, then), &app.overlay), (Effect::Nothing, &Overlay::None), "{open}");
    }
    let mut app = charts();
    assert_eq!((letters(&mut app, "/q?s"), app.filter.as_str()), (Effect::Nothing, "q?s"));
}

#[test]
fn a_filter_is_typed_kept_and_cleared() {
    let mut app = app();
    letters(&mut app, "/Claud");
    assert!(app.passes("my-CLAUDE") && !app.passes("gpt"));
    press(&mut app, &[KeyCode::Backspace, KeyCode::Enter]);
    assert_eq!((app.filter.as_str(), &app.overlay), ("Clau", &Overlay::None));
    letters(&mut app, "/x");
    let erase = action(&app, control('u')).unwrap();
    app.act(erase);
    assert_eq!((app.filter.as_str(), &app.overlay), ("", &Overlay::Filter));
    press(&mut app, &[KeyCode::Backspace]);
    assert_eq!(app.overlay, Overlay::None);
    letters(&mut app, "/é日");
    press(&mut app, &[KeyCode::Backspace]);
    assert_eq!(app.filter, "é");
    press(&mut app, &[KeyCode::Esc]);
    assert_eq!((app.filter.as_str(), &app.overlay), ("", &Overlay::None));
}

#[test]
fn ranges_follow_one_another_and_have_numbers() {
    let mut app = charts();
    let mut seen = Vec::new();
    for _ in Span::ALL {
        letters(&mut app, "r");
        seen.push(app.range);
    }
    assert_eq!(seen, [Span::SixHours, Span::Day, Span::Week, Span::FiveMinutes, Span::Hour]);
    letters(&mut app, "RR");
    assert_eq!(app.range, Span::Week);
    for (digit, span) in ["1", "2", "3", "4", "5"].into_iter().zip(Span::ALL) {
        letters(&mut app, digit);
        assert_eq!((app.range, app.wish().range), (span, span));
    }
}

#[test]
fn the_wish_is_for_the_panels_that_are_shown() {
    let mut app = app();
    assert_eq!(app.wish(), Wish::default());
    letters(&mut app, "v");
    let ids: Vec<_> = charts_of(&app).into_iter().map(|panel| panel.id).collect();
    assert_eq!((app.wish().panels, ids.is_empty()), (ids.clone(), false));
    press(&mut app, &[KeyCode::Right, KeyCode::Enter]);
    assert_eq!(app.wish().panels, ids, "what a zoom hides is seen again with one key");
    press(&mut app, &[KeyCode::Enter]);
    letters(&mut app, "p]");
    let of_one: Vec<_> = charts_of(&app).into_iter().map(|panel| panel.id).collect();
    assert_eq!(app.wish(), Wish { panels: of_one.clone(), range: Span::Hour, paused: true });
    assert!(of_one != ids && app.subsystem.is_some() && app.badge() == Badge::Paused);
}

#[test]
fn charts_that_nobody_tells_of_are_waited_for_and_come_back_as_they_were() {
    let mut app = charts();
    press(&mut app, &[KeyCode::Right, KeyCode::Right, KeyCode::Enter]);
    app.hear(Told::NoCourses("refused".to_owned()));
    assert_eq!((app.shown(), app.zoomed, app.focus), (View::Summary, false, 0));
    assert!(!app.wish().panels.is_empty());
    app.hear(Told::NoCourses("still refused".to_owned()));
    let found = courses(&app, &["one"]);
    app.hear(Told::Courses(Box::new(found)));
    assert_eq!((app.shown(), app.zoomed, app.focus), (View::Charts, true, 2));
    app.hear(Told::NoCourses("refused".to_owned()));
    letters(&mut app, "v");
    assert_eq!((app.shown(), app.view, app.wish().panels.len()), (View::Summary, View::Summary, 0));
}

#[test]
fn the_focus_moves_as_panels_stand() {
    let mut app = charts();
    let count = charts_of(&app).len();
    assert_eq!((count, super::super::view::columns(count, 80, 22, false)), (6, 2));
    for (code, expected) in [
        (KeyCode::Left, 0),
        (KeyCode::Up, 0),
        (KeyCode::Right, 1),
        (KeyCode::Down, 3),
        (KeyCode::Char('j'), 5),
        (KeyCode::Down, 5),
        (KeyCode::Right, 5),
        (KeyCode::Char('h'), 4),
        (KeyCode::Char('k'), 2),
        (KeyCode::Char('l'), 3),
        (KeyCode::End, 5),
        (KeyCode::Home, 0),
    ] {
        press(&mut app, &[code]);
        assert_eq!(app.focus, expected, "{code:?}");
    }
    app.focus = 900;
    letters(&mut app, "x/");
    press(&mut app, &[KeyCode::Enter]);
    assert_eq!(app.focus, 5);
}

#[test]
fn tables_are_scrolled_no_further_than_to_their_end() {
    let mut app = app();
    press(&mut app, &[KeyCode::Down, KeyCode::PageDown, KeyCode::End, KeyCode::Right]);
    assert_eq!((app.scroll, app.focus), (0, 0));
    app.hear(Told::Look(Box::new(look("a"))));
    press(&mut app, &[KeyCode::Down, KeyCode::Char('j'), KeyCode::Right]);
    assert_eq!((app.scroll, app.focus), (0, 1));
    press(&mut app, &[KeyCode::Down, KeyCode::Up, KeyCode::Up]);
    assert_eq!((app.scroll, app.focus), (0, 0));
    press(&mut app, &[KeyCode::Right, KeyCode::Down, KeyCode::Down]);
    assert_eq!((app.scroll, app.focus), (2, 1));
    press(&mut app, &[KeyCode::PageDown]);
    assert_eq!(app.scroll, 22);
    app.furthest.set(Some(24));
    press(&mut app, &[KeyCode::PageDown]);
    assert_eq!(app.scroll, 24);
    press(&mut app, &[KeyCode::PageUp, KeyCode::Up]);
    assert_eq!(app.scroll, 3);
    let mut less = look("a");
    less.sections.truncate(1);
    app.furthest.set(Some(2));
    app.hear(Told::Look(Box::new(less)));
    assert_eq!((app.scroll, app.focus), (2, 0));
}

#[test]
fn a_subsystem_is_chosen_from_a_list_or_one_after_another() {
    let mut app = app();
    let all = subsystems_of();
    letters(&mut app, "sjj");
    assert_eq!(app.overlay, Overlay::Subsystems { chosen: 2 });
    press(&mut app, &[KeyCode::Enter]);
    assert_eq!((app.subsystem, &app.overlay), (all[2], &Overlay::None));
    letters(&mut app, "s");
    assert_eq!(app.overlay, Overlay::Subsystems { chosen: 2 });
    press(&mut app, &[KeyCode::End, KeyCode::Down, KeyCode::Enter]);
    assert_eq!(app.subsystem, *all.last().unwrap());
    letters(&mut app, "]");
    assert_eq!(app.subsystem, None);
    letters(&mut app, "[[");
    assert_eq!(app.subsystem, all[all.len() - 2]);
    app.hear(Told::Look(Box::new(look("a"))));
    assert_eq!(sections_of(&app).len(), 1);
}

#[test]
fn series_are_toggled_by_panel() {
    let mut app = charts();
    press(&mut app, &[KeyCode::Right]);
    letters(&mut app, "tj ");
    let hidden = |app: &App| app.hidden.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
    assert_eq!(hidden(&app), ["two"]);
    let second = charts_of(&app).swap_remove(1).id;
    assert!(app.hidden.iter().all(|(panel, _)| *panel == second));
    letters(&mut app, " j");
    press(&mut app, &[KeyCode::Enter]);
    assert_eq!(hidden(&app), ["three"]);
    letters(&mut app, "o");
    assert_eq!(hidden(&app), ["one", "two"]);
    letters(&mut app, "a");
    assert!(app.hidden.is_empty() && app.overlay == Overlay::Series { chosen: 2 });
    letters(&mut app, " ta");
    assert!(app.hidden.is_empty());
}

#[test]
fn a_list_of_series_shrinks_with_the_data_and_with_the_filter() {
    let mut app = charts();
    letters(&mut app, "/t");
    press(&mut app, &[KeyCode::Enter]);
    letters(&mut app, "t");
    let names = |app: &App| series_of(app).into_iter().map(|choice| choice.name).collect::<Vec<_>>();
    assert_eq!(names(&app), ["two", "three"]);
    press(&mut app, &[KeyCode::End]);
    let less = courses(&app, &["two"]);
    app.hear(Told::Courses(Box::new(less)));
    assert_eq!(app.overlay, Overlay::Series { chosen: 0 });
    let none = courses(&app, &[]);
    app.hear(Told::Courses(Box::new(none)));
    assert_eq!(app.overlay, Overlay::None);
    letters(&mut app, "t");
    assert!(app.overlay == Overlay::None && app.message.is_some());
}

#[test]
fn the_badge_says_how_what_is_shown_stands_to_what_is() {
    let mut app = app();
    assert_eq!(app.badge(), Badge::Connecting);
    app.hear(Told::Look(Box::new(look("a"))));
    assert_eq!(app.badge(), Badge::Of(Liveness::Live));
    app.now += 12_000;
    assert_eq!(app.badge(), Badge::Of(Liveness::Stale));
    letters(&mut app, "p");
    assert_eq!(app.badge(), Badge::Paused);
}

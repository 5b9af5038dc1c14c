use super::super::look::Look;
use super::super::observe::Told;
use super::super::state::made_up::{HOSTILE, app, courses, look};
use super::super::state::{App, Overlay};
use super::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Color;

const BEST: Skin = Skin { colour: true, utf8: true };
const PLAIN: Skin = Skin { colour: false, utf8: false };

fn frame(app: &App, skin: Skin, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, app, skin)).unwrap();
    terminal.backend().buffer().clone()
}

fn line(buffer: &Buffer, y: u16) -> String {
    let cells = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol());
    cells.collect::<String>().trim_end().to_owned()
}

fn lines(buffer: &Buffer) -> Vec<String> {
    (0..buffer.area.height).map(|y| line(buffer, y)).collect()
}

fn of(look: Look) -> App {
    let mut app = app();
    app.hear(Told::Look(Box::new(look)));
    app
}

/// Everything that can be on the screen, with names that try to do harm.
fn everything() -> Vec<App> {
    let overlays = [
        Overlay::None,
        Overlay::Help,
        Overlay::Filter,
        Overlay::Subsystems { chosen: 8 },
        Overlay::Series { chosen: 30 },
    ];
    let mut apps = vec![app()];
    for (place, overlay) in overlays.into_iter().enumerate() {
        let mut app = of(look(&HOSTILE.repeat(30)));
        app.view = if place % 2 == 0 { View::Charts } else { View::Summary };
        let names: Vec<_> = (0..40).map(|number| HOSTILE.repeat(number)).collect();
        let found = courses(&app, &names.iter().map(String::as_str).collect::<Vec<_>>());
        app.hear(Told::Courses(Box::new(found)));
        app.overlay = overlay;
        app.filter = HOSTILE.repeat(place);
        app.zoomed = place > 2;
        app.message = (place == 0).then(|| HOSTILE.repeat(9));
        if let Some(look) = &mut app.look {
            look.origin.trouble = (place > 1).then(|| HOSTILE.repeat(9));
        }
        apps.push(app);
    }
    apps
}

#[test]
fn no_size_is_too_small_or_too_large() {
    let widths = [1, 2, 3, 7, 20, 59, 60, 61, 64, 71, 80];
    let sizes = widths.into_iter().flat_map(|width| [1, 2, 3, 14, 15, 16, 24].map(|height| (width, height)));
    let sizes: Vec<_> = sizes.chain([(60, 100), (300, 15), (300, 100)]).collect();
    for app in everything() {
        for (width, height) in &sizes {
            for skin in [BEST, PLAIN] {
                let shown = frame(&app, skin, *width, *height);
                assert!(lines(&shown).iter().all(|line| !line.contains(char::is_control)));
            }
        }
    }
}

#[test]
fn a_terminal_that_is_too_small_says_how_large_it_must_be() {
    let said = |width, height| lines(&frame(&app(), BEST, width, height)).concat();
    assert_eq!(said(59, 24).trim(), "the terminal must be at least 60x15");
    assert_eq!(said(80, 14).trim(), "the terminal must be at least 60x15");
    assert_eq!(said(20, 3).trim(), "60x15");
    assert!(said(60, 15).contains("connecting to Prometheus"));
}

#[test]
fn the_badge_and_the_time_are_seen_however_long_the_place_is() {
    for place in ["", "a/very/long/address/of/something/that/has/no/end/at/all/prometheus.json"] {
        for width in [60, 80, 200] {
            let mut app = of(look(place));
            for (after, expected) in [(0, "LIVE 3 s  "), (127_000, "STALE 2 m 10 s  ")] {
                app.now = super::super::state::made_up::NOW + after;
                let head = line(&frame(&app, BEST, width, 20), 0);
                assert!(head.contains(expected) && head.starts_with("Agent fleet "), "{head}");
                let clock = head.split(' ').next_back().unwrap();
                assert!(clock.len() == 8 && clock.matches(':').count() == 2, "{head}");
                assert!(place.is_empty() || width > 150 || head.contains('…'), "{head}");
            }
        }
    }
    let mut app = of(look(""));
    app.paused = true;
    assert!(line(&frame(&app, PLAIN, 60, 15), 0).contains("PAUSED 3 s"));
    if let Some(look) = &mut app.look {
        (look.origin.newest, look.origin.trouble) = (None, Some("refused".to_owned()));
    }
    app.paused = false;
    let shown = lines(&frame(&app, PLAIN, 60, 15));
    assert!(shown[0].contains("OFFLINE  ") && shown[1].starts_with("! nobody answers: "), "{shown:?}");
    assert!(shown[2].starts_with("! refused"), "{shown:?}");
}

#[test]
fn the_badge_has_the_colour_of_its_meaning_or_none() {
    let colour = |app: &App, skin| {
        let shown = frame(app, skin, 80, 20);
        let at = line(&shown, 0).find("  LIVE").or(line(&shown, 0).find("  STALE")).unwrap();
        shown[(u16::try_from(at).unwrap() + 2, 0)].fg
    };
    let mut app = of(look(""));
    assert_eq!((colour(&app, BEST), colour(&app, PLAIN)), (Color::Green, Color::Reset));
    app.now += 60_000;
    assert_eq!((colour(&app, BEST), colour(&app, PLAIN)), (Color::Yellow, Color::Reset));
}

#[test]
fn charts_that_are_waited_for_are_said_to_come_back() {
    let mut app = of(look(""));
    app.view = View::Charts;
    app.hear(Told::NoCourses("connection refused".to_owned()));
    let shown = lines(&frame(&app, BEST, 80, 20));
    assert_eq!(shown[1], "▲ no charts, they come back by themselves: connection refused");
    assert!(shown[19].contains("v stay here"), "{}", shown[19]);
    app.view = View::Summary;
    assert!(!lines(&frame(&app, BEST, 80, 20)).concat().contains("come back"));
}

#[test]
fn as_many_keys_are_shown_as_there_is_room_for() {
    let foot = |app: &App, width| line(&frame(app, BEST, width, 15), 14);
    let mut app = app();
    assert_eq!(foot(&app, 60), "q quit ? keys v view / find p pause g now w save Enter zoom");
    assert!(foot(&app, 80).ends_with(" Enter zoom a alerts s subsystem"), "{}", foot(&app, 80));
    assert!(foot(&app, 120).contains("v charts  / filter  p pause  g refresh  w save  Enter zoom  a alerts"));
    app.view = View::Charts;
    assert_eq!(foot(&app, 60), "q quit ? keys v view r 1h / find p pause g now w save");
    assert!(foot(&app, 120).contains("v summary  r 1h  / filter"), "{}", foot(&app, 120));
    app.filter = "claude".to_owned();
    assert!(foot(&app, 80).contains("Esc no filter 'claude'"));
    app.overlay = Overlay::Filter;
    app.filter = "x".repeat(100) + "end";
    assert!(foot(&app, 60).ends_with("xend   Enter keeps, Esc clears"), "{}", foot(&app, 60));
    app.overlay = Overlay::None;
    app.message = Some("saved a.svg and a.png".to_owned());
    assert_eq!(foot(&app, 60), "saved a.svg and a.png");
}

#[test]
fn every_key_is_listed_on_the_smallest_terminal() {
    let mut app = of(look(""));
    app.overlay = Overlay::Help;
    if let Some(look) = &mut app.look {
        look.origin.trouble = Some("refused".to_owned());
    }
    for skin in [BEST, PLAIN] {
        let shown = lines(&frame(&app, skin, 60, 15)).join("\n");
        let border = if skin.utf8 { "│" } else { "|" };
        assert!(shown.contains(&format!("{border}q        quit ")), "{shown}");
        for words in ["stop; fg goes on", "save PNG and SVG", "these keys", "by a page, to end"] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        assert_eq!(shown.is_ascii(), !skin.utf8, "{shown}");
    }
}

#[test]
fn every_note_is_told_in_full() {
    let mut found = look("");
    found.notes = vec!["one thing after another ".repeat(8) + "and the end", "\u{1b}[31mred".to_owned()];
    found.origin.trouble = Some("connection refused".to_owned());
    let mut app = of(found);
    app.overlay = Overlay::Troubles { chosen: 0 };
    let shown = lines(&frame(&app, BEST, 80, 24)).join("\n");
    for words in ["note: one thing", "and the end", "prometheus did not tell: connection refused", "red"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(!shown.contains('\u{1b}'));
}

#[test]
fn the_keys_say_of_when_the_numbers_are() {
    let mut app = of(look(""));
    app.overlay = Overlay::Help;
    for (width, height) in [(60, 15), (80, 24), (120, 40)] {
        let shown = lines(&frame(&app, PLAIN, width, height)).join("\n");
        assert!(shown.contains("PER MIN: not known yet; the rest: since the start"), "{shown}");
        if let Some(look) = &mut app.look {
            look.rates_over = Some(std::time::Duration::from_secs(15));
        }
        let shown = lines(&frame(&app, PLAIN, width, height)).join("\n");
        assert!(shown.contains("PER MIN: last 15 s; the rest: since the start"), "{shown}");
        app.look.iter_mut().for_each(|look| look.rates_over = None);
    }
}

#[test]
fn a_filter_is_seen_also_below_what_fills_the_screen() {
    let mut app = of(look(""));
    (app.zoomed, app.filter) = (true, "claude".to_owned());
    let foot = line(&frame(&app, BEST, 60, 15), 14);
    assert!(foot.contains("/ filter 'claude'") && !foot.contains("no filter"), "{foot}");
}

#[test]
fn what_is_chosen_is_seen_in_a_list_that_has_no_room() {
    let mut app = of(look(""));
    app.view = View::Charts;
    let names: Vec<_> = (0..100).map(|number| format!("series-{number}")).collect();
    let found = courses(&app, &names.iter().map(String::as_str).collect::<Vec<_>>());
    app.hear(Told::Courses(Box::new(found)));
    for chosen in [0, 1, 50, 98, 99] {
        app.overlay = Overlay::Series { chosen };
        let shown = lines(&frame(&app, PLAIN, 60, 15)).join("\n");
        assert!(shown.contains(&format!("> [x] series-{chosen} ")), "{shown}");
        assert!(shown.contains(&format!("{} of 100", chosen + 1)), "{shown}");
    }
}

#[test]
fn panels_stand_in_a_grid_that_suits_the_terminal() {
    for (count, width, height, expected) in [
        (6, 50, 13, 1),
        (6, 60, 13, 2),
        (6, 80, 22, 2),
        (6, 120, 38, 3),
        (15, 120, 38, 2),
        (1, 300, 100, 1),
        (0, 80, 22, 1),
    ] {
        assert_eq!(columns(count, width, height, false), expected, "{count} {width}x{height}");
    }
    assert_eq!((columns(6, 200, 48, true), columns(6, 1, 1, false)), (1, 1));
}

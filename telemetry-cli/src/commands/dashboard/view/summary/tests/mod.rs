//! Frames that somebody has read, kept in `snapshots/`, and what must hold in every other.
//!
//! `INSTA_UPDATE=always cargo nextest run …` writes what is new; then it is read, and committed.

mod fleet;

use super::super::super::look::Alerts;
use super::super::super::skin::Skin;
use super::super::super::state::App;
use super::onto;
use fleet::{app, empty, healthy, hostile, large, silent, subsystem, troubled};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use telemetry_catalog::verdict::Verdict;
use telemetry_stack::health::Condition;

const SKIN: Skin = Skin { colour: true, utf8: true };
const PLAIN: Skin = Skin { colour: false, utf8: false };

/// Every size that has a layout of its own, without the lines above and below the view.
const SIZES: [(u16, u16); 4] = [(60, 13), (80, 22), (120, 38), (200, 58)];

fn drawn(app: &App, (width, height): (u16, u16), skin: Skin) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut cells = Buffer::empty(area);
    onto(&mut cells, area, app, skin);
    cells
}

/// The lines of a frame. What stands behind a character of two columns is not there.
fn text(cells: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..cells.area.height {
        let mut skipped = 0;
        let mut line = String::new();
        for x in 0..cells.area.width {
            if skipped == 0 {
                line += cells[(x, y)].symbol();
                skipped = super::ink::columns(cells[(x, y)].symbol()).max(1);
            }
            skipped -= 1;
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

#[track_caller]
fn reviewed(name: &str, app: &App, skin: Skin) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (width, height) in SIZES {
            let frame = text(&drawn(app, (width, height), skin));
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), frame);
        }
    });
}

#[test]
fn a_healthy_fleet() {
    reviewed("healthy", &app(Some(healthy())), SKIN);
}

#[test]
fn a_fleet_in_trouble_that_has_gone_quiet() {
    reviewed("troubled", &app(Some(troubled())), SKIN);
}

#[test]
fn a_terminal_of_ascii_without_colours() {
    reviewed("plain", &app(Some(troubled())), PLAIN);
}

#[test]
fn somebody_who_knows_nothing() {
    reviewed("empty", &app(Some(empty())), SKIN);
}

#[test]
fn nobody_who_answers() {
    reviewed("silent", &app(Some(silent())), SKIN);
}

#[test]
fn one_subsystem_of_a_fleet_in_trouble() {
    let llm = App { subsystem: Some(subsystem("llm")), ..app(Some(troubled())) };
    reviewed("alone", &llm, SKIN);
}

#[test]
fn a_subsystem_that_is_shown_alone_leaves_nothing_of_the_others_but_how_the_fleet_is() {
    let frame = |slug: &str, size| {
        let app = App { subsystem: Some(subsystem(slug)), ..app(Some(troubled())) };
        text(&drawn(&app, size, SKIN))
    };
    for size in [(80, 22), (120, 38)] {
        let beads = frame("beads", size);
        assert!(beads.contains("Active beads") && beads.contains("Status changes"), "{beads}");
        for other in ["Active agents", "Tokens in", "LlmSlow", "llm", "31.2 %, critical"] {
            assert!(!beads.contains(other), "{other} in\n{beads}");
        }
        assert!(beads.contains("● healthy") && beads.contains("fleet ● critical"), "{beads}");
        assert!(beads.contains("none is pending, none fires; 3 elsewhere"), "{beads}");
        let llm = frame("llm", size);
        assert!(llm.contains("LlmSlow") && llm.contains("2 more elsewhere"), "{llm}");
        assert!(llm.contains("● warning") && llm.contains("fleet ● critical"), "{llm}");
        assert!(!llm.contains("AgentRunsFailing") && !llm.contains("Active beads"), "{llm}");
    }
}

#[test]
fn a_reason_that_stands_above_is_not_said_again() {
    for size in [(60, 13), (80, 22), (120, 38), (200, 58)] {
        let frame = text(&drawn(&app(Some(silent())), size, SKIN));
        assert_eq!(frame.matches("connection refused").count(), 1, "{frame}");
    }
}

#[test]
fn rates_say_over_which_time_they_are_and_are_not_known_before_that() {
    let frame = |over: Option<u64>| {
        let mut look = healthy();
        look.rates_over = over.map(std::time::Duration::from_secs);
        // As after another source has taken over: there is a course of before.
        look.rates[0].value = None;
        text(&drawn(&app(Some(look)), (120, 38), SKIN))
    };
    let (none, some, minute) = (frame(None), frame(Some(5)), frame(Some(60)));
    assert!(none.contains("after the next look") && !none.contains("nothing happened"), "{none}");
    assert!(some.contains("Rates, last 5 s") && some.contains("nothing happened"), "{some}");
    assert!(minute.contains("Rates, last minute"), "{minute}");
    // What there is per minute in the tables is of the same time.
    assert!(none.contains("  since ") && !none.contains("PER MIN:"), "{none}");
    assert!(
        some.contains("PER MIN: last 5 s ") && minute.contains("PER MIN: last minute "),
        "{some}{minute}"
    );
}

#[test]
fn names_that_would_move_everything_else() {
    reviewed("hostile", &App { zoomed: true, ..app(Some(hostile())) }, SKIN);
}

#[test]
fn a_wall_shows_all_metrics_and_more_of_their_series() {
    let frame = text(&drawn(&app(Some(large(9))), (300, 98), SKIN));
    assert!(frame.contains("serve_info") && frame.contains("run_duration"), "{frame}");
    assert!(frame.contains("provider-2, project") && !frame.contains("METRIC 1"), "{frame}");
    let frame = text(&drawn(&app(Some(large(1_000))), (300, 98), SKIN));
    assert!(frame.contains("provider-0, project") && frame.contains(" more"), "{frame}");
}

#[test]
fn whatever_else_there_is_some_metrics_are_seen_and_can_be_scrolled() {
    let mut look = troubled();
    look.notes = vec!["a note".to_owned(); 3];
    let bad = look.health[0].clone();
    look.health.iter_mut().for_each(|one| *one = Condition { subsystem: one.subsystem, ..bad.clone() });
    // The smallest terminal has two lines above and below the view, and a third one where something is wrong.
    for size in (12..=40).flat_map(|height| [60, 79, 80, 119, 120, 400].map(|width| (width, height))) {
        let frame = |scroll| text(&drawn(&App { scroll, ..app(Some(look.clone())) }, size, SKIN));
        let (begin, end) = (frame(0), frame(usize::MAX));
        assert!(begin.contains(" COUNT ") && begin.contains("Agent Lifecycle"), "{size:?}\n{begin}");
        assert!(begin.contains("  runs  ") || begin.contains("sase_agent_runs_total"), "{size:?}\n{begin}");
        let failing = ["31.2 % ● critical", "31.2 %  ● critical"];
        assert!(failing.iter().any(|failing| begin.contains(failing)), "{size:?}\n{begin}");
        assert!(end.contains("serve_info"), "{size:?}\n{end}");
    }
}

#[test]
fn few_rates_fill_their_box() {
    for (count, height) in [(1, 38), (2, 38), (3, 45), (4, 58)] {
        let mut look = healthy();
        look.rates.truncate(count);
        let frame = text(&drawn(&app(Some(look)), (200, height), SKIN));
        let inside = frame.lines().skip_while(|line| !line.contains("Rates, ")).skip(1);
        let inside: Vec<_> = inside.take_while(|line| !line.starts_with('╰')).collect();
        let is_blank = |line: &&&str| line.split('│').nth(1).is_some_and(|inside| inside.trim().is_empty());
        assert!(inside.len() >= count, "{frame}");
        assert_eq!(inside.iter().filter(is_blank).count(), 0, "{frame}");
    }
}

#[test]
fn no_table_is_a_head_over_nothing() {
    let mut look = large(1);
    let many = fleet::large(60).sections.swap_remove(0);
    for place in [0, 3, 7] {
        look.sections = large(1).sections;
        look.sections[place].lines.clone_from(&many.lines);
        let frame = text(&drawn(&app(Some(look.clone())), (320, 98), SKIN));
        let mut lines = frame.lines().skip_while(|line| !line.contains("METRIC"));
        let (head, first) = (lines.next().unwrap(), lines.next().unwrap());
        let begins: Vec<_> =
            head.match_indices("METRIC").map(|(place, _)| head[..place].chars().count()).collect();
        assert!(begins.len() > 1, "{frame}");
        for begin in begins {
            let there: String = first.chars().skip(begin).take(20).collect();
            assert!(
                there.contains('●') || there.starts_with(char::is_alphabetic),
                "{begin}: {there}\n{frame}"
            );
        }
    }
}

#[test]
fn no_size_is_too_small_or_too_odd() {
    let mut apps = [hostile(), empty(), large(3)].map(|look| app(Some(look)));
    for (width, height) in (1..=130).flat_map(|width| (1..=45).map(move |height| (width, height))) {
        let app = &mut apps[usize::from(width + height) % 3];
        (app.scroll, app.focus) = (usize::from(width), usize::from(height) % 9);
        drawn(app, (width, height), if width % 2 == 0 { SKIN } else { PLAIN });
    }
    for size in [(1, 300), (500, 1), (400, 200)] {
        drawn(&App { zoomed: true, scroll: usize::MAX, ..app(Some(hostile())) }, size, SKIN);
    }
}

#[test]
fn nothing_is_made_up_before_the_first_look() {
    let frame = text(&drawn(&app(None), (80, 22), SKIN));
    assert_eq!(frame.trim(), "Asking for the first time…");
}

/// The style of the first cell of a text, in the first line of a frame that has it and this too.
fn styled(cells: &Buffer, beside: &str, wanted: &str) -> Style {
    let frame = text(cells);
    let mut lines = frame.lines().enumerate().filter(|(_, line)| line.contains(beside));
    let found = lines.find_map(|(y, line)| line.find(wanted).map(|place| (y, &line[..place])));
    let (y, before) = found.unwrap_or_else(|| panic!("no {wanted} in\n{frame}"));
    cells[(super::ink::columns(before), u16::try_from(y).unwrap())].style()
}

#[test]
fn verdicts_have_the_colours_of_the_terminal_and_words_where_there_are_none() {
    let app = app(Some(troubled()));
    let cells = drawn(&app, (120, 38), SKIN);
    for (beside, wanted, colour) in [
        ("agent  ", "● critical", Color::Red),
        ("llm  ", "● warning", Color::Yellow),
        ("axe  ", "● healthy", Color::Green),
        ("vcs  ", "● unknown", Color::DarkGray),
        ("AgentRunsFailing", "● critical A", Color::Red),
        ("Alerts", "● 2 firing", Color::Red),
        ("Runs that fail", "31.2 %", Color::Red),
        ("sase_agent_runs_total", "31.2 %", Color::Red),
        ("sase_agent_run_duration", "slow", Color::Yellow),
        ("Agent Lifecycle", "┃", Color::Cyan),
        ("╰─", "highest 7", Color::DarkGray),
        ("───", "█", Color::Cyan),
    ] {
        assert_eq!(styled(&cells, beside, wanted).fg, Some(colour), "{wanted}");
    }
    let plain = drawn(&app, (120, 38), PLAIN);
    let is_bare = |style: Style| style.fg == Some(Color::Reset) && style.bg == Some(Color::Reset);
    assert!(plain.content.iter().all(|cell| is_bare(cell.style()) && cell.symbol().is_ascii()));
}

#[test]
fn a_filter_shows_what_it_matches_and_nothing_else() {
    let filtered = |filter: &str| {
        let app = App { filter: filter.to_owned(), ..app(Some(healthy())) };
        text(&drawn(&app, (120, 58), SKIN))
    };
    let frame = filtered("GEMINI");
    assert!(
        frame.contains("gemini, docs") && !frame.contains("codex") && frame.contains("sase_agent_runs_total")
    );
    assert!(!frame.contains("lumberjacks_active"), "it has no labels to match:\n{frame}");
    let frame = filtered("agent_kills");
    assert!(
        frame.contains("codex") && !frame.contains("runs_total") && !frame.contains("LLM Provider"),
        "{frame}"
    );
    let frame = filtered("no\u{1b}such");
    assert!(frame.contains("Nothing matches “no\\u{1b}such”") && !frame.contains("sase_"), "{frame}");
}

#[test]
fn a_chosen_subsystem_is_shown_alone_with_its_series() {
    let app = App { subsystem: Some(subsystem("beads")), ..app(Some(healthy())) };
    let frame = text(&drawn(&app, (80, 22), SKIN));
    assert!(
        frame.contains("operations") && frame.contains("gemini, docs") && !frame.contains("Agent Lifecycle"),
        "{frame}"
    );
}

#[test]
fn the_focus_is_in_sight_and_fills_the_body_when_zoomed() {
    let focused = App { focus: 4, ..app(Some(healthy())) };
    let frame = text(&drawn(&focused, (80, 22), SKIN));
    assert!(frame.contains("\n┃ Beads") && frame.contains("\n┃  operations"), "{frame}");
    let frame = text(&drawn(&App { zoomed: true, ..focused }, (80, 22), SKIN));
    assert!(frame.lines().nth(1).unwrap().starts_with("┃ Beads") && frame.contains("codex, api"), "{frame}");
    assert!(!frame.contains("VCS") && !frame.contains("Active agents"), "{frame}");
}

#[test]
fn tables_scroll_to_their_end_and_no_further() {
    let scrolled =
        |scroll| text(&drawn(&App { scroll, zoomed: true, ..app(Some(large(1_000))) }, (80, 22), SKIN));
    assert!(scrolled(0).contains("  1–21 of 5006 "), "{}", scrolled(0));
    assert!(scrolled(10).contains("  11–31 of 5006 "));
    let end = scrolled(usize::MAX);
    assert!(end.contains("  4986–5006 of 5006 ") && end == scrolled(99_999), "{end}");
}

#[test]
fn what_does_not_fit_is_counted() {
    let mut look = troubled();
    if let Alerts::Known(alerts) = &mut look.alerts {
        *alerts = alerts.iter().cycle().take(40).cloned().collect();
    }
    for (size, more) in [((60, 13), "+39 more"), ((80, 22), "+38 more"), ((120, 38), "more")] {
        let frame = text(&drawn(&app(Some(look.clone())), size, SKIN));
        assert!(frame.contains(more), "{frame}");
    }
}

#[test]
fn what_of_health_does_not_fit_is_never_worse_than_what_is_seen() {
    let mut look = troubled();
    look.health.iter_mut().for_each(|condition| condition.verdict = Verdict::Unknown);
    let [.., warned, worst] = look.health.as_mut_slice() else { unreachable!("there are more subsystems") };
    (warned.verdict, worst.verdict) = (Verdict::Warning, Verdict::Critical);
    worst.reason = "series without room: 4, critical at 1".to_owned();
    let worst = format!("● {} critical: {}", worst.subsystem.slug, worst.reason);
    let warned = format!("● {} warning", warned.subsystem.slug);
    for size in [(60, 13), (80, 22)] {
        let frame = text(&drawn(&app(Some(look.clone())), size, SKIN)).replace('\n', " ");
        assert!(frame.contains(&worst) && frame.contains(&warned) && frame.contains("more"), "{frame}");
    }
}

#[test]
fn a_course_keeps_its_gaps_and_is_no_repetition_of_now() {
    let mut look = healthy();
    look.tiles[0].course = vec![1.0, f64::NAN, 3.0];
    let frame = text(&drawn(&app(Some(look.clone())), (80, 22), SKIN));
    assert!(frame.contains(" ▃ █ │"), "{frame}");
    look.tiles[0].course = vec![3.0];
    let frame = text(&drawn(&app(Some(look)), (80, 22), SKIN));
    assert!(frame.contains("no course yet"), "{frame}");
}

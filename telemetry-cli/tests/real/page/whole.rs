//! Every page of a demonstration, while much fails and after all is well again.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use telemetry_catalog::panel::{Board, OVERVIEW_UID, boards};
use telemetry_core::config::Config;

use super::demo::{PART, Shown};
use crate::support::browser::{Browser, Look, Sight};
use crate::support::require;

/// The panels that rightly have nothing to show in a demonstration.
const WITHOUT_DATA: [&str; 5] = [
    // It looks at a whole day, and at the same hour of the days before.
    "beads-stalled",
    "llm-output-tokens-surge",
    // No metric has so many series that some are counted together.
    "series-overflow",
    "telemetry-series-overflow-rate",
    // `telemetry serve` does not run.
    "telemetry-serve-info",
];

/// What the page says while alerts fire, of each that does; of those that are pending it says something else.
const FIRING: &str = "Firing";

/// What it says when all is well.
const WELL: &str = "The fleet is healthy";

#[test]
fn every_page_of_a_demonstration_is_sound_at_every_size_by_day_and_by_night() {
    require!(Chromium, Node, NpmPackages);
    let (shown, browser) = (Shown::start(), Browser::new());
    let at = &|path: &str, look: Look| sound(&browser, &format!("{}{path}", shown.page), look);
    thread::scope(|scope| {
        let drawn = scope.spawn(|| every_panel_is_drawn(&shown));
        // Alerts do not wait for browsers to start, so that these are there before anything fails.
        let looks = [Look::LAPTOP, Look::PHONE.dark()].map(|look| look.until(FIRING));
        let sights = looks.map(|look| scope.spawn(move || at("", look)));
        shown.state("alerts fire", |state| state["firing"].as_u64() >= Some(2));
        for sight in sights {
            let sight = sight.join().unwrap();
            assert!(sight.text().contains(FIRING) && sight.text().contains("What to do"), "{}", sight.text());
            assert!(
                sight.title().starts_with("Critical (") || sight.title().starts_with("Warning ("),
                "{}",
                sight.title()
            );
        }
        drawn.join().unwrap();
    });
    shown.ended();
    shown.state("the fleet is well again", |state| state["health"] == "healthy" && state["firing"] == 0);
    // Where a page that brings itself up to date was slow to learn how the fleet is, it says so a moment later.
    let [wall, phone] = [Look::WALL.dark(), Look::PHONE].map(|look| look.until(WELL));
    for look in [wall, phone, Look::LAPTOP.dark().without_script()] {
        let sight = at("", look);
        assert!(sight.text().contains(WELL) && sight.text().contains("0 alerts firing"), "{}", sight.text());
    }
    // Two at a time, as there are at least so many processors; a browser waits more than it works.
    for pair in pages().chunks(2) {
        thread::scope(|scope| {
            let look = |(path, charts, look): &(String, Option<usize>, Look)| {
                let sight = at(path, *look);
                assert!(charts.is_none_or(|charts| sight.charts().len() == charts), "{path}");
            };
            pair.iter().for_each(|page| drop(scope.spawn(move || look(page))));
        });
    }
    assert_eq!(browser.running(), [""; 0]);
}

/// Every page but the overview, with how many charts are on it where it is a board, and how it is looked at: each size by day and by night.
fn pages() -> Vec<(String, Option<usize>, Look)> {
    let boards = boards(&Config::default());
    let boards = boards.iter().filter(|board| board.uid != OVERVIEW_UID);
    let boards = boards.map(|board| (format!("board/{}", board.uid), Some(board.panels().count())));
    let others = ["panel/llm-errors", "runbook", "metrics-reference"].map(|path| (path.to_owned(), None));
    let [phone, laptop, wall] = [Look::PHONE, Look::LAPTOP, Look::WALL];
    let looks = [laptop.dark(), phone, wall, phone.dark(), laptop, wall.dark()].into_iter().cycle();
    let pages = boards.chain(others).zip(looks);
    pages.map(|((path, charts), look)| (path, charts, look)).collect()
}

/// What is seen of a page about which nobody could complain.
fn sound(browser: &Browser, url: &str, look: Look) -> Sight {
    let sight = browser.look(url, look);
    assert_eq!(sight.complaints(), [""; 0], "{url} {look:?}");
    assert_eq!((&sight.seen["status"], &sight.seen["language"]), (&200.into(), &"en".into()), "{url}");
    sight
}

/// Waits until each panel of each board was drawn with data at some time; some have it only while much fails.
fn every_panel_is_drawn(shown: &Shown) {
    let boards = boards(&Config::default());
    let mut left: BTreeSet<&str> =
        boards.iter().flat_map(Board::panels).map(|panel| panel.id.as_str()).collect();
    let deadline = Instant::now() + PART;
    while !left.iter().all(|id| WITHOUT_DATA.contains(id)) {
        assert!(Instant::now() < deadline, "never drawn with data: {left:?}");
        left.retain(|id| {
            let picture = shown.get(&format!("chart/{id}.svg?range=5m"));
            picture.contains(">no data<") || picture.contains(">not known<")
        });
        thread::sleep(Duration::from_secs(1));
    }
}

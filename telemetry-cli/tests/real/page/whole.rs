//! Every page of a demonstration, while much fails and after all is well again.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use telemetry_catalog::panel::{OVERVIEW_UID, boards};
use telemetry_core::config::Config;

use super::demo::Shown;
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

/// How long it may take until every panel was seen with data; some have it only while much fails.
const DRAWN: Duration = Duration::from_secs(90);

#[test]
fn every_page_of_a_demonstration_is_sound_at_every_size_by_day_and_by_night() {
    require!(Chromium, Node, NpmPackages);
    let (shown, browser) = (Shown::start(), Browser::new());
    let at = |path: &str, look: Look| sound(&browser, &format!("{}{path}", shown.page), look);
    thread::scope(|scope| {
        let drawn = scope.spawn(|| every_panel_is_drawn(&shown));
        shown.state("alerts fire", |state| state["firing"].as_u64() >= Some(2));
        for look in [Look::LAPTOP, Look::PHONE.dark()] {
            let sight = at("", look);
            assert!(
                sight.text().contains("Firing") && sight.text().contains("What to do"),
                "{}",
                sight.text()
            );
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
    for look in [Look::WALL.dark(), Look::PHONE, Look::LAPTOP.dark().without_script()] {
        let sight = at("", look);
        assert!(
            sight.text().contains("The fleet is healthy") && sight.text().contains("0 alerts firing"),
            "{}",
            sight.text()
        );
    }
    let mut looks =
        [Look::LAPTOP.dark(), Look::PHONE, Look::WALL, Look::PHONE.dark(), Look::LAPTOP, Look::WALL.dark()]
            .into_iter()
            .cycle();
    for board in boards(&Config::default()).iter().filter(|board| board.uid != OVERVIEW_UID) {
        let sight = at(&format!("board/{}", board.uid), looks.next().unwrap());
        assert_eq!(sight.charts().len(), board.panels().count(), "{}", board.uid);
    }
    for path in
        ["panel/llm-errors", "panel/agent-run-duration-seconds-heatmap", "runbook", "metrics-reference"]
    {
        at(path, looks.next().unwrap());
    }
    at("runbook", Look::LAPTOP.without_script());
    assert_eq!(browser.running(), [""; 0]);
}

/// What is seen of a page about which nobody could complain.
fn sound(browser: &Browser, url: &str, look: Look) -> Sight {
    let sight = browser.look(url, look);
    assert_eq!(sight.complaints(), [""; 0], "{url} {look:?}");
    assert_eq!((&sight.seen["status"], &sight.seen["language"]), (&200.into(), &"en".into()), "{url}");
    sight
}

/// Waits until each panel of each board was drawn with data at some time.
fn every_panel_is_drawn(shown: &Shown) {
    let boards = boards(&Config::default());
    let mut left: BTreeSet<&str> =
        boards.iter().flat_map(|board| board.panels()).map(|panel| panel.id.as_str()).collect();
    let deadline = Instant::now() + DRAWN;
    while !left.iter().all(|id| WITHOUT_DATA.contains(id)) {
        assert!(Instant::now() < deadline, "never drawn with data: {left:?}");
        left.retain(|id| {
            let picture = shown.get(&format!("chart/{id}.svg?range=5m"));
            picture.contains(">no data<") || picture.contains(">not known<")
        });
        thread::sleep(Duration::from_millis(500));
    }
}

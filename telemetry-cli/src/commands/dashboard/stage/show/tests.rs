use super::super::super::state::made_up::{control, key, look, plan};
use super::*;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::KeyCode;
use signal_hook::consts::SIGTERM;

fn stage() -> (Show<TestBackend>, Sender<Event>, Receiver<Event>) {
    let (tell, events) = channel();
    let screen = Screen { width: Some(80), colour: true, utf8: true };
    let show = Show::begin(plan(), screen, TestBackend::new(80, 24), &tell).unwrap();
    (show, tell, events)
}

fn press(code: KeyCode) -> Event {
    Event::Key(key(code))
}

fn shown(show: &Show<TestBackend>) -> String {
    show.terminal.backend().to_string()
}

/// The observer of the test tells what it likes meanwhile, so that only what is pressed here is looked at.
fn play(events: impl IntoIterator<Item = Event>) -> (Show<TestBackend>, End) {
    let (mut show, tell, received) = stage();
    events.into_iter().for_each(|event| tell.send(event).unwrap());
    let end = show.go_on(&received).unwrap();
    (show, end)
}

#[test]
fn keys_are_obeyed_in_their_order_until_one_ends_it() {
    let (show, end) = play([press(KeyCode::Char('v')), press(KeyCode::Char('r')), press(KeyCode::Char('q'))]);
    assert_eq!((end, show.app.range.as_str()), (End::Quit, "6h"));
    let (_, end) = play([press(KeyCode::Char('?')), Event::Key(control('c'))]);
    assert_eq!(end, End::Signal(SIGINT));
    assert_eq!(play([Event::Signal(SIGTERM)]).1, End::Signal(SIGTERM));
    assert_eq!(play([Event::Signal(SIGWINCH), Event::Panicked]).1, End::Panicked);
}

#[test]
fn a_terminal_that_is_gone_ends_it() {
    let (mut show, tell, events) = stage();
    tell.send(Event::Gone(std::io::ErrorKind::UnexpectedEof.into())).unwrap();
    let failure = show.go_on(&events).unwrap_err();
    assert!(failure.line().starts_with("the terminal is gone: "), "{}", failure.line());
}

#[test]
fn what_was_told_is_drawn_and_what_changes_is_wished_for() {
    let (mut show, _tell, _events) = stage();
    show.draw().unwrap();
    assert!(shown(&show).contains("WAITING"));
    let found = look("here");
    show.take(Event::Told(Told::Look(Box::new(found)))).unwrap();
    show.take(press(KeyCode::Char('v'))).unwrap();
    show.make_wish();
    show.draw().unwrap();
    assert!(shown(&show).contains("http://localhost:9090/here"), "{}", shown(&show));
    assert_eq!((show.wish.panels.is_empty(), show.app.body), (false, (80, 22)));
}

#[test]
fn what_became_of_saving_is_told_and_keys_go_on_meanwhile() {
    let (mut show, _tell, events) = stage();
    show.take(Event::Saved(Ok(vec!["./a.svg".into(), "./a.png".into()]))).unwrap();
    assert_eq!(show.app.message.as_deref(), Some("saved a.svg and a.png"));
    show.take(Event::Saved(Err(Failure::new("no room").because(std::io::Error::other("disk full")))))
        .unwrap();
    assert_eq!(show.app.message.as_deref(), Some("not saved: no room: disk full"));
    show.take(press(KeyCode::Char('j'))).unwrap();
    assert_eq!((show.app.message.take(), events.try_recv().is_err()), (None, true));
}

#[test]
fn a_second_is_waited_for_at_most() {
    assert_eq!(until_next_tick(1_790_000_000_250), Duration::from_millis(750));
    assert_eq!(until_next_tick(1_790_000_000_000), Duration::from_secs(1));
}

//! What happens: each event changes the state, and what has changed is drawn.

#[cfg(test)]
mod tests;

use super::super::Plan;
use super::super::observe::{Observer, Told, Wish};
use super::super::save::save;
use super::super::skin::{Skin, ground};
use super::super::state::{App, Charted, Effect, action};
use super::super::view;
use super::curtain;
use super::events::Event;
use crate::clock::now;
use crate::failure::Failure;
use crate::output::Screen;
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};
use signal_hook::consts::{SIGCONT, SIGINT, SIGTSTP, SIGWINCH};
use signal_hook::low_level::emulate_default_handler;
use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use telemetry_charts::Theme;

/// How often ages and the time of day are drawn anew.
const TICK: Duration = Duration::from_secs(1);

/// Why the show is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Quit,
    /// This signal ends it as it ends any program.
    Signal(i32),
    /// A thread has panicked, which was told by then.
    Panicked,
}

/// Everything that the loop has at hand.
pub(super) struct Show<B: Backend> {
    app: App,
    skin: Skin,
    /// That of the terminal.
    theme: Theme,
    terminal: Terminal<B>,
    observer: Observer,
    /// What the observer was last told to bring.
    wish: Wish,
    tell: Sender<Event>,
    /// Whether pictures are being written.
    pub(super) saving: Option<JoinHandle<()>>,
}

impl<B: Backend<Error: Error + 'static>> Show<B> {
    pub(super) fn begin(
        plan: Plan,
        screen: Screen,
        backend: B,
        tell: &Sender<Event>,
    ) -> Result<Self, Failure> {
        let terminal = Terminal::new(backend).map_err(gone)?;
        let skin = Skin { colour: screen.colour, utf8: screen.utf8 };
        let observer = Observer::begin(plan.clone(), heard(tell.clone()));
        Ok(Self {
            app: App::new(plan),
            skin,
            theme: ground(env::var("COLORFGBG").ok().as_deref()),
            terminal,
            observer,
            wish: Wish::default(),
            tell: tell.clone(),
            saving: None,
        })
    }

    /// Draws, waits and does what is to be done, until it is over. Events that come at once are drawn once.
    pub(super) fn go_on(&mut self, events: &Receiver<Event>) -> Result<End, Failure> {
        loop {
            self.make_wish();
            self.draw()?;
            let first = match events.recv_timeout(until_next_tick(now())) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) => Event::Tick,
                Err(RecvTimeoutError::Disconnected) => return Ok(End::Quit),
            };
            for event in std::iter::once(first).chain(events.try_iter()) {
                if let Some(end) = self.take(event)? {
                    return Ok(end);
                }
            }
        }
    }

    fn make_wish(&mut self) {
        let wish = self.app.wish();
        if wish != self.wish {
            self.observer.wish(wish.clone());
            // Nobody asks while paused but for what was not seen before.
            if wish.paused && self.wish.paused {
                self.observer.refresh();
            }
            self.wish = wish;
        }
    }

    fn draw(&mut self) -> Result<(), Failure> {
        self.app.now = now();
        let size = self.terminal.backend().size().map_err(gone)?;
        let body = view::body(Rect::from((Position::ORIGIN, size)), &self.app);
        self.app.body = (body.width, body.height);
        self.terminal.draw(|frame| view::draw(frame, &self.app, self.skin)).map_err(gone)?;
        Ok(())
    }

    fn take(&mut self, event: Event) -> Result<Option<End>, Failure> {
        match event {
            Event::Key(key) => return self.press(key),
            Event::Told(told) => self.app.hear(told),
            Event::Charted(charted) => self.app.take(charted),
            Event::Saved(saved) => {
                self.saving = None;
                self.app.message = Some(told_of(saved));
            }
            Event::Signal(SIGWINCH) => {}
            Event::Tick | Event::Signal(SIGCONT) => self.resume()?,
            Event::Signal(SIGTSTP) => self.stop()?,
            Event::Signal(signal) => return Ok(Some(End::Signal(signal))),
            Event::Panicked => return Ok(Some(End::Panicked)),
            Event::Gone(error) => return Err(gone(error)),
        }
        Ok(None)
    }

    fn press(&mut self, key: KeyEvent) -> Result<Option<End>, Failure> {
        #[cfg(debug_assertions)]
        panic_on_purpose(key);
        let Some(action) = action(&self.app, key) else { return Ok(None) };
        match self.app.act(action) {
            Effect::Nothing => {}
            Effect::Quit => return Ok(Some(End::Quit)),
            Effect::Interrupt => return Ok(Some(End::Signal(SIGINT))),
            Effect::Stop => self.ask_to_stop(),
            Effect::Redraw => self.terminal.clear().map_err(gone)?,
            Effect::Refresh => self.observer.refresh_all(),
            Effect::Save => self.save()?,
        }
        Ok(None)
    }

    /// Stops every process of the job, as a terminal does that nobody has taken over: a script that has started this is to stop as well.
    fn ask_to_stop(&mut self) {
        if curtain::has_a_shell() {
            let _stopped = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
        } else {
            self.app.message = Some("there is no shell to return to".to_owned());
        }
    }

    /// Gives the terminal back and stops, until somebody lets this go on.
    fn stop(&mut self) -> Result<(), Failure> {
        curtain::give_back();
        let _survived = emulate_default_handler(SIGTSTP);
        self.resume()
    }

    /// Takes the terminal over again, where it was given back and is at hand.
    fn resume(&mut self) -> Result<(), Failure> {
        if curtain::raise_again()? {
            self.terminal.clear().map_err(gone)?;
        }
        Ok(())
    }

    /// Writes what is on the screen, on a thread, so that keys keep answering. What is only told of the key is not on the pictures.
    fn save(&mut self) -> Result<(), Failure> {
        if self.saving.is_some() {
            return Ok(());
        }
        let message = self.app.message.take();
        let (app, skin, tell) = (self.app.clone(), self.skin, self.tell.clone());
        let theme = self.theme;
        let frame = self.terminal.draw(|frame| view::draw(frame, &app, skin)).map_err(gone)?;
        let screen = frame.buffer.clone();
        self.app.message = message;
        self.saving = Some(std::thread::spawn(move || {
            let _ended = tell.send(Event::Saved(save(&app, &screen, theme, Path::new("."))));
        }));
        Ok(())
    }
}

/// What is told after something was saved, or was not.
fn told_of(saved: Result<Vec<PathBuf>, Failure>) -> String {
    let name = |file: &PathBuf| file.strip_prefix(".").unwrap_or(file).display().to_string();
    match saved {
        Ok(files) => format!("saved {}", files.iter().map(name).collect::<Vec<_>>().join(" and ")),
        Err(failure) => format!("not saved: {}", failure.line()),
    }
}

/// Where an observer tells what becomes an event. What takes a while to be made ready is ready by then, so that keys are answered meanwhile.
fn heard(tell: Sender<Event>) -> Sender<Told> {
    let (observer, told) = channel();
    let event = |told| match told {
        Told::Courses(courses) => Event::Charted(Box::new(Charted::of(*courses))),
        told => Event::Told(told),
    };
    std::thread::spawn(move || told.into_iter().try_for_each(|told| tell.send(event(told))));
    observer
}

fn gone(error: impl Error + 'static) -> Failure {
    Failure::new("the terminal is gone").because(error)
}

/// Until the clock shows another second.
fn until_next_tick(now: i64) -> Duration {
    TICK.saturating_sub(Duration::from_millis(now.rem_euclid(1000).unsigned_abs()))
}

/// What a panic does to the terminal can be seen in a build for development.
#[cfg(debug_assertions)]
#[expect(clippy::panic, reason = "on purpose, and not in what people use")]
fn panic_on_purpose(key: KeyEvent) {
    use ratatui::crossterm::event::{KeyCode, KeyModifiers};
    if key.code == KeyCode::F(12) && key.modifiers.contains(KeyModifiers::SHIFT) {
        std::thread::spawn(|| panic!("another thread, on purpose"));
    } else if key.code == KeyCode::F(12) {
        panic!("the loop, on purpose");
    }
}

//! The terminal, the keys and the loop.
//!
//! | module | responsible for |
//! |---|---|
//! | here | what happens: each event changes the state, and what has changed is drawn |
//! | `curtain` | the terminal, taken over and given back, whatever happens |
//! | `events` | whatever happens beside, brought into one queue |
//!
//! Nothing in the loop waits for a source, a file or anything else but the next event.
//!
//! In a build for development F12 is a panic of the loop, and Shift-F12 one of another thread, so that what a panic does to the terminal
//! can be seen.

mod curtain;
mod events;
#[cfg(test)]
mod tests;

use super::Plan;
use super::observe::{Observer, Told, Wish};
use super::save::save;
use super::skin::Skin;
use super::state::{App, Effect, action};
use super::view;
use crate::clock::now;
use crate::failure::{Exit, Failure};
use crate::output::{Screen, Stage};
use curtain::{Curtain, Prompt};
use events::Event;
use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};
use signal_hook::consts::{SIGCONT, SIGINT, SIGTSTP, SIGWINCH};
use signal_hook::low_level::emulate_default_handler;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often ages and the time of day are drawn anew.
const TICK: Duration = Duration::from_secs(1);

/// Shows the dashboard until somebody ends it.
pub(super) fn run(plan: Plan, screen: Screen) -> Result<ExitCode, Failure> {
    if !Stage::is_possible() {
        return Err(Failure::new("the dashboard needs a terminal that can be drawn on").advice(
            "`telemetry snapshot` prints the numbers once, and `telemetry snapshot --watch` again and again",
        ));
    }
    let (tell, events) = channel();
    let curtain = Curtain::raise(&tell)?;
    events::listen(&tell)?;
    let mut show = Show::begin(plan, screen, CrosstermBackend::new(Prompt::default()), &tell)?;
    let end = show.go_on(&events);
    // The terminal is given back before anything else ends, which may take a moment.
    drop(curtain);
    // Whoever leaves while pictures are being written has asked for them.
    if let Some(saving) = show.saving.take() {
        let _written = saving.join();
    }
    match end? {
        End::Quit => Ok(ExitCode::SUCCESS),
        End::Panicked => Ok(Exit::Failure.into()),
        End::Signal(signal) => {
            let _survived = emulate_default_handler(signal);
            Ok(ExitCode::from(128 + u8::try_from(signal).unwrap_or_default()))
        }
    }
}

/// Why the show is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Quit,
    /// This signal ends it as it ends any program.
    Signal(i32),
    /// A thread has panicked, which was told by then.
    Panicked,
}

/// Everything that the loop has at hand.
struct Show<B: Backend> {
    app: App,
    skin: Skin,
    terminal: Terminal<B>,
    observer: Observer,
    /// What the observer was last told to bring.
    wish: Wish,
    tell: Sender<Event>,
    /// Whether pictures are being written.
    saving: Option<JoinHandle<()>>,
}

impl<B: Backend<Error: Error + 'static>> Show<B> {
    fn begin(plan: Plan, screen: Screen, backend: B, tell: &Sender<Event>) -> Result<Self, Failure> {
        let terminal = Terminal::new(backend).map_err(gone)?;
        let skin = Skin { colour: screen.colour, utf8: screen.utf8 };
        let observer = Observer::begin(plan.clone(), heard(tell.clone()));
        Ok(Self {
            app: App::new(plan),
            skin,
            terminal,
            observer,
            wish: Wish::default(),
            tell: tell.clone(),
            saving: None,
        })
    }

    /// Draws, waits and does what is to be done, until it is over. Events that come at once are drawn once.
    fn go_on(&mut self, events: &Receiver<Event>) -> Result<End, Failure> {
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
        let frame = self.terminal.draw(|frame| view::draw(frame, &app, skin)).map_err(gone)?;
        let screen = frame.buffer.clone();
        self.app.message = message;
        self.saving = Some(std::thread::spawn(move || {
            let _ended = tell.send(Event::Saved(save(&app, &screen, skin, Path::new("."))));
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

/// Where an observer tells what becomes an event.
fn heard(tell: Sender<Event>) -> Sender<Told> {
    let (observer, told) = channel();
    std::thread::spawn(move || told.into_iter().try_for_each(|told| tell.send(Event::Told(told))));
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

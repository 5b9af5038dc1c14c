//! What a receiver was told last of each alert, so that it hears of each change once, whatever is killed meanwhile.

use super::fingerprint;
use super::lines::News;
use crate::document;
use crate::rules::{Event, Notice};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The version of what is written.
const VERSION: u32 = 1;

/// How many alerts are remembered: twice as many as may wait.
pub(super) const MOST: usize = 20_000;

/// How long the end of an alert is remembered, in milliseconds: longer than the quarter of an hour for which it is told again.
const REMEMBERED: i64 = 60 * 60 * 1000;

/// A file of what was delivered last for each alert. What is in it is on disk before anything else is delivered.
///
/// A kill after a call and before its note makes that one call come twice.
#[derive(Debug)]
pub(super) struct Delivered {
    path: PathBuf,
    kept: Mutex<Kept>,
    /// Told when the file cannot be written, and how the receiver is called there.
    news: News,
    name: String,
}

#[derive(Debug)]
struct Kept {
    content: Content,
    /// Whether it was said that the file cannot be written.
    said: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Content {
    /// Since when everything that was delivered is here, in milliseconds since 1970.
    begun_at: i64,
    /// By fingerprint.
    alerts: BTreeMap<String, Told>,
}

/// What was delivered last of an alert.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Told {
    starts_at: i64,
    has_ended: bool,
    /// When it was delivered.
    told_at: i64,
}

impl Delivered {
    /// Goes on with the file at this path, or begins it at this time, in milliseconds since 1970. A file that cannot be used is said, and
    /// keeps nobody from being told.
    pub(super) fn open(path: PathBuf, name: &str, news: News, at: i64) -> Self {
        let found = match document::read(&path, VERSION) {
            Ok(None) => None,
            Ok(Some(Ok(content))) => Some(content),
            Ok(Some(Err(reason))) => {
                news.say(&set_aside(&path, name, &reason));
                None
            }
            Err(error) => {
                news.say(&unusable(&path, name, &error));
                None
            }
        };
        let is_new = found.is_none();
        let content = found.unwrap_or(Content { begun_at: at, alerts: BTreeMap::new() });
        let kept = Mutex::new(Kept { content, said: false });
        let delivered = Self { path, kept, news, name: name.to_owned() };
        if is_new {
            delivered.write(&mut delivered.kept());
        }
        delivered
    }

    /// Whether the receiver has not heard this yet.
    ///
    /// What is told again counts only where it is later than what was delivered: two rules that say opposite things of one alert would
    /// else be told in turns. An end from before the beginning of the file was told by whoever was there then, or by nobody.
    pub(super) fn is_news(&self, notice: &Notice) -> bool {
        let Some((has_ended, is_again)) = said(notice.event) else { return false };
        let Kept { content, .. } = &*self.kept();
        let now = (notice.starts_at, has_ended);
        match content.alerts.get(&fingerprint::of_labels(&notice.labels)) {
            Some(told) if is_again => now > (told.starts_at, told.has_ended),
            Some(told) => now != (told.starts_at, told.has_ended),
            None => !(has_ended && is_again) || notice.ends_at >= content.begun_at,
        }
    }

    /// Notes at this time that the receiver has heard these, or does not want to.
    pub(super) fn note<'a>(&self, notices: impl IntoIterator<Item = &'a Notice>, at: i64) {
        let mut kept = self.kept();
        for notice in notices {
            let Some((has_ended, _)) = said(notice.event) else { continue };
            let told = Told { starts_at: notice.starts_at, has_ended, told_at: at };
            kept.content.alerts.insert(fingerprint::of_labels(&notice.labels), told);
        }
        kept.content.forget(at);
        self.write(&mut kept);
    }

    /// Writes the file, and says so once where that cannot be: until it can, what was delivered is known in memory alone.
    fn write(&self, kept: &mut Kept) {
        let written = document::write(&self.path, VERSION, &kept.content);
        let said = std::mem::replace(&mut kept.said, written.is_err());
        if let Err(error) = written.map_err(|error| unusable(&self.path, &self.name, &error))
            && !said
        {
            self.news.say(&error);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content {
    /// Forgets what nobody will tell again, and the oldest of too many. A time that is not there yet was a clock's that was wrong.
    fn forget(&mut self, at: i64) {
        self.alerts.retain(|_, told| !told.has_ended || (0..REMEMBERED).contains(&(at - told.told_at)));
        while self.alerts.len() > MOST {
            let oldest = self.alerts.iter().min_by_key(|(_, told)| told.told_at);
            let Some(oldest) = oldest.map(|(fingerprint, _)| fingerprint.clone()) else { return };
            self.alerts.remove(&oldest);
        }
    }
}

/// Whether this says that an alert has ended, and whether it says so again; nothing where it says neither that nor that it fires.
const fn said(event: Event) -> Option<(bool, bool)> {
    match event {
        Event::Firing => Some((false, false)),
        Event::StillFiring => Some((false, true)),
        Event::Resolved => Some((true, false)),
        Event::StillResolved => Some((true, true)),
        Event::Pending | Event::Gone => None,
    }
}

fn set_aside(path: &Path, name: &str, reason: &str) -> String {
    let found = format!("what {name} was told, in {}, cannot be used ({reason})", path.display());
    match document::set_aside(path) {
        Ok(aside) => format!("{found} and was moved to {}; it is told anew of what fires", aside.display()),
        Err(error) => format!("{found}, nor moved away ({error}); it is told anew of what fires"),
    }
}

fn unusable(path: &Path, name: &str, error: &std::io::Error) -> String {
    format!(
        "what {name} was told cannot be kept in {} ({error}): after a restart it may hear it again",
        path.display()
    )
}

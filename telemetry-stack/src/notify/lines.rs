//! A line for each change, for whoever watches the stack.

use crate::rules::{Event, Notice, Notifier};
use std::collections::VecDeque;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// How many lines one rule may say at once; the rest is counted.
const MOST: usize = 20;

/// How many lines that have to be heard may wait for whoever listens.
const MOST_WAITING: usize = 1000;

/// Takes lines about what changes. Nobody has to listen, and what there is no room for is not said.
#[derive(Debug, Clone, Default)]
pub struct News(Option<Arc<Listener>>);

/// Whoever listens, and what they have to hear as soon as they do.
#[derive(Debug)]
struct Listener {
    lines: SyncSender<String>,
    waiting: Mutex<VecDeque<String>>,
}

impl News {
    /// News that go to this channel.
    #[must_use]
    pub fn to(listener: SyncSender<String>) -> Self {
        Self(Some(Arc::new(Listener { lines: listener, waiting: Mutex::default() })))
    }

    /// Says a line, in which whatever a terminal would obey is replaced: labels come from anywhere.
    pub(crate) fn say(&self, line: &str) {
        if let Some(listener) = &self.0 {
            let _nobody_listens = listener.lines.try_send(printable(line));
        }
    }

    /// Says a line that is not left out for want of room: it is said later then. Nobody waits for that.
    pub(crate) fn insist(&self, line: &str) {
        let Some(listener) = &self.0 else { return };
        let mut waiting = listener.waiting();
        if waiting.is_empty() {
            let Err(TrySendError::Full(line)) = listener.lines.try_send(printable(line)) else { return };
            waiting.push_back(line);
            let late = Arc::clone(listener);
            let carrying = thread::Builder::new().name("telemetry-news".to_owned());
            if carrying.spawn(move || late.carry()).is_err() {
                waiting.clear();
            }
        } else if waiting.len() < MOST_WAITING {
            waiting.push_back(printable(line));
        }
    }
}

impl Listener {
    /// Says what waits, however long the listener takes.
    fn carry(&self) {
        let mut next = self.waiting().front().cloned();
        while let Some(line) = next {
            let ended = self.lines.send(line).is_err();
            let mut waiting = self.waiting();
            waiting.pop_front();
            if ended {
                waiting.clear();
            }
            next = waiting.front().cloned();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn printable(line: &str) -> String {
    line.replace(char::is_control, "\u{fffd}")
}

/// Says in a line what has become of an alert.
#[derive(Debug, Clone)]
pub struct Lines(News);

impl Lines {
    /// Lines that go there.
    #[must_use]
    pub const fn new(news: News) -> Self {
        Self(news)
    }
}

impl Notifier for Lines {
    fn notify(&self, notices: &[Notice]) {
        let mut changes: Vec<_> =
            notices.iter().filter_map(|notice| Some((word(notice.event)?, notice))).collect();
        let rest = changes.len().saturating_sub(MOST);
        if rest > 0 {
            // What fires is what people have to hear first.
            changes.sort_by_key(|(_, notice)| notice.event != Event::Firing);
        }
        changes.iter().take(MOST).for_each(|(word, notice)| self.0.say(&line(word, notice)));
        if let Some((_, first)) = changes.first().filter(|_| rest > 0) {
            self.0.say(&format!("and {rest} more changes of {}", first.labels.get("alertname")));
        }
    }

    fn say(&self, sentence: &str) {
        self.0.insist(sentence);
    }
}

/// What there is to say; nothing of what is told again.
const fn word(event: Event) -> Option<&'static str> {
    match event {
        Event::Pending => Some("pending"),
        Event::Firing => Some("firing"),
        Event::Resolved => Some("resolved"),
        Event::Gone => Some("gone"),
        Event::StillFiring | Event::StillResolved => None,
    }
}

fn line(word: &str, notice: &Notice) -> String {
    let (name, severity) = (notice.labels.get("alertname"), notice.labels.get("severity"));
    let severity = if severity.is_empty() { String::new() } else { format!(" ({severity})") };
    format!("{word}: {name}{severity}{}", about(notice))
}

/// The sentence that a person should read, or else what tells the alert from others of its name.
fn about(notice: &Notice) -> String {
    let sentence = ["summary", "description"].into_iter().find_map(|wanted| {
        let found = notice.annotations.iter().find(|(name, text)| name == wanted && !text.is_empty());
        found.map(|(_, text)| text.clone())
    });
    let others = notice.labels.iter().filter(|label| !matches!(&*label.name, "alertname" | "severity"));
    let others: Vec<_> = others.map(|label| format!("{}={:?}", label.name, label.value)).collect();
    let sentence = sentence.unwrap_or_else(|| others.join(" "));
    if sentence.is_empty() { sentence } else { format!(": {sentence}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;
    use std::time::Duration;
    use telemetry_query::Labels;

    fn notice(event: Event, number: usize) -> Notice {
        Notice {
            event,
            labels: Labels::new([("alertname", "A".to_owned()), ("i", number.to_string())]),
            annotations: Vec::new(),
            value: 1.0,
            starts_at: 0,
            ends_at: 0,
            generator_url: String::new(),
        }
    }

    #[test]
    fn thousands_of_changes_are_a_few_lines_and_what_fires_comes_first() {
        let (tell, heard) = sync_channel(100);
        let lines = Lines::new(News::to(tell));
        let pending = (0..4000).map(|number| notice(Event::Pending, number));
        let firing = (4000..4003).map(|number| notice(Event::Firing, number));
        lines.notify(&pending.chain(firing).collect::<Vec<_>>());
        let heard: Vec<_> = heard.try_iter().collect();
        assert_eq!(heard.len(), MOST + 1, "{heard:?}");
        assert_eq!(heard[0], "firing: A: i=\"4000\"");
        assert_eq!(heard[3], "pending: A: i=\"0\"");
        assert_eq!(heard[MOST], "and 3983 more changes of A");
    }

    #[test]
    fn what_has_to_be_heard_is_heard_however_much_else_is_said() {
        let (tell, heard) = sync_channel(2);
        let news = News::to(tell);
        (0..10).for_each(|number| news.say(&number.to_string()));
        ["gone", "back"].iter().for_each(|line| news.insist(line));
        news.say("left out");
        let next = || heard.recv_timeout(Duration::from_secs(30)).unwrap();
        assert_eq!([next(), next(), next(), next()], ["0", "1", "gone", "back"]);
        drop(heard);
        news.insist("nobody is there");
    }
}

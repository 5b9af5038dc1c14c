//! A line for each change, for whoever watches the stack.

use crate::rules::{Event, Notice, Notifier};
use std::sync::mpsc::SyncSender;

/// Takes lines about what changes. Nobody has to listen, and what there is no room for is not said.
#[derive(Debug, Clone, Default)]
pub struct News(Option<SyncSender<String>>);

impl News {
    /// News that go to this channel.
    #[must_use]
    pub const fn to(listener: SyncSender<String>) -> Self {
        Self(Some(listener))
    }

    /// Says a line, in which whatever a terminal would obey is replaced: labels come from anywhere.
    pub(crate) fn say(&self, line: &str) {
        if let Some(listener) = &self.0 {
            let _nobody_listens = listener.try_send(line.replace(char::is_control, "\u{fffd}"));
        }
    }
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
        notices.iter().filter_map(line).for_each(|line| self.0.say(&line));
    }
}

/// What there is to say; nothing of what is told again.
fn line(notice: &Notice) -> Option<String> {
    let word = match notice.event {
        Event::Pending => "pending",
        Event::Firing => "firing",
        Event::Resolved => "resolved",
        Event::Gone => "gone",
        Event::StillFiring | Event::StillResolved => return None,
    };
    let (name, severity) = (notice.labels.get("alertname"), notice.labels.get("severity"));
    let severity = if severity.is_empty() { String::new() } else { format!(" ({severity})") };
    Some(format!("{word}: {name}{severity}{}", about(notice)))
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

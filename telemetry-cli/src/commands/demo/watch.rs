//! Which alerts fired in the course of the demo, and when each was over. Alerts of one name are one, whatever they tell apart.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;
use telemetry_catalog::indicator::Severity;
use telemetry_stack::rules::{ActiveAlert, AlertState, GroupStatus};

/// Every alert that ever fired, by its name.
#[derive(Debug, Default)]
pub(super) struct Watch {
    seen: BTreeMap<String, Seen>,
}

/// One alert that fired. Times are from the beginning of the first phase.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    /// The name of its rules.
    pub(super) name: String,
    /// How bad it was when it was worst.
    pub(super) severity: String,
    /// What people were told first.
    pub(super) summary: String,
    /// When it fired first.
    pub(super) fired: Duration,
    /// When it was over for the last time; `None` while it fires.
    pub(super) cleared: Option<Duration>,
}

/// What happened to an alert.
#[derive(Debug, PartialEq)]
pub(super) enum News {
    /// It fires.
    Fires(Seen),
    /// It is over.
    Cleared(Seen),
}

impl Watch {
    /// Looks at all alerts as they are now, and says what is new.
    pub(super) fn look(&mut self, groups: &[GroupStatus], now: Duration) -> Vec<News> {
        let alerts = groups.iter().flat_map(|group| &group.rules).flat_map(|rule| rule.alerts.iter());
        self.see(alerts.filter(|alert| alert.state == AlertState::Firing), now)
    }

    fn see<'a>(&mut self, firing: impl Iterator<Item = &'a ActiveAlert>, now: Duration) -> Vec<News> {
        let mut present: BTreeMap<&str, Seen> = BTreeMap::new();
        for alert in firing {
            let seen = present.entry(alert.labels.get("alertname")).or_insert_with(|| Seen::new(alert, now));
            seen.worsen(alert.labels.get("severity"));
        }
        let over = self.seen.values_mut();
        let over = over.filter(|seen| seen.cleared.is_none() && !present.contains_key(seen.name.as_str()));
        let mut news: Vec<News> = over.map(|seen| seen.clear(now)).collect();
        news.extend(present.into_values().filter_map(|fresh| self.fires(fresh)));
        news
    }

    /// An alert fires; that is news unless it did so before.
    fn fires(&mut self, fresh: Seen) -> Option<News> {
        let Some(seen) = self.seen.get_mut(&fresh.name) else {
            self.seen.insert(fresh.name.clone(), fresh.clone());
            return Some(News::Fires(fresh));
        };
        seen.worsen(&fresh.severity);
        seen.cleared.take().map(|_| News::Fires(fresh))
    }

    /// How many fire now.
    pub(super) fn firing(&self) -> usize {
        self.seen.values().filter(|seen| seen.cleared.is_none()).count()
    }

    /// What fired, in the order in which it began.
    pub(super) fn all(&self) -> Vec<Seen> {
        let mut all: Vec<Seen> = self.seen.values().cloned().collect();
        all.sort_by_key(|seen| seen.fired);
        all
    }
}

impl Seen {
    fn new(alert: &ActiveAlert, now: Duration) -> Self {
        let summary = alert.annotations.iter().find(|(name, _)| name == "summary");
        Self {
            name: alert.labels.get("alertname").to_owned(),
            severity: alert.labels.get("severity").to_owned(),
            summary: summary.map(|(_, text)| text.clone()).unwrap_or_default(),
            fired: now,
            cleared: None,
        }
    }

    /// Nothing is worse than critical.
    fn worsen(&mut self, severity: &str) {
        if severity == Severity::Critical.as_str() {
            severity.clone_into(&mut self.severity);
        }
    }

    fn clear(&mut self, now: Duration) -> News {
        self.cleared = Some(now);
        News::Cleared(self.clone())
    }
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fires(seen) => write!(f, "{} fires: {}", seen.name, seen.summary),
            Self::Cleared(seen) => write!(f, "{} is over", seen.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(name: &str, severity: &str) -> ActiveAlert {
        ActiveAlert {
            state: AlertState::Firing,
            labels: telemetry_query::Labels::new([("alertname", name), ("severity", severity)]),
            annotations: vec![("summary".to_owned(), format!("{name} it is"))],
            active_at: 0,
            fired_at: Some(0),
            keep_firing_since: None,
            value: 1.0,
        }
    }

    #[test]
    fn an_alert_is_news_once_and_again_when_it_is_over() {
        let mut watch = Watch::default();
        let mut see = |seconds, alerts: &[ActiveAlert]| {
            let news = watch.see(alerts.iter(), Duration::from_secs(seconds));
            (news.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "), watch.firing())
        };
        let [warning, critical] = ["warning", "critical"].map(|severity| alert("Slow", severity));
        assert_eq!(see(1, std::slice::from_ref(&warning)), ("Slow fires: Slow it is".to_owned(), 1));
        assert_eq!(see(2, &[warning.clone(), critical]), (String::new(), 1));
        assert_eq!(see(3, std::slice::from_ref(&warning)), (String::new(), 1));
        assert_eq!(see(4, &[]), ("Slow is over".to_owned(), 0));
        assert_eq!(see(5, &[warning, alert("Dear", "warning")]).1, 2);
        assert_eq!(see(6, &[]), ("Dear is over; Slow is over".to_owned(), 0));
        let all = watch.all();
        assert_eq!((all[0].name.as_str(), all[0].severity.as_str()), ("Slow", "critical"));
        assert_eq!((all[0].fired, all[0].cleared), (Duration::from_secs(1), Some(Duration::from_secs(6))));
    }
}

//! What a look tells of one subsystem.

use super::look::{Alerts, Elsewhere, Look, Part};
use telemetry_catalog::verdict::Verdict;
use telemetry_core::metric::Subsystem;

impl Look {
    /// What is shown where only this subsystem is wanted: everything of it, and of the rest of the fleet that it is there.
    pub(super) fn narrowed(&self, to: &Subsystem) -> Self {
        let is_of = |subsystem: &Subsystem| subsystem.slug == to.slug;
        let part = self.parts.iter().find(|part| is_of(part.subsystem));
        let (tiles, rates) = part.map(|Part { tiles, rates, .. }| (tiles.clone(), rates.clone())).unzip();
        let condition = self.health.iter().find(|condition| is_of(condition.subsystem));
        let (alerts, others) = alerts_of(&self.alerts, to);
        Self {
            origin: self.origin.clone(),
            tiles: tiles.unwrap_or_default(),
            rates: rates.unwrap_or_default(),
            rates_over: self.rates_over,
            verdict: condition.map_or(Verdict::Unknown, |condition| condition.verdict),
            health: condition.cloned().into_iter().collect(),
            alerts,
            sections: self.sections.iter().filter(|section| is_of(section.subsystem)).cloned().collect(),
            parts: Vec::new(),
            elsewhere: Some(Elsewhere { fleet: self.verdict, alerts: others }),
            notes: self.notes.clone(),
        }
    }
}

/// The alerts of a subsystem, and how many others there are.
fn alerts_of(alerts: &Alerts, to: &Subsystem) -> (Alerts, usize) {
    let Alerts::Known(all) = alerts else { return (alerts.clone(), 0) };
    let is_of = |of: Option<&Subsystem>| of.is_some_and(|of| of.slug == to.slug);
    let own: Vec<_> = all.iter().filter(|alert| is_of(alert.subsystem)).cloned().collect();
    let others = all.len() - own.len();
    (Alerts::Known(own), others)
}

//! The course of the demo: which phase it is in at which time.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

/// The shortest demo: its last phase is as long as the longest span that the hurried rules look at, with the time that counts need to get
/// from an agent to an alert.
pub(super) const SHORTEST: Duration = Duration::from_secs(60);

/// The longest demo. Nothing new is to be seen after a few minutes.
pub(super) const LONGEST: Duration = Duration::from_secs(60 * 60);

/// What every agent has ended before, as the plan has it: the time in which its counts reach the history.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// A second of the demo stands for so many of the fleet, which is a minute: bounds of buckets and limits of alerts are for agents that work for
/// minutes, and say nothing of those that are over in two seconds.
const PACE: u32 = 60;

/// How long something takes the fleet that takes the demo this long.
pub(super) fn in_the_fleet(real: Duration) -> Duration {
    real * PACE
}

/// How well the fleet does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Everything works.
    Calm,
    /// Much fails.
    Fault,
    /// Everything works again.
    Recovery,
}

impl Phase {
    /// Every phase, in the order in which they come.
    pub(super) const ALL: [Self; 3] = [Self::Calm, Self::Fault, Self::Recovery];

    /// The word for it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Fault => "fault",
            Self::Recovery => "recovery",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The phases, in proportion to the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Course {
    duration: Duration,
}

impl Course {
    pub(super) const fn new(duration: Duration) -> Self {
        Self { duration }
    }

    /// From the first phase to the end of the last.
    pub(super) const fn duration(self) -> Duration {
        self.duration
    }

    /// When a phase is, from the beginning of the first.
    pub(super) fn span(self, phase: Phase) -> Range<Duration> {
        let [calm, fault] = [self.duration.mul_f64(0.3), self.duration.mul_f64(0.55)];
        match phase {
            Phase::Calm => Duration::ZERO..calm,
            Phase::Fault => calm..fault,
            Phase::Recovery => fault..self.duration,
        }
    }

    /// The phase at this time. The last one never ends.
    pub(super) fn phase(self, elapsed: Duration) -> Phase {
        let is = |phase: &Phase| self.span(*phase).contains(&elapsed);
        Phase::ALL.into_iter().find(is).unwrap_or(Phase::Recovery)
    }

    /// When the last agent is to end.
    pub(super) const fn last_end(self) -> Duration {
        self.duration.saturating_sub(LAST_WORDS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_follow_one_another_without_a_gap_and_the_last_never_ends() {
        let course = Course::new(SHORTEST);
        let spans = Phase::ALL.map(|phase| course.span(phase));
        assert_eq!((spans[0].start, spans[2].end), (Duration::ZERO, SHORTEST));
        assert!(spans.windows(2).all(|pair| pair[0].end == pair[1].start), "{spans:?}");
        let at = |seconds| course.phase(Duration::from_secs(seconds));
        assert_eq!(
            [at(0), at(18), at(33), at(600)],
            [Phase::Calm, Phase::Fault, Phase::Recovery, Phase::Recovery]
        );
    }
}

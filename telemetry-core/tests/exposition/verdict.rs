//! What we and `promtool` are expected to say about an exposition.

/// Who reads an exposition, and why we differ where we do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Both read it.
    Both,
    /// Neither reads it.
    Neither,
    /// We read it and `promtool` does not, for this reason.
    OnlyWe(&'static str),
    /// `promtool` reads it and we do not, for this reason.
    OnlyThey(&'static str),
    /// We read it, and `promtool` does in some versions.
    WeAndNewerVersions(&'static str),
}

impl Verdict {
    /// Whether we read it.
    pub(crate) fn we(self) -> bool {
        matches!(self, Self::Both | Self::OnlyWe(_) | Self::WeAndNewerVersions(_))
    }

    /// Whether `promtool` reads it, where that does not depend on its version.
    pub(crate) fn they(self) -> Option<bool> {
        match self {
            Self::Both | Self::OnlyThey(_) => Some(true),
            Self::Neither | Self::OnlyWe(_) => Some(false),
            Self::WeAndNewerVersions(_) => None,
        }
    }

    /// Why we differ, where we do.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Both | Self::Neither => "there is no reason to differ",
            Self::OnlyWe(reason) | Self::OnlyThey(reason) | Self::WeAndNewerVersions(reason) => reason,
        }
    }
}

/// An exposition and the verdict on it.
pub(crate) type Case = (&'static str, Verdict);

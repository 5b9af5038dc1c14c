//! What the pages in Markdown have in common.

/// The anchor that readers of Markdown give a heading: lower case, blanks as hyphens, other marks left out.
#[must_use]
pub fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

#[cfg(test)]
mod tests {
    use super::anchor;

    #[test]
    fn links_lead_to_headings() {
        assert_eq!(anchor("Hooks / Mentors / Workflows"), "hooks--mentors--workflows");
        assert_eq!(anchor("`sase_agent_active`"), "sase_agent_active");
    }
}

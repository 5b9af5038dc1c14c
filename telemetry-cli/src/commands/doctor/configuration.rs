//! The first step: whether the configuration loads, and whether it contradicts itself.

use super::step::Finding;
use crate::failure::Failure;
use telemetry_core::config::{Carrier, Config, Loaded};

/// What there is to say of it.
pub(super) fn look(loaded: &Result<Loaded, Failure>) -> Finding {
    match loaded {
        Ok(loaded) => of(loaded),
        Err(failure) => {
            Finding::failed(failure.line()).advice("`telemetry config check` says more about each setting.")
        }
    }
}

fn of(loaded: &Loaded) -> Finding {
    let Loaded { config, file, warnings, .. } = loaded;
    let from = file
        .as_ref()
        .map_or_else(|| "no file, so that defaults hold".to_owned(), |file| file.display().to_string());
    let seen = Finding::ok(format!("{from}; telemetry.carrier is {}", config.carrier));
    seen.with(warnings.iter().cloned()).with(idle(config)).but(contradiction(config))
}

/// What keeps everything else from being of any use.
fn contradiction(config: &Config) -> Option<Finding> {
    if config.enabled == Some(false) {
        let finding = Finding::failed("telemetry.enabled is false: nothing is recorded");
        return Some(finding.advice("Set telemetry.enabled to true, or remove it."));
    }
    None
}

/// Settings that have no effect as the others are.
fn idle(config: &Config) -> Option<String> {
    let idle = config.textfile_path.is_some() && config.carrier != Carrier::Textfile;
    idle.then(|| {
        format!("telemetry.textfile_path has no effect, since telemetry.carrier is {}", config.carrier)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::step::Outcome;

    fn outcome(change: impl FnOnce(&mut Config)) -> (Outcome, String) {
        let mut config = Config::default();
        change(&mut config);
        let loaded =
            Loaded { config, file: None, warnings: vec!["beware".to_owned()], origins: Default::default() };
        let found = look(&Ok(loaded));
        (found.outcome, found.said.join("\n"))
    }

    #[test]
    fn contradictions_are_found_and_warnings_repeated() {
        let (outcome_, said) = outcome(|_| {});
        assert_eq!(outcome_, Outcome::Ok);
        assert!(said.contains("beware") && said.contains("carrier is push"), "{said}");
        assert_eq!(outcome(|config| config.enabled = Some(false)).0, Outcome::Failed);
        let (outcome_, said) = outcome(|config| config.textfile_path = Some("/x".into()));
        assert_eq!(outcome_, Outcome::Ok);
        assert!(said.contains("no effect"), "{said}");
    }

    #[test]
    fn one_that_does_not_load_is_broken() {
        assert_eq!(look(&Err(Failure::new("no"))).outcome, Outcome::Failed);
    }
}

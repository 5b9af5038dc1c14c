//! The variables that the containers are told: `.env`, which is secret, and the example that is not.

use telemetry_core::config::Config;

/// The file that `docker compose` reads its variables from. It holds a secret and is part of no table.
pub const ENV_FILE: &str = ".env";

/// The variable with the password of Grafana's administrator.
pub const ADMIN_PASSWORD: &str = "GF_ADMIN_PASSWORD";

const ABOUT: &str = "\
# The password of Grafana's user `admin`. Grafana takes it when it starts for the first time and keeps it in its volume; afterwards it
# is changed in Grafana. Whoever is not logged in may look and not change anything.
";

/// The text of an `.env` with this password.
///
/// ```
/// assert!(telemetry_catalog::stack::env_file("tr0ub4dor").ends_with("\nGF_ADMIN_PASSWORD=tr0ub4dor\n"));
/// ```
#[must_use]
pub fn env_file(password: &str) -> String {
    format!("{ABOUT}{ADMIN_PASSWORD}={password}\n")
}

/// Whether an `.env` with this text sets a password for Grafana's administrator. The containers refuse to start without one.
///
/// ```
/// use telemetry_catalog::stack::{env_file, has_admin_password};
///
/// assert!(has_admin_password(&env_file("tr0ub4dor")));
/// assert!(!has_admin_password(&env_file("")));
/// ```
#[must_use]
pub fn has_admin_password(text: &str) -> bool {
    // Of several lines the last one holds.
    let mut values = text.trim_start_matches('\u{feff}').lines().filter_map(assigned);
    values.next_back().is_some_and(|value| !matches!(value, "" | "\"\"" | "''"))
}

/// What a line gives the variable, if it is a line about it.
fn assigned(line: &str) -> Option<&str> {
    let line = line.trim();
    let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    (name.trim() == ADMIN_PASSWORD).then_some(value.trim())
}

/// The same without a password; the containers refuse to start with it.
pub(super) fn example(_config: &Config) -> String {
    format!(
        "# Copy this file to `{ENV_FILE}`, fill it in, and let nobody else read it: chmod 600 {ENV_FILE}\n{}",
        env_file("")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_seen_as_compose_sees_it() {
        let name = ADMIN_PASSWORD;
        for set in [
            format!("{name}=x"),
            format!("A=1\r\n  export {name} = x\r\n"),
            format!("\u{feff}{name}=\"x\""),
            format!("{name}=\n{name}=x\n"),
            format!("{name}=${{OTHER}}"),
        ] {
            assert!(has_admin_password(&set), "{set:?}");
        }
        for unset in [
            String::new(),
            name.to_owned(),
            format!("#{name}=x"),
            format!("MY_{name}=x"),
            format!("{name}=  \r\n"),
            format!("{name}=\"\""),
            format!("{name}=''"),
            format!("{name}=x\n{name}=\n"),
            example(&Config::default()),
        ] {
            assert!(!has_admin_password(&unset), "{unset:?}");
        }
    }
}

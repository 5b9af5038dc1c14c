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

/// The same without a password; the containers refuse to start with it.
pub(super) fn example(_config: &Config) -> String {
    format!(
        "# Copy this file to `{ENV_FILE}`, fill it in, and let nobody else read it: chmod 600 {ENV_FILE}\n{}",
        env_file("")
    )
}

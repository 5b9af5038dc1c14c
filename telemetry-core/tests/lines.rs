//! The price of a line of text in what does not depend on the machine. Time is for `cargo bench -p telemetry-peers --bench writing`.
#![cfg(feature = "live")]
#![cfg_attr(
    feature = "live",
    expect(
        clippy::print_stdout,
        clippy::unwrap_used,
        reason = "a test reports by panicking and says what it skips, and its support is no different"
    )
)]

mod instructions;

use instructions::Counted;

/// Instructions that a line may take: a tenth more than it does.
const LIMITS: [(&str, f64); 2] = [("registry", 210.0), ("families", 520.0)];

#[test]
fn a_line_takes_no_more_instructions_than_it_may() {
    let Some(lines) = Counted::build("lines", "a_line_takes_no_more_instructions_than_it_may") else {
        return;
    };
    instructions::hold(&LIMITS, |from| {
        let of = |times| lines.instructions(&[from, times]);
        (of("12") - of("2")) / 100_000.0
    });
}

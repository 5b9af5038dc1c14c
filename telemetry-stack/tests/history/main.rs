//! Real processes that write a history and are killed, or run out of space, and what is there afterwards.
//!
//! Each test starts this very program again as a writer; see [`writer`].

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test reports by panicking, and its writer by printing"
)]

mod killed;
mod space;
mod writer;

use libtest_mimic::{Arguments, Trial};

fn main() {
    if writer::run() {
        return;
    }
    let trials = vec![
        Trial::test("killed::every_acknowledged_sample_is_there", || {
            killed::every_acknowledged_sample_is_there();
            Ok(())
        }),
        Trial::test("space::a_limit_is_an_error_and_room_ends_it", || {
            space::a_limit_is_an_error_and_room_ends_it();
            Ok(())
        }),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

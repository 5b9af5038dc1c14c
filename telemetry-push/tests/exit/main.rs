//! Real processes that end in every way, and what is in the ledger afterwards.
//!
//! Each test starts this very program again, as a process that counts and ends as the test wants it. Those need a `main` of their own, so
//! this program has one: see [`program`].

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test reports by panicking, and its processes by printing"
)]

mod ends;
mod forks;
mod gateway;
mod hanging;
mod host;
mod periods;
mod program;
mod roads;
mod signals;
mod system;

use libtest_mimic::{Arguments, Trial};

/// Names each test once.
macro_rules! trials {
    ($($module:ident: $($test:ident),+ $(,)?;)+) => {
        vec![$($(
            Trial::test(concat!(stringify!($module), "::", stringify!($test)), || {
                $module::$test();
                Ok(())
            }),
        )+)+]
    };
}

fn main() {
    if program::run() {
        return;
    }
    let trials = trials! {
        ends: the_guard_is_dropped, a_panic_unwinds_the_main_thread, a_panic_unwinds_another_thread,
            exit_is_called_with_the_guard_in_a_static, exit_is_called_in_another_thread,
            main_returns_with_the_guard_leaked, two_guards_count_once, a_guard_after_a_guard_counts_once;
        signals: each_ends_the_process_after_the_flush, one_that_comes_while_another_thread_exits, what_nohup_ignores_stays_ignored,
            a_handler_of_the_host_decides, a_host_that_waits_for_signals_gets_them, the_first_process_of_a_container_lives_on,
            processes_that_stop_at_once_lose_nothing, a_second_signal_ends_it_at_once, two_signals_in_one_blow_are_one,
            signals_can_be_left_alone, after_the_guard_signals_do_what_they_did_before;
        hanging: a_gateway_that_never_answers, a_ledger_that_is_locked, a_disk_that_never_answers;
        forks: a_forked_child_that_ends_touches_nothing, a_forked_child_that_a_signal_ends_touches_nothing,
            a_forked_child_may_count_for_itself;
        periods: sigkill_loses_at_most_the_last_period, an_idle_period_writes_nothing,
            a_hanging_gateway_delays_no_merge;
        roads: everything_is_pushed_at_the_start_and_at_the_end, where_telemetry_is_off_nothing_is_made,
            other_roads_are_merged_and_not_pushed, problems_are_told_and_never_printed,
            a_container_whose_names_do_not_last_is_advised_once_and_not_pushed;
    };
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

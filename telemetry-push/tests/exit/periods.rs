//! Periods: nothing is lost but what was counted in the last one.

use crate::gateway::Gateway;
use crate::host::{Host, eventually};

fn is_merged(host: &Host) {
    eventually("a period is over", || (host.counted() == Some(5.0)).then_some(()));
}

pub(crate) fn sigkill_loses_at_most_the_last_period() {
    let host = Host::new();
    let mut child = host.start("every");
    is_merged(&host);
    child.kill();
    assert_eq!(host.counted(), Some(5.0));
}

pub(crate) fn an_idle_period_writes_nothing() {
    let host = Host::new();
    let child = host.start("every-with-a-pause");
    is_merged(&host);
    let merged = host.ledger();
    child.says("idle");
    assert_eq!(host.ledger(), merged);
}

pub(crate) fn a_hanging_gateway_delays_no_merge() {
    let gateway = Gateway::that_never_answers();
    let host = Host::pushing_to(gateway.url());
    let _child = host.start("every");
    is_merged(&host);
}

//! Telemetry about telemetry: whether what the other indicators look at arrives at all.

use super::runbook::{act, ask};
use super::{Beyond, HOLD, Indicator, Limits, Measure, Query, Runbook, Unit};
use crate::promql::{Window, counter, gauge};
use crate::target::{EXPOSITION_JOB, GATEWAY_JOB};
use telemetry_core::catalog::{BUILD_INFO, OWN, SERIES_OVERFLOW};

pub(super) static INDICATORS: [Indicator; 5] = [
    Indicator {
        alert: "PushgatewayDown",
        subsystem: &OWN,
        title: "Pushgateway up",
        measure: Measure::GatewayUp,
        over: Window::ZERO,
        by: &["job", "instance"],
        unit: Unit::State,
        limits: Limits::Critical(0.0),
        beyond: Beyond::FallsTo,
        hold: HOLD,
        summary: "The Pushgateway at {instance} does not answer",
        description: "The Pushgateway at {instance} does not answer Prometheus (up is {value}): nothing that is pushed is seen.",
        runbook: Runbook {
            meaning: "Prometheus cannot scrape the Pushgateway. Short-lived processes go on counting into their ledgers, so that nothing is lost, but until the gateway is back no other alert sees what they count.",
            causes: &[
                "The Pushgateway has ended, or its host is down.",
                "It listens elsewhere than where Prometheus asks.",
                "It asks for a password or a certificate that Prometheus does not have.",
            ],
            look_at: &[
                ask("Find out which gateways are up.", Query::up(GATEWAY_JOB)),
                act(
                    "Ask it, with `curl http://INSTANCE/-/healthy` and the label `instance` of the alert in place of INSTANCE. If it answers there, the page Targets of Prometheus says what is wrong with the scrape.",
                ),
                act(
                    "Compare the address with `telemetry.prometheus.pushgateway_url`, to which the hosts push.",
                ),
                act(
                    "When it is back, run `telemetry push` on the hosts whose counts are wanted at once; the others follow with their next run.",
                ),
            ],
        },
    },
    Indicator {
        alert: "ExpositionDown",
        subsystem: &OWN,
        title: "Exposition up",
        measure: Measure::ExpositionUp,
        over: Window::ZERO,
        by: &["job", "instance"],
        unit: Unit::State,
        limits: Limits::Warning(0.0),
        beyond: Beyond::FallsTo,
        hold: HOLD,
        summary: "The exposition at {instance} no longer answers",
        description: "The exposition at {instance} was up within a day and does not answer Prometheus (up is {value}).",
        runbook: Runbook {
            meaning: "A long-lived process that exposed its metrics within a day does not answer any more: it has ended, it hangs, or it listens elsewhere. One that was never up, or not for a day, is not missed.",
            causes: &[
                "The process was ended, on purpose or by a crash.",
                "Its host is down, or the network to it is.",
                "It now listens at another address, or asks for a password that Prometheus does not have.",
            ],
            look_at: &[
                ask("Find out which expositions are up.", Query::up(EXPOSITION_JOB)),
                act(
                    "Ask it, with `curl http://INSTANCE/health` and the label `instance` of the alert in place of INSTANCE. If it answers there, the page Targets of Prometheus says what is wrong with the scrape.",
                ),
                act(
                    "On its host, compare `telemetry.prometheus.exposition_listen` and `telemetry.prometheus.exposition_port` with the target in `prometheus.yml`.",
                ),
                act(
                    "Start the process again, which is `telemetry serve` where that was it. If it has ended for good, take its target out of `prometheus.yml`; the alert ends after a day by itself.",
                ),
            ],
        },
    },
    Indicator {
        alert: "PushGroupStale",
        subsystem: &OWN,
        title: "Time since a group was pushed",
        measure: Measure::SincePush,
        over: Window::days(1),
        by: &["job", "instance"],
        unit: Unit::Seconds,
        limits: Limits::Warning(86_400.0),
        beyond: Beyond::Above,
        hold: HOLD,
        summary: "{instance} has pushed nothing for a long time",
        description: "The group of {instance} was last pushed {value} ago; the limit is {limit}.",
        runbook: Runbook {
            meaning: "A host that used to push has not pushed for a day. What the gateway shows of it is as old as that.",
            causes: &[
                "Nothing was run on the host, or it is switched off.",
                "Its pushes do not arrive, because of a wrong address, a credential or the network.",
                "The host, its user or `telemetry.prometheus.instance` has another name now, so that it pushes another group.",
                "The host is gone for good, and its group was left behind.",
            ],
            look_at: &[
                ask("Find out which groups are how old, in seconds.", Query::since_push()),
                act(
                    "Run `telemetry -v push` on the host: it sends the ledger at once, or says why it cannot.",
                ),
                act(
                    "Compare `telemetry snapshot -S ledger` with `telemetry snapshot -S pushgateway`, which should show the same.",
                ),
                act(
                    "If the host is gone for good, delete its group with `curl -X DELETE http://localhost:9091/metrics/job/JOB/instance/INSTANCE`, with the address of your gateway and the labels of the alert.",
                ),
            ],
        },
    },
    Indicator {
        alert: "SeriesOverflow",
        subsystem: &OWN,
        title: "Recordings folded into overflow",
        measure: Measure::Count(counter(&SERIES_OVERFLOW)),
        over: Window::hours(1),
        by: &["metric"],
        unit: Unit::Count,
        limits: Limits::Warning(1.0),
        beyond: Beyond::AtLeast,
        hold: HOLD,
        summary: "{metric} has more label sets than its limit",
        description: "The number of recordings of {metric} in the last {window} that were folded into its overflow series is {value}.",
        runbook: Runbook {
            meaning: "A metric has reached its limit of series. Recordings with further label sets are counted together, so that sums stay right, but the labels no longer tell them apart.",
            causes: &[
                "A program puts something without bounds into a label, such as an id, a path or the text of an error.",
                "The fleet really has so many projects, workflows or providers.",
            ],
            look_at: &[
                ask(
                    "Find the metric and the host.",
                    Query::counted(counter(&SERIES_OVERFLOW), &["metric", "instance"]),
                ),
                act(
                    "Run `telemetry snapshot -S ledger -f json` on that host, and look for a label of this metric that has another value in every series.",
                ),
                act(
                    "Let the program record fewer different values, such as the kind of an error in place of its text.",
                ),
                act(
                    "If all of them are needed, raise `telemetry.max_series_per_metric`. What was folded stays folded.",
                ),
            ],
        },
    },
    Indicator {
        alert: "StrangeTarget",
        subsystem: &OWN,
        title: "Targets that are not ours",
        measure: Measure::Stranger,
        over: Window::ZERO,
        by: &["job", "instance"],
        unit: Unit::State,
        limits: Limits::Info(0.0),
        beyond: Beyond::Above,
        hold: HOLD,
        summary: "What answers at {instance} is not ours",
        description: "The target {instance} answers scrapes, and nothing that it shows says that this telemetry made it (state {value}).",
        runbook: Runbook {
            meaning: "Where the exposition is expected another program answers, or an exposition that this telemetry did not make.",
            causes: &[
                "Another program took the port.",
                "The target in `prometheus.yml` is not the address at which the exposition listens.",
            ],
            look_at: &[
                ask(
                    "Find out which targets say that this telemetry made them.",
                    Query::total(gauge(&BUILD_INFO), &["job", "instance", "version"]),
                ),
                act(
                    "Look at what answers, with `curl http://INSTANCE/metrics` and the label `instance` of the alert in place of INSTANCE.",
                ),
                act(
                    "Let the exposition listen elsewhere with `telemetry.prometheus.exposition_port`, or mend the target in `prometheus.yml`.",
                ),
            ],
        },
    },
];

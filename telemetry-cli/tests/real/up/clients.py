"""Pushes with the official client of Prometheus for Python to the gateway named on the command line, a step for each line of input."""

import sys
import time

# The client exposes when each metric was created, which is to be the same for both gateways.
time.time = lambda: 1700000000.25

from prometheus_client import (
    CollectorRegistry, Counter, Enum, Gauge, Histogram, Info, Summary,
    delete_from_gateway, instance_ip_grouping_key, push_to_gateway, pushadd_to_gateway,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, UntypedMetricFamily

SLASHES = {"path": "/var/lib/x", "and": "a/b/"}
EMPTY = {"instance": "", "empty": ""}
UNICODE = {"city": "Zürich 🙂", "text": "a b+c%20&d=?#;\"\\\n"}


def everything():
    """One metric of each kind that the client knows, with labels and without."""
    registry = CollectorRegistry()
    Counter("runs", "Runs, with \"quotes\", \\ and\nlines", ["status"], registry=registry).labels("ok").inc(3)
    # This one has a series `_created` beside it.
    Counter("plain_total", "A counter without labels", registry=registry).inc(0.1)
    gauge = Gauge("level", "Übung macht den Meister", ["unit"], registry=registry)
    for unit, value in [("°C", -3.5), ("", float("inf")), ("n", float("nan")), ("big", 1.7e308), ("tiny", 5e-324)]:
        gauge.labels(unit).set(value)
    histogram = Histogram("took_seconds", "Time taken", ["step"], buckets=(0.1, 1, 1e6), registry=registry)
    for seconds in [0.05, 0.1, 0.5, 3, 2e6]:
        histogram.labels("build").observe(seconds)
    Histogram("unseen_seconds", "Never observed", registry=registry)
    Summary("size_bytes", "Sizes", registry=registry).observe(12)
    Info("build", "What was built", registry=registry).info({"version": "1.2.3", "name": "ä\"b\\c\nd"})
    Enum("state", "Where it is", states=["starting", "running", "done"], registry=registry).state("running")
    return registry


def one(name, value):
    registry = CollectorRegistry()
    Gauge(name, "One", registry=registry).set(value)
    return registry


class Collected:
    """What an exporter collects from elsewhere."""

    def collect(self):
        yield UntypedMetricFamily("unknown", "Of no kind", value=1)
        counted = CounterMetricFamily("counted", "Counted elsewhere", labels=["a"], created=123456.5)
        counted.add_metric(["x"], 17)
        yield counted
        yield GaugeMetricFamily("lonely", "Without a value")


def collected():
    registry = CollectorRegistry()
    registry.register(Collected())
    return registry


class Contradicting:
    def collect(self):
        yield GaugeMetricFamily("runs_total", "It is a counter elsewhere", value=1)


def contradicting():
    registry = CollectorRegistry()
    registry.register(Contradicting())
    return registry


STEPS = [
    lambda to: push_to_gateway(to, "all", everything()),
    lambda to: push_to_gateway(to, "all", everything(), compression="gzip"),
    # What is pushed replaces what is there of the same name, or all.
    lambda to: pushadd_to_gateway(to, "all", one("added", 1)),
    lambda to: pushadd_to_gateway(to, "all", one("added", 2)),
    lambda to: push_to_gateway(to, "replaced", one("before", 1)),
    lambda to: push_to_gateway(to, "replaced", one("after", 2)),
    lambda to: push_to_gateway(to, "slashes", one("one", 1), grouping_key=SLASHES),
    lambda to: push_to_gateway(to, "a/b/c", one("one", 2), grouping_key=SLASHES),
    lambda to: push_to_gateway(to, "empty", one("one", 3), grouping_key=EMPTY),
    lambda to: push_to_gateway(to, "ünï/code 🙂", one("one", 4), grouping_key=UNICODE),
    lambda to: pushadd_to_gateway(to, "ünï/code 🙂", collected(), grouping_key=UNICODE),
    lambda to: push_to_gateway(to, "numbers", one("one", 5), grouping_key={"n": 7, "f": 1.5, "b": True}),
    lambda to: push_to_gateway(to, "ip", one("one", 6), grouping_key=instance_ip_grouping_key()),
    lambda to: push_to_gateway(to + "/", "slash at the end", one("one", 7)),
    lambda to: push_to_gateway(to.removeprefix("http://"), "no scheme", one("one", 8)),
    lambda to: push_to_gateway(to, "nothing", CollectorRegistry()),
    # All of these are refused, and say so, but for the second, which replaces the only one that it contradicts.
    lambda to: push_to_gateway(to, "contradicting", contradicting()),
    lambda to: pushadd_to_gateway(to, "all", contradicting()),
    lambda to: push_to_gateway(to, "", one("one", 9)),
    lambda to: push_to_gateway(to, "bad", one("one", 9), grouping_key={"bad-name": "x"}),
    lambda to: push_to_gateway(to, "bad", one("one", 9), grouping_key={"__reserved": "x"}),
    # What is not there can be deleted as well.
    lambda to: delete_from_gateway(to, "replaced"),
    lambda to: delete_from_gateway(to, "never there"),
    lambda to: delete_from_gateway(to, "slashes", grouping_key=SLASHES),
    lambda to: delete_from_gateway(to, "empty", grouping_key=EMPTY),
    lambda to: delete_from_gateway(to, "ünï/code 🙂", grouping_key=UNICODE),
]

for number, step in enumerate(STEPS):
    sys.stdin.readline()
    try:
        step(sys.argv[1])
        print(number, "done", flush=True)
    except Exception as error:
        print(number, "refused", type(error).__name__, getattr(error, "code", ""), flush=True)

"""The metrics for Prometheus, on a separate port that is not public; off unless a port is set.

Every label comes from a list of ours (operations of the document, classes of statuses, names of policies), so that no
client can make the number of series grow. The metrics cost about two microseconds a request.
"""

from contextlib import ExitStack

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, GCCollector, Histogram, ProcessCollector
from prometheus_client.registry import Collector

from core.causes import CAUSES, Cause

# From a look-up in memory to the patience of a proxy.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# By the first digit of the status; 0 is of a request whose client left before it was answered.
CLASSES = {0: "none", 2: "2xx", 3: "3xx", 4: "4xx", 5: "5xx"}
# The operation of a request that routing found nothing for: preflights and static files among them.
NO_OPERATION = "none"
ALLOWED, REFUSED, FAILED_OPEN = "allowed", "refused", "failed_open"
# Why a mail was given up: rejected by the recipient's server, impossible to render, or tried too often.
RECIPIENT, CONTENT, ATTEMPTS = "recipient", "content", "attempts"

# Else every second series would only say when another began.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The metrics of one application, and their server."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._requests = Counter(
            "freesewing_requests", "Requests that have ended.", ["operation", "status"], registry=registry
        )
        self._seconds = Histogram(
            "freesewing_request_seconds",
            "From a request's head to the last byte of its answer, without the time of the client.",
            ["operation"],
            buckets=BUCKETS,
            registry=registry,
        )
        self._limiter = Counter(
            "freesewing_limiter_decisions", "What the limits decided.", ["policy", "decision"], registry=registry
        )
        self._unavailable = Counter(
            "freesewing_unavailable", "Requests answered with 503.", ["cause"], registry=registry
        )
        self._mails_given_up = Counter(
            "freesewing_mails_given_up", "Mails that were given up.", ["reason"], registry=registry
        )
        # From zero on: an alert on the increase must see the first one.
        for reason in (RECIPIENT, CONTENT, ATTEMPTS):
            self._mails_given_up.labels(reason)
        for cause in CAUSES:
            self._unavailable.labels(cause)
        self._last_success, self._interval = _background_gauges(registry)
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        # Looking a child up by its labels costs more than counting with it.
        self._of_operation: dict[str, tuple[Histogram, dict[int, Counter]]] = {}
        self._of_policy: dict[tuple[str, str], Counter] = {}
        # What ends the serving; None while there is none.
        self._server: ExitStack | None = None

    def serve(self, host: str, port: int, *collectors: Collector) -> None:
        """Start the server of the metrics, with these collectors too; port 0 starts none and disables the metrics.

        Raises ValueError if the address cannot be listened on. Scrapes run on a separate thread.
        """

        self.stop()
        if not port:
            return
        try:
            server, thread = prometheus_client.start_http_server(port, host, self.registry)
        except OSError as error:
            raise ValueError(
                f"cannot listen on {host}:{port} (FREESEWING_METRICS_HOST): {error.strerror or error}"
            ) from None
        self._server = ExitStack()
        for work in (thread.join, server.server_close, server.shutdown):  # last to first
            self._server.callback(work)
        for collector in collectors:
            self.registry.register(collector)
            self._server.callback(self.registry.unregister, collector)

    def stop(self) -> None:
        """Stop the server and disable the metrics."""

        if self._server is not None:
            ending, self._server = self._server, None
            ending.close()

    def is_on(self) -> bool:
        """Return whether the metrics are served."""
        return self._server is not None

    def request(self, operation: str | None, status: int, seconds: float) -> None:
        """Count a request; `operation` is None if routing found none, `status` 0 if there was no response."""
        if self._server is None:
            return
        name = operation or NO_OPERATION
        children = self._of_operation.get(name)
        if children is None:
            children = self._of_operation[name] = (
                self._seconds.labels(name),
                {digit: self._requests.labels(name, status_class) for digit, status_class in CLASSES.items()},
            )
        histogram, counters = children
        histogram.observe(seconds)
        counters[status // 100].inc()

    def limiter(self, policy: str, decision: str) -> None:
        """Count a decision: ALLOWED, REFUSED, or FAILED_OPEN, if the counters could not be reached."""
        if self._server is None:
            return
        child = self._of_policy.get((policy, decision))
        if child is None:
            child = self._of_policy[policy, decision] = self._limiter.labels(policy, decision)
        child.inc()

    def background(self, task: str, now: float, *, seconds: float | None = None) -> None:
        """A task beside requests has succeeded, or, where `seconds` says how often it runs, has begun."""
        self._last_success.labels(task).set(now)
        if seconds is not None:
            self._interval.labels(task).set(seconds)

    def unavailable(self, cause: Cause) -> None:
        """A request was answered with 503, because of this."""
        self._unavailable.labels(cause).inc()

    def mail_given_up(self, reason: str) -> None:
        """A mail was given up: RECIPIENT, CONTENT or ATTEMPTS."""
        self._mails_given_up.labels(reason).inc()


def _background_gauges(registry: CollectorRegistry) -> tuple[Gauge, Gauge]:
    """Register the gauges of background tasks: time of the last success, and interval."""
    last_success = Gauge(
        "freesewing_background_last_success_seconds",
        "When the background task last succeeded, in seconds since the epoch; before that, when it began.",
        ["task"],
        registry=registry,
    )
    interval = Gauge(
        "freesewing_background_interval_seconds",
        "The intended interval of the runs of the task.",
        ["task"],
        registry=registry,
    )
    return last_success, interval

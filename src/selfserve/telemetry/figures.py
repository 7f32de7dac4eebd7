"""Figures for Prometheus: counted where things happen, read at `/metrics`."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

REGISTRY = CollectorRegistry()
"""Our own registry, so that no library adds figures unasked."""

ProcessCollector(registry=REGISTRY)

_submitted = Counter("selfserve_requests_submitted", "Requests submitted.", ["item"], registry=REGISTRY)
_ended = Counter("selfserve_requests_ended", "Requests that reached an end.", ["item", "how"], registry=REGISTRY)
_steps = Counter(
    "selfserve_steps", "Connector actions by outcome.", ["connector", "outcome", "kind"], registry=REGISTRY
)
_seconds = Histogram(
    "selfserve_fulfil_seconds",
    "From the last decision to seen in the target.",
    ["item"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 900, 3600, 14400, 86400),
    registry=REGISTRY,
)
_first = Counter("selfserve_first_attempts", "First attempts made at once.", ["hit"], registry=REGISTRY)
_takeovers = Counter("selfserve_takeovers", "Work taken up that a dead worker left.", registry=REGISTRY)
_queue = Gauge("selfserve_queue_depth", "Work waiting to be started.", ["queue"], registry=REGISTRY)
_escalations = Gauge("selfserve_escalations_open", "Work waiting for humans.", ["team"], registry=REGISTRY)
_circuits = Gauge(
    "selfserve_circuit_open", "1 where a connector's target is left in peace.", ["connector"], registry=REGISTRY
)
_mail = Gauge("selfserve_mail_notices", "Notices by what became of their mail.", ["state"], registry=REGISTRY)
_people = Gauge("selfserve_people", "People as the directory shows them.", ["what"], registry=REGISTRY)
_smiles = Gauge("selfserve_smiles", "What customers said of requests that were over.", ["face"], registry=REGISTRY)
_cut_off = Counter(
    "selfserve_cut_off", "Sessions and tokens ended because their person left or was disabled.", ["what"],
    registry=REGISTRY,
)  # fmt: skip
_http = Histogram(
    "selfserve_http_seconds",
    "HTTP requests by route.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)


def request_submitted(item: str) -> None:
    """A customer asked for an item."""
    _submitted.labels(item).inc()


def request_ended(item: str, how: str) -> None:
    """A request came to `how`: a state such as `fulfilled`, `handed_over`, `denied`."""
    _ended.labels(item, how).inc()


def fulfilled_after(item: str, seconds: float) -> None:
    """How long the customer waited from the last decision until the effect was seen in the target."""
    _seconds.labels(item).observe(seconds)


def step_ended(connector: str, outcome: str, kind: str = "") -> None:
    """A connector action came back: `outcome` is a step's state, `kind` the kind of failure if it was one."""
    _steps.labels(connector, outcome, kind).inc()


def first_attempt(*, hit: bool) -> None:
    """A first attempt finished the request at once (`hit`), or left the rest to the queue."""
    _first.labels("yes" if hit else "no").inc()


def takeover() -> None:
    """Work that a dead worker left was taken up, or given up as too dangerous."""
    _takeovers.inc()


def set_smiles(by_face: dict[str, int]) -> None:
    """How many customers said what."""
    for face, count in by_face.items():
        _smiles.labels(face).set(count)


def set_queue_depth(queue: str, waiting: int) -> None:
    """How much work waits in a queue."""
    _queue.labels(queue).set(waiting)


def set_escalations_open(by_team: dict[str, int]) -> None:
    """How many escalations are open for each team; teams not named have none."""
    _escalations.clear()
    for team, count in by_team.items():
        _escalations.labels(team).set(count)


def set_circuits_open(by_connector: dict[str, bool]) -> None:
    """Of each connector, whether its circuit is open in any process."""
    _circuits.clear()
    for connector, is_open in by_connector.items():
        _circuits.labels(connector).set(is_open)


def set_mail(waiting: int, refused: int) -> None:
    """How many notices wait for their mail, and how many were refused for good."""
    _mail.labels("waiting").set(waiting)
    _mail.labels("refused").set(refused)


def set_people(by_kind: dict[str, int]) -> None:
    """How many are `present` and how many of them `without_mail`; how many names are several people's (`same_login`,
    `same_mail`)."""
    for what, count in by_kind.items():
        _people.labels(what).set(count)


def cut_off(sessions: int, tokens: int) -> None:
    """So many sessions and tokens ended because their person left or was disabled."""
    _cut_off.labels("sessions").inc(sessions)
    _cut_off.labels("tokens").inc(tokens)


def http_request(method: str, route: str, status: int, seconds: float) -> None:
    """A request was answered; `route` is the route's pattern, never the path itself."""
    _http.labels(method, route, str(status)).observe(seconds)


def exposition() -> tuple[bytes, str]:
    """All figures as the body of `/metrics`, and its content type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST

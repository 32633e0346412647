"""`/metrics`: what Prometheus is told. A registry of our own, one an application.

Counters count what this process does; gauges of rooms, alarms and queues are read from the
database when somebody asks, at most every few seconds.
"""

import hmac
import platform
import shutil
import threading
import time
from collections.abc import Iterable, Mapping

from fastapi import APIRouter, Request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.pool import QueuePool
from starlette.responses import Response

from fleet import __version__
from fleet.alerts import service as alerts
from fleet.db import Database, SQLAlchemyError
from fleet.errors import Unauthorised
from fleet.notices import service as notices
from fleet.serving import repository
from fleet.serving.health import Health
from fleet.settings import FleetSettings, is_loopback
from fleet.telemetry import service as telemetry
from fleet.web.language import gettext as _

router = APIRouter(include_in_schema=False)
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_FRESH_SECONDS = 5.0
_BY_PROXY = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
STANDINGS = ("working", "risk", "dark", "none")
SEVERITIES = ("critical", "warning", "info")


class Metrics:
    """Everything that is counted in this process, and whom to ask for the rest."""

    def __init__(self, settings: FleetSettings, database: Database, health: Health) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self.requests = Histogram(
            "lectern_http_request_seconds",
            "Time until an answer was sent, by route.",
            ("method", "route", "status"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.messages = Counter(
            "lectern_messages",
            "Messages of rooms: stored, duplicate, dead_letter, stranger, forgotten.",
            ("outcome",),
            registry=self.registry,
        )
        for outcome in ("stored", "duplicate", "dead_letter", "stranger", "forgotten"):
            self.messages.labels(outcome)
        self.waiting = Gauge(
            "lectern_ingest_waiting", "Messages that wait to be stored.", registry=self.registry
        )
        build = Gauge(
            "lectern_build_info", "The version that runs.", ("version", "python"),
            registry=self.registry,
        )  # fmt: skip
        build.labels(__version__, platform.python_version()).set(1)
        broker = Gauge(
            "lectern_broker_up",
            "1 connected, 0 not; absent where this process has no business with the broker.",
            registry=self.registry,
        )
        broker.set_function(lambda: float(health.connected_to_broker or 0))
        disk = Gauge("lectern_disk_free_bytes", "In the data directory.", registry=self.registry)
        disk.set_function(lambda: _free(settings))
        self.registry.register(_Stored(database))

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request has been answered."""
        self.requests.labels(method, route, str(status)).observe(seconds)

    def took_in(self, counts: Mapping[str, int], waiting: int) -> None:
        """A batch of messages was stored; `counts` by outcome."""
        for outcome, count in counts.items():
            self.messages.labels(outcome).inc(count)
        self.waiting.set(waiting)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)


class _Stored(Collector):
    """What the database knows. One that does not answer is told, and the rest left out."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._known: list[GaugeMetricFamily] = []
        self._asked = 0.0

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing is known before somebody asks."""
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Read it again if it is not fresh."""
        with self._lock:
            if time.monotonic() - self._asked > _FRESH_SECONDS or not self._known:
                self._known = list(self._read())
                self._asked = time.monotonic()
            return [*self._known, *self._pool()]

    def _read(self) -> Iterable[GaugeMetricFamily]:
        up = GaugeMetricFamily("lectern_database_up", "Whether the database answers.")
        try:
            found = self._ask()
        except SQLAlchemyError:
            up.add_metric((), 0)
            return [up]
        up.add_metric((), 1)
        return [up, *found]

    def _ask(self) -> list[GaugeMetricFamily]:
        with self._database.read() as session:
            rooms = repository.rooms_by_standing(session)
            alarms = alerts.open_by_severity(session)
            waiting = notices.counts(session)
            lessons = repository.lessons_by_state(session)
            orders = repository.orders_by_state(session)
            letters = repository.dead_letters(session)
            reports = telemetry.reports_waiting(session)
        standing = dict.fromkeys(STANDINGS, 0) | rooms
        firing = dict.fromkeys(SEVERITIES, 0) | dict(alarms)
        notice = GaugeMetricFamily(
            "lectern_notices", "Mails and webhooks, by state.", labels=("channel", "state")
        )
        wanted = {(channel, "waiting"): 0 for channel in ("smtp", "webhook")}
        for key, count in (wanted | dict(waiting)).items():
            notice.add_metric(key, count)
        dead = GaugeMetricFamily("lectern_dead_letters", "Messages that nobody understood.")
        dead.add_metric((), letters)
        queue = GaugeMetricFamily(
            "lectern_reports_queued", "Reports of readings on their way to a store elsewhere."
        )
        queue.add_metric((), reports)
        return [
            _by("lectern_rooms", "Rooms, by standing.", "standing", standing),
            _by("lectern_alarms_firing", "Alarms nothing else explains.", "severity", firing),
            _by("lectern_lessons", "Lessons being published, by state.", "state", lessons),
            _by("lectern_orders", "Orders, by room and state.", "state", orders),
            notice,
            dead,
            queue,
        ]

    def _pool(self) -> Iterable[GaugeMetricFamily]:
        pool = self._database.engine.pool
        if isinstance(pool, QueuePool):
            counts = {"used": pool.checkedout(), "idle": pool.checkedin()}
            yield _by("lectern_database_connections", "Of this process.", "state", counts)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Everything, for whoever is on this machine or has the token.

    Raises:
        Unauthorised: neither.
    """
    found: Metrics = request.app.state.counters
    settings: FleetSettings = request.app.state.settings
    if not (_is_local(request) or _has_token(request, settings)):
        raise Unauthorised(_("Ask from this machine, or with the token of the metrics."))
    return Response(found.text(), media_type=CONTENT_TYPE_LATEST)


def _is_local(request: Request) -> bool:
    """Behind a proxy on this machine everybody comes from here: then nobody does."""
    host = request.client.host if request.client else ""
    return is_loopback(host) and not any(name in request.headers for name in _BY_PROXY)


def _has_token(request: Request, settings: FleetSettings) -> bool:
    if settings.metrics_token_file is None:
        return False
    try:
        wanted = settings.metrics_token_file.read_bytes().strip()
    except OSError:
        return False
    kind, _space, given = request.headers.get("authorization", "").partition(" ")
    fits = hmac.compare_digest(given.strip().encode("utf-8", "replace"), wanted)
    return bool(wanted) and kind.lower() == "bearer" and fits


def _by(name: str, what: str, label: str, counts: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, what, labels=(label,))
    for key, count in counts.items():
        family.add_metric((key,), count)
    return family


def _free(settings: FleetSettings) -> float:
    try:
        return shutil.disk_usage(settings.data_dir).free
    except OSError:
        return 0

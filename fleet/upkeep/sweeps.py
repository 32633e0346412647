"""Work that time itself makes due: meetings come into view, rooms fall silent, uploads expire."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fleet.adapters import sql_sums
from fleet.alerts import service as alerts
from fleet.alerts.service import telling
from fleet.courses import service as courses
from fleet.db import Database, Session, SQLAlchemyError
from fleet.notices import service as notices
from fleet.orders import service as orders
from fleet.recordings import service as recordings
from fleet.telemetry.levels import Keeping
from fleet.telemetry.ports import MetricStore

log = logging.getLogger(__name__)

_ABANDONED_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Sweep:
    """`work(session, now)` in a write transaction of its own, every `seconds`."""

    name: str
    seconds: float
    work: Callable[[Session, datetime], object]


def sweeps(take_grace_seconds: float) -> tuple[Sweep, ...]:
    """What has to be done again and again, however many processes do it."""
    grace = timedelta(seconds=take_grace_seconds)
    often = max(0.5, min(10.0, take_grace_seconds / 4))
    return (
        Sweep("expand slots", 3600.0, courses.expand_slots),
        Sweep("evaluate alarms", 1.0, alerts.evaluate),
        Sweep("check for alarms", 15.0, alerts.check),
        Sweep("expire orders", 2.0, orders.sweep),
        Sweep("announce lessons", often, lambda s, now: recordings.announce_due(s, now, grace)),
        Sweep(
            "close abandoned recordings",
            600.0,
            lambda s, now: recordings.close_abandoned(s, now, _ABANDONED_AFTER),
        ),
    )


def readings_sweeps(metrics: MetricStore, keeping: Keeping) -> tuple[Sweep, ...]:
    """What the embedded metric store needs: each a small step, so that no writer waits long."""
    return (
        Sweep("forget old readings", 2.0, metrics.retain),
        Sweep("sum up units", 5.0, lambda s, now: sql_sums.sum_units(s, keeping, now)),
    )


def telling_sweeps(url: str, notice_days: float) -> tuple[Sweep, ...]:
    """Telling people what is wrong; `url` is where they find the fleet."""
    return (
        Sweep("tell of alarms", 5.0, lambda s, now: telling.tell(s, now, url)),
        Sweep("digests", 600.0, lambda s, now: telling.digest(s, now, url)),
        Sweep("old notices", 3600.0, lambda s, now: notices.tidy(s, now, notice_days)),
        Sweep("old alarms", 86_400.0, alerts.tidy),
    )


async def sweep(database: Database, task: Sweep) -> None:
    """Do one sweep at once and every so often, until cancelled; a failure is only put off."""
    while True:
        try:
            await asyncio.to_thread(_once, database, task)
        except SQLAlchemyError as error:
            log.warning("%s: not now: %s", task.name, error)
        except Exception:  # one that fails must not end all others
            log.exception("%s has failed; trying again", task.name)
        await asyncio.sleep(task.seconds)


def _once(database: Database, task: Sweep) -> None:
    with database.write() as session:
        task.work(session, datetime.now(UTC))

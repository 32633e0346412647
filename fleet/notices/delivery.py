"""Delivering what is queued: one loop a channel, in the role `worker`."""

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime

from fleet.db import Database, SQLAlchemyError
from fleet.notices import service
from fleet.notices.ports import Channel, Outgoing, Undelivered

log = logging.getLogger(__name__)

_TOGETHER = 8
"""So many are on their way at once: one slow receiver does not hold up the others."""
_LONGEST = 60.0


def _now() -> datetime:
    return datetime.now(UTC)


class Delivery:
    """Sends what is due on one channel. Several processes may do it; each notice is leased."""

    def __init__(
        self,
        database: Database,
        name: str,
        channel: Channel,
        *,
        days: float,
        seconds: float = 1.0,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._database = database
        self._name = name
        self._channel = channel
        self._days = days
        self._seconds = seconds
        self._now = now

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                count = await self.once()
            except SQLAlchemyError as error:
                log.warning("%s: cannot look for notices: %s", self._name, error)
                count = 0
            if count < _TOGETHER:
                await asyncio.sleep(self._seconds)

    async def once(self) -> int:
        """Try what is due now, a handful at a time; how many that was."""
        due = await asyncio.to_thread(self._take)
        async with asyncio.TaskGroup() as group:
            for notice in due:
                group.create_task(self._one(notice))
        return len(due)

    async def _one(self, notice: Outgoing) -> None:
        try:
            async with asyncio.timeout(_LONGEST):
                await self._channel.send(notice)
        except Undelivered as problem:
            await asyncio.to_thread(self._failed, notice.id, str(problem), problem.final)
        except TimeoutError:
            await asyncio.to_thread(self._failed, notice.id, "it took too long", False)
        except Exception as error:
            log.exception("%s: notice=%s", self._name, notice.id)
            await asyncio.to_thread(self._failed, notice.id, type(error).__name__, False)
        else:
            await asyncio.to_thread(self._sent, notice.id)

    def _take(self) -> list[Outgoing]:
        with self._database.read() as session:
            if not service.waiting(session, self._name, self._now()):
                return []
        with self._database.write() as session:
            return service.take(session, self._name, self._now(), _TOGETHER)

    def _sent(self, notice_id: str) -> None:
        with self._database.write() as session:
            service.sent(session, notice_id, self._now())

    def _failed(self, notice_id: str, why: str, final: bool) -> None:
        log.warning("%s: notice=%s not delivered: %s", self._name, notice_id, why)
        with self._database.write() as session:
            service.failed(
                session,
                notice_id,
                why,
                final=final,
                now=self._now(),
                dice=random.random(),  # noqa: S311
                days=self._days,
            )

"""What rooms look like now, for as long as somebody looks, and not a moment longer.

Pages say which rooms they show (`want`, from any thread); a task tells those rooms, and keeps the
newest picture of each. When nobody has asked for a while, the room hears nothing more and stops
by itself. Pictures are never written to a disk.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from contract.messages import Glimpse, Look
from fleet.classrooms.ports import LiveConnection, LiveLink, Unreachable

log = logging.getLogger(__name__)

LEASE = 8.0
"""Seconds for which one request of a page keeps a room looked at."""

EVERY = 2.0
SIZE = 5000
"""A picture every 2 s of at most 5000 bytes takes 20 kbit/s of the room's link."""

_AGAIN = 4.0
_LONGEST_PAUSE = 20.0
_MOST_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Seen:
    """What came last from a room; `number` grows with each, `at` is the fleet's time."""

    number: int
    at: datetime
    glimpse: Glimpse


class Glimpses:
    """Who is looked at, and what was seen. `want` and `seen` may be called from any thread."""

    def __init__(self, link: LiveLink, clock: Callable[[], float] = time.monotonic) -> None:
        self._link = link
        self._clock = clock
        self._until: dict[str, float] = {}
        self._told: dict[str, float] = {}
        self._seen: dict[str, Seen] = {}
        self._count = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._more = asyncio.Event()

    def want(self, agents: Iterable[str]) -> None:
        """Somebody looks at these rooms' agents now."""
        until = self._clock() + LEASE
        new = False
        for agent in agents:
            new = new or agent not in self._until
            self._until[agent] = until
        if new and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._more.set)

    def seen(self, agent: str) -> Seen | None:
        """What came last from an agent that is looked at."""
        return self._seen.get(agent)

    @property
    def watched(self) -> frozenset[str]:
        """The agents that somebody looks at."""
        return frozenset(self._until)

    async def run(self) -> None:
        """Until cancelled: keep a connection, and tell and hear the rooms that are looked at."""
        self._loop = asyncio.get_running_loop()
        failures = 0
        while True:
            try:
                async with self._link.connect() as connection, asyncio.TaskGroup() as group:
                    failures = 0
                    self._told.clear()
                    group.create_task(self._hear(connection), name="hear glimpses")
                    group.create_task(self._tell(connection), name="tell who is looked at")
            except* Unreachable as errors:
                if failures == 0:
                    log.warning("no pictures of rooms: %s; trying again", errors.exceptions[0])
                failures += 1
            pause = min(_LONGEST_PAUSE, 0.2 * 2**failures)
            await asyncio.sleep(random.uniform(0.05, pause))  # noqa: S311 - jitter

    async def _hear(self, connection: LiveConnection) -> None:
        async for agent, glimpse in connection.glimpses():
            if agent not in self._until or len(glimpse.picture or b"") > _MOST_BYTES:
                continue
            self._count += 1
            self._seen[agent] = Seen(self._count, datetime.now(UTC), glimpse)

    async def _tell(self, connection: LiveConnection) -> None:
        while True:
            self._more.clear()
            for agent in self._due():
                until = datetime.now(UTC) + timedelta(seconds=LEASE + _AGAIN)
                await connection.look(agent, Look(until=until, every=EVERY, size=SIZE))
            try:
                async with asyncio.timeout(1.0):
                    await self._more.wait()
            except TimeoutError:
                pass

    def _due(self) -> list[str]:
        """Agents to tell now; those that nobody looks at any more are forgotten."""
        now = self._clock()
        for agent in [one for one, until in list(self._until.items()) if until < now]:
            self._until.pop(agent, None)
            self._told.pop(agent, None)
            self._seen.pop(agent, None)
        due = [a for a in list(self._until) if now - self._told.get(a, -_AGAIN) >= _AGAIN]
        self._told.update(dict.fromkeys(due, now))
        return due

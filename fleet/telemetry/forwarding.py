"""Carries queued readings to a store elsewhere: each arrives, and is there once.

What the store has taken leaves the queue at once if the store overwrites a reading with itself and
has it on its disk. Of one that would keep it twice, or loses its last seconds when it is killed,
two things are not trusted: an answer that never came (what was sent before is doubtful, and the
store is asked for it before it is sent again), and an answer that did (what was sent is kept for
`settling` seconds, and leaves the queue when the store still has it).
"""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from fleet.db import Database, SQLAlchemyError, new_id
from fleet.telemetry import repository
from fleet.telemetry.models import QueuedReadings
from fleet.telemetry.ports import OutsideStore, Point, ReadingsRefused, StoreDown, StoreRefused
from fleet.telemetry.queue import once, unpacked

log = logging.getLogger(__name__)

LONGEST_PAUSE: Final = 30.0
_NAME: Final = "forward readings"
_HELD: Final = timedelta(seconds=60)
"""Longer than a step can take: one process at a time forwards."""
_REPORTS: Final = 500
_TRIES: Final = 3


class Forwarder:
    """One of these works at a time, however many processes there are.

    What is queued stays until the store has it; `dropped` counts readings it will not take.
    """

    def __init__(
        self,
        database: Database,
        store: OutsideStore,
        *,
        pause: float = 1.0,
        reports: int = _REPORTS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._store = store
        self._pause = pause
        self._reports = reports
        self._now = now
        self._holder = new_id()
        self._tries: dict[int, int] = {}
        self.dropped = 0

    async def run(self) -> None:
        """Until cancelled."""
        failures = 0
        try:
            while True:
                try:
                    worked = await asyncio.to_thread(self.step)
                except (StoreDown, StoreRefused, SQLAlchemyError) as error:
                    if failures == 0:
                        log.warning("readings wait in the database: %s", error)
                    failures += 1
                    longest = min(LONGEST_PAUSE, self._pause * 2 ** min(failures, 10))
                    await asyncio.sleep(random.uniform(0.5, 1) * longest)  # noqa: S311
                else:
                    if failures:
                        log.info("the metric store takes readings again")
                    failures = 0
                    await asyncio.sleep(0 if worked else self._pause)
        finally:
            await asyncio.to_thread(self._release)

    def step(self) -> bool:
        """Send the next batch; whether there was one. Blocks.

        Raises:
            StoreDown: nothing is known of what was being sent.
            StoreRefused: the store will not; nothing is lost.
        """
        now = self._now()
        with self._database.write() as session:
            if not repository.hold(session, _NAME, self._holder, now, now + _HELD):
                return False
        settled = self._settle(int(now.timestamp()))
        return self._send_next() or settled

    def _send_next(self) -> bool:
        with self._database.write() as session:
            rows = repository.unsent(session, self._reports)
            doubtful = {row.id for row in rows if row.doubtful}
            if rows and not self._store.overwrites:
                repository.doubt(session, [row.id for row in rows])
        if not rows:
            return False
        self._send(rows, doubtful)
        return True

    def _send(self, rows: Sequence[QueuedReadings], doubtful: set[int]) -> None:
        """Send rows; of those refused, only the readings that cannot be taken are dropped."""
        try:
            self._store.send(self._lacking(rows, doubtful))
        except ReadingsRefused as refused:
            if len(rows) > 1:
                # What was refused together may have been taken in part.
                everyone = {row.id for row in rows}
                self._send(rows[: len(rows) // 2], everyone)
                self._send(rows[len(rows) // 2 :], everyone)
                return
            self._one_by_one(unpacked(rows[0].body), refused)
        self._sent(rows)

    def _lacking(self, rows: Sequence[QueuedReadings], doubtful: set[int]) -> list[Point]:
        """What has to be sent of these rows."""
        if self._store.overwrites:
            return once([point for row in rows for point in unpacked(row.body)])
        certain = [p for row in rows if row.id not in doubtful for p in unpacked(row.body)]
        asked = once([p for row in rows if row.id in doubtful for p in unpacked(row.body)])
        return once([*certain, *(self._store.missing(asked) if asked else ())])

    def _one_by_one(self, points: Sequence[Point], refused: ReadingsRefused) -> None:
        lost = 0
        for point in self._store.missing(once(points)):
            try:
                self._store.send([point])
            except ReadingsRefused:
                lost += 1
        self.dropped += lost
        log.warning("the metric store will not take %d readings of a report: %s", lost, refused)

    def _sent(self, rows: Sequence[QueuedReadings]) -> None:
        ids = [row.id for row in rows]
        with self._database.write() as session:
            if self._store.settling:
                repository.mark_sent(session, ids, int(self._now().timestamp()))
            else:
                repository.dequeue(session, ids)

    def _settle(self, now: int) -> bool:
        """Let go of what the store still has after a while; send again what it has lost."""
        if not self._store.settling:
            return False
        until = now - int(self._store.settling)
        with self._database.read() as session:
            rows = repository.settled(session, until, self._reports)
        if not rows:
            return False
        lost = {_key(point) for point in self._lacking(rows, {row.id for row in rows})}
        again = [row for row in rows if any(_key(point) in lost for point in unpacked(row.body))]
        given_up = [row for row in again if self._tries.get(row.id, 0) >= _TRIES]
        if given_up:
            self.dropped += len(lost)
            log.warning("the metric store takes, and does not keep, %d reports", len(given_up))
        again = [row for row in again if row not in given_up]
        kept = {row.id for row in rows} - {row.id for row in again}
        with self._database.write() as session:
            repository.dequeue(session, kept)
        for row_id in kept:
            self._tries.pop(row_id, None)
        if again:
            log.warning("the metric store has lost readings of %d reports: again", len(again))
            for row in again:
                self._tries[row.id] = self._tries.get(row.id, 0) + 1
            self._send(again, {row.id for row in again})
        return True

    def _release(self) -> None:
        try:
            with self._database.write() as session:
                repository.release(session, _NAME, self._holder)
        except SQLAlchemyError as error:
            log.debug("the next process will wait a minute: %s", error)


def _key(point: Point) -> tuple[str, str, str, datetime]:
    return point.room, point.device, point.point, point.at

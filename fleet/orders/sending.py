"""Sends orders to the rooms, in the process that holds the connection to the broker.

An order is claimed, handed to the broker and marked as sent, in this order: whatever fails in
between, it is sent again after `CLAIM`, and the room, which tells orders apart by their ids, obeys
it once. Marking waits a moment: what is answered by then needs no mark, and a transaction of the
sender would stand in the way of the one that stores the answer.
"""

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from contract import codec, topics
from contract import messages as m
from fleet.classrooms.ports import Asking, EdgeConnection
from fleet.db import Database, Session, SQLAlchemyError, after_commit
from fleet.orders import repository
from fleet.orders.events import OrdersQueued
from fleet.orders.models import OrderTarget, RoomOrder

log = logging.getLogger(__name__)

CLAIM: Final = timedelta(seconds=20)
"""How long a process may take to send what it claimed. The broker has 15 s for each message."""
_TOGETHER: Final = 100
_MARK_AFTER: Final = 0.3


@dataclass(frozen=True, slots=True)
class _Letter:
    """An order to one room, ready for the broker."""

    target: str
    agent: str
    body: bytes
    not_after: datetime


class Bell:
    """Wakes the sender when this process has queued an order; from any thread.

    While the sender has a connection, an order is claimed in the transaction that queues it, and
    handed over when that is committed: a transaction less until the room hears of it.
    """

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._heard = False
        self._letters: deque[_Letter] = deque()

    def queued(self, session: Session, _event: OrdersQueued) -> None:
        """Hand over what was queued, or ring, once the transaction is committed."""
        letters = _claim(session, datetime.now(UTC)) if self._heard else []

        def committed() -> None:
            self._letters.extend(letters)
            self.ring()

        after_commit(session, committed)

    def ring(self) -> None:
        """Ring now. Without anybody who waits, nothing happens."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._rung.set)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """As long as somebody sends what is handed over."""
        self._letters.clear()
        self._heard = True
        try:
            yield
        finally:
            self._heard = False

    def handed(self) -> list[_Letter]:
        """What was handed over meanwhile; the rest of it the next time."""
        return [self._letters.popleft() for _ in range(min(len(self._letters), _TOGETHER))]

    async def wait(self, seconds: float) -> bool:
        """Until it rings, at most so long; what rang meanwhile counts. Whether it did."""
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return False
        else:
            return True
        finally:
            self._rung.clear()


class OrderSender:
    """Sends what is due as long as there is a connection.

    Args:
        database: where orders are.
        bell: rings for orders of this process.
        seconds: how often it is looked for those of other processes.
    """

    def __init__(self, database: Database, bell: Bell, seconds: float) -> None:
        self._database = database
        self._bell = bell
        self._seconds = seconds
        self._sent: list[str] = []
        self._mark_at = 0.0
        self._look_at = 0.0

    async def run(self, connection: EdgeConnection) -> None:
        """Send until the connection breaks.

        Raises:
            Unreachable: it did.
        """
        self._sent.clear()
        rung = False
        with self._bell.heard():
            while True:
                letters = self._bell.handed()
                try:
                    if not letters:
                        letters = await asyncio.to_thread(self._look, rung)
                    if letters:
                        await self._send(connection, letters)
                    elif self._sent and not rung:
                        await asyncio.to_thread(self._mark)
                except SQLAlchemyError as error:
                    log.warning("cannot look for orders: %s", error)
                    letters = []
                    self._mark_at = time.monotonic() + self._seconds  # not as fast as it fails
                if len(letters) == _TOGETHER:
                    self._look_at = 0.0  # there may be more
                    continue
                if letters and time.monotonic() >= self._look_at:
                    rung = False  # other processes queue orders, too
                    continue
                wait = self._mark_at - time.monotonic() if self._sent else self._seconds
                rung = await self._bell.wait(max(0.0, wait))

    async def _send(self, connection: EdgeConnection, letters: list[_Letter]) -> None:
        async with asyncio.TaskGroup() as group:
            for letter in letters:
                group.create_task(_publish(connection, letter))
        if not self._sent:
            self._mark_at = time.monotonic() + _MARK_AFTER
        self._sent += [letter.target for letter in letters]

    def _look(self, rung: bool) -> list[_Letter]:
        now = datetime.now(UTC)
        self._look_at = time.monotonic() + self._seconds
        if not rung:
            with self._database.read() as session:
                if not repository.any_due(session, now):
                    return []
        with self._database.write() as session:
            sent = list(self._sent) if time.monotonic() >= self._mark_at else []
            repository.mark_sent(session, sent, now)
            letters = _claim(session, now)
        del self._sent[: len(sent)]
        return letters

    def _mark(self) -> None:
        with self._database.write() as session:
            repository.mark_sent(session, list(self._sent), datetime.now(UTC))
        self._sent.clear()


def _claim(session: Session, now: datetime) -> list[_Letter]:
    claimed = repository.claim(session, now, now + CLAIM, _TOGETHER)
    return [_letter(target, order) for target, order in claimed]


async def _publish(connection: EdgeConnection, letter: _Letter) -> None:
    left = (letter.not_after - datetime.now(UTC)).total_seconds()
    asking = Asking(
        seconds=math.ceil(left),
        answer_to=topics.topic(letter.agent, "reply"),
        correlation=letter.target.encode(),
    )
    topic = topics.topic(letter.agent, "order")
    await connection.publish(topic, letter.body, qos=1, retain=False, asking=asking)


def _letter(target: OrderTarget, order: RoomOrder) -> _Letter:
    if target.agent_id is None:
        raise ValueError(f"order {target.id} was claimed for nobody")
    told = m.Order(
        id=target.id,
        name=order.name,
        not_after=target.not_after,
        args={**order.args, **(target.args or {})},
    )
    return _Letter(target.id, target.agent_id, codec.encode_down(told), target.not_after)

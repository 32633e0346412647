"""Hear the rooms, store what they say, acknowledge it; tell them what the fleet wants.

Memory is bounded: what does not fit while the database is busy or down is forgotten, and rooms
send it again, because it was not acknowledged. While there is no room for readings (`holding`),
reports are left with their rooms in the same way, and everything else is taken.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from contract import codec, topics
from contract import messages as m
from fleet.classrooms import service as classrooms
from fleet.classrooms.ports import EdgeConnection, EdgeLink, Incoming, Unreachable
from fleet.db import Database, OperationalError, SQLAlchemyError
from fleet.inbox import service
from fleet.inbox.service import Outcome
from fleet.inbox.table import Table
from fleet.orders.sending import OrderSender

log = logging.getLogger(__name__)

LONGEST_PAUSE = 10.0
_REPLY = "/reply"
_TELEMETRY = "/telemetry"
_TRIES_TOGETHER = 4
_TRIES_BEFORE_OFFLINE = 3
_TRIES_BEFORE_BURIAL = 10
"""About a minute. A lock or a lost connection passes within it, and no good message may be buried
for one; what fails for longer is buried, so that one message cannot stop all others."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How messages are gathered: a batch ends at `count` messages or after `seconds`.

    `desired_seconds` is how often the fleet looks for changed desired states.
    """

    count: int = 500
    seconds: float = 0.05
    desired_seconds: float = 1.0


class Ingest:
    """The fleet's end of the line to all rooms."""

    def __init__(
        self,
        link: EdgeLink,
        database: Database,
        table: Table,
        pace: Pace,
        on_change: Callable[[bool], None] = lambda _: None,
        orders: OrderSender | None = None,
        on_stored: Callable[[Mapping[str, int], int], None] = lambda _counts, _waiting: None,
        holding: Callable[[], bool] = lambda: False,
    ) -> None:
        self._link = link
        self._database = database
        self._table = table
        self._pace = pace
        self._on_change = on_change
        self._orders = orders
        self._on_stored = on_stored
        self._holding = holding
        self._waiting: deque[Incoming] = deque()
        self._arrived = asyncio.Event()
        self._urgent = asyncio.Event()
        self._forgotten = 0

    async def run(self) -> None:
        """Until cancelled: connect, serve the connection, and connect again when it breaks."""
        failures = 0
        self._on_change(False)
        while True:
            try:
                async with self._link.connect() as connection:
                    log.info("connected to the broker")
                    failures = 0
                    self._on_change(True)
                    await self._serve(connection)
            except* Unreachable as group:
                if failures == 0:
                    log.warning("no broker: %s; trying again", group.exceptions[0])
                failures += 1
            finally:
                self._on_change(False)
            self._waiting.clear()
            # Full jitter: ingest processes of one fleet do not come back in one instant.
            await asyncio.sleep(random.uniform(0.05, min(LONGEST_PAUSE, 0.2 * 2**failures)))  # noqa: S311

    async def _serve(self, connection: EdgeConnection) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._hear(connection), name="hear rooms")
            group.create_task(self._store(connection), name="store messages")
            group.create_task(self._want(connection), name="publish desired")
            if self._orders is not None:
                group.create_task(self._orders.run(connection), name="send orders")

    async def _hear(self, connection: EdgeConnection) -> None:
        async for message in connection.messages():
            if message.topic.endswith(_TELEMETRY) and self._holding():
                continue  # its room keeps it
            if len(self._waiting) >= 4 * self._pace.count:
                self._forgotten += 1
                continue
            self._waiting.append(message)
            self._arrived.set()
            if message.topic.endswith(_REPLY):
                self._urgent.set()

    async def _store(self, connection: EdgeConnection) -> None:
        while True:
            batch = await self._gather()
            outcome = await self._until_stored(connection, batch)
            await self._acknowledge(connection, outcome)
            self._note(outcome)

    async def _gather(self) -> list[Incoming]:
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        if len(self._waiting) < self._pace.count:
            await self._linger()
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), self._pace.count))]

    async def _linger(self) -> None:
        """Let more messages come; somebody may be waiting for what an order came to."""
        try:
            async with asyncio.timeout(self._pace.seconds):
                await self._urgent.wait()
        except TimeoutError:
            return
        finally:
            self._urgent.clear()

    async def _until_stored(self, connection: EdgeConnection, batch: list[Incoming]) -> Outcome:
        """Store a batch, however often it takes; rooms are told while the database is down."""
        tries = 0
        while True:
            outcome = await asyncio.to_thread(_try, self._database, self._table, batch, tries)
            tries += 1
            if outcome is not None:
                if tries > _TRIES_BEFORE_OFFLINE:
                    log.info("the database answers again")
                    await connection.announce(listening=True)
                return outcome
            if tries == _TRIES_BEFORE_OFFLINE:
                await connection.announce(listening=False)
            if tries > 1:
                await asyncio.sleep(min(LONGEST_PAUSE, 0.2 * 2 ** min(tries, 10)))

    async def _acknowledge(self, connection: EdgeConnection, outcome: Outcome) -> None:
        for (agent, epoch), seqs in outcome.acks.items():
            ack = m.Ack(epoch=epoch, seqs=tuple(seqs), fleet_time=datetime.now(UTC))
            topic = topics.topic(agent, "ack")
            await connection.publish(topic, codec.encode_down(ack), qos=0, retain=False)

    async def _want(self, connection: EdgeConnection) -> None:
        """Publish changed desired states, retained, so that a room that comes later finds them."""
        while True:
            try:
                due = await asyncio.to_thread(self._due)
                for state in due:
                    topic = topics.topic(state.agent, "desired")
                    await connection.publish(topic, state.body, qos=1, retain=True)
                    await asyncio.to_thread(self._published, state.room, state.version)
            except SQLAlchemyError as error:
                log.warning("cannot look for changed desired states: %s", error)
            await asyncio.sleep(self._pace.desired_seconds)

    def _due(self) -> list[classrooms.DueDesired]:
        with self._database.read() as session:
            return list(classrooms.due_desired(session))

    def _published(self, room: str, version: int) -> None:
        with self._database.write() as session:
            classrooms.mark_published(session, room, version)

    def _note(self, outcome: Outcome) -> None:
        counts = {
            "stored": outcome.stored,
            "duplicate": outcome.duplicates,
            "dead_letter": outcome.dead,
            "stranger": outcome.strangers,
            "forgotten": self._forgotten,
        }
        self._on_stored(counts, len(self._waiting))
        if outcome.dead or outcome.strangers or self._forgotten:
            log.warning(
                "stored=%d duplicates=%d dead_letters=%d strangers=%d forgotten=%d",
                outcome.stored,
                outcome.duplicates,
                outcome.dead,
                outcome.strangers,
                self._forgotten,
            )
            self._forgotten = 0
        else:
            log.debug("stored=%d duplicates=%d", outcome.stored, outcome.duplicates)


def _try(database: Database, table: Table, batch: list[Incoming], tries: int) -> Outcome | None:
    """Store a batch: all at once, then carefully, then one message at a time; None if it failed."""
    try:
        if tries < _TRIES_TOGETHER:
            return service.receive(database, table, batch, careful=tries > 0)
        return _apart(database, table, batch, tries)
    except Exception as error:
        if tries == 1:
            log.warning("cannot store %d messages; trying again", len(batch), exc_info=error)
    return None


def _apart(database: Database, table: Table, batch: list[Incoming], tries: int) -> Outcome:
    """Store each message in its own transaction, and bury the one that cannot be.

    Raises:
        SQLAlchemyError: it is the database, not a message.
    """
    whole = Outcome()
    for message in batch:
        try:
            one = service.receive(database, table, [message], careful=True)
        except SQLAlchemyError as error:
            if isinstance(error, OperationalError) and tries < _TRIES_BEFORE_BURIAL:
                raise
            one = service.refuse(database, message, f"{type(error).__name__}: {error}")
        whole.add(one)
    return whole

"""Empties the outbox over one connection: a sliding window, and again what no ack has named."""

import asyncio
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass

from contract.messages import Ack
from edge_agent.errors import Refused
from edge_agent.ports.clock import Clock
from edge_agent.ports.journal import Lane, Outbox, Row
from edge_agent.ports.uplink import Connection

logger = logging.getLogger(__name__)

_SELDOM = 8
"""So many times the usual pause between two tries of a report that the fleet leaves to the room."""


@dataclass(slots=True)
class _Flight:
    sent_at: float
    due: float
    telemetry: bool
    times: int = 1


@dataclass(slots=True)
class _Cursor:
    """How far a lane was read. Answers and events go in order; of telemetry, the live first."""

    lane: Lane
    after: int
    until: int | None = None


class Pump:
    """Sends while the fleet listens.

    Args:
        outbox: what is to be sent.
        connection: where to.
        clock: for the waits, and told what acks say of the fleet's time.
        window: messages under way at most. Telemetry that the fleet does not take for now keeps
            no answer and no event waiting: of these as many may be under way again.
        resend_seconds: after about this long without an ack a message is sent again; telemetry
            then more and more seldom.
    """

    def __init__(
        self,
        outbox: Outbox,
        connection: Connection,
        clock: Clock,
        *,
        last: int,
        window: int,
        resend_seconds: float,
    ) -> None:
        self._outbox = outbox
        self._connection = connection
        self._clock = clock
        self._window = window
        self._resend = resend_seconds
        self._last = last
        self._online = False
        self._flights: dict[int, _Flight] = {}
        self._cursors: list[_Cursor] = []
        self._wake = asyncio.Event()
        self._rewind()

    def wake(self) -> None:
        """New rows are in the outbox."""
        self._wake.set()

    def fleet_is(self, online: bool) -> None:
        """The fleet said whether it listens. When it comes back, everything is sent anew."""
        if online and not self._online:
            self._rewind()
        self._online = online
        self._wake.set()

    async def heard(self, ack: Ack) -> None:
        """The fleet's database holds these messages."""
        if ack.epoch == self._outbox.epoch:
            named = [s for s in self._flights if any(a <= s <= b for a, b in ack.seqs)]
            flights = [self._flights.pop(seq) for seq in named]
            # Sent twice, it is not known which one was answered (Karn's algorithm).
            sent = [flight.sent_at for flight in flights if flight.times == 1]
            self._clock.heard(ack.fleet_time, max(sent, default=None))
        await self._outbox.acknowledge(ack.epoch, ack.seqs)
        self._wake.set()

    async def run(self) -> None:
        """Send until the connection breaks, which raises `Unreachable`."""
        while True:
            self._wake.clear()
            if self._online:
                await self._send(await self._overdue())
                if not await self._fill():
                    await self._rest()
            else:
                await self._wake.wait()

    async def _rest(self) -> None:
        now = self._clock.monotonic()
        due = min((flight.due for flight in self._flights.values()), default=now + 60.0)
        try:
            async with asyncio.timeout(max(0.01, due - now)):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _overdue(self) -> Sequence[Row]:
        now = self._clock.monotonic()
        late = [seq for seq, flight in self._flights.items() if flight.due <= now]
        if not late:
            return ()
        rows = await self._outbox.again(late)
        for gone in set(late) - {row.seq for row in rows}:
            self._flights.pop(gone, None)
        logger.debug("%d messages are sent again", len(rows))
        return rows

    async def _fill(self) -> bool:
        for cursor in self._cursors:
            free = self._window - self._under_way(cursor.lane)
            if free <= 0:
                return False
            rows = await self._outbox.pending(cursor.lane, cursor.after, free, cursor.until)
            if rows:
                cursor.after = rows[-1].seq
                await self._send(rows)
                return True
        return False

    async def _send(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._note(row)
        async with asyncio.TaskGroup() as group:
            for row in rows:
                group.create_task(self._publish(row), name=f"publish {row.seq}")

    async def _publish(self, row: Row) -> None:
        try:
            await self._connection.publish(row.channel, row.body)
        except Refused as error:
            logger.warning("message %d is not taken and will be offered again: %s", row.seq, error)

    def _under_way(self, lane: Lane) -> int:
        """What counts against the window of a lane."""
        if lane == "telemetry":
            return len(self._flights)
        return sum(not flight.telemetry for flight in self._flights.values())

    def _note(self, row: Row) -> None:
        now = self._clock.monotonic()
        before = self._flights.get(row.seq)
        times = before.times + 1 if before else 1
        telemetry = row.channel == "telemetry"
        # Jitter, or a fleet that comes back meets all rooms at once.
        wait = self._resend * random.uniform(1.0, 1.5)  # noqa: S311
        if telemetry:
            wait *= min(_SELDOM, 2 ** (times - 1))
        self._flights[row.seq] = _Flight(now, now + wait, telemetry, times)

    def _rewind(self) -> None:
        self._flights.clear()
        self._cursors = [
            _Cursor("answer", 0),
            _Cursor("event", 0),
            _Cursor("telemetry", self._last),
            _Cursor("telemetry", 0, self._last),
        ]

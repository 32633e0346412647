"""Messages on their way to the fleet's database. A row leaves only when an ack names it."""

import json
import logging
import sqlite3
import uuid
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from contract import codec, registry
from contract.messages import OutboxDropped, Payload
from edge_agent.ports.journal import Lane, Row
from edge_agent.storage.database import Database

logger = logging.getLogger(__name__)

CHANNELS: dict[Lane, tuple[str, str]] = {
    "answer": ("reply", "reported"),
    "event": ("event", "event"),
    "telemetry": ("telemetry", "telemetry"),
}
_KEPT_SHARE = 0.9
"""When telemetry overflows it is cut to this share of its quota, so that one event tells of many
rows instead of one event a row."""


class SqliteOutbox:
    """The `Outbox` port, and `put` for those who write more in the same transaction.

    Args:
        database: the journal's file.
        agent: CloudEvents source.
        now: the fleet's time.
        telemetry_quota: bytes of telemetry to keep; the oldest is dropped first. Events are
            never dropped.
    """

    def __init__(
        self, database: Database, agent: str, now: Callable[[], datetime], telemetry_quota: int
    ) -> None:
        self._database = database
        self._agent = agent
        self._now = now
        self._quota = telemetry_quota
        self._epoch, self._last, self._telemetry = database.submit(_begin).result()
        self._listeners: list[Callable[[], None]] = []

    @property
    def epoch(self) -> str:
        """UUID of the file."""
        return self._epoch

    async def append(self, *payloads: Payload) -> int:
        """See the port."""
        seq = await self._database.do(lambda connection: self.put(connection, *payloads))
        self.changed()
        return seq

    def listen(self, rows_came: Callable[[], None]) -> None:
        """See the port."""
        self._listeners.append(rows_came)

    def changed(self) -> None:
        """Tell those who send that rows were committed."""
        for listener in self._listeners:
            listener()

    def put(self, connection: sqlite3.Connection, *payloads: Payload) -> int:
        """Append within the caller's transaction; call `changed` after its commit."""
        for payload in payloads:
            channel, kind = registry.place_of(payload)
            self._last += 1
            at = self._now()
            body = codec.encode_up(
                payload, source=self._agent, time=at, epoch=self._epoch, seq=self._last
            )
            connection.execute(
                "INSERT INTO outbox VALUES (?, ?, ?, ?, ?)",
                (self._last, channel, kind, at.isoformat(), body),
            )
            if channel == "telemetry":
                self._telemetry += len(body)
        if self._telemetry > self._quota:
            self._shed(connection)
        return self._last

    def rename(self, connection: sqlite3.Connection) -> int:
        """Give messages of another agent new numbers and this agent's name; how many."""
        rows = connection.execute("SELECT body FROM outbox ORDER BY seq").fetchall()
        connection.execute("DELETE FROM outbox")
        self._telemetry = 0
        for (body,) in rows:
            self.put(connection, codec.decode_up(body).payload)
        return len(rows)

    def _shed(self, connection: sqlite3.Connection) -> None:
        rows = connection.execute(
            "SELECT seq, length(body) FROM outbox WHERE channel = 'telemetry' ORDER BY seq"
        ).fetchall()
        held = sum(size for _, size in rows)
        dropped: list[int] = []
        for seq, size in rows:
            if held <= self._quota * _KEPT_SHARE:
                break
            dropped.append(seq)
            held -= size
        self._telemetry = held
        if not dropped:
            return
        connection.execute(
            "DELETE FROM outbox WHERE channel = 'telemetry' AND seq BETWEEN ? AND ?",
            (dropped[0], dropped[-1]),
        )
        logger.warning("outbox over its quota: dropped %d reports of telemetry", len(dropped))
        self.put(
            connection,
            OutboxDropped(
                channel="telemetry", first=dropped[0], last=dropped[-1], count=len(dropped)
            ),
        )

    async def pending(
        self, lane: Lane, after: int, limit: int, until: int | None = None
    ) -> Sequence[Row]:
        """See the port."""
        query = (
            "SELECT seq, channel, body FROM outbox WHERE channel IN (?, ?) "
            "AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
        )
        values = (*CHANNELS[lane], after, 2**62 if until is None else until, limit)
        return await self._database.do(
            lambda connection: [Row(*row) for row in connection.execute(query, values)]
        )

    async def again(self, seqs: Collection[int]) -> Sequence[Row]:
        """See the port."""
        query = (
            "SELECT seq, channel, body FROM outbox "
            "WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq"
        )
        wanted = json.dumps(sorted(seqs))
        return await self._database.do(
            lambda connection: [Row(*row) for row in connection.execute(query, (wanted,))]
        )

    async def acknowledge(self, epoch: str, ranges: Sequence[tuple[int, int]]) -> int:
        """See the port."""
        if epoch != self._epoch:
            logger.info("an ack for another outbox (%s) was ignored", epoch)
            return 0
        return await self._database.do(lambda connection: _delete(connection, ranges))

    async def last(self) -> int:
        """The highest sequence number given out so far."""
        return self._last

    async def waiting(self) -> int:
        """How many messages are not acknowledged."""
        return await self._database.do(
            lambda connection: int(connection.execute("SELECT count(*) FROM outbox").fetchone()[0])
        )


def _begin(connection: sqlite3.Connection) -> tuple[str, int, int]:
    row = connection.execute("SELECT id FROM epoch").fetchone()
    epoch = row[0] if row else str(uuid.uuid4())
    if row is None:
        connection.execute("INSERT INTO epoch VALUES (?)", (epoch,))
    last = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").fetchone()
    telemetry = connection.execute(
        "SELECT coalesce(sum(length(body)), 0) FROM outbox WHERE channel = 'telemetry'"
    ).fetchone()
    return epoch, last[0] if last else 0, telemetry[0]


def _delete(connection: sqlite3.Connection, ranges: Sequence[tuple[int, int]]) -> int:
    return sum(
        connection.execute("DELETE FROM outbox WHERE seq BETWEEN ? AND ?", pair).rowcount
        for pair in ranges
    )

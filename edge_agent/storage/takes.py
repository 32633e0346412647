"""What was recorded: rows of takes and segments, and the messages that tell of them."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from contract.messages import Payload, Segment, SegmentClosed, TakeEnd, TakeEnded
from edge_agent.ports.journal import TakePhase, TakeRow
from edge_agent.storage.database import Database
from edge_agent.storage.outbox import SqliteOutbox


class SqliteTakes:
    """The `Takes` port. `root` is the data directory that paths are relative to."""

    def __init__(self, database: Database, outbox: SqliteOutbox, root: Path) -> None:
        self._database = database
        self._outbox = outbox
        self._root = root

    async def open(self, row: TakeRow) -> None:
        """See the port."""
        values = (
            row.take,
            row.lesson,
            row.phase,
            row.started_at.isoformat(),
            row.began,
            row.boot,
            row.directory.relative_to(self._root).as_posix(),
            row.reason,
            row.slot_end.isoformat() if row.slot_end else None,
            row.course,
        )
        await self._database.do(
            lambda connection: connection.execute(
                "INSERT INTO takes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values
            )
        )

    async def move(
        self,
        take: str,
        phase: TakePhase,
        *payloads: Payload,
        reason: TakeEnd | None = None,
        slot_end: datetime | None = None,
    ) -> None:
        """See the port."""
        until = slot_end.isoformat() if slot_end else None

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE takes SET state = ?, reason = coalesce(?, reason), "
                "slot_end = coalesce(?, slot_end) WHERE take = ?",
                (phase, reason, until, take),
            )
            self._outbox.put(connection, *payloads)

        await self._database.do(work)
        self._outbox.changed()

    async def drop(self, take: str) -> None:
        """See the port."""
        await self._database.do(
            lambda connection: connection.execute("DELETE FROM takes WHERE take = ?", (take,))
        )

    async def close(self, ended: TakeEnded, *, segments: Sequence[tuple[Segment, Path]]) -> None:
        """See the port."""

        def work(connection: sqlite3.Connection) -> None:
            for segment, path in segments:
                self._add(connection, ended.take, segment, path)
            connection.execute(
                "UPDATE takes SET state = 'delivering', reason = ? WHERE take = ?",
                (ended.reason, ended.take),
            )
            self._outbox.put(connection, ended)

        await self._database.do(work)
        self._outbox.changed()

    async def add_segment(self, take: str, segment: Segment, path: Path) -> None:
        """See the port."""
        await self._database.do(lambda connection: self._add(connection, take, segment, path))
        self._outbox.changed()

    def _add(self, connection: sqlite3.Connection, take: str, segment: Segment, path: Path) -> None:
        added = connection.execute(
            "INSERT INTO segments (take, track, idx, path, bytes, sha256, segment) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                take,
                segment.track,
                segment.index,
                path.relative_to(self._root).as_posix(),
                segment.bytes,
                segment.sha256,
                msgspec.json.encode(segment).decode(),
            ),
        )
        if added.rowcount:
            self._outbox.put(connection, SegmentClosed(take=take, segment=segment))

    async def segments(self, take: str) -> Sequence[tuple[Segment, Path]]:
        """See the port."""
        rows = await self._database.do(
            lambda connection: connection.execute(
                "SELECT segment, path FROM segments WHERE take = ? ORDER BY track, idx", (take,)
            ).fetchall()
        )
        return [(msgspec.json.decode(s, type=Segment), self._root / path) for s, path in rows]

    async def takes(self) -> Sequence[TakeRow]:
        """See the port."""
        rows = await self._database.do(
            lambda connection: connection.execute("SELECT * FROM takes ORDER BY rowid").fetchall()
        )
        return [self._row(*row) for row in rows]

    def _row(
        self,
        take: str,
        lesson: str | None,
        phase: TakePhase,
        started_at: str,
        began: float,
        boot: str,
        directory: str,
        reason: TakeEnd | None,
        slot_end: str | None,
        course: str | None,
    ) -> TakeRow:
        return TakeRow(
            take,
            lesson,
            phase,
            datetime.fromisoformat(started_at),
            began,
            boot,
            self._root / directory,
            reason,
            datetime.fromisoformat(slot_end) if slot_end else None,
            course,
        )

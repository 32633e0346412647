"""Segments on their way to the fleet: which is next, how far it is, what proves it arrived."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec

from contract.http import Receipt
from contract.messages import UploadRefused
from edge_agent.ports.journal import DeliveredFile
from edge_agent.ports.uploader import SegmentFile
from edge_agent.storage.database import Database
from edge_agent.storage.outbox import SqliteOutbox


class SqliteDeliveries:
    """The `Deliveries` port. `root` is the data directory that paths are relative to."""

    def __init__(self, database: Database, outbox: SqliteOutbox, root: Path) -> None:
        self._database = database
        self._outbox = outbox
        self._root = root

    async def next(self, live_take: str | None) -> SegmentFile | None:
        """See the port."""
        row = await self._database.do(
            lambda connection: connection.execute(
                "SELECT take, track, idx, path, bytes, sha256, url, sent FROM waiting "
                "ORDER BY take IS NOT ?, id LIMIT 1",
                (live_take,),
            ).fetchone()
        )
        if row is None:
            return None
        take, track, index, path, size, sha256, url, sent = row
        return SegmentFile(take, track, index, self._root / path, size, sha256, url, sent)

    async def progress(self, file: SegmentFile, url: str, offset: int) -> None:
        """See the port."""
        await self._database.do(
            lambda connection: connection.execute(
                "UPDATE segments SET url = ?, sent = ? WHERE take = ? AND track = ? AND idx = ?",
                (url, offset, *_key(file)),
            )
        )

    async def delivered(self, file: SegmentFile, receipt: Receipt) -> None:
        """See the port."""
        proof = msgspec.json.encode(receipt).decode()
        await self._database.do(
            lambda connection: connection.execute(
                "UPDATE segments SET receipt = ? WHERE take = ? AND track = ? AND idx = ?",
                (proof, *_key(file)),
            )
        )

    async def refused(self, file: SegmentFile, why: str) -> None:
        """See the port."""
        told = UploadRefused(take=file.take, track=file.track, index=file.index, why=why)

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE segments SET refused = ? WHERE take = ? AND track = ? AND idx = ?",
                (why, *_key(file)),
            )
            self._outbox.put(connection, told)

        await self._database.do(work)
        self._outbox.changed()

    async def settled(self) -> Sequence[str]:
        """See the port."""
        rows = await self._database.do(
            lambda connection: connection.execute(
                "SELECT take FROM takes WHERE state = 'delivering' "
                "AND take NOT IN (SELECT take FROM waiting)"
            ).fetchall()
        )
        return [take for (take,) in rows]

    async def waiting(self) -> tuple[int, int]:
        """See the port."""
        row: tuple[int, int] = await self._database.do(
            lambda connection: connection.execute(
                "SELECT count(*), coalesce(sum(bytes - sent), 0) FROM waiting"
            ).fetchone()
        )
        return row

    async def reclaimable(self) -> Sequence[DeliveredFile]:
        """See the port."""
        rows = await self._database.do(
            lambda connection: connection.execute(
                "SELECT path, bytes, sha256, receipt FROM segments "
                "WHERE receipt IS NOT NULL AND NOT deleted ORDER BY id"
            ).fetchall()
        )
        return [
            DeliveredFile(
                self._root / path, size, sha256, msgspec.json.decode(receipt, type=Receipt)
            )
            for path, size, sha256, receipt in rows
        ]

    async def deleted(self, path: Path) -> None:
        """See the port."""
        name = path.relative_to(self._root).as_posix()
        await self._database.do(
            lambda connection: connection.execute(
                "UPDATE segments SET deleted = 1 WHERE path = ? AND receipt IS NOT NULL", (name,)
            )
        )


def _key(file: SegmentFile) -> tuple[str, str, int]:
    return file.take, file.track, file.index

"""What else a room remembers: small values by key, and replies to orders for a day."""

import sqlite3
from collections.abc import Callable
from datetime import datetime

import msgspec

from contract.messages import Reply
from edge_agent.storage.database import Database
from edge_agent.storage.outbox import SqliteOutbox

_REPLY_SECONDS = 86_400.0


class SqliteMemory:
    """The `Memory` port."""

    def __init__(
        self, database: Database, outbox: SqliteOutbox, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._now = now

    async def get(self, key: str) -> bytes | None:
        """See the port."""
        row = await self._database.do(
            lambda connection: connection.execute(
                "SELECT value FROM kv WHERE key = ?", (key,)
            ).fetchone()
        )
        return row[0] if row else None

    async def put(self, key: str, value: bytes) -> None:
        """See the port."""
        await self._database.do(
            lambda connection: connection.execute(
                "INSERT INTO kv VALUES (?, ?) "
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                (key, value),
            )
        )

    async def reply_of(self, order: str) -> Reply | None:
        """See the port."""
        since = self._now().timestamp() - _REPLY_SECONDS
        row = await self._database.do(
            lambda connection: connection.execute(
                'SELECT reply FROM replies WHERE "order" = ? AND at > ?', (order, since)
            ).fetchone()
        )
        return msgspec.json.decode(row[0], type=Reply) if row else None

    async def reply(self, reply: Reply) -> None:
        """See the port."""
        at = self._now().timestamp()

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM replies WHERE at < ?", (at - _REPLY_SECONDS,))
            connection.execute(
                'INSERT INTO replies VALUES (?, ?, ?) ON CONFLICT ("order") DO UPDATE '
                "SET at = excluded.at, reply = excluded.reply",
                (reply.order, at, msgspec.json.encode(reply).decode()),
            )
            self._outbox.put(connection, reply)

        await self._database.do(work)
        self._outbox.changed()

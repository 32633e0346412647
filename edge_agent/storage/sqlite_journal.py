"""The journal: one SQLite file with the outbox, the takes, and what else must not be forgotten."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from contract.messages import OutboxReset
from edge_agent.storage import salvage
from edge_agent.storage.database import Database
from edge_agent.storage.deliveries import SqliteDeliveries
from edge_agent.storage.memory import SqliteMemory
from edge_agent.storage.outbox import SqliteOutbox
from edge_agent.storage.schema import ADDED, SCHEMA
from edge_agent.storage.takes import SqliteTakes

logger = logging.getLogger(__name__)

FILE = "journal.sqlite"


@dataclass(frozen=True, slots=True)
class Journal:
    """The four views of one file. `reset`: an unreadable file was set aside at this start."""

    outbox: SqliteOutbox
    takes: SqliteTakes
    deliveries: SqliteDeliveries
    memory: SqliteMemory
    reset: bool
    database: Database

    async def close(self) -> None:
        """Finish what is queued and close the file."""
        await asyncio.to_thread(self.database.close)


async def open_journal(
    data: Path,
    *,
    agent: str,
    now: Callable[[], datetime],
    telemetry_quota: int = 64 << 20,
) -> Journal:
    """Open `data/journal.sqlite`.

    A file that is not a sound database is renamed, never deleted; a new one takes its place
    and its first message says so. Messages that can still be read are taken over.
    """
    return await asyncio.to_thread(_open, data, agent, now, telemetry_quota)


def _open(data: Path, agent: str, now: Callable[[], datetime], telemetry_quota: int) -> Journal:
    path = data / FILE
    set_aside, why = None, ""
    try:
        database = Database(path, SCHEMA, ADDED)
    except sqlite3.OperationalError:
        raise  # locked, no permission, no space: the file itself may be sound
    except sqlite3.DatabaseError as error:
        why = str(error)
        set_aside = salvage.set_aside(path, now())
        logger.exception("the journal could not be opened; it was set aside as %s", set_aside.name)
        database = Database(path, SCHEMA, ADDED)
    outbox = SqliteOutbox(database, agent, now, telemetry_quota)
    _belong_to(database, outbox, agent)
    if set_aside is not None:
        saved = salvage.messages(set_aside)
        told = OutboxReset(set_aside=set_aside.name, why=why)
        database.submit(lambda connection: outbox.put(connection, told, *saved)).result()
        logger.warning("%d messages were taken over from %s", len(saved), set_aside.name)
    return Journal(
        outbox,
        SqliteTakes(database, outbox, data),
        SqliteDeliveries(database, outbox, data),
        SqliteMemory(database, outbox, now),
        set_aside is not None,
        database,
    )


def _belong_to(database: Database, outbox: SqliteOutbox, agent: str) -> None:
    # Enrolled anew, the PC is another agent: what it still has to say is said in its new name,
    # and the desired versions of its new room begin anew.
    def work(connection: sqlite3.Connection) -> int:
        before = connection.execute("SELECT value FROM kv WHERE key = 'agent'").fetchone()
        if before is not None and before[0] == agent.encode():
            return 0
        connection.execute("INSERT OR REPLACE INTO kv VALUES ('agent', ?)", (agent.encode(),))
        if before is None:
            return 0
        connection.execute("DELETE FROM kv WHERE key = 'shadow'")
        connection.execute("UPDATE segments SET url = NULL, sent = 0 WHERE receipt IS NULL")
        return outbox.rename(connection)

    renamed = database.submit(work).result()
    if renamed:
        logger.info("%d messages of this PC's former agent are kept for the fleet", renamed)

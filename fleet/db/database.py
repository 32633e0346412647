"""One engine and the two kinds of transaction."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine, ExceptionContext, make_url
from sqlalchemy.exc import DataError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from fleet.db import folding
from fleet.db.events import Bus, Flushed, carry, take_actions
from fleet.errors import Refused

_TRIES: Final = 300
_PAUSE: Final = 0.05


class Unstorable(Refused, SQLAlchemyError):
    """A value that this database cannot hold: a NUL, half a surrogate pair, a huge number."""


class Database:
    """The fleet's database, SQLite or PostgreSQL. Thread-safe; a transaction is not.

    All calls block: from the event loop, go through `asyncio.to_thread`. Its sessions carry
    `bus`, so that `publish` finds the handlers.
    """

    def __init__(self, url: str, bus: Bus | None = None) -> None:
        self.bus = bus or Bus()
        self.engine: Engine = create_engine(url, **_pool(url))
        event.listen(self.engine, "handle_error", _refuse_values)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _configure_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False, info=carry(self.bus))
        event.listen(self._sessions, "after_flush", self._flushed)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads: on SQLite it never waits for a writer."""
        with self._sessions() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that commits when the block ends and rolls back when it raises.

        On SQLite it takes the write lock at once, so that two writers queue instead of failing.
        """
        with self._sessions() as session:
            session.connection(execution_options={"write": True})
            yield session
            session.commit()
            actions = take_actions(session)
        for action in actions:
            action()

    def _flushed(self, session: Session, _context: object) -> None:
        changed = tuple(row for row in session.dirty if row not in session.deleted)
        self.bus.publish(session, Flushed(tuple(session.new), changed, tuple(session.deleted)))

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def _refuse_values(context: ExceptionContext) -> None:
    """Whoever sent such a value did something wrong, not we; the databases differ in it."""
    if isinstance(context.sqlalchemy_exception, DataError) or isinstance(
        context.original_exception, (OverflowError, UnicodeEncodeError)
    ):
        why = "A value cannot be stored: a character that is none, or a number that is too large."
        raise Unstorable(why) from context.original_exception


def _pool(url: str) -> dict[str, Any]:
    """Room for every thread that serves a request, and then some for ingest and workers."""
    if make_url(url).database in {None, "", ":memory:"}:
        return {}
    return {"pool_size": 10, "max_overflow": 50, "pool_pre_ping": not url.startswith("sqlite")}


def _configure_sqlite(connection: Any, _record: Any) -> None:
    # WAL with FULL: measured, NORMAL lost every acknowledged row in a power cut (ADR 4).
    connection.isolation_level = None
    folding.give(connection)
    cursor = connection.cursor()
    _keep_log(cursor)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _keep_log(cursor: Any) -> None:
    """Of processes that open a new file at once, one changes it, and SQLite lets no other wait."""
    for left in reversed(range(_TRIES)):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if not left:
                raise
            time.sleep(_PAUSE)
        else:
            return


def _begin_sqlite(connection: Any) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

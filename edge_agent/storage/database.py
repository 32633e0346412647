"""One SQLite file, one thread, group commit.

Jobs that arrive while a commit is being synced share the next one: WAL with synchronous=FULL
loses nothing that was committed in a power cut, and 100 rows cost hardly more than one.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
Column = tuple[str, str, str]
Job = tuple[Callable[[sqlite3.Connection], Any], "Future[Any]"]
_BATCH = 512


class Database:
    """A SQLite file whose every access runs in one thread of its own.

    Raises:
        sqlite3.DatabaseError: the file is not a sound database.
    """

    def __init__(self, path: Path, schema: str, added: Sequence[Column] = ()) -> None:
        self._connection = _open(path, schema, added)
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=f"sqlite {path.name}", daemon=True)
        self._thread.start()

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in a transaction; returns when it is committed and synced.

        Raises:
            sqlite3.OperationalError: e.g. the disk is full; nothing of this work was kept.
        """
        return await asyncio.wrap_future(self.submit(work))

    def submit(self, work: Callable[[sqlite3.Connection], T]) -> "Future[T]":
        """Queue `work` and return at once."""
        future: Future[T] = Future()
        self._jobs.put((work, future))
        return future

    def close(self) -> None:
        """Finish what is queued and close the file. Blocks."""
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        closing = False
        while not closing:
            batch = [self._jobs.get()]
            while len(batch) < _BATCH:
                try:
                    batch.append(self._jobs.get_nowait())
                except Empty:
                    break
            closing = None in batch
            jobs = [j for j in batch if j is not None and j[1].set_running_or_notify_cancel()]
            if jobs:
                self._commit(jobs)
        self._connection.close()

    def _commit(self, jobs: list[Job]) -> None:
        outcomes: list[tuple[Any, Exception | None]] = []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for work, _ in jobs:
                outcomes.append(self._run(work))
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            outcomes = [(None, error)] * len(jobs)
        for (_, future), (value, failure) in zip(jobs, outcomes, strict=True):
            if failure is None:
                future.set_result(value)
            else:
                future.set_exception(failure)

    def _run(self, work: Callable[[sqlite3.Connection], Any]) -> tuple[Any, Exception | None]:
        # One job's error must not undo its neighbours' in the same commit.
        self._connection.execute("SAVEPOINT job")
        try:
            value = work(self._connection)
        except Exception as error:
            # It is raised again where the job was asked for.
            if not self._connection.in_transaction:  # a full disk rolls everything back
                raise sqlite3.OperationalError(str(error)) from error
            self._connection.execute("ROLLBACK TO job")
            self._connection.execute("RELEASE job")
            return None, error
        self._connection.execute("RELEASE job")
        return value, None


def _open(path: Path, schema: str, added: Sequence[Column]) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        sound = connection.execute("PRAGMA quick_check(1)").fetchone()
        if sound != ("ok",):
            raise sqlite3.DatabaseError(f"quick_check says: {sound[0]}")
        connection.executescript(schema)
        for table, column, form in added:
            there = connection.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
            if (column,) not in there:
                connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} {form}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection

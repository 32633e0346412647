import asyncio
import sqlite3
from pathlib import Path

import pytest

from edge_agent.storage.database import Database

SCHEMA = "CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY)"


def insert(number: int):
    return lambda connection: connection.execute("INSERT INTO t VALUES (?)", (number,))


def count(connection: sqlite3.Connection) -> int:
    return connection.execute("SELECT count(*) FROM t").fetchone()[0]


def test_one_jobs_error_does_not_undo_its_neighbours(tmp_path: Path) -> None:
    async def scene() -> None:
        database = Database(tmp_path / "d.sqlite", SCHEMA)
        jobs = [database.do(insert(n)) for n in (1, 2, 2, 3)]
        done = await asyncio.gather(*jobs, return_exceptions=True)
        assert [isinstance(r, sqlite3.IntegrityError) for r in done] == [False, False, True, False]
        assert await database.do(count) == 3
        database.close()

    asyncio.run(scene())


def test_it_is_durable_by_its_settings(tmp_path: Path) -> None:
    database = Database(tmp_path / "d.sqlite", SCHEMA)

    def pragma(name: str):
        return database.submit(lambda c: c.execute(f"PRAGMA {name}").fetchone()[0]).result()

    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2
    database.close()


def test_a_full_disk_is_said_and_keeps_what_was_there(tmp_path: Path) -> None:
    database = Database(tmp_path / "d.sqlite", SCHEMA)
    database.submit(insert(1)).result()
    database.submit(lambda c: c.execute("PRAGMA max_page_count = 2").fetchall()).result()

    def much(connection: sqlite3.Connection) -> None:
        connection.executemany("INSERT INTO t VALUES (?)", ((n,) for n in range(2, 50_000)))

    with pytest.raises(sqlite3.OperationalError, match="full"):
        database.submit(much).result()

    assert database.submit(count).result() == 1
    database.submit(lambda c: c.execute("PRAGMA max_page_count = 100").fetchall()).result()
    database.submit(insert(2)).result()
    assert database.submit(count).result() == 2
    database.close()

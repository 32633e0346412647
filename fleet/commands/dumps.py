"""A database as one file, taken while the fleet runs, and back.

SQLite by its online backup, PostgreSQL by pg_dump and psql. The state of workflows is left out:
the fleet starts again what its tables say is unfinished.
"""

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import inspect
from sqlalchemy.engine import URL, make_url

from fleet.db import Database
from fleet.errors import Refused
from fleet.jobs import heartbeat

SQLITE, POSTGRESQL = "database.sqlite", "database.pgdump"
_WORKFLOWS = "dbos"
_CLEAN = (
    "SET client_min_messages = warning;\n"
    "DROP SCHEMA IF EXISTS dbos CASCADE;\n"
    "DO $$ DECLARE one record; BEGIN\n"
    "  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP\n"
    "    EXECUTE format('DROP TABLE %I CASCADE', one.tablename);\n"
    "  END LOOP;\n"
    "  FOR one IN SELECT p.oid::regprocedure AS name FROM pg_proc p\n"
    "    WHERE p.pronamespace = current_schema()::regnamespace AND NOT EXISTS\n"
    "      (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') LOOP\n"
    "    EXECUTE format('DROP FUNCTION %s CASCADE', one.name);\n"
    "  END LOOP;\n"
    "END $$;\n"
)


def name(url: str) -> str:
    """What a database's file is called in a backup."""
    return SQLITE if make_url(url).get_backend_name() == "sqlite" else POSTGRESQL


def dump(url: str, target: Path) -> None:
    """Write one moment of a database into a file. Blocks.

    Raises:
        Refused: there is no such database, or its programs cannot read it.
    """
    place = make_url(url)
    if name(url) == POSTGRESQL:
        with _service(place) as env:
            _tell(
                ["pg_dump", "--format=custom", "--no-owner", "--no-privileges",
                 f"--exclude-schema={_WORKFLOWS}", f"--file={target}"], env,
            )  # fmt: skip
        return
    path = Path(place.database or "")
    if not path.is_file():
        raise Refused(f"{path}: there is no database yet")
    with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def is_empty(url: str) -> bool:
    """Whether nothing lies in a database yet."""
    place = make_url(url)
    if name(url) == SQLITE:
        return not Path(place.database or "").exists()
    with _open(url) as database:
        return not inspect(database.engine).get_table_names()


def in_use(url: str) -> bool:
    """Whether a worker of a fleet works on it, as far as the database knows."""
    if is_empty(url):
        return False
    with _open(url) as database:
        if not inspect(database.engine).has_table("worker"):
            return False
        with database.read() as session:
            return heartbeat.any_alive(session, datetime.now(UTC))


def load(url: str, source: Path) -> None:
    """Put a file that `dump` wrote in the place of a database, whole or not at all. Blocks.

    Raises:
        Refused: its programs cannot do it.
    """
    place = make_url(url)
    if name(url) == SQLITE:
        path = Path(place.database or "")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        source.chmod(0o600)
        source.replace(path)
        return
    script = source.with_suffix(".sql")
    with _service(place) as env:
        _tell(["pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(source)], env)
        clean = source.with_suffix(".clean.sql")
        clean.write_text(_CLEAN, encoding="utf-8")
        _tell(
            ["psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1",
             "--output=/dev/null", f"--file={clean}", f"--file={script}"], env,
        )  # fmt: skip
    script.unlink()


@contextmanager
def _open(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _service(url: URL) -> Iterator[dict[str, str]]:
    """Variables by which PostgreSQL's programs find a database; no secret is among them."""
    facts = {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "password": url.password,
        "dbname": url.database,
        **{key: value for key, value in url.query.items() if isinstance(value, str)},
    }
    with TemporaryDirectory(prefix="lectern-") as directory:
        file = Path(directory) / "service.conf"
        file.touch(mode=0o600)
        lines = [f"{key}={value}" for key, value in facts.items() if value not in (None, "")]
        file.write_text("\n".join(["[lectern]", *lines, ""]), encoding="utf-8")
        yield {**os.environ, "PGSERVICEFILE": str(file), "PGSERVICE": "lectern"}


def _tell(argv: list[str], env: dict[str, str]) -> None:
    try:
        done = subprocess.run(argv, env=env, capture_output=True, text=True, errors="replace")
    except FileNotFoundError as error:
        raise Refused(f"{argv[0]} is missing: install PostgreSQL's client programs") from error
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        said = [line for line in said if "error" in line.lower()] or said
        raise Refused(f"{argv[0]}: {' '.join(said[:3]) or f'exit status {done.returncode}'}")

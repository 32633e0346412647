"""Databases with every table, on SQLite or PostgreSQL, copied from a template made once a run.

`LECTERN_TEST_DATABASE` says on which of them the fleet's tests run: `sqlite` (as it is without),
`postgresql`, or `both`, as `make test` has it.
"""

import os
import shutil
import uuid
from pathlib import Path

import psycopg
from psycopg import sql

from fleet import migrations
from fleet.db import Database
from tests.servers.postgresql import PostgreSql

_CHOICES = {
    "sqlite": ("sqlite",),
    "postgresql": ("postgresql",),
    "both": ("sqlite", "postgresql"),
}
KINDS = _CHOICES[os.environ.get("LECTERN_TEST_DATABASE", "sqlite")]
"""Where the tests of this run keep their data, one after the other."""


class Databases:
    """Makes databases of one kind; those on PostgreSQL are dropped by `drop`.

    Args:
        template: URL of a database with every table, that nobody is connected to.
        server: the cluster it lies in; None is SQLite.
    """

    def __init__(self, template: str, server: PostgreSql | None) -> None:
        self._template = template
        self._server = server
        self._made: list[str] = []

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""
        return "postgresql" if self._server else "sqlite"

    def make(self, path: Path) -> str:
        """URL of a new database with every table; `path` is where SQLite keeps it."""
        if self._server is None:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copyfile(self._template.removeprefix("sqlite:///"), path)
            return f"sqlite:///{path}"
        name = f"test_{uuid.uuid4().hex}"
        self._tell("CREATE DATABASE {} TEMPLATE {}", name, self._template.rpartition("/")[2])
        self._made.append(name)
        return f"{self._template.rpartition('/')[0]}/{name}"

    def drop(self) -> None:
        """Throw away what lies in the shared cluster, whoever is still connected."""
        while self._made:
            self._tell("DROP DATABASE {} WITH (FORCE)", self._made.pop())

    def _tell(self, statement: str, *names: str) -> None:
        assert self._server
        with psycopg.connect(self._server.plain_url, autocommit=True) as connection:
            connection.execute(
                sql.SQL(statement).format(*(sql.Identifier(name) for name in names))  # type: ignore[arg-type]
            )


def make_template(url: str) -> str:
    """Bring an empty database to this version's schema."""
    database = Database(url)
    migrations.upgrade(database)
    if database.engine.dialect.name == "sqlite":
        with database.engine.connect() as connection:  # one file, without a log beside it
            connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return url

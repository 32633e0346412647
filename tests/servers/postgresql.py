"""A PostgreSQL of the test's own: unprivileged, loopback only, thrown away."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from tests.servers.child import Child, Children
from tests.servers.ports import free_port


class Missing(Exception):
    """What this machine lacks for a PostgreSQL server."""


class PostgreSql:
    """One cluster; `url` is SQLAlchemy's, for psycopg 3.

    Args:
        children: ends it with the test.
        directory: where its data lies.
        careless: whether it may lose everything in a power cut, and be faster for it.

    Raises:
        Missing: the server's programs or, for root, an unprivileged user to run them as.
    """

    def __init__(self, children: Children, directory: Path, *, careless: bool = False) -> None:
        self._careless = careless
        self._bin = _programs()
        self._user = _unprivileged_user()
        self._children = children
        self.port = free_port()
        # A cluster refuses to live in a folder its user cannot reach, as pytest's are for root.
        self.data = directory / "postgresql"
        self.data.mkdir()
        if self._user:
            shutil.chown(self.data, self._user, self._user)
            for parent in [directory, *directory.parents]:
                if parent.stat().st_uid == 0 and parent.stat().st_mode & 0o005 != 0o005:
                    parent.chmod(parent.stat().st_mode | 0o011)
        self._run("initdb", "-D", str(self.data), "-U", "lectern", "-A", "trust", "-E", "UTF8")
        self._child: Child | None = None
        self.start()
        self.url = self.database("lectern")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._child = self._children.start(
            [
                self._bin / "postgres",
                "-D", self.data, "-p", str(self.port), "-h", "127.0.0.1",
                "-k", "", "-c", "shared_buffers=16MB", "-c", "max_connections=50",
                *(["-c", "fsync=off", "-c", "full_page_writes=off"] if self._careless else []),
            ],
            name=f"postgresql-{self.port}",
            user=self._user,
        )  # fmt: skip
        self._child.wait_for("ready to accept connections", 20)

    def database(self, name: str) -> str:
        """Create an empty database; its URL."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "lectern", name)
        return f"postgresql+psycopg://lectern@127.0.0.1:{self.port}/{name}"

    @property
    def plain_url(self) -> str:
        """The cluster as psycopg itself, and PostgreSQL's own programs, name it."""
        return self.url.replace("+psycopg", "")

    @property
    def programs(self) -> Path:
        """The folder of psql, pg_dump and the others."""
        return self._bin

    def kill(self) -> None:
        """`kill -9` of the postmaster."""
        assert self._child
        self._child.kill()

    def _run(self, program: str, *words: str) -> None:
        subprocess.run(
            [self._bin / program, *words],
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user else None,
            cwd="/",
            check=True,
            capture_output=True,
            timeout=60,
        )


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)
    if found:
        return found[0].parent
    raise Missing("a PostgreSQL server (package postgresql)")


def _unprivileged_user() -> str | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise Missing("an unprivileged user: PostgreSQL refuses to run as root")

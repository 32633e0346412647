"""An InfluxDB 1.6 of the test's own, as Debian packages it."""

import shutil
from pathlib import Path

import httpx

from tests.servers.child import Child, Children
from tests.servers.ports import free_port, wait_until_open

USER = "lectern"
PASSWORD = "not:a secret"


class Missing(Exception):
    """What this machine lacks for it."""


class InfluxDb:
    """One server on a free loopback port, which wants a password; database `lectern`.

    Raises:
        Missing: it is not installed.
    """

    def __init__(self, children: Children, directory: Path) -> None:
        program = shutil.which("influxd")
        if program is None:
            raise Missing("influxdb")
        self._program = program
        self._children = children
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._config = directory / "influxdb.conf"
        data = directory / "influxdb"
        self._config.write_text(
            f"""\
reporting-disabled = true
bind-address = "127.0.0.1:{free_port()}"
[meta]
  dir = "{data}/meta"
[data]
  dir = "{data}/data"
  wal-dir = "{data}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{self.port}"
  auth-enabled = true
"""
        )
        self._child: Child | None = None
        self.start()
        quoted = PASSWORD.replace("'", r"\'")
        self._ask(f"CREATE USER {USER} WITH PASSWORD '{quoted}' WITH ALL PRIVILEGES")
        self._ask("CREATE DATABASE lectern")

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._child = self._children.start(
            [self._program, "-config", self._config], name=f"influxdb-{self.port}"
        )
        wait_until_open(self.port, 30)

    def kill(self) -> None:
        """`kill -9`."""
        assert self._child
        self._child.kill()

    def _ask(self, statement: str) -> None:
        answer = httpx.post(f"{self.url}/query", data={"q": statement}, auth=(USER, PASSWORD))
        assert answer.is_success, answer.text
        assert "error" not in answer.text, answer.text

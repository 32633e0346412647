"""A VictoriaMetrics of the test's own, as Debian packages it; it may be killed."""

import shutil
from pathlib import Path

import httpx

from tests.servers.certificates import Pair
from tests.servers.child import Child, Children
from tests.servers.ports import free_port, wait_until_open


class Missing(Exception):
    """What this machine lacks for it."""


class VictoriaMetrics:
    """One server on a free loopback port; with `tls`, over HTTPS, and with flags of its own.

    Raises:
        Missing: it is not installed.
    """

    def __init__(
        self, children: Children, directory: Path, tls: Pair | None = None, *flags: str
    ) -> None:
        self._program = shutil.which("victoria-metrics")
        if self._program is None:
            raise Missing("victoria-metrics")
        self._children = children
        self._data = directory / "victoria-metrics"
        self.port = free_port()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._tls = tls
        self._flags = flags
        self._child: Child | None = None
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        assert self._program
        self._child = self._children.start(
            [
                self._program,
                f"-storageDataPath={self._data}",
                f"-httpListenAddr=127.0.0.1:{self.port}",
                "-retentionPeriod=10y",
                "-memory.allowedBytes=64MB",
                *self._tls_words(),
                *self._flags,
            ],
            name=f"victoria-metrics-{self.port}",
        )
        wait_until_open(self.port)

    def _tls_words(self) -> list[str]:
        if self._tls is None:
            return []
        pair = self._tls
        return ["-tls", f"-tlsCertFile={pair.certificate}", f"-tlsKeyFile={pair.key}"]

    def kill(self) -> None:
        """`kill -9`."""
        assert self._child
        self._child.kill()

    def flush(self) -> None:
        """What was written can be read from now on."""
        httpx.get(f"{self.url}/internal/force_flush").raise_for_status()

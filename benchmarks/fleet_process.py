"""A fleet in a process of its own, with one room enrolled: what a benchmark measures."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge_agent.link.enrol import enrol
from edge_agent.link.identity import IdentityStore
from edge_agent.link.token import TokenSigner
from fleet.classrooms import enrolment
from fleet.classrooms import service as classrooms
from fleet.db import Database
from fleet.orgs import service as orgs
from standalone.children import free_port

_START_SECONDS = 30.0
_STOP_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class FleetProcess:
    """A running fleet.

    Attributes:
        url: its address, without a slash at the end.
        pid: of its only process.
        signer: signs the tokens of the room.
    """

    url: str
    pid: int
    signer: TokenSigner


@contextmanager
def fleet_process(directory: Path) -> Iterator[FleetProcess]:
    """Run `fleet api` with its data below `directory`."""
    port = free_port(18080)
    url = f"http://127.0.0.1:{port}"
    data = directory / "fleet"
    settings = {
        "LECTERN_DATA_DIR": str(data),
        "LECTERN_LISTEN_PORT": str(port),
        "LECTERN_LOW_DISK_BYTES": "0",
    }
    command = [sys.executable, "-m", "fleet", "api"]
    with server(command, directory / "fleet.log", port, {**os.environ, **settings}) as pid:
        yield FleetProcess(url, pid, _enrolled(directory / "room", data, url))


@contextmanager
def server(
    command: list[str], log: Path, port: int, environment: dict[str, str] | None = None
) -> Iterator[int]:
    """Run a server on a loopback port from when it listens until the block ends; its pid.

    Raises:
        RuntimeError: it ends, or does not listen in time; the text has its output.
    """
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    try:
        _wait_until_listening(child, port, log)
        yield child.pid
    finally:
        child.terminate()
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait_until_listening(child: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while child.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"{child.args!r} does not listen:\n{log.read_text(errors='replace')}")


def _enrolled(room: Path, data: Path, url: str) -> TokenSigner:
    database = Database(f"sqlite:///{data / 'fleet.sqlite'}")
    with database.write() as session:
        unit = orgs.root(session)
        added = classrooms.add_room(session, unit_id=unit.id, name="Aula")
        claim = enrolment.issue_claim(session, added.id, datetime.now(UTC))
    database.close()
    asyncio.run(enrol(room, url, claim))
    return TokenSigner(IdentityStore(room), lambda: datetime.now(UTC))

"""What open overviews cost: 1,000 of them on server-sent events, and rooms that come and go.

The server is the fleet's own application under uvicorn in a process of its own, on SQLite with
10,000 rooms, without TLS: memory and statements are the server's. Connections are plain sockets of
this process. Statements (BEGIN is none) are those of an update, the median of all made while rooms
changed; what an update sends twice a minute beyond (units, lessons, values to filter by) is told
beside it.
`quick` opens a hundred over a thousand rooms.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.result import Result
from standalone.children import free_port

OPEN: Final = 1000
ROOMS: Final = 10_000
GOAL_MB: Final = 150.0
UPDATES: Final = 5
_START_SECONDS: Final = 120.0
_WAIT_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What `pages` open overviews cost.

    Attributes:
        memory: of the server with all of them open, megabytes; `before` without any.
        statements: that the database was sent for an update with all of them open, the median.
        alone: the same with a single one.
        most: the same of the update that sent most.
        seconds: from the commit of a change until the last of them had it.
    """

    pages: int
    memory: float
    before: float
    statements: float
    alone: float
    most: float
    seconds: float


def run(quick: bool) -> list[Result]:
    """Memory with all open; statements an update, beside those with one open; how late the last."""
    shown = measure(OPEN // 10, ROOMS // 10) if quick else measure(OPEN, ROOMS)
    grown = shown.memory - shown.before
    about = f"for {shown.pages} open; the server is {shown.memory:.0f} MB with them"
    return [
        Result("dashboards: memory", grown, "MB", GOAL_MB, "lower", about),
        Result(
            "dashboards: statements",
            shown.statements,
            "an update",
            1.0,
            "lower",
            f"a limit; with one open {shown.alone:g}; twice a minute {shown.most:g}",
        ),
        Result(
            "dashboards: the last told",
            shown.seconds,
            "s",
            10.0,
            "lower",
            "after the change was committed",
        ),
    ]


def measure(pages: int, rooms: int) -> Shown:
    """Open `pages` overviews and let a room come and go.

    Raises:
        RuntimeError: the server did not start, or a page was not told in time.
    """
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as directory:
        port = free_port(18180)
        command = [sys.executable, "-m", "benchmarks.dashboard_server", directory, str(port)]
        with subprocess.Popen(
            [*command, str(rooms)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as child:
            try:
                return asyncio.run(_measure(Server(child, port), pages))
            finally:
                child.kill()


class Server:
    """`benchmarks.dashboard_server`: a word on its input, a line of JSON on its output."""

    def __init__(self, child: "subprocess.Popen[str]", port: int) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        self._in, self._out = child.stdin, child.stdout
        self.pid, self.port = child.pid, port
        self.cookie: str = self._answer()["cookie"]

    def tell(self, word: str) -> dict[str, Any]:
        """`change` a room, and when; or the `statements` of each update since. Blocks."""
        self._in.write(f"{word}\n")
        self._in.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        line = self._out.readline()
        if not line:
            raise RuntimeError("the server has ended")
        found: dict[str, Any] = json.loads(line)
        return found

    def memory(self) -> float:
        """Resident, in megabytes."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def _measure(server: Server, pages: int) -> Shown:
    async with asyncio.timeout(_START_SECONDS + UPDATES * _WAIT_SECONDS):
        first = await _opened(server)
        alone, _, _ = await _updates(server, [first])
        before = await asyncio.to_thread(server.memory)
        others = [await _opened(server) for _ in range(pages - 1)]
        statements, most, seconds = await _updates(server, [first, *others])
        memory = await asyncio.to_thread(server.memory)
        for _reader, writer in (first, *others):
            writer.close()
    return Shown(pages, memory, before, statements, alone, most, seconds)


_Page = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _opened(server: Server) -> _Page:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    request = f"GET /staff/events HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\n"
    writer.write(f"{request}cookie: {server.cookie}\r\n\r\n".encode())
    await _event(reader)
    return reader, writer


async def _event(reader: asyncio.StreamReader) -> float:
    """When the next event had come."""
    async with asyncio.timeout(_WAIT_SECONDS):
        while not (await reader.readuntil(b"\n")).startswith(b"data: "):
            pass
    return time.time()


async def _updates(server: Server, pages: list[_Page]) -> tuple[float, float, float]:
    """Statements an update: median and most; and the longest that the last page had to wait."""
    latest = 0.0
    await asyncio.to_thread(server.tell, "statements")
    for _ in range(UPDATES):
        changed = await asyncio.to_thread(server.tell, "change")
        told = await asyncio.gather(*(_event(reader) for reader, _writer in pages))
        latest = max(latest, max(told) - changed["at"])
    ended = await asyncio.to_thread(server.tell, "statements")
    sent: list[int] = ended["statements"]
    return statistics.median(sent), max(sent), latest

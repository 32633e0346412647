"""A simulated device that is spoken to over TCP, on the loopback."""

import abc
import asyncio
import contextlib
from types import TracebackType
from typing import Self

from simulator.faults import Cut, Faults

# What a client that goes, or talks nonsense, raises. A cancelled handler would be logged.
_GONE = (OSError, EOFError, ValueError, asyncio.LimitOverrunError, asyncio.CancelledError)


class TcpDevice(abc.ABC):
    """`async with` it: it listens on `port`, and its lines are cut at the end.

    Attributes:
        faults: what is wrong with it now.
        host, port: where it listens; the port is the one given, or a free one.
        opened: how many lines were ever opened to it.
    """

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self.faults = Faults()
        self.host, self.port = host, port
        self.opened = 0
        self._server: asyncio.Server | None = None
        self._lines: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}

    @property
    def lines(self) -> int:
        """How many lines are open to it."""
        return len(self._lines)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._opened, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server:
            self._server.close()
        self.cut_lines()
        clients = tuple(self._lines.values())
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients)

    def cut_lines(self) -> None:
        """Close every open line at once, in mid-answer if need be."""
        for writer in self._lines:
            writer.transport.abort()

    @abc.abstractmethod
    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak with one client until it goes."""

    async def answer(self, writer: asyncio.StreamWriter, answer: bytes) -> None:
        """Say something, with the faults that are on."""
        writer.write(await self.faults.applied(answer))
        await writer.drain()

    async def _opened(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in one
        self._lines[writer] = task
        try:
            with contextlib.suppress(*_GONE):
                await self.serve(reader, writer)
        except Cut as cut:
            writer.write(cut.sent)
        finally:
            del self._lines[writer]
            writer.close()

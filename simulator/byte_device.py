"""A simulated device of short byte frames, over TCP and, given the path of a tty, a serial line."""

import abc
import asyncio
import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from simulator.faults import Cut
from simulator.tcp_device import TcpDevice

Line = Literal["tcp", "serial"]


class ByteDevice(TcpDevice):
    """A device that answers frames.

    Args:
        port: where it listens; 0 is a free one.
        line: the device's end of a serial line, by its path or as an open descriptor, which is
            closed at the end; None is none. Needs a system with ttys.
    """

    def __init__(self, port: int = 0, line: Path | int | None = None) -> None:
        super().__init__(port)
        self._line = line
        self._tasks: asyncio.TaskGroup
        self._serial: asyncio.Task[None] | None = None

    @abc.abstractmethod
    def cut(self, held: bytearray) -> bytes | None:
        """The first whole frame, taken out of what came; None: more must come."""

    @abc.abstractmethod
    def reply(self, frame: bytes, over: Line) -> bytes:
        """What the device answers to a frame; nothing is no answer."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self._tasks = asyncio.TaskGroup()
        await self._tasks.__aenter__()
        if self._line is not None:
            end = self._line
            if isinstance(end, Path):
                end = os.open(end, os.O_RDWR | os.O_NOCTTY)
            os.set_blocking(end, False)
            self._serial = self._tasks.create_task(self._serve_serial(end))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._serial is not None:
            self._serial.cancel()
        await self._tasks.__aexit__(None, None, None)
        await super().__aexit__(kind, error, trace)

    @property
    def is_asleep(self) -> bool:
        """Whether its network is off, so that lines over TCP are closed."""
        return False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one client until it goes, or the device falls asleep."""
        held = bytearray()
        while not self.is_asleep and (data := await reader.read(256)):
            held += data
            while (frame := self.cut(held)) is not None:
                if answer := self.reply(frame, "tcp"):
                    await self.answer(writer, answer)

    async def _serve_serial(self, end: int) -> None:
        loop = asyncio.get_running_loop()
        came = asyncio.Event()
        loop.add_reader(end, came.set)
        held = bytearray()
        try:
            while True:
                await came.wait()
                came.clear()
                with contextlib.suppress(BlockingIOError):
                    held += os.read(end, 256)
                while (frame := self.cut(held)) is not None:
                    if answer := self.reply(frame, "serial"):
                        os.write(end, await self._on_serial(answer))
        except OSError:
            return  # the cable was pulled
        finally:
            loop.remove_reader(end)
            os.close(end)

    async def _on_serial(self, answer: bytes) -> bytes:
        try:
            return await self.faults.applied(answer)
        except Cut as cut:
            return cut.sent

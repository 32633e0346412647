"""A simulated device that is told and answers in lines, over TCP."""

import abc
import asyncio

from simulator.tcp_device import TcpDevice


class LineDevice(TcpDevice):
    """A device of lines.

    Attributes:
        ends: what ends its own lines.
        heard: every line that came, in order.
    """

    ends: bytes = b"\r\n"

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.heard: list[str] = []

    def greeting(self) -> bytes:
        """What it says when a line is opened."""
        return b""

    def cut(self, held: bytearray, writer: asyncio.StreamWriter) -> str | None:
        """The first whole command, taken out of what came; None: more must come."""
        at = held.find(b"\r")
        if at < 0:
            return None
        line = held[:at].decode("latin-1").strip("\r\n")
        del held[: at + 1]
        return line

    @abc.abstractmethod
    def reply(self, line: str) -> str:
        """What it answers to a line; nothing is no answer."""

    def allows(self, writer: asyncio.StreamWriter, line: str) -> bytes | None:
        """What it says before it obeys anybody; None: it obeys."""
        return None

    async def say(self, line: str) -> None:
        """Say a line nobody asked for, to all."""
        for writer in tuple(self._lines):
            writer.write(line.encode("latin-1") + self.ends)
            await writer.drain()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one client until it goes."""
        writer.write(self.greeting())
        held = bytearray()
        while data := await reader.read(256):
            held += data
            while (line := self.cut(held, writer)) is not None:
                self.heard.append(line)
                if (before := self.allows(writer, line)) is not None:
                    writer.write(before)
                elif answer := self.reply(line):
                    await self.answer(writer, answer.encode("latin-1") + self.ends)

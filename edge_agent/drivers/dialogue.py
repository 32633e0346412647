"""The driver of every protocol in which a device answers one question at a time."""

from typing import Protocol

from edge_agent.drivers import offered
from edge_agent.drivers.exchange import exchange
from edge_agent.drivers.verdict import Told, Verdict, obeyed, value_of
from edge_agent.drivers.wire import wire_for
from edge_agent.errors import Unreachable
from edge_agent.room.model import Arguments, Device, Value


class Codec(Protocol):
    """What one profile says, and what it hears. Pure.

    `number` is the device's own, where several share a line.
    """

    def take(self, held: bytearray) -> bytes | None:
        """The first whole answer, taken out of what came; None: more must come."""

    def order(self, command: str, arguments: Arguments, number: int) -> bytes:
        """A command.

        Raises:
            Refused: an argument does not fit into it.
        """

    def is_answered(self, command: str) -> bool:
        """Whether the device says that it has done it."""

    def verdict(
        self, command: str, arguments: Arguments, number: int, answer: bytes
    ) -> Verdict | None:
        """What an answer says of a command; None: it is not about it.

        Raises:
            Garbled: its checksum is wrong.
        """

    def question(self, point: str, number: int) -> bytes:
        """The query of a reading."""

    def answer(self, point: str, number: int, answer: bytes) -> Told | Verdict | None:
        """What an answer says of a reading; None: it is not about it.

        Raises:
            Garbled: its checksum is wrong, or its value is none the profile knows.
        """


class Dialogue:
    """One device; see `edge_agent.ports.driver.Driver`.

    A line the device closed while nobody spoke is opened anew before the next word: many devices
    do that, and it is no fault.
    """

    def __init__(self, device: Device, codec: Codec) -> None:
        self.device = device
        self.wire = wire_for(device)
        self._codec = codec

    async def connect(self) -> None:
        """Open the line; there is no session."""
        await self.wire.open()

    async def send(self, command: str, arguments: Arguments) -> None:
        """Tell the device one thing and wait for its "done", where it says that."""
        offered.command(self.device, command)
        number = self.device.number
        order = self._codec.order(command, arguments, number)
        await self._ready()
        if not self._codec.is_answered(command):
            await self._said(order)
            return

        def read(answer: bytes) -> Verdict | None:
            return self._codec.verdict(command, arguments, number, answer)

        limit = self.device.transport.reply_timeout
        obeyed(command, await exchange(self.wire, order, self._codec.take, read, limit))

    async def query(self, point: str) -> Value:
        """Ask the device one thing."""
        offered.reading(self.device, point)
        number = self.device.number

        def read(answer: bytes) -> Told | Verdict | None:
            return self._codec.answer(point, number, answer)

        question = self._codec.question(point, number)
        limit = self.device.transport.reply_timeout
        await self._ready()
        return value_of(point, await exchange(self.wire, question, self._codec.take, read, limit))

    async def close(self) -> None:
        """Let go of the line."""
        await self.wire.close()

    async def _ready(self) -> None:
        if self.wire.ended:
            await self.connect()

    async def _said(self, order: bytes) -> None:
        """Say what has no answer."""
        try:
            await self.wire.write(order)
        except Unreachable:
            await self.wire.close()
            raise

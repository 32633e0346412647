"""One exchange at a time with a VISCA camera: with Sony's header over UDP, or plain packets."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Protocol

from edge_agent.drivers import visca_packets as visca
from edge_agent.drivers.visca_packets import Message, Packets, Reply
from edge_agent.drivers.wire import Wire
from edge_agent.errors import Garbled, Unreachable, Unsupported


class Line(Protocol):
    """Says one thing to the camera and hears what it answers to that."""

    async def open(self) -> None:
        """Open the line.

        Raises:
            Unreachable, Garbled: the camera does not take part.
        """

    async def say(self, content: bytes, *, inquiry: bool) -> None:
        """Send a packet; what was said before it is over.

        Raises:
            Unreachable: the line is gone.
        """

    async def hear(self) -> Reply:
        """The next answer to what was said; answers to anything else are passed over.

        Raises:
            Unreachable: none within the reply timeout, counted from when it was said.
            Garbled: what came is no VISCA.
        """


class NumberedLine:
    """Over UDP: each message has its number, and is sent once more when nothing answers it.

    A camera that has executed a message answers to its repetition that it is out of step (Sony,
    "BRC-X400 Command List", page 12): a command is then as good as acknowledged, and an inquiry
    is asked anew with the next number.
    """

    def __init__(self, wire: Wire, limit: float, *, resets: bool) -> None:
        self._wire = wire
        self._limit = limit
        self._resets = resets
        self._sequence = 0
        self._message = Message(visca.CONTROL, 0, visca.RESET)
        self._until = 0.0
        self._heard = False
        self._repeated = False

    async def open(self) -> None:
        """Start to count anew; see `Line`."""
        await self._wire.open()
        self._sequence = 0
        if not self._resets:
            return
        await self._start(Message(visca.CONTROL, 0, visca.RESET))
        while True:
            answer = visca.unpacked(await self._datagram())
            if answer.kind == visca.CONTROL_REPLY and answer.payload == visca.RESET:
                return

    async def say(self, content: bytes, *, inquiry: bool) -> None:
        """See `Line`; over IP each camera has the address 1."""
        kind = visca.INQUIRY if inquiry else visca.COMMAND
        await self._start(self._next(kind, visca.packet(1, content)))

    async def hear(self) -> Reply:
        """See `Line`."""
        while True:
            answer = visca.unpacked(await self._datagram())
            if answer.sequence != self._sequence:
                continue
            if answer.kind == visca.REPLY:
                said = visca.reply(answer.payload, 1)
            else:
                said = await self._controlled(answer.payload)
            if said is not None:
                self._heard = True
                return said

    async def _controlled(self, payload: bytes) -> Reply | None:
        if payload == visca.UNKNOWN_TYPE:
            raise Unsupported("the camera does not know this type of message")
        if payload != visca.OUT_OF_STEP:
            return None
        if not self._repeated:
            raise Garbled("the camera counts otherwise than we do")
        if self._message.kind == visca.COMMAND:
            return Reply("ack", 0)
        self._message = self._next(self._message.kind, self._message.payload)
        await self._wire.write(self._message.packed())
        return None

    async def _start(self, message: Message) -> None:
        self._message = message
        self._heard = self._repeated = False
        self._until = asyncio.get_running_loop().time() + self._limit
        await self._wire.write(message.packed())

    def _next(self, kind: int, payload: bytes) -> Message:
        self._sequence = (self._sequence + 1) % (1 << 32)
        return Message(kind, self._sequence, payload)

    async def _datagram(self) -> bytes:
        left = self._until - asyncio.get_running_loop().time()
        if not self._heard and not self._repeated:
            try:
                return await self._wire.read(max(0.0, left - self._limit / 2))
            except Unreachable:
                self._repeated = True
                await self._wire.write(self._message.packed())
                left = min(left, self._limit / 2)
        if left <= 0:
            raise Unreachable(f"no answer within {self._limit:g} s")
        return await self._wire.read(left)


class PlainLine:
    """Over TCP and serial lines: packets without a number.

    What the camera says of an earlier command is known by its socket; an answer to an earlier
    inquiry is not, so whatever came before something is said is dropped.
    """

    def __init__(self, wire: Wire, limit: float, *, address: int) -> None:
        self._wire = wire
        self._limit = limit
        self._address = address
        self._packets = Packets()
        self._waiting: deque[bytes] = deque()
        self._inquiry = False
        self._socket: int | None = None
        self._busy: set[int] = set()
        self._until = 0.0

    async def open(self) -> None:
        """See `Line`."""
        await self._wire.open()
        self._packets = Packets()
        self._waiting.clear()
        self._busy.clear()

    async def say(self, content: bytes, *, inquiry: bool) -> None:
        """See `Line`."""
        with suppress(Unreachable):
            while True:
                self._packets.cut(await self._wire.read(0))
        self._waiting.clear()
        self._inquiry, self._socket = inquiry, None
        self._until = asyncio.get_running_loop().time() + self._limit
        await self._wire.write(visca.packet(self._address, content))

    async def hear(self) -> Reply:
        """See `Line`."""
        while True:
            for said in self._replies():
                if self._is_ours(said):
                    return said
            left = self._until - asyncio.get_running_loop().time()
            if left <= 0:
                raise Unreachable(f"no answer within {self._limit:g} s")
            self._waiting.extend(self._packets.cut(await self._wire.read(left)))

    def _replies(self) -> Iterator[Reply]:
        while self._waiting:
            said = visca.reply(self._waiting.popleft(), self._address)
            if said is not None:
                yield said

    def _is_ours(self, said: Reply) -> bool:
        match said.kind:
            case "answer":
                return self._inquiry
            case "ack":
                if self._inquiry or self._socket is not None:
                    return False
                self._socket = said.socket
                self._busy.add(said.socket)
                return True
            case "completion" | "error":
                earlier = said.socket in self._busy and said.socket != self._socket
                self._busy.discard(said.socket)
                if said.kind == "error":
                    return not earlier
                return not self._inquiry and said.socket in (0, self._socket)

"""A PTZ camera that speaks VISCA: over UDP with Sony's header, over TCP without.

It executes two commands at a time, moves in real time, and treats a message it has seen before
as Sony's cameras do (command lists of the SRG-X400 and BRC-X400).
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Final, Self, cast

from simulator.faults import Cut
from simulator.tcp_device import TcpDevice
from simulator.visca_body import FULL, SYNTAX, Complaint, ViscaBody

_HEADER: Final = struct.Struct(">HHI")
_REPLY, _CONTROL, _CONTROL_REPLY = 0x0111, 0x0200, 0x0201
_RESET: Final = b"\x01"
_OUT_OF_STEP: Final = b"\x0f\x01"

Answer = Callable[[bytes], Awaitable[None]]


class ViscaCamera(TcpDevice):
    """Listens on `port` (TCP) and `udp_port` while it is entered.

    Attributes:
        body: its state.
        lose, lose_replies: so many of the next datagrams never arrive, or are never answered.
        twice: every datagram of its own arrives twice.
        heard: contents of the packets it has executed.
    """

    def __init__(
        self, port: int = 0, udp_port: int = 0, *, host: str = "127.0.0.1", address: int = 1
    ) -> None:
        super().__init__(port)
        self.udp_port = udp_port
        self.host = host
        self.address = address
        self.body = ViscaBody()
        self.lose = 0
        self.lose_replies = 0
        self.twice = False
        self.heard: list[bytes] = []
        self._sockets: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._group = asyncio.TaskGroup()
        self._datagrams = _Datagrams(self)

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        await super().__aenter__()
        # An address that is bound to one interface may be listened on beside one for all of them.
        listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setblocking(False)
        listening.bind((self.host, self.udp_port))
        self.udp_port = listening.getsockname()[1]
        self._udp, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self._datagrams, sock=listening
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._udp.close()
        await super().__aexit__(kind, error, trace)
        for task in self._tasks:
            task.cancel()
        await self._group.__aexit__(kind, error, trace)

    def start(self, work: Coroutine[object, object, None]) -> None:
        """Do something while the camera is on its feet."""
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def counts_from(self, number: int) -> None:
        """Take each client's messages below that number for old ones, until it resets."""
        self._datagrams.seen = dict.fromkeys(self._datagrams.seen, number)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Plain packets; those for another address of the chain are passed over."""

        async def answer(packet: bytes) -> None:
            try:
                await self.answer(writer, packet)
            except Cut as cut:
                writer.write(cut.sent)
                writer.close()

        while True:
            packet = await reader.readuntil(b"\xff")
            if packet[0] == 0x80 + self.address:
                await self.hear(packet, answer)

    async def hear(self, packet: bytes, answer: Answer) -> bool:
        """Execute one packet and answer it; whether it was well-formed and possible."""
        back = 0x80 + (self.address << 4)
        try:
            if packet[1:2] == b"\x09":
                await answer(bytes((back, 0x50, *self.body.answer(packet[2:-1]), 0xFF)))
            else:
                await self._told(packet[1:-1], back, answer)
        except Complaint as complaint:
            await answer(bytes((back, 0x60, complaint.code, 0xFF)))
            return False
        self.heard.append(packet[1:-1])
        return True

    async def _told(self, content: bytes, back: int, answer: Answer) -> None:
        if content == b"\x01\x00\x01":
            self._sockets.clear()
            await answer(bytes((back, 0x50, 0xFF)))
            return
        free = [number for number in (1, 2) if number not in self._sockets]
        if content[:1] != b"\x01" or not free:
            raise Complaint(FULL if content[:1] == b"\x01" else SYNTAX)
        seconds = self.body.execute(content[1:])
        number = free[0]
        self._sockets.add(number)

        async def complete() -> None:
            await asyncio.sleep(seconds)
            self._sockets.discard(number)
            with contextlib.suppress(ConnectionError):
                await answer(bytes((back, 0x50 + number, 0xFF)))

        await answer(bytes((back, 0x40 + number, 0xFF)))
        self.start(complete())


class _Datagrams(asyncio.DatagramProtocol):
    """VISCA over IP: the header, and what has been seen before."""

    def __init__(self, camera: ViscaCamera) -> None:
        self._camera = camera
        self.seen: dict[object, int] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._camera.lose:
            self._camera.lose -= 1
        elif len(data) > _HEADER.size:
            self._camera.start(self._message(data, addr))

    async def _message(self, data: bytes, sender: tuple[str, int]) -> None:
        kind, _, sequence = _HEADER.unpack_from(data)
        payload = data[_HEADER.size :]
        before = self.seen.get(sender, -1)

        async def answer(packet: bytes) -> None:
            await self._send(sender, _REPLY, sequence, packet)

        if kind == _CONTROL and payload == _RESET:
            self.seen.pop(sender, None)
            await self._send(sender, _CONTROL_REPLY, sequence, _RESET)
        elif before >= sequence:
            await self._send(sender, _CONTROL_REPLY, sequence, _OUT_OF_STEP)
        else:
            self.seen[sender] = sequence
            if not await self._camera.hear(payload, answer):
                self.seen[sender] = before

    async def _send(self, to: tuple[str, int], kind: int, sequence: int, payload: bytes) -> None:
        message = _HEADER.pack(kind, len(payload), sequence) + payload
        try:
            sent = await self._camera.faults.applied(message)
        except Cut as cut:
            sent = cut.sent
        if self._camera.lose_replies:
            self._camera.lose_replies -= 1
        elif sent:
            for _ in range(2 if self._camera.twice else 1):
                self._transport.sendto(sent, to)

"""A display that speaks Samsung's Multiple Display Control, plain or behind TLS and a PIN."""

import asyncio
import ssl
import time
from typing import Final

from simulator.tcp_device import TcpDevice

_ACK, _NAK, _ANSWER, _HEADER = 0x41, 0x4E, 0xFF, 0xAA
_SERIAL, _VERSION, _POWER, _VOLUME, _MUTE, _INPUT, _LAMP, _PANEL, _STATUS = (
    0x0B, 0x0E, 0x11, 0x12, 0x13, 0x14, 0x58, 0xF9, 0x00,
)  # fmt: skip
_ALWAYS: Final = (_POWER, _STATUS, _SERIAL, _VERSION)
_WRONG, _NOT_NOW = 0x01, 0x02


class MdcDisplay(TcpDevice):
    """One display with a number.

    Attributes:
        values: of each command that is set and asked, one byte, as on the wire.
        hours: of its panel; serial, version: what it tells of itself.
        errors: the six bytes of its error status, the fifth its temperature.
        warm_up: seconds after being switched on in which it says no to all but power.
        pin: four digits; then it speaks only over TLS, with `certificate`.
        without: commands it says no to.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        number: int = 1,
        warm_up: float = 0.0,
        pin: str = "",
        certificate: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(port)
        self.number = number
        self.values = {_POWER: 0, _VOLUME: 20, _MUTE: 0, _INPUT: 0x21, _LAMP: 80, _PANEL: 0}
        self.hours, self.serial, self.version = 4321.0, "SIM0001", "T-SIM-1.0"
        self.errors = bytearray((0, 0, 0, 0, 41, 0))
        self.warm_up = warm_up
        self.pin, self.certificate = pin, certificate
        self.without: set[int] = set()
        self._on_since = float("-inf")

    @property
    def on(self) -> bool:
        """Whether it is switched on."""
        return self.values[_POWER] == 1

    def switch(self, *, on: bool) -> None:
        """Press the button of its remote control."""
        if on and not self.on:
            self._on_since = time.monotonic()
        self.values[_POWER] = int(on)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer frame after frame; another display's are not for it."""
        if self.pin and not await self._trusted(reader, writer):
            return
        while True:
            head = await reader.readexactly(4)
            body = await reader.readexactly(head[3] + 1)
            frame = head + body
            if frame[0] != _HEADER or sum(frame[1:-1]) % 256 != frame[-1]:
                return
            if frame[2] == self.number:
                answer = self._packed(frame[1], *self._obeyed(frame[1], frame[4:-1]))
                await self.answer(writer, answer)

    async def _trusted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await self.answer(writer, b"MDCSTART<<TLS>>")
        assert self.certificate is not None  # noqa: S101 - needed with a PIN
        await writer.start_tls(self.certificate)
        known = await reader.readexactly(4) == self.pin.encode()
        await self.answer(writer, b"MDCAUTH<<PASS>>" if known else b"MDCAUTH<<FAIL:0x01>>")
        return known

    def _packed(self, command: int, obeyed: bool, data: bytes) -> bytes:
        inner = bytes((_ACK if obeyed else _NAK, command)) + data
        frame = bytes((_HEADER, _ANSWER, self.number, len(inner))) + inner
        checksum = sum(frame[1:]) % 256
        return frame + bytes((checksum ^ 0xFF if self.faults.wrong_checksum else checksum,))

    def _obeyed(self, command: int, data: bytes) -> tuple[bool, bytes]:
        ready = self.on and time.monotonic() - self._on_since >= self.warm_up
        if command in self.without or not (ready or command in _ALWAYS):
            return False, bytes((_NOT_NOW,))
        if command in self.values:
            if len(data) == 1:
                self._set(command, data[0])
            return True, bytes((self.values[command],))
        match command:
            case 0x00 if not data:
                known = (_POWER, _VOLUME, _MUTE, _INPUT)
                return True, bytes((*(self.values[each] for each in known), 0x10, 0, 0))
            case 0x0B if not data:
                return True, self.serial.encode()
            case 0x0E if not data:
                return True, self.version.encode()
            case 0x0D if not data:
                return True, bytes(self.errors)
            case 0x83 if not data:
                return True, int(self.hours * 6).to_bytes(4, "big")
            case _:
                return False, bytes((_WRONG,))

    def _set(self, command: int, value: int) -> None:
        if command == _POWER:
            self.switch(on=value == 1)
        else:
            self.values[command] = value

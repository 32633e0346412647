"""A Philips signage display: SICP over TCP and serial.

After "Serial / Ethernet Interface Communication Protocol", SICP V2.03: size, monitor id, group,
data, exclusive or of all before it.
"""

from functools import reduce
from operator import xor
from pathlib import Path
from typing import Final

from simulator.byte_device import ByteDevice, Line

ACK: Final = 0x06
NACK: Final = 0x15
NAV: Final = 0x18


class SicpDisplay(ByteDevice):
    """A display.

    Attributes:
        number: its monitor id; frames for another are not heard, those for 0 not answered.
        on: whether it is on; off, it still answers, and takes nothing but power on.
        source: the code of its input.
        volume, muted, dark, touch: as one would think; dark is its backlight off.
        hours, temperature, signal, model, serial: what it tells of itself.
    """

    def __init__(
        self, port: int = 0, line: Path | None = None, *, number: int = 1, on: bool = True
    ) -> None:
        super().__init__(port, line)
        self.number = number
        self.on = on
        self.source = 0x0D
        self.volume = 30
        self.muted = False
        self.dark = False
        self.touch = True
        self.hours = 1234
        self.temperature = 41
        self.signal = True
        self.model = "65BDL4150D"
        self.serial = "AU0A1234567890"

    def cut(self, held: bytearray) -> bytes | None:
        """By its first byte; one that is no size is skipped."""
        while held and not 5 <= held[0] <= 40:
            del held[0]
        if not held or len(held) < held[0]:
            return None
        size = held[0]
        frame = bytes(held[:size])
        del held[:size]
        return frame

    def reply(self, frame: bytes, over: Line) -> bytes:
        """Do what a frame says, and answer."""
        if frame[1] not in (0, self.number):
            return b""
        if reduce(xor, frame):
            return self._verdict(NACK)
        answer = self._obeyed(frame[3], frame[4:-1])
        return b"" if frame[1] == 0 else answer

    def _obeyed(self, command: int, data: bytes) -> bytes:
        told = self._told(command, data)
        if told is not None:
            return self._frame(bytes((command,)) + told)
        if command == 0x18:
            self.on = data == b"\x02"
            return self._verdict(ACK)
        if not self.on:
            return self._verdict(NAV)
        return self._verdict(ACK if self._taken(command, data) else NAV)

    def _told(self, command: int, data: bytes) -> bytes | None:
        """What it tells of itself; None: that is no question."""
        match command, data:
            case 0x19, b"":
                return b"\x02" if self.on else b"\x01"
            case 0xAD, b"":
                return bytes((self.source, 0x09, 0x01, 0x00))
            case 0x45, b"":
                return bytes((self.volume, self.volume))
            case 0x46, b"":
                return bytes((self.muted,))
            case 0x71, b"":
                return bytes((self.dark,))
            case 0x1F, b"":
                return bytes((self.touch,))
            case 0x59, b"":
                return bytes((self.signal,))
            case 0x2F, b"":
                return bytes((self.temperature, self.temperature + 2))
            case 0x0F, b"\x02":
                return self.hours.to_bytes(2, "big")
            case 0x15, b"":
                return self.serial.encode()
            case 0xA1, b"\x00":
                return self.model.encode()
        return None

    def _taken(self, command: int, data: bytes) -> bool:
        match command, tuple(data):
            case 0xAC, (source, _, _, _) if source in (0x06, 0x0A, 0x0B, 0x0D, 0x0F, 0x16, 0x19):
                self.source = source
            case 0x44, (volume, _) if volume <= 100:
                self.volume = volume
            case 0x47, (muted,) if muted < 2:
                self.muted = bool(muted)
            case 0x72, (dark,) if dark < 2:
                self.dark = bool(dark)
            case 0x1E, (touch,) if touch < 2:
                self.touch = bool(touch)
            case _:
                return False
        return True

    def _verdict(self, verdict: int) -> bytes:
        return self._frame(bytes((0x00, verdict)))

    def _frame(self, data: bytes) -> bytes:
        frame = bytes((len(data) + 4, self.number, 0)) + data
        return frame + bytes((reduce(xor, frame) ^ self.faults.wrong_checksum,))

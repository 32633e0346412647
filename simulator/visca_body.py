"""What a VISCA camera does with the content of a packet: its state, and the words it knows."""

import time
from typing import Final

from simulator.ptz_head import PtzHead

PAN_STEPS: Final = 0x0990
TILT_STEPS: Final = 0x0510
ZOOM_STEPS: Final = 0x4000

SYNTAX, FULL, NOT_NOW = 0x02, 0x03, 0x41


class Complaint(Exception):
    """A command or inquiry is answered with an error."""

    def __init__(self, code: int) -> None:
        super().__init__(f"{code:02x}")
        self.code = code


class ViscaBody:
    """One camera.

    Attributes:
        head: where it looks, and its presets; preset: the last one recalled.
        power: off it only takes power commands.
        warming: seconds after power on in which it takes nothing else either.
        tracks: whether presets 80 and 81 switch `tracking` on and off.
    """

    def __init__(self) -> None:
        self.head = PtzHead()
        self.preset = 0
        self.power = True
        self.warming = 0.0
        self.tracks = True
        self.tracking = False
        self._on_since = 0.0

    def execute(self, command: bytes) -> float:
        """Begin what a command says; the seconds until it is done."""
        if command[:2] == b"\x04\x00" and command[2:] in (b"\x02", b"\x03"):
            self._switch(on=command[2:] == b"\x02")
            return 0.0
        if not self.power or time.monotonic() < self._on_since + self.warming:
            raise Complaint(NOT_NOW)
        match list(command):
            case [0x04, 0x07, how] if how in (0x00, 0x02, 0x03) or how >> 4 in (2, 3):
                speed = ((how & 0x0F) + 1) / 8 if how >> 4 else 0.4
                tele = (how >> 4 or how) == 2
                self.head.zoom.drive(0 if how == 0 else speed if tele else -speed)
            case [0x04, 0x47, *place] if len(place) == 4:
                return self.head.zoom.go(_number(bytes(place)) / ZOOM_STEPS)
            case [0x04, 0x3F, what, number] if what in (0, 1, 2):
                return self._memory(what, number)
            case [0x06, 0x01, pan, tilt, across, up]:
                self._drive(pan, tilt, across, up)
            case [0x06, 0x02, _, _, *place] if len(place) == 8:
                to = _signed(bytes(place[:4])) / PAN_STEPS, _signed(bytes(place[4:])) / TILT_STEPS
                return self.head.go((*to, self.head.zoom.position))
            case [0x06, 0x04]:
                return self.head.go((0.0, 0.0, 0.0))
            case _:
                raise Complaint(SYNTAX)
        return 0.0

    def _switch(self, *, on: bool) -> None:
        if on and not self.power:
            self._on_since = time.monotonic()
        self.power = on
        self.head.stop()

    def _drive(self, pan: int, tilt: int, across: int, up: int) -> None:
        if not (1 <= pan <= 0x18 and 1 <= tilt <= 0x17 and {across, up} <= {1, 2, 3}):
            raise Complaint(SYNTAX)
        self.head.pan.drive({1: -1, 2: 1, 3: 0}[across] * pan / 0x18)
        self.head.tilt.drive({1: 1, 2: -1, 3: 0}[up] * tilt / 0x17)

    def _memory(self, what: int, number: int) -> float:
        if self.tracks and what == 2 and number in (80, 81):
            self.tracking = number == 80
            return 0.0
        if what == 2:
            if number not in self.head.presets:
                raise Complaint(NOT_NOW)
            self.preset = number
            return self.head.go(self.head.presets[number])
        if what == 1:
            self.head.presets[number] = self.head.position
        else:
            self.head.presets.pop(number, None)
        return 0.0

    def answer(self, inquiry: bytes) -> bytes:
        """What an inquiry's completion holds."""
        pan, tilt, zoom = self.head.position
        if inquiry == b"\x04\x00":
            return b"\x02" if self.power else b"\x03"
        if inquiry == b"\x00\x02":
            return bytes.fromhex("00 01 05 11 01 02 02")
        if not self.power:
            raise Complaint(NOT_NOW)
        match inquiry:
            case b"\x04\x47":
                return _nibbles(round(zoom * ZOOM_STEPS))
            case b"\x06\x12":
                return _nibbles(round(pan * PAN_STEPS)) + _nibbles(round(tilt * TILT_STEPS))
            case b"\x04\x3f":
                return bytes((self.preset,))
            case _:
                raise Complaint(SYNTAX)


def _number(nibbles: bytes) -> int:
    return int("".join(f"{nibble & 0x0F:x}" for nibble in nibbles), 16)


def _signed(nibbles: bytes) -> int:
    number = _number(nibbles)
    return number - 0x10000 if number >= 0x8000 else number


def _nibbles(number: int) -> bytes:
    return bytes((number >> shift) & 0x0F for shift in (12, 8, 4, 0))

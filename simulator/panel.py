"""Interactive panels: MAXHUB IFP V6, and the boards most other brands are built on.

MAXHUB after "IFP V6 RS-232 & LAN Protocol Specification -0725"; `AA BB CC … DD EE FF` after
"RS232 code for Clevertouch Plus"; `7F … 99 A2 B3 C4 … CF` after what public code of boards of
that family answers.
"""

import abc
import time
from pathlib import Path
from typing import Final

from simulator.byte_device import ByteDevice, Line


class Panel(ByteDevice):
    """A panel with a power button.

    Attributes:
        on: whether it is on.
        warming: seconds from power on during which it answers nothing.
        source: the code of its input.
        volume, backlight: percent.
        muted, dark, touch: mute, backlight off, whether touch works.
        pc: what the slot-in PC does: 0 on, 1 off, 2 asleep, 3 hibernating.
        heard: every frame that came, in order.
    """

    def __init__(
        self,
        port: int = 0,
        line: Path | int | None = None,
        *,
        on: bool = True,
        warming: float = 0.0,
    ) -> None:
        super().__init__(port, line)
        self.on = on
        self.warming = warming
        self.source = self.first_source
        self.volume = 30
        self.backlight = 80
        self.muted = False
        self.dark = False
        self.touch = True
        self.pc = 0
        self.heard: list[bytes] = []
        self._answers_at = 0.0

    first_source: int = 0

    def switch(self, *, on: bool) -> None:
        """Press its power button, or wake it over the network."""
        if on and not self.on:
            self._answers_at = time.monotonic() + self.warming
        self.on = on

    @property
    def is_warming(self) -> bool:
        """Whether it is on and answers nothing yet."""
        return self.on and time.monotonic() < self._answers_at

    def reply(self, frame: bytes, over: Line) -> bytes:
        """Note the frame; a panel that comes on answers nothing."""
        self.heard.append(frame)
        return b"" if self.is_warming else self.obeyed(frame, over)

    @abc.abstractmethod
    def obeyed(self, frame: bytes, over: Line) -> bytes:
        """Do what a frame says, and answer."""


class MaxhubPanel(Panel):
    """`3A id id 53|47 command d d d 0D`. Off, its network sleeps and it hears its serial line only.

    `switch(on=True)` is what a magic packet does to it.
    """

    first_source = 1
    sources: Final = frozenset((1, 103, 104, 105))
    flags: Final = {0xA0: 1, 0xA1: 2, 0xA2: 1, 0xA3: 1, 0xA4: 1, 0xA5: 1, 0xA6: 3, 0xA7: 4, 0xA8: 1}
    """Commands that only hold a value, and the highest each takes."""

    def __init__(
        self,
        port: int = 0,
        line: Path | int | None = None,
        *,
        on: bool = True,
        warming: float = 0.0,
    ) -> None:
        super().__init__(port, line, on=on, warming=warming)
        self.contrast = 50
        self.no_signal_off = 15
        self.language = 0
        self.kept = dict.fromkeys(self.flags, 1)

    @property
    def is_asleep(self) -> bool:
        """Off, it takes lines over TCP no more."""
        return not self.on

    def cut(self, held: bytearray) -> bytes | None:
        """Up to the carriage return."""
        at = held.find(0x0D)
        if at < 0:
            return None
        frame = bytes(held[: at + 1])
        del held[: at + 1]
        return frame

    def obeyed(self, frame: bytes, over: Line) -> bytes:
        """Set or get; frames that are not for machine 01 are not heard."""
        if len(frame) != 9 or not frame.startswith(b":01") or not frame[5:8].isdigit():
            return b""
        kind, command, value = frame[3], frame[4], int(frame[5:8])
        if not self.on and (over == "tcp" or command != 0x30):
            return b""
        if kind == ord("S"):
            return self._set(command, value, over)
        if kind == ord("G"):
            return self._get(command, over)
        return b""

    def _set(self, command: int, value: int, over: Line) -> bytes:
        if command == 0x30 and value == 3:
            if over == "serial":
                self.switch(on=True)
                return b""
            return b"401-\r"
        if not self.on:
            return b""
        return b"401+\r" if self._taken(command, value) else b"401-\r"

    def _taken(self, command: int, value: int) -> bool:
        match command:
            case 0x30 if value == 2:
                self.switch(on=False)
            case 0x30 if value < 2:
                self.dark = value == 0
            case 0x3F if value <= 100:
                self.backlight = value
            case 0x38 if value <= 100:
                self.volume = value
            case 0x34 if value <= 100:
                self.contrast = value
            case 0x39 if value < 2:
                self.muted = value == 1
            case 0x44 if value < 2:
                self.touch = value == 1
            case 0x3A if value in self.sources:
                self.source = value
            case 0x46 if value in (0, 1, 3, 5, 10, 15, 30, 45, 60):
                self.no_signal_off = value
            case 0x3C if value < 30:
                self.language = value
            case _ if value <= self.flags.get(command, -1):
                self.kept[command] = value
            case _:
                return False
        return True

    def _get(self, command: int, over: Line) -> bytes:
        values = {
            0x3F: self.backlight,
            0x38: self.volume,
            0x34: self.contrast,
            0x39: int(self.muted),
            0x44: int(self.touch),
            0x3A: self.source,
            0x46: self.no_signal_off,
            0x3C: self.language,
            **self.kept,
        }
        if over == "serial":
            values[0x30] = 2 if not self.on else int(not self.dark)
        if command not in values:
            return b""
        return b":01r" + bytes((command,)) + b"%03d\r" % values[command]


class AabbccPanel(Panel):
    """`AA BB CC main sub value checksum DD EE FF`. Commands have no answer, queries have."""

    first_source = 0x08
    sources: Final = frozenset((0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x0A, 0x0B, 0x0D))

    def cut(self, held: bytearray) -> bytes | None:
        """Ten bytes from `AA BB CC` on."""
        at = held.find(b"\xaa\xbb\xcc")
        if at < 0:
            del held[:-2]
            return None
        del held[:at]
        if len(held) < 10:
            return None
        frame = bytes(held[:10])
        del held[:10]
        return frame

    def obeyed(self, frame: bytes, over: Line) -> bytes:
        """Frames with a wrong end or checksum are not heard; off, only power is."""
        main, sub, value, checksum = frame[3:7]
        if frame[7:] != b"\xdd\xee\xff" or checksum != (main + sub + value) & 0xFF:
            return b""
        if main == 1:
            return self._power(sub)
        return self._others(main, sub, value) if self.on else b""

    def _power(self, sub: int) -> bytes:
        if sub == 2:
            return self._told(0x80, 0 if self.on else 1, 0)
        if sub < 2:
            self.switch(on=sub == 0)
        return b""

    def _others(self, main: int, sub: int, value: int) -> bytes:
        match main, sub:
            case 2, 0:
                return self._told(0x81, self.source, 0)
            case 2, _ if sub in self.sources:
                self.source = sub
            case 3, 0 if value <= 100:
                self.volume = value
            case 3, 1 if value < 2:
                self.muted = value == 0
            case 3, 2:
                return self._told(0x82, 0, self.volume)
            case 3, 3:
                return self._told(0x82, 1, 0 if self.muted else 1)
            case 9, 2:
                return self._told(0x83, self.pc, 0)
            case 9, 0 | 1:
                self.pc = 0 if sub == 1 else 1
        return b""

    def _told(self, main: int, sub: int, value: int) -> bytes:
        checksum = main + sub + value + (1 if self.faults.wrong_checksum else 0)
        return bytes((0xAA, 0xBB, 0xCC, main, sub, value, checksum & 0xFF, 0xDD, 0xEE, 0xFF))


class NewlinePanel(Panel):
    """`7F length 99 A2 B3 C4 02 FF group command … CF`. Answers repeat it and add a value."""

    first_source = 0x19
    keys: Final = {0x0A: 0x17, 0x0B: 0x18, 0x0C: 0x20, 0x0D: 0x00, 0x38: 0x19}
    """Commands that choose an input → what it is called in the query's answer."""

    signature: Final = b"\x99\xa2\xb3\xc4\x02\xff"

    def cut(self, held: bytearray) -> bytes | None:
        """By its length byte, which leaves out three bytes."""
        at = held.find(0x7F)
        if at < 0:
            held.clear()
            return None
        del held[:at]
        if len(held) < 2 or len(held) < held[1] + 3:
            return None
        size = held[1] + 3
        frame = bytes(held[:size])
        del held[:size]
        return frame

    def obeyed(self, frame: bytes, over: Line) -> bytes:
        """Frames of another signature or end are not heard; off, only power is."""
        if frame[2:8] != self.signature or frame[-1] != 0xCF or len(frame) < 11:
            return b""
        group, command = frame[8], frame[9]
        if group == 1 and command in (0x00, 0x01, 0x37):
            return self._power(frame, command)
        if not self.on:
            return b""
        match group:
            case 0x01:
                return self._key(frame, command)
            case 0x05 if command <= 100:
                self.volume = command
            case 0x0E if command < 2:
                self.dark = command == 0
            case 0x0F if command < 2:
                self.muted = command == 0
            case _:
                return b""
        return self._answered(frame, 1)

    def _power(self, frame: bytes, command: int) -> bytes:
        if command == 0x37:
            return self._answered(frame, int(self.on))
        self.switch(on=command == 0)
        return self._answered(frame, 1)

    def _key(self, frame: bytes, command: int) -> bytes:
        told = {
            0x32: self.source,
            0x33: 0 if self.muted else self.volume,
            0x81: int(not self.dark),
            0x82: int(self.muted),
        }
        if command in told:
            return self._answered(frame, told[command])
        if command not in self.keys:
            return b""
        self.source = self.keys[command]
        return self._answered(frame, 1)

    def _answered(self, frame: bytes, value: int) -> bytes:
        body = frame[2:10] + bytes((value,))
        return bytes((0x7F, len(body))) + body + b"\xcf"

"""A presentation switcher that speaks Extron's Simple Instruction Set over TCP.

After the user guide of the IN1606 and IN1608 (68-2290-01 Rev. C), pages 38 to 51.
"""

import asyncio
import re
from typing import Final

from simulator.line_device import LineDevice

_COMMAND: Final = re.compile(rb"\x1b([^\r]*)\r|([0-9*]*[A-Za-z!$&])|[^\x1b0-9*]")
PROMPT: Final = b"\r\nPassword:"


class Switcher(LineDevice):
    """Eight inputs, one output.

    Attributes:
        password: asked for when a line is opened; empty is none.
        source: the input it shows, from 1.
        dark: video mute, 0 to 2.
        signals: inputs that have one.
        temperature: in °C.
        busy: it answers every command with E22.
    """

    inputs: Final = 8

    def __init__(self, port: int = 0, *, password: str = "") -> None:
        super().__init__(port)
        self.password = password
        self.source = 1
        self.dark = 0
        self.signals = {1, 3}
        self.temperature = 38
        self.busy = False
        self._let_in: set[asyncio.StreamWriter] = set()

    def greeting(self) -> bytes:
        """Copyright, date, and the prompt where there is a password."""
        words = b"(c) Copyright 2013, Extron Electronics, IN1608, V1.00, 60-1238-01"
        return b"\r\n" + words + b"\r\nMon, 02 Nov 2026 08:00:00\r\n" + self._prompt()

    def cut(self, held: bytearray, writer: asyncio.StreamWriter) -> str | None:
        """A command ends with its letter or sign; a password, and what begins with ESC, with CR."""
        if self.password and writer not in self._let_in:
            return super().cut(held, writer)
        while found := _COMMAND.match(held):
            escaped, plain = found.groups()
            del held[: found.end()]
            if escaped is not None:
                return "\x1b" + bytes(escaped).decode("latin-1")
            if plain:
                return bytes(plain).decode("latin-1")
        return None

    def allows(self, writer: asyncio.StreamWriter, line: str) -> bytes | None:
        """Nothing without the password, once for each line that is opened."""
        if not self.password or writer in self._let_in:
            return None
        if line != self.password:
            return self._prompt()
        self._let_in.add(writer)
        return b"\r\nLogin Administrator\r\n"

    def reply(self, line: str) -> str:
        """One command."""
        if self.busy:
            return "E22"
        if line.startswith("\x1b"):
            return str(self.temperature) if line == "\x1b20STAT" else "E10"
        number, sign = line[:-1], line[-1]
        match sign:
            case "!":
                return self._input(number)
            case "B" | "b":
                return self._mute(number)
            case "Q" | "q" if not number:
                return "1.07"
            case "N" | "n" if not number:
                return "60-1238-01"
            case "I" | "i" if not number:
                return self._information()
        return "E10"

    async def press(self, number: int) -> None:
        """Somebody presses a button; the switcher tells everybody."""
        self.source = number
        await self.say(f"In{number} All")

    def _prompt(self) -> bytes:
        return PROMPT if self.password else b""

    def _input(self, number: str) -> str:
        if not number:
            return str(self.source)
        if not number.isdigit() or not 1 <= int(number) <= self.inputs:
            return "E01"
        self.source = int(number)
        return f"In{self.source} All"

    def _mute(self, number: str) -> str:
        if not number:
            return str(self.dark)
        if number not in ("0", "1", "2"):
            return "E13"
        self.dark = int(number)
        return f"Vmt{self.dark}"

    def _information(self) -> str:
        standard = "-" if self.source in self.signals else "0"
        rate = "060.0" if self.source in self.signals else "000.0"
        return (
            f"Vid{self.source} Aud{self.source} Typ6 Std{standard} "
            f"Blk{self.dark} Hrt067.5 Vrt{rate}"
        )

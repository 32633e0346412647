"""An LG signage display: lines over TCP, as over its serial port.

After the owner's manuals of LG's monitor signage: M4210LCBA page A5, 32VS10MS page A7, M4225C
page A19, 55LS55A page 72.
"""

import re
from collections.abc import Collection
from typing import Final

from simulator.line_device import LineDevice

_LINE: Final = re.compile(r"([a-z])([a-z]) ([0-9a-f]{2}) ([0-9a-f]{2})(?: ([0-9a-f]{2}))?", re.I)
READ: Final = "ff"


class SignageDisplay(LineDevice):
    """A display.

    Attributes:
        number: its set id.
        values: by command, two letters: what is set, as a number. `ke` 0 is mute, `kd` 1 is dark,
            `dp` 0 is a broken lamp.
        signal: whether its input has one.
    """

    ends = b"x"

    def __init__(self, port: int = 0, *, number: int = 1) -> None:
        super().__init__(port)
        self.number = number
        self.signal = True
        self.values = {
            "ka": 1, "kb": 9, "kd": 0, "ke": 1, "kf": 30, "dl": 1234, "dn": 40, "dp": 1,
        }  # fmt: skip

    @property
    def on(self) -> bool:
        """Whether it is on."""
        return self.values["ka"] == 1

    def reply(self, line: str) -> str:
        """Set or read one value."""
        found = _LINE.fullmatch(line.strip())
        if found is None or int(found[3], 16) != self.number:
            return ""
        name, data = f"{found[1]}{found[2]}".lower(), found[4].lower()
        if name == "sv" and data == "02" and self.on:
            return self._told(found[2], f"OK02{int(self.signal):02x}")
        if name not in self.values or (name != "ka" and not self.on):
            return self._told(found[2], f"NG{data}")
        if data != READ:
            if int(data, 16) not in self._takes(name):
                return self._told(found[2], f"NG{data}")
            self.values[name] = int(data, 16)
        return self._told(found[2], f"OK{self.values[name]:02x}")

    def _takes(self, name: str) -> Collection[int]:
        """What a value may be set to; nothing for what can only be read."""
        if name.startswith("d"):
            return range(0)
        return {"kf": range(101), "kb": frozenset((2, 7, 8, 9))}.get(name, range(2))

    def _told(self, command: str, what: str) -> str:
        return f"{command} {self.number:02x} {what}"

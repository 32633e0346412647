"""An uninterruptible power supply behind a server of the NUT text protocol (RFC 9271)."""

import asyncio
import shlex
import time
from collections.abc import Callable

from simulator.tcp_device import TcpDevice


class Ups(TcpDevice):
    """One supply, called `name`, with whatever it feeds.

    Attributes:
        user, password: who may give commands.
        drain: percent of charge lost each second on battery, and won back on mains.
        low: charge in percent below which the battery is low.
        stale: the server has lost sight of the supply.
        on_cut: called when the load is switched off, e.g. a simulated projector's `cut_mains`.
        loaded: whether the load has power.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        name: str = "ups",
        user: str = "lectern",
        password: str = "",
        drain: float = 1.0,
    ) -> None:
        super().__init__(port)
        self.name, self.user, self.password = name, user, password
        self.drain, self.low = drain, 20.0
        self.stale = False
        self.loaded = True
        self.on_cut: list[Callable[[], None]] = []
        self.extra = {
            "ups.model": "Simulated 1000", "ups.serial": "UPS0001", "ups.firmware": "1.0",
            "ups.load": "35", "ups.temperature": "29.5",
        }  # fmt: skip
        self._on_mains = True
        self._charge, self._since = 100.0, time.monotonic()

    @property
    def charge(self) -> float:
        """Percent of the battery, now."""
        moved = (time.monotonic() - self._since) * self.drain
        return min(100.0, max(0.0, self._charge + (moved if self._on_mains else -moved)))

    @charge.setter
    def charge(self, percent: float) -> None:
        self._charge, self._since = percent, time.monotonic()

    def mains_lost(self) -> None:
        """The lights go out."""
        self.charge, self._on_mains = self.charge, False

    def mains_back(self) -> None:
        """The lights come back, and the load with them."""
        self.charge, self._on_mains, self.loaded = self.charge, True, True

    @property
    def variables(self) -> dict[str, str]:
        """What it tells of itself."""
        words = ["OL", "CHRG"] if self._on_mains else ["OB", "DISCHRG"]
        if self.charge < self.low:
            words.append("LB")
        return {
            "ups.status": " ".join(words if self.loaded else [*words, "OFF"]),
            "battery.charge": f"{self.charge:.0f}",
            "battery.runtime": f"{self.charge * 18:.0f}",
            "input.voltage": "230.4" if self._on_mains else "0.0",
            **self.extra,
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer line after line until LOGOUT."""
        said = {"USERNAME": "", "PASSWORD": ""}
        while line := (await reader.readline()).decode("ascii").strip():
            words = shlex.split(line)
            answer = self._answer(words, said)
            await self.answer(writer, "".join(f"{row}\n" for row in answer).encode())
            if words[0] == "LOGOUT":
                return

    def _answer(self, words: list[str], said: dict[str, str]) -> list[str]:
        match words:
            case ["USERNAME" | "PASSWORD" as what, value]:
                if said[what]:
                    return [f"ERR ALREADY-SET-{what}"]
                said[what] = value
                return ["OK"]
            case ["LOGOUT"]:
                return ["OK Goodbye"]
            case ["VER"]:
                return ["Network UPS Tools upsd, simulated"]
            case ["NETVER" | "PROTVER"]:
                return ["1.3"]
            case ["LIST", "UPS"]:
                return ["BEGIN LIST UPS", f'UPS {self.name} "Simulated supply"', "END LIST UPS"]
            case ["LIST" | "GET" | "INSTCMD", *_] if self.name not in words:
                return ["ERR UNKNOWN-UPS"]
            case ["LIST" | "GET" | "INSTCMD", *_] if self.stale:
                return ["ERR DATA-STALE"]
            case ["GET", "UPSDESC", _]:
                return [f'UPSDESC {self.name} "Simulated supply"']
            case ["GET", "VAR", _, name]:
                if name not in self.variables:
                    return ["ERR VAR-NOT-SUPPORTED"]
                return [f'VAR {self.name} {name} "{self.variables[name]}"']
            case ["LIST", "VAR", _]:
                rows = [f'VAR {self.name} {key} "{value}"' for key, value in self.variables.items()]
                return [f"BEGIN LIST VAR {self.name}", *rows, f"END LIST VAR {self.name}"]
            case ["LIST", "CMD", _]:
                rows = [f"CMD {self.name} load.off", f"CMD {self.name} load.on"]
                return [f"BEGIN LIST CMD {self.name}", *rows, f"END LIST CMD {self.name}"]
            case ["INSTCMD", _, command]:
                return [self._obeyed(command, said)]
            case _:
                return ["ERR UNKNOWN-COMMAND"]

    def _obeyed(self, command: str, said: dict[str, str]) -> str:
        if not said["USERNAME"] or not said["PASSWORD"]:
            return "ERR USERNAME-REQUIRED" if not said["USERNAME"] else "ERR PASSWORD-REQUIRED"
        if (said["USERNAME"], said["PASSWORD"]) != (self.user, self.password):
            return "ERR ACCESS-DENIED"
        if command not in ("load.off", "load.on"):
            return "ERR CMD-NOT-SUPPORTED"
        self.loaded = command == "load.on"
        if not self.loaded:
            for cut in self.on_cut:
                cut()
        return "OK"

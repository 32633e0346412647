"""A projector that speaks PJLink class 1 or 2 (JBMIA, PJLink Specifications 2.10).

It warms up and cools down, and remembers when somebody cut its mains while it was hot.
"""

import asyncio
import hashlib
import socket
import time
from types import TracebackType
from typing import Final, Self, cast

from simulator.tcp_device import TcpDevice

OFF, ON, COOLING, WARMING = "0", "1", "2", "3"
_MISSING, _WRONG, _NOT_NOW, _BROKEN = "ERR1", "ERR2", "ERR3", "ERR4"
_CLASS_2: Final = frozenset(
    ("SNUM", "SVER", "INNM", "IRES", "RRES", "FILT", "RLMP", "RFIL", "SVOL", "MVOL", "FREZ")
)


class Projector(TcpDevice):
    """One projector.

    Attributes:
        warm_up, cool_down: seconds that each takes.
        lamps: hours of each; errors: the six digits of ERST; input, muted, frozen: as on the wire.
        search_port: where it hears the loopback's broadcast, 0 for any; None: it does not.
        names: its answers to the commands that only tell; token: with which it salts the password.
        without: commands it does not know (ERR1); failing: it answers ERR4 to everything.
        idle: seconds after which it closes a quiet line; most_lines: how many it serves at once.
        harmed: how often its mains were cut while it was hot.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        pjlink_class: int = 2,
        password: str = "",
        warm_up: float = 0.2,
        cool_down: float = 0.2,
        inputs: tuple[str, ...] = ("11", "21", "31", "32", "41", "51"),
        search_port: int | None = None,
        mac: str = "00:11:22:33:44:55",
    ) -> None:
        super().__init__(port, host)
        self.pjlink_class = pjlink_class
        self.password, self.token = password, "498e4a67"
        self.warm_up, self.cool_down = warm_up, cool_down
        self.inputs = inputs
        self.search_port, self.mac = search_port, mac
        self.lamps, self.filter_hours = [1234], 77
        self.errors, self.input, self.muted, self.frozen, self.volume = "000000", "31", "30", "0", 5
        self.names = {
            "NAME": "Room 101", "INF1": "Lectern", "INF2": "Simulated", "INFO": "",
            "CLSS": str(pjlink_class), "SNUM": "SIM0001", "SVER": "1.0",
        }  # fmt: skip
        self.without: set[str] = set()
        self.failing = False
        self.idle, self.most_lines = 30.0, 4
        self.harmed = 0
        self.mains = True
        self._lamp_on, self._since = False, float("-inf")
        self._search: asyncio.DatagramTransport | None = None

    @property
    def power(self) -> str:
        """`OFF`, `ON`, `COOLING` or `WARMING`, as it is now."""
        passed = time.monotonic() - self._since
        if self._lamp_on:
            return WARMING if passed < self.warm_up else ON
        return COOLING if passed < self.cool_down else OFF

    def switch(self, *, on: bool) -> None:
        """Press the button of its remote control."""
        if self._lamp_on != on:
            self._lamp_on, self._since = on, time.monotonic()

    def cut_mains(self) -> None:
        """Take its mains away."""
        self.harmed += self.power != OFF
        self.mains, self._lamp_on, self._since = False, False, float("-inf")
        self.cut_lines()

    def restore_mains(self) -> None:
        """Give its mains back; it stays off."""
        self.mains = True

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        if self.search_port is not None:
            loop = asyncio.get_running_loop()
            self._search, _ = await loop.create_datagram_endpoint(
                lambda: _Search(self), sock=_everybody(self.search_port)
            )
            self.search_port = self._search.get_extra_info("sockname")[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._search:
            self._search.close()
        await super().__aexit__(kind, error, trace)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Greet, ask for the password with the first command, answer until the line is idle."""
        if not self.mains or self.lines > self.most_lines:
            return
        greeting = f"PJLINK 1 {self.token}\r" if self.password else "PJLINK 0\r"
        await self.answer(writer, greeting.encode())
        trusted = not self.password
        while True:
            async with asyncio.timeout(self.idle):
                line = (await reader.readuntil(b"\r"))[:-1].decode()
            if not trusted and not line.startswith("%"):
                trusted, line = line[:32] == self._digest(), line[32:]
            said = self.said(line) if trusted else "PJLINK ERRA"
            await self.answer(writer, f"{said}\r".encode())

    def said(self, line: str) -> str:
        """The answer to a line like `%1POWR ?`, both without their ends."""
        head, _, parameter = line.partition(" ")
        version, command = head[1:2], head[2:].upper()
        known = version == "1" or (version == "2" and self.pjlink_class > 1)
        if command in _CLASS_2:
            known = version == "2" and self.pjlink_class > 1
        if not line.startswith("%") or not known or command in self.without:
            answer = _MISSING
        else:
            answer = _BROKEN if self.failing else self._obeyed(command, parameter)
        return f"%{version or '1'}{command}={answer}"

    def _digest(self) -> str:
        salted = (self.token + self.password).encode()
        return hashlib.md5(salted, usedforsecurity=False).hexdigest()

    def _obeyed(self, command: str, parameter: str) -> str:
        if parameter == "?":
            return self._told(command)
        match command:
            case "POWR":
                return self._switched(parameter)
            case "INPT" | "AVMT" | "FREZ" | "SVOL" if self.power != ON:
                return _NOT_NOW
            case "INPT" if parameter in self.inputs:
                self.input = parameter
            case "AVMT" if len(parameter) == 2 and parameter[0] in "123" and parameter[1] in "01":
                self._mute(*parameter)
            case "FREZ" if parameter in ("0", "1"):
                self.frozen = parameter
            case "SVOL" if parameter in ("0", "1"):
                self.volume += 1 if parameter == "1" else -1
            case "INPT" | "AVMT" | "FREZ" | "SVOL":
                return _WRONG
            case _:
                return _MISSING
        return "OK"

    def _told(self, command: str) -> str:
        match command:
            case "POWR":
                return self.power
            case "INPT" | "AVMT" | "FREZ" if self.power != ON:
                return _NOT_NOW
            case "INPT":
                return self.input
            case "AVMT":
                return self.muted
            case "FREZ":
                return self.frozen
            case "ERST":
                return self.errors
            case "LAMP":
                lit = "1" if self.power in (ON, WARMING) else "0"
                return " ".join(f"{hours} {lit}" for hours in self.lamps) or _MISSING
            case "FILT":
                return str(self.filter_hours)
            case "INST":
                return " ".join(self.inputs)
            case "IRES":
                return "1920x1080"
            case _:
                return self.names.get(command, _MISSING)

    def _switched(self, parameter: str) -> str:
        if parameter not in (OFF, ON):
            return _WRONG
        if self.power in (WARMING, COOLING):
            return _NOT_NOW
        self.switch(on=parameter == ON)
        return "OK"

    def _mute(self, what: str, on: str) -> None:
        video, audio = self.muted in ("11", "31"), self.muted in ("21", "31")
        video = on == "1" if what in "13" else video
        audio = on == "1" if what in "23" else audio
        self.muted = {(True, False): "11", (False, True): "21", (True, True): "31"}.get(
            (video, audio), "30"
        )


def _everybody(port: int) -> socket.socket:
    # The loopback's broadcast; what is sent from there has the address 127.0.0.1.
    heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    heard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    heard.bind(("127.255.255.255", port))
    return heard


class _Search(asyncio.DatagramProtocol):
    def __init__(self, projector: Projector) -> None:
        self._projector = projector
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        wanted = self._projector.pjlink_class > 1 and self._projector.mains
        if self._transport and wanted and data == b"%2SRCH\r":
            self._transport.sendto(f"%2ACKN={self._projector.mac}\r".encode(), addr)

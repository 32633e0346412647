"""Uninterruptible power supplies behind a server of the Network UPS Tools.

In a profile, `send` is an instant command of NUT and `query` a variable of it. `parse` is empty
for the variable as it comes, or `flags`: of the reading's `values`, the last that is among the
variable's words. The codec's parameter `ups` is the supply's name on the server. A golden frame
is a request and its answer as text in quotes, without their ends.
"""

import asyncio
import contextlib
import logging
import re
from collections.abc import Iterator
from typing import Final

import aionut

from contract.profile import Golden, Profile, Reading
from edge_agent.drivers import offered
from edge_agent.drivers.at_rest import at_rest
from edge_agent.errors import Busy, EdgeError, Garbled, Refused, Unreachable, Unsupported
from edge_agent.room.model import Arguments, Device, Value
from edge_agent.room.values import meaning

# At DEBUG the library logs each line it sends, the one with the password among them.
logging.getLogger("aionut.client").setLevel(logging.INFO)

_WORD: Final = re.compile(r"[A-Za-z0-9._-]+(?!\n)")
_VARIABLE: Final = re.compile(r'VAR \S+ (\S+) "(.*)"')
_ABSENT: Final = ("VAR-NOT-SUPPORTED", "CMD-NOT-SUPPORTED")
_ASLEEP: Final = ("DATA-STALE", "DRIVER-NOT-CONNECTED")


def make(device: Device) -> "NutUps":
    """A driver for a supply; opens nothing yet."""
    return NutUps(device)


def problems(profile: Profile) -> Iterator[str]:
    """What is not of NUT in a profile."""
    for name, command in profile.commands.items():
        if not _WORD.fullmatch(command.send):
            yield f"commands.{name}: send: no instant command like 'load.off'"
    for name, reading in profile.readings.items():
        if not _WORD.fullmatch(reading.query):
            yield f"readings.{name}: query: no variable like 'ups.status'"
        if reading.parse not in ("", "flags"):
            yield f"readings.{name}: parse: neither empty nor 'flags'"
    for number, golden in enumerate(profile.golden):
        if why := _differs(profile, golden):
            yield f"golden[{number}]: {why}"


class NutUps:
    """One supply. Reading needs no user; a command does, and the server says which."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._ups = str(device.profile.codec.parameters.get("ups", "ups"))
        self._client: _Client | None = None

    async def connect(self) -> None:
        """Open the line, show user and password, and ask for the supply."""
        await self.close()
        transport, secret = self._device.transport, self._device.secret
        if secret and not all(word.isascii() and word.isprintable() for word in secret):
            raise Refused("user and password of a NUT server are printable ASCII")
        user, password = (_quoted(word) for word in secret) if secret else (None, None)
        # The library's limits are longer than ours, which hold.
        limit = 2 * (transport.connect_timeout + transport.reply_timeout)
        self._client = _Client(
            self._device.host, transport.port or 3493, user, password, timeout=limit
        )
        await self._variables(transport.connect_timeout)

    async def send(self, command: str, arguments: Arguments) -> None:
        """Give an instant command; "OK" is "done".

        The server says OK also to a command the supply does not have: it is looked up first.
        """
        instant = offered.command(self._device, command).send
        client = await self._ready()
        with self._errors():
            async with asyncio.timeout(self._device.transport.reply_timeout):
                if instant not in await client.list_commands(self._ups):
                    raise Unsupported(f"the supply has no {instant}")
                said = await client.run_command(self._ups, instant)
            if said.split(" ")[0] != "OK":
                raise Garbled(f"neither OK nor an error: {said[:40]!r}")

    async def query(self, point: str) -> Value:
        """Ask for a variable."""
        reading = offered.reading(self._device, point)
        variables = await self._variables(self._device.transport.reply_timeout)
        if reading.query not in variables:
            raise Unsupported(f"the supply has no {reading.query}")
        return _value(reading, variables[reading.query])

    async def close(self) -> None:
        """Let go of the line."""
        if self._client:
            self._client.shutdown()
        self._client = None

    async def _variables(self, limit: float) -> dict[str, str]:
        client = await self._ready()
        with self._errors():
            async with asyncio.timeout(limit):
                return await client.list_vars(self._ups)
        raise AssertionError("not reached")

    async def _ready(self) -> "_Client":
        if self._client is None:
            raise Unreachable("the line is closed")
        await self._client.rest()
        return self._client

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            told = _told(error)
            if not isinstance(told, Refused) and self._client:
                self._client.shutdown()
                self._client = None
            if told is None:
                raise
            raise told from error


class _Client(aionut.AIONUTClient):
    """The library's client, which also lets go of a line that failed while it was opened."""

    async def _connect(self) -> None:
        try:
            await super()._connect()
        except BaseException:
            if self._writer:
                self._writer.close()
            raise

    async def rest(self) -> None:
        """Let go of a line that is closed, or on which something was said unasked."""
        if self._reader and not await at_rest(self._reader):
            self.disconnect()


def _quoted(word: str) -> str:
    # The library sends it as it is; the server takes a space for the end of a word.
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _told(error: BaseException) -> EdgeError | None:
    match error:
        case EdgeError():
            return error
        case aionut.NUTLoginError():
            return Refused("the server does not take user and password, or needs them")
        case aionut.NUTCommandError():
            return _refusal(str(error).rpartition("ERR ")[2])
        case (
            aionut.NUTConnectionClosedError() | aionut.NUTOSError() | aionut.NUTTimeoutError()
            | OSError() | asyncio.IncompleteReadError()
        ):  # fmt: skip
            return Unreachable(str(error) or "no answer in time")
        case aionut.NUTError() | ValueError() | LookupError() | asyncio.LimitOverrunError():
            return Garbled(f"not NUT: {error}")
        case _:
            return None


def _refusal(code: str) -> EdgeError:
    if code.startswith(_ABSENT):
        return Unsupported(f"the supply does not offer it ({code})")
    if code.startswith(_ASLEEP):
        return Unreachable(f"the server has lost the supply ({code})")
    return Refused(f"the server says {code[:60]}")


def _value(reading: Reading, raw: str) -> Value:
    if reading.parse != "flags":
        return meaning(reading, raw)
    words = raw.split()
    known = [value for flag, value in reading.values.items() if flag in words]
    if not known:
        raise Busy(f"the supply does not say: {raw[:40]!r}")
    return known[-1]


def _differs(profile: Profile, golden: Golden) -> str:
    sent, received = golden.sent[1:-1], golden.received[1:-1]
    ups = profile.codec.parameters.get("ups", "ups")
    if golden.command in profile.commands and golden.command is not None:
        ours = f"INSTCMD {ups} {profile.commands[golden.command].send}"
        return "" if (ours, received) == (sent, "OK") else f"ours is {ours!r}"
    if golden.reading not in profile.readings or golden.reading is None:
        return "of a command or reading the profile does not have"
    reading = profile.readings[golden.reading]
    ours = f"GET VAR {ups} {reading.query}"
    match = _VARIABLE.fullmatch(received)
    if ours != sent or match is None or match[1] != reading.query:
        return f"ours is {ours!r}"
    try:
        value = _value(reading, match[2])
    except EdgeError as error:
        return str(error)
    return "" if value == golden.value else f"it means {value!r} to us"

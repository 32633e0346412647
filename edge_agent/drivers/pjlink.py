"""Projectors that speak PJLink class 1 or 2, over TCP.

In a profile, `send` and `query` are a line without its end, `%1POWR 1`; `{argument}` in it is
replaced by the argument. `parse` is empty for the whole answer, `digit N` for the Nth of the six
digits of ERST, or `lamps` for the hours of the lamp that has burnt longest. Golden frames are
lines in quotes, without their ends.
"""

import asyncio
import contextlib
import re
from collections.abc import Iterator
from string import Formatter
from typing import Final

import aiopjlink

from contract.profile import Golden, Profile, Reading
from edge_agent.drivers import offered
from edge_agent.drivers.at_rest import at_rest
from edge_agent.errors import BadConfiguration, Busy, Garbled, Refused, Unreachable, Unsupported
from edge_agent.room.model import Arguments, Device, Value
from edge_agent.room.values import checked, meaning, on_wire, source_named

_LINE: Final = re.compile(r"%([12])([A-Z0-9]{4}) ([ -~]{1,128})(?!\n)")
_PARSE: Final = re.compile(r"|digit [1-6]|lamps")
_LAMPS: Final = re.compile(r"\d{1,5} [01](?: \d{1,5} [01]){0,7}", re.ASCII)
_ERRORS: Final = re.compile(r"[0-2]{6}")


def make(device: Device) -> "PjLink":
    """A driver for a projector; opens nothing yet."""
    return PjLink(device)


def problems(profile: Profile) -> Iterator[str]:
    """What is no PJLink in a profile."""
    for name, command in profile.commands.items():
        if not _LINE.fullmatch(command.send):
            yield f"commands.{name}: send: no line like '%1POWR 1'"
        if unknown := _fields(command.send) - command.arguments.keys():
            yield f"commands.{name}: send: {unknown.pop()!r} is no argument of it"
    for name, reading in profile.readings.items():
        if not _LINE.fullmatch(reading.query):
            yield f"readings.{name}: query: no line like '%1POWR ?'"
        if not _PARSE.fullmatch(reading.parse):
            yield f"readings.{name}: parse: neither empty, 'digit 1' to 'digit 6', nor 'lamps'"
    for number, golden in enumerate(profile.golden):
        if why := _differs(profile, golden):
            yield f"golden[{number}]: {why}"


class PjLink:
    """One projector. Projectors close a quiet line by themselves: it is then opened anew."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._profile = device.profile
        self._line: _Line | None = None

    async def connect(self) -> None:
        """Open the line and show the password, if the projector asks for one."""
        await self.close()
        transport = self._device.transport
        line = _Line(
            self._device.host,
            transport.port or 4352,
            self._device.password or None,
            # Longer than ours, which hold.
            timeout=2 * (transport.connect_timeout + transport.reply_timeout),
        )
        try:
            with _errors():
                async with asyncio.timeout(transport.connect_timeout):
                    await line.open()
        except BaseException:
            line.close()
            raise
        self._line = line

    async def send(self, command: str, arguments: Arguments) -> None:
        """Tell it one thing; "OK" is "done"."""
        offered.command(self._device, command)
        answer = await self._exchange(_line(self._profile, command, arguments))
        if answer.upper() != "OK":
            await self.close()
            raise Garbled(f"neither OK nor an error: {answer[:40]!r}")

    async def query(self, point: str) -> Value:
        """Ask it one thing."""
        reading = offered.reading(self._device, point)
        answer = await self._exchange(reading.query)
        try:
            return _value(self._profile, point, reading, answer)
        except Garbled:
            await self.close()
            raise

    async def close(self) -> None:
        """Let go of the line."""
        line, self._line = self._line, None
        if line:
            line.close()

    async def _exchange(self, line: str) -> str:
        match = _LINE.fullmatch(line)
        if match is None:
            raise Refused(f"no line of PJLink: {line[:40]!r}")
        version, command, parameter = match.groups()
        opened = await self._fresh()
        try:
            with _errors():
                async with asyncio.timeout(self._device.transport.reply_timeout):
                    return str(await opened.transmit(command, parameter, version))
        except (Unreachable, asyncio.CancelledError) as error:
            if not isinstance(error, Busy):
                await self.close()  # its answer would be taken for the next one's
            raise

    async def _fresh(self) -> "_Line":
        if self._line is None or not await self._line.at_rest():
            await self.connect()
            if self._line is None or not await self._line.at_rest():
                await self.close()
                raise Garbled("it speaks unasked, or closed the line at once")
        return self._line


class _Line(aiopjlink.PJLink):  # type: ignore[misc] # the library has no types
    """The library's connection, closed whatever happens to it."""

    async def open(self) -> None:
        # The password is taken with the first question, whose own answer may be an error.
        with contextlib.suppress(
            aiopjlink.PJLinkERR1, aiopjlink.PJLinkERR2, aiopjlink.PJLinkERR3, aiopjlink.PJLinkERR4
        ):
            await self.__aenter__()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    async def at_rest(self) -> bool:
        return await at_rest(self._reader)


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except aiopjlink.PJLinkERR1 as error:
        raise Unsupported("the projector does not know this command") from error
    except aiopjlink.PJLinkERR2 as error:
        raise Refused("the projector has no such value, or not this function") from error
    except aiopjlink.PJLinkERR3 as error:
        raise Busy("not in the projector's present state") from error
    except aiopjlink.PJLinkERR4 as error:
        raise Refused("the projector reports that it is broken") from error
    except aiopjlink.PJLinkPassword as error:
        raise Refused("the projector does not take the password, or needs one") from error
    except (aiopjlink.PJLinkNoConnection, aiopjlink.PJLinkConnectionClosed, OSError) as error:
        raise Unreachable(str(error) or "no answer in time") from error
    except (
        aiopjlink.PJLinkException, ValueError, LookupError, asyncio.LimitOverrunError
    ) as error:  # fmt: skip
        raise Garbled(f"not PJLink: {error}") from error


def _fields(template: str) -> set[str]:
    try:
        return {field for _, field, _, _ in Formatter().parse(template) if field is not None}
    except ValueError as error:
        return {str(error)}


def _line(profile: Profile, command: str, arguments: Arguments) -> str:
    template = profile.commands[command].send
    try:
        return template.format(**on_wire(profile, command, arguments))
    except (LookupError, ValueError, AttributeError) as error:
        raise BadConfiguration(f"{profile.id}: {command}: send: cannot be filled in") from error


def _value(profile: Profile, point: str, reading: Reading, answer: str) -> Value:
    if reading.parse.startswith("digit "):
        if not _ERRORS.fullmatch(answer):
            raise Garbled(f"not six digits from 0 to 2: {answer[:40]!r}")
        answer = answer[int(reading.parse[-1]) - 1]
    elif reading.parse == "lamps":
        if not _LAMPS.fullmatch(answer):
            raise Garbled(f"no lamp hours: {answer[:40]!r}")
        answer = str(max(int(hours) for hours in answer.split()[::2]))
    return source_named(profile, answer) if point == "source" else meaning(reading, answer)


def _differs(profile: Profile, golden: Golden) -> str:
    sent, received = golden.sent.strip('"'), golden.received.strip('"')
    answer = received.partition("=")[2]
    if golden.command in profile.commands and golden.command is not None:
        try:
            arguments = checked(profile, golden.command, golden.arguments)
            ours = _line(profile, golden.command, arguments)
        except Refused as error:
            return str(error)
        return "" if (ours, answer.upper()) == (sent, "OK") else f"ours is {ours!r}"
    if golden.reading not in profile.readings or golden.reading is None:
        return "of a command or reading the profile does not have"
    reading = profile.readings[golden.reading]
    if reading.query != sent:
        return f"ours is {reading.query!r}"
    try:
        value = _value(profile, golden.reading, reading, answer)
    except Garbled as error:
        return str(error)
    return "" if value == golden.value else f"it means {value!r} to us"

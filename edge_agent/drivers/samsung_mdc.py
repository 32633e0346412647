"""Samsung's professional displays (Multiple Display Control), over TCP, with a PIN if they want it.

In a profile, `send` is a command of the library's table and its fields, `input_source {source}`,
with `{argument}` replaced by the argument; `query` is a command, and `parse` the name of one field
of its answer, or empty where there is only one. A field is the name its number has in the table.
One that says it is not there (`NONE`, `INVALID`, or a number out of range) is unsupported. Golden
frames are hexadecimal, of the display with number 1.
"""

import asyncio
import contextlib
import enum
import re
from collections.abc import Iterator
from typing import Any, Final

import samsung_mdc
from samsung_mdc import connection, exceptions, fields

from contract.profile import Golden, Profile, Reading
from edge_agent.drivers import offered
from edge_agent.drivers.at_rest import at_rest
from edge_agent.errors import (
    BadConfiguration,
    EdgeError,
    Garbled,
    Refused,
    Unreachable,
    Unsupported,
)
from edge_agent.room.model import Arguments, Device, Value
from edge_agent.room.values import checked, meaning, on_wire, source_named

_BEGINNING: Final = b"\xaa\xff"
_YES_OR_NO: Final = b"AN"
_SHORTEST: Final = 7
_TLS_GREETING: Final = b"MDCS"
_NOT_THERE: Final = ("NONE", "INVALID")
_BLOCKED: Final = 2


def make(device: Device) -> "SamsungDisplay":
    """A driver for a display; opens nothing yet."""
    return SamsungDisplay(device)


def problems(profile: Profile) -> Iterator[str]:
    """What is not of this protocol in a profile."""
    for name, command in profile.commands.items():
        head, *words = command.send.split(" ")
        table = _table(head)
        if table is None or not table.SET or len(words) != len(table.DATA):
            yield f"commands.{name}: send: no command that can be set, with each of its fields"
        arguments = {word[1:-1] for word in words if word.startswith("{")}
        if unknown := arguments - command.arguments.keys():
            yield f"commands.{name}: send: {unknown.pop()!r} is no argument of it"
    for name, reading in profile.readings.items():
        table = _table(reading.query)
        if table is None or not table.GET:
            yield f"readings.{name}: query: no command that can be asked"
        elif reading.parse not in (known := [field.name for field in table.RESPONSE_DATA]) and (
            reading.parse or len(known) > 1
        ):
            yield f"readings.{name}: parse: one of {', '.join(known)}"
    for number, golden in enumerate(profile.golden):
        if why := _differs(profile, golden):
            yield f"golden[{number}]: {why}"


class SamsungDisplay:
    """One display; several on one line differ by `number`."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._profile = device.profile
        self._line: _Line | None = None

    async def connect(self) -> None:
        """Open the line; with a secret, over TLS, and show the PIN. Never without, then."""
        await self.close()
        transport = self._device.transport
        pin = {"pin": self._device.password} if self._device.secret else {}
        # The library's limits are longer than ours, which hold.
        limit = 2 * (transport.connect_timeout + transport.reply_timeout)
        line = _Line((self._device.host, transport.port or 1515), timeout=limit, **pin)
        try:
            with _errors():
                async with asyncio.timeout(transport.connect_timeout):
                    await line.open()
        except BaseException:
            line.drop()
            raise
        self._line = line

    async def send(self, command: str, arguments: Arguments) -> None:
        """Tell it one thing; its acknowledgement is "done"."""
        offered.command(self._device, command)
        name, data = _request(self._profile, command, arguments)
        await self._exchange(name, data)

    async def query(self, point: str) -> Value:
        """Ask it one thing."""
        reading = offered.reading(self._device, point)
        try:
            answer = await self._exchange(reading.query, ())
        except _SaysNo as error:
            raise Unsupported(f"the display does not tell {point}: {error}") from error
        return _value(self._profile, point, reading, answer)

    async def close(self) -> None:
        """Let go of the line."""
        if self._line:
            self._line.drop()
        self._line = None

    async def _exchange(self, name: str, data: tuple[Any, ...]) -> tuple[Any, ...]:
        if self._line is None or not await self._line.at_rest():
            await self.connect()
        assert self._line is not None  # noqa: S101 - connected
        try:
            with _errors():
                async with asyncio.timeout(self._device.transport.reply_timeout):
                    call = getattr(self._line, name)
                    number = self._device.number
                    told = await (call(number, data) if data else call(number))
        except (Unreachable, asyncio.CancelledError):
            await self.close()
            raise
        return tuple(told)


class _Line(samsung_mdc.MDC):  # type: ignore[misc] # the library has no types
    """The library's connection, reading whole frames, and only the answer to what was asked."""

    reader: Any
    writer: Any

    async def send(
        self, cmd: int | tuple[int, int], display_id: int, data: bytes = b""
    ) -> tuple[bool, tuple[int, ...], bytes]:
        self.writer.write(connection.pack_payload(cmd, display_id, data))
        await self.writer.drain()
        head = await self.reader.readexactly(4)
        if head == _TLS_GREETING:
            raise exceptions.MDCTLSRequired(head)
        if not head.startswith(_BEGINNING):
            raise Garbled(f"no answer of a display: {head.hex(' ')}")
        return unpacked(head + await self.reader.readexactly(head[3] + 1), cmd, display_id)

    async def at_rest(self) -> bool:
        return await at_rest(self.reader)

    def drop(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


class _SaysNo(Refused):
    """The display does not do, or does not tell, what it was asked."""


def unpacked(
    frame: bytes, cmd: int | tuple[int, int], display_id: int
) -> tuple[bool, tuple[int, ...], bytes]:
    """Whether it was obeyed, which command was answered, and the data of the answer.

    Raises:
        Garbled: it is no answer to this command of this display, or its checksum is wrong.
    """
    wanted = (cmd,) if isinstance(cmd, int) else cmd
    if len(frame) < _SHORTEST or not frame.startswith(_BEGINNING) or frame[4] not in _YES_OR_NO:
        raise Garbled(f"no answer of a display: {frame[:16].hex(' ')}")
    if sum(frame[1:-1]) % 256 != frame[-1]:
        raise Garbled(f"the checksum of {frame[:16].hex(' ')} is wrong")
    obeyed, data = frame[4] == _YES_OR_NO[0], frame[6:-1]
    if frame[2] != display_id or frame[5] != wanted[0]:
        raise Garbled("the answer is another display's, or to another command")
    if not obeyed or len(wanted) == 1:
        return obeyed, (frame[5],), data
    if data[:1] != bytes(wanted[1:]):
        raise Garbled("the answer is to another command")
    return obeyed, wanted, data[1:]


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except EdgeError:
        raise
    except exceptions.NAKError as error:
        raise _SaysNo(f"the display says no ({error.error_code})") from error
    except exceptions.MDCTLSRequired as error:
        raise Refused("the display wants its PIN: secret_file is missing") from error
    except exceptions.MDCTLSAuthFailed as error:
        what = "takes no PIN for a while" if error.code == _BLOCKED else "does not take the PIN"
        raise Refused(f"the display {what}") from error
    except (exceptions.MDCTimeoutError, OSError, asyncio.IncompleteReadError) as error:
        raise Unreachable(str(error) or "no answer in time") from error
    except (exceptions.MDCError, ValueError, LookupError, AssertionError) as error:
        raise Garbled(f"not of a Samsung display: {error}") from error


def _table(name: str) -> Any:
    table = getattr(samsung_mdc.MDC, name, None) if re.fullmatch(r"[a-z0-9_]+", name) else None
    return table if isinstance(table, samsung_mdc.Command) else None


def _request(profile: Profile, command: str, arguments: Arguments) -> tuple[str, tuple[Any, ...]]:
    name, *words = profile.commands[command].send.split(" ")
    table, wire = _table(name), on_wire(profile, command, arguments)
    if table is None or len(words) != len(table.DATA):
        raise BadConfiguration(f"{profile.id}: {command}: send: no command of the table")
    filled = [wire.get(word[1:-1], word) if word.startswith("{") else word for word in words]
    data = [
        int(word) if isinstance(field, fields.Int) else field.enum[word]
        for field, word in zip(table.DATA, filled, strict=True)
    ]
    return name, tuple(data)


def _value(profile: Profile, point: str, reading: Reading, answer: tuple[Any, ...]) -> Value:
    known = [field.name for field in _table(reading.query).RESPONSE_DATA]
    place = known.index(reading.parse) if reading.parse else 0
    said, field = answer[place], _table(reading.query).RESPONSE_DATA[place]
    raw = said.name if isinstance(said, enum.Enum) else str(said)
    limits = getattr(field, "range", None)
    if raw in _NOT_THERE or (limits and said not in limits):
        raise Unsupported(f"the display has no {point}")
    if point == "source":  # HDMI1_PC is HDMI1 with a computer's picture
        return source_named(profile, raw.removesuffix("_PC"))
    return meaning(reading, raw)


def _differs(profile: Profile, golden: Golden) -> str:
    try:
        sent, received = bytes.fromhex(golden.sent), bytes.fromhex(golden.received)
        if golden.command is not None:
            arguments = checked(profile, golden.command, golden.arguments)
            name, data = _request(profile, golden.command, arguments)
        else:
            reading = profile.readings[golden.reading or ""]
            name, data = reading.query, ()
        table = _table(name)
        if table is None:
            return "of no command that is known"
        code = table.CMD if table.SUBCMD is None else (table.CMD, table.SUBCMD)
        ours = connection.pack_payload(code, 1, table.pack_payload_data(data) if data else b"")
        if ours != sent:
            return f"ours is {ours.hex(' ')}"
        obeyed, _, told = unpacked(received, code, 1)
        answer = table.parse_response_data(told)
        if golden.command is not None:
            return "" if obeyed else "it is not obeyed"
        value = _value(profile, golden.reading or "", reading, answer)
    except LookupError:
        return "of a command, a reading or a word that is not known"
    except (EdgeError, ValueError, exceptions.MDCError) as error:
        return str(error)
    return "" if value == golden.value else f"it means {value!r} to us"

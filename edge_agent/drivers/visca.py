"""VISCA cameras, over UDP, TCP and serial lines.

`send`, `query` and `parse` are in the words of `visca_templates`. A command is done when the
camera says that it is complete; with `expect: ack` when it says that it will, for what takes
longer than the reply timeout.

Parameters of the codec: `reset: false` for a camera that does not answer when over UDP it is told
to count anew, and any name a template uses, e.g. `park_preset`. The camera's address is the
device's `number`, from 1 to 7; over UDP it is always 1.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Final

from contract.profile import Argument, Golden, Profile, Reading
from edge_agent.drivers import offered
from edge_agent.drivers import visca_packets as packets
from edge_agent.drivers.visca_lines import Line, NumberedLine, PlainLine
from edge_agent.drivers.visca_templates import contents, meaning
from edge_agent.drivers.wire import Wire, wire_for
from edge_agent.errors import BadConfiguration, EdgeError, Garbled, Refused, Unsupported
from edge_agent.room import values
from edge_agent.room.model import Arguments, Device, Value

_ENOUGH: Final = {"": frozenset(("completion",)), "ack": frozenset(("ack", "completion"))}
"""What a command expects → replies that say so."""


def make(device: Device) -> "Visca":
    """The driver of a camera; opens nothing yet.

    Raises:
        BadConfiguration: no camera has such an address.
    """
    wire, limit = wire_for(device), device.transport.reply_timeout
    if device.transport.kind == "udp":
        resets = bool(device.profile.codec.parameters.get("reset", True))
        return Visca(device, wire, NumberedLine(wire, limit, resets=resets))
    if not 1 <= device.number <= 7:
        raise BadConfiguration(f"{device.name}: number: a VISCA camera has an address from 1 to 7")
    return Visca(device, wire, PlainLine(wire, limit, address=device.number))


class Visca:
    """One camera; see `ports.driver.Driver`."""

    def __init__(self, device: Device, wire: Wire, line: Line) -> None:
        self._device = device
        self._wire = wire
        self._line = line

    async def connect(self) -> None:
        """Open the line; over UDP also see whether the camera answers."""
        await self._line.open()

    async def send(self, command: str, arguments: Arguments) -> None:
        """Tell the camera one thing and wait until it is done."""
        enough = _ENOUGH.get(offered.command(self._device, command).expect, _ENOUGH[""])
        for said in _said(self._device.profile, command, arguments):
            await self._line.say(said, inquiry=False)
            await self._done(enough)

    async def query(self, point: str) -> Value:
        """Ask the camera one thing."""
        reading = offered.reading(self._device, point)
        await self._line.say(_asked(self._device.profile, reading), inquiry=True)
        while True:
            reply = await self._line.hear()
            if reply.kind == "answer":
                return meaning(reading, reply.data)
            if reply.kind == "error":
                complaint = packets.complaint(reply.data[0])
                if isinstance(complaint, Refused):
                    raise Unsupported(f"{point}: {complaint}")
                raise complaint

    async def close(self) -> None:
        """Let go of the line."""
        await self._wire.close()

    async def _done(self, enough: frozenset[str]) -> None:
        while True:
            reply = await self._line.hear()
            if reply.kind == "error":
                raise packets.complaint(reply.data[0])
            if reply.kind in enough:
                return


def problems(profile: Profile) -> Iterator[str]:
    """What of a profile cannot be said or read in VISCA."""
    for name, command in profile.commands.items():
        if command.expect not in _ENOUGH:
            yield f"command {name}: expect: {command.expect!r} is neither empty nor 'ack'"
        yield from _unsayable(profile, name)
    for name, reading in profile.readings.items():
        try:
            _asked(profile, reading)
            meaning(reading, b"")
        except Garbled:
            continue
        except Refused as error:
            yield f"reading {name}: {error}"
    for number, golden in enumerate(profile.golden):
        try:
            if why := _differs(profile, golden):
                yield f"golden {number}: {why}"
        except (EdgeError, ValueError, KeyError) as error:
            yield f"golden {number}: {error}"


def _said(profile: Profile, command: str, arguments: Arguments) -> tuple[bytes, ...]:
    words: Mapping[str, object] = {
        **profile.codec.parameters,
        **values.on_wire(profile, command, arguments),
    }
    return contents(profile.commands[command].send, words)


def _asked(profile: Profile, reading: Reading) -> bytes:
    said = contents(reading.query, profile.codec.parameters)
    if len(said) != 1:
        raise BadConfiguration(f"query: {reading.query!r} is more than one packet")
    return said[0]


def _unsayable(profile: Profile, command: str) -> Iterator[str]:
    wanted = profile.commands[command].arguments
    samples = [_samples(profile, argument) for argument in wanted.values()]
    for chosen in product(*samples):
        try:
            _said(profile, command, dict(zip(wanted, chosen, strict=True)))
        except (Refused, KeyError) as error:
            yield f"command {command}: {error}"
            return


def _samples(profile: Profile, argument: Argument) -> tuple[Value, ...]:
    match argument.type:
        case "integer":
            return tuple({argument.least, max(argument.least, 0), argument.most})
        case "choice":
            return tuple(argument.values)
        case "source":
            return tuple(profile.sources)
        case "flag":
            return (True, False)
        case "text":
            return ("",)


def _differs(profile: Profile, golden: Golden) -> str:
    """How a golden frame and the profile disagree, or nothing."""
    cut = packets.Packets().cut(bytes.fromhex(golden.received))
    replies = [reply for each in cut if (reply := packets.reply(each, 1))]
    if golden.command is not None:
        arguments = values.checked(profile, golden.command, golden.arguments)
        said = _said(profile, golden.command, arguments)
        agrees = {reply.kind for reply in replies} <= {"ack", "completion"}
    else:
        reading = profile.readings[golden.reading or ""]
        said = (_asked(profile, reading),)
        agrees = [meaning(reading, reply.data) for reply in replies] == [golden.value]
    sent = b"".join(packets.packet(1, each) for each in said)
    if sent != bytes.fromhex(golden.sent):
        return f"{sent.hex(' ').upper()} would be sent"
    if not agrees or (golden.received and not replies):
        return f"{golden.received} means something else"
    return ""

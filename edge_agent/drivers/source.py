"""A camera, microphone or screen that is only recorded: nothing is sent to it.

The one thing an operating system offers is closing a PulseAudio microphone. In a profile that is
the command `send: pulse-mute` with a flag, true for open, and the reading `query: pulse-mute`.
The codec's parameter `source` is PulseAudio's name of it; `room.toml` fills in the address of the
recorded source that the device is. Without one it is the default source.
"""

from collections.abc import Iterator
from typing import Final

from contract.profile import Profile
from edge_agent.drivers import offered, programs
from edge_agent.drivers.programs import Run
from edge_agent.errors import Garbled, Refused, Unreachable, Unsupported
from edge_agent.room.model import Arguments, Device, Value

_OPERATION: Final = "pulse-mute"
_DEFAULT: Final = "default"
"""What the recorder calls PulseAudio's default source."""

_MUTED: Final = {"Mute: yes": True, "Mute: no": False}


def make(device: Device) -> "RecordedSource":
    """A driver for a source."""
    return RecordedSource(device)


def problems(profile: Profile) -> Iterator[str]:
    """What cannot be told or asked of a source."""
    for name, command in profile.commands.items():
        if command.send != _OPERATION or [a.type for a in command.arguments.values()] != ["flag"]:
            yield f"commands.{name}: only `send: {_OPERATION}` with one flag is there"
    for name, reading in profile.readings.items():
        if reading.query != _OPERATION or reading.type != "flag":
            yield f"readings.{name}: only `query: {_OPERATION}` of the type flag is there"
    for number, _ in enumerate(profile.golden):
        yield f"golden[{number}]: there are no frames: nothing is sent anywhere"


class RecordedSource:
    """One source.

    Args:
        device: what it is called.
        run: starts the programs of the operating system.
    """

    def __init__(self, device: Device, run: Run = programs.run) -> None:
        self._device = device
        self._run = run
        name = str(device.profile.codec.parameters.get("source", _DEFAULT))
        self._name = "@DEFAULT_SOURCE@" if name == _DEFAULT else name

    async def connect(self) -> None:
        """Nothing is to be opened: whether it gives anything, the recorder knows."""

    async def send(self, command: str, arguments: Arguments) -> None:
        """Open or close the microphone."""
        offered.command(self._device, command)
        mute = "0" if all(arguments.values()) else "1"
        await self._pactl("set-source-mute", self._name, mute)

    async def query(self, point: str) -> Value:
        """Whether the microphone is open."""
        offered.reading(self._device, point)
        told = (await self._pactl("get-source-mute", self._name)).strip()
        if told not in _MUTED:
            raise Garbled(f"pactl says {told[:40]!r}")
        return not _MUTED[told]

    async def close(self) -> None:
        """Nothing is open."""

    async def _pactl(self, *words: str) -> str:
        try:
            return await self._run(("pactl", *words), self._device.transport.reply_timeout)
        except Unsupported:
            raise
        except Refused as error:
            if "Connection" in str(error):
                raise Unreachable(f"PulseAudio does not run: {error}") from error
            raise Unsupported(f"PulseAudio has no source {self._name!r}: {error}") from error

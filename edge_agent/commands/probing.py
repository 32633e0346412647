"""Asks a device what its profile says it can be asked, and says what came."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from contract.profile import Reading
from edge_agent.drivers import registry
from edge_agent.errors import Busy, EdgeError, Garbled, Refused, Unsupported
from edge_agent.link.clock import FleetClock
from edge_agent.loops.device_line import DeviceLine
from edge_agent.room.device import agrees
from edge_agent.room.model import Arguments, Device, Value

Outcome = Literal["value", "not now", "unsupported", "refused", "garbled", "no answer"]

_HARMLESS: Final = frozenset(
    (
        "volume",
        "mute",
        "source",
        "blank",
        "freeze",
        "backlight",
        "touch_lock",
        "microphone",
        "tracking",
    )
)
"""Standard commands that do nothing when they are given the value that is set already."""

_TELLING: Final = ("power", "mains", "model", "name", "firmware", "source")
"""Readings that tell best whether a device is there."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one question, after so many seconds."""

    point: str
    outcome: Outcome
    seconds: float
    value: Value | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """A command that sets what is set already, and whether the device shows that it was obeyed."""

    command: str
    arguments: Arguments
    done: bool = False
    why: str = ""


class Probe:
    """A line to one device, paced and opened as the running agent does it."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._clock = FleetClock()
        self._line = DeviceLine(device, registry.driver, self._clock)

    async def ask(self, point: str) -> Answer:
        """Ask one reading. Never raises."""
        started = time.monotonic()
        try:
            value = await self._line.query(point)
        except EdgeError as error:
            return Answer(point, _outcome(error), time.monotonic() - started, why=str(error))
        return Answer(point, "value", time.monotonic() - started, value)

    async def attempt(self, trial: Trial) -> Trial:
        """Send a command and read back. Never raises."""
        command = self._device.profile.commands[trial.command]
        try:
            await self._line.send(trial.command, trial.arguments)
            await self._clock.sleep(command.settle)
            shown = await self._line.query(command.confirm or "")
        except EdgeError as error:
            return Trial(trial.command, trial.arguments, why=f"{_outcome(error)}: {error}")
        if agrees(command, trial.arguments, shown):
            return Trial(trial.command, trial.arguments, done=True)
        return Trial(trial.command, trial.arguments, why=f"{command.confirm} is {shown} then")

    async def aclose(self) -> None:
        """Let go of the line."""
        await self._line.close()


def telling(device: Device) -> tuple[str, ...]:
    """The readings to ask when only whether it answers matters, the best first."""
    offered = [name for name, reading in device.profile.readings.items() if _on(device, reading)]
    first = [name for name in _TELLING if name in offered]
    return (*first, *(name for name in offered if name not in first))[:3]


def trials(device: Device, values: Mapping[str, Value]) -> tuple[Trial, ...]:
    """The commands that can be tried without changing anything, given what is set."""
    found = []
    for name, command in device.profile.commands.items():
        value = values.get(command.confirm or "")
        if name in _HARMLESS and value is not None and len(command.arguments) == 1:
            (argument,) = command.arguments
            found.append(Trial(name, {argument: int(value) if isinstance(value, float) else value}))
    return tuple(found)


def _on(device: Device, reading: Reading) -> bool:
    return not reading.transports or device.transport.kind in reading.transports


def _outcome(error: EdgeError) -> Outcome:
    match error:
        case Unsupported():
            return "unsupported"
        case Refused():
            return "refused"
        case Busy():
            return "not now"
        case Garbled():
            return "garbled"
        case _:
            return "no answer"

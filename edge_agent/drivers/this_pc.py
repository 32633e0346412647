"""The PC the agent runs on, often one that is slotted into the panel (OPS).

In a profile, `send` is `lock`, `restart` or `off`; `query` is `cpu`, `memory`, `temperature` or
`disk_free` (bytes, of the disk that holds the codec's parameter `path`, or the agent's directory).
"""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil

from contract.profile import Profile
from edge_agent import pc
from edge_agent.drivers import offered, programs
from edge_agent.drivers.programs import Run
from edge_agent.errors import Unreachable, Unsupported
from edge_agent.room.model import Arguments, Device, Value
from edge_agent.room.values import meaning

PROGRAMS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "linux": {
        "lock": ("loginctl", "lock-sessions"),
        "restart": ("systemctl", "reboot"),
        "off": ("systemctl", "poweroff"),
    },
    "win32": {
        "lock": ("rundll32.exe", "user32.dll,LockWorkStation"),
        "restart": ("shutdown.exe", "/r", "/t", "0"),
        "off": ("shutdown.exe", "/s", "/t", "0"),
    },
}
"""By operating system, as `sys.platform` calls it: what each operation starts."""

_OPERATIONS: Final = tuple(PROGRAMS["linux"])
_FACTS: Final = ("cpu", "memory", "temperature", "disk_free")


RESTART_SECONDS: Final = 20.0


async def restart(run: Run = programs.run, system: str = sys.platform) -> None:
    """Have the operating system start this PC again, as the room's profile of it would.

    Raises:
        Unsupported: it is not known how.
        Refused: the agent's user may not.
        Unreachable: it does not say whether it does.
    """
    argv = PROGRAMS.get(system, {}).get("restart")
    if argv is None:
        raise Unsupported(f"restart is not known on {system}")
    await run(argv, RESTART_SECONDS)


def make(device: Device) -> "ThisPc":
    """A driver for this PC."""
    return ThisPc(device)


def problems(profile: Profile) -> Iterator[str]:
    """What this PC cannot be told or asked."""
    for name, command in profile.commands.items():
        if command.send not in _OPERATIONS:
            yield f"commands.{name}: send: one of {', '.join(_OPERATIONS)}"
    for name, reading in profile.readings.items():
        if reading.query not in _FACTS:
            yield f"readings.{name}: query: one of {', '.join(_FACTS)}"
    for number, _ in enumerate(profile.golden):
        yield f"golden[{number}]: there are no frames: nothing is sent anywhere"


class ThisPc:
    """This PC.

    Args:
        device: what it is called.
        run: starts the programs of the operating system.
        system: the operating system, as `sys.platform` calls it.
    """

    def __init__(self, device: Device, run: Run = programs.run, system: str = sys.platform) -> None:
        self._device = device
        self._run = run
        self._system = system

    async def connect(self) -> None:
        """Begin to measure: the load of the processors is that since the last question."""
        psutil.cpu_percent(None)

    async def send(self, command: str, arguments: Arguments) -> None:
        """Lock it, restart it, or switch it off."""
        operation = offered.command(self._device, command).send
        argv = PROGRAMS.get(self._system, {}).get(operation)
        if argv is None:
            raise Unsupported(f"{operation} is not known on {self._system}")
        await self._run(argv, self._device.transport.reply_timeout)

    async def query(self, point: str) -> Value:
        """Measure one thing."""
        reading = offered.reading(self._device, point)
        try:
            async with asyncio.timeout(self._device.transport.reply_timeout):
                value = await asyncio.to_thread(self._measured, reading.query)
        except (OSError, TimeoutError) as error:
            raise Unreachable(f"{reading.query} cannot be measured: {error}") from error
        return meaning(reading, str(value))

    async def close(self) -> None:
        """Nothing is open."""

    def _measured(self, fact: str) -> float:
        match fact:
            case "cpu":
                return float(psutil.cpu_percent(None))
            case "memory":
                return float(psutil.virtual_memory().percent)
            case "temperature":
                degrees = pc.temperature()
                if degrees is None:
                    raise Unsupported("this PC has no sensor of its temperature")
                return degrees
            case "disk_free":
                path = Path(str(self._device.profile.codec.parameters.get("path", ".")))
                return float(psutil.disk_usage(str(path)).free)
            case _:
                raise Unsupported(f"this PC does not know {fact!r}")

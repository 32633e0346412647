"""The desk where the room's devices are asked for things, and where it is noted how they are."""

import asyncio
import logging
from collections.abc import Mapping

import msgspec

from contract.messages import DeviceChanged
from edge_agent.loops.bus import Bus
from edge_agent.loops.device import DeviceLoop
from edge_agent.loops.signals import AskDevice, DeviceAnswered, DevicePower
from edge_agent.ports.clock import Clock
from edge_agent.ports.journal import Outbox
from edge_agent.room import device as rules
from edge_agent.room.device import DeviceState
from edge_agent.room.events import DeviceSeen
from edge_agent.room.model import Device

logger = logging.getLogger(__name__)


class DeviceDesk:
    """Hands each `AskDevice` to its device's loop, and tells the fleet of each change.

    The one place where mains are cut: a command that cuts them is refused while a device that
    hangs on them is hot.
    """

    def __init__(
        self,
        devices: Mapping[str, tuple[Device, DeviceLoop]],
        outbox: Outbox,
        clock: Clock,
        bus: Bus,
    ) -> None:
        self._devices = devices
        self._outbox = outbox
        self._clock = clock
        self._bus = bus
        self._changed: asyncio.Queue[DeviceSeen | DevicePower] = asyncio.Queue()
        self._untold: DeviceSeen | DevicePower | None = None
        self._told: dict[str, DeviceChanged] = {}
        bus.on(AskDevice, self._asked)
        bus.on(DeviceSeen, self._changed.put_nowait)
        bus.on(DevicePower, self._changed.put_nowait)

    def states(self) -> tuple[tuple[DeviceState, bool], ...]:
        """What is known of each device, and whether it answers."""
        return tuple((loop.state, loop.online) for _, loop in self._devices.values())

    def _asked(self, ask: AskDevice) -> None:
        if ask.device not in self._devices:
            why = f"no device is called {ask.device!r}"
            self._bus.publish(DeviceAnswered(ask.request, ask.device, ok=False, why=why))
            return
        device, loop = self._devices[ask.device]
        if hot := self._why_not(device, ask.command):
            self._bus.publish(DeviceAnswered(ask.request, ask.device, ok=False, why=hot))
            return
        # It may wait for its device, and what hangs on the mains be switched on meanwhile.
        loop.put(ask, lambda: self._why_not(device, ask.command))

    def _why_not(self, device: Device, command: str) -> str | None:
        fed = [self._devices[name][1].state for name in device.feeds]
        return rules.why_not_cut(device, command, fed, self._clock.monotonic())

    async def run(self) -> None:
        """Tell the fleet of changes, until cancelled."""
        while True:
            # What a full disk refused is told when the loop is started again.
            self._untold = self._untold or await self._changed.get()
            await self._tell(self._untold)
            self._untold = None

    async def _tell(self, event: DeviceSeen | DevicePower) -> None:
        _, loop = self._devices[event.device]
        if isinstance(event, DeviceSeen) and event.expected:
            return  # its power has been told, and nothing else has changed
        before = self._told.get(event.device)
        change = before or DeviceChanged(device=event.device, online=True, power=loop.state.power)
        match event:
            case DeviceSeen(online=online, why=why):
                change = msgspec.structs.replace(change, online=online, why=why)
            case DevicePower(power=power):
                change = msgspec.structs.replace(change, power=power)
        if before is None or (before.online, before.power) != (change.online, change.power):
            await self._outbox.append(change)
            self._told[event.device] = change

"""What stands in the room, put together: devices, scenes, alarms, and the touch page.

Beside recording, never in its way: each part is a task of its own, and a room without any hardware
records all the same.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from contract.messages import Reading
from edge_agent.drivers import registry
from edge_agent.drivers.wake import wake
from edge_agent.loops.alarms import AlarmsLoop
from edge_agent.loops.bus import Bus
from edge_agent.loops.device import DeviceLoop
from edge_agent.loops.devices import DeviceDesk
from edge_agent.loops.scenes import ScenesLoop
from edge_agent.loops.telemetry import RoomReadings
from edge_agent.loops.touch import TouchedRoom
from edge_agent.panel import app as panel
from edge_agent.panel.server import serve
from edge_agent.ports.clock import Clock
from edge_agent.ports.journal import Deliveries, Memory, Outbox
from edge_agent.ports.touch import Monitor
from edge_agent.room import alarms
from edge_agent.room.alarms import Rule
from edge_agent.room.automation import Habits
from edge_agent.room.model import Device, Source
from edge_agent.room.scene import Scene
from edge_agent.settings import RoomSettings

Loops = dict[str, Callable[[], Awaitable[None]]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rest of the agent lends."""

    memory: Memory
    outbox: Outbox
    deliveries: Deliveries
    clock: Clock
    bus: Bus


class Hardware:
    """The room's hardware and what looks after it.

    Args:
        settings: the room's configuration.
        devices, scenes, sources: as the settings have them.
        rules: alarms of the sources, beside those of the devices.
        monitor: the sources' pictures and levels, for the touch page.
        here: what the rest of the agent lends.

    Raises:
        BadConfiguration: the touch page's settings cannot be used.
    """

    def __init__(
        self,
        settings: RoomSettings,
        devices: tuple[Device, ...],
        scenes: dict[str, Scene],
        sources: tuple[Source, ...],
        rules: tuple[Rule, ...],
        monitor: Monitor,
        here: Surroundings,
    ) -> None:
        clock, bus = here.clock, here.bus
        keepers = {
            device.name: (device, DeviceLoop(device, registry.driver, clock, bus, wake))
            for device in devices
        }
        desk = DeviceDesk(keepers, here.outbox, clock, bus)
        watch = AlarmsLoop(
            (*alarms.of_devices(devices), *rules), here.memory, here.outbox, clock, bus
        )
        play = ScenesLoop(scenes, devices, _habits(settings), here.memory, here.outbox, clock, bus)
        self._readings = RoomReadings(devices, clock, bus)
        self._loops: Loops = {
            **{f"device {name}": loop.run for name, (_, loop) in keepers.items()},
            "devices": desk.run,
            "alarms": watch.run,
            "scenes": play.run,
        }
        if settings.panel.enabled:
            room = TouchedRoom(
                settings.panel.room,
                sources,
                desk,
                here.outbox,
                here.deliveries,
                clock,
                bus,
                watched=settings.watching.enabled,
            )
            page = panel.build(room, monitor, settings.panel)
            self._loops["touched room"] = room.run
            self._loops["touch page"] = lambda: serve(page, settings.panel)

    @property
    def loops(self) -> Loops:
        """What is to be run, by name."""
        return self._loops

    def readings(self) -> tuple[Reading, ...]:
        """Readings that are due for the next report."""
        return self._readings.due()


def _habits(settings: RoomSettings) -> Habits:
    return Habits(
        break_time=timedelta(minutes=settings.automation.break_minutes),
        quiet_seconds=settings.automation.quiet_minutes * 60,
        preflight=timedelta(minutes=settings.watching.preflight_minutes),
    )

"""Gathers what devices and sources were measured at, for the next report."""

from contract.messages import Reading
from edge_agent.loops.bus import Bus
from edge_agent.ports.clock import Clock
from edge_agent.room import telemetry
from edge_agent.room.events import Measured
from edge_agent.room.model import Device
from edge_agent.room.telemetry import Telemetry


class RoomReadings:
    """The room's readings but those of the PC, which `HealthLoop` takes itself."""

    def __init__(self, devices: tuple[Device, ...], clock: Clock, bus: Bus) -> None:
        units = {
            (device.name, point): reading.unit
            for device in devices
            for point, reading in device.profile.readings.items()
        }
        self._state = Telemetry(units)
        self._clock = clock
        bus.on(Measured, self._measured)

    def due(self) -> tuple[Reading, ...]:
        """What is worth sending now; it counts as sent."""
        self._state, readings = telemetry.due(self._state, self._clock.monotonic())
        return readings

    def _measured(self, event: Measured) -> None:
        self._state = telemetry.measured(self._state, event.subject, event.point, event.value)

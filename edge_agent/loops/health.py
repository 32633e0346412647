"""Measures how the PC is doing and reports it."""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable

import psutil

from contract.messages import Reading, Report
from edge_agent import pc
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import Connected, Disconnected, SettingsChanged, TakeRunning
from edge_agent.ports.clock import Clock
from edge_agent.ports.disk import Disk
from edge_agent.ports.journal import Deliveries, Outbox
from edge_agent.ports.uplink import Uplink

logger = logging.getLogger(__name__)

_FIRST_SECONDS = 2.0
"""Who has just started a room wants to see it live."""
_STEP_SECONDS = 30.0


class HealthLoop:
    """Puts a `Report` into the outbox now and then, with `others` that are due."""

    def __init__(
        self,
        outbox: Outbox,
        deliveries: Deliveries,
        uplink: Uplink,
        clock: Clock,
        bus: Bus,
        disk: Disk,
        seconds: float,
        others: Callable[[], Iterable[Reading]] = tuple,
    ) -> None:
        self._outbox = outbox
        self._deliveries = deliveries
        self._uplink = uplink
        self._clock = clock
        self._disk = disk
        self._own_seconds = self._seconds = seconds
        self._others = others
        self._connected = False
        self._recording = False
        bus.on(Connected, lambda _: self._line(up=True))
        bus.on(Disconnected, lambda _: self._line(up=False))
        bus.on(TakeRunning, self._take_running)
        bus.on(SettingsChanged, self._set)

    def _line(self, *, up: bool) -> None:
        self._connected = up

    def _take_running(self, event: TakeRunning) -> None:
        self._recording = event.take is not None

    def _set(self, event: SettingsChanged) -> None:
        self._seconds = event.report_seconds or self._own_seconds

    async def run(self) -> None:
        """Measure and wait, until cancelled."""
        psutil.cpu_percent()  # the first answer is always 0
        await self._clock.sleep(min(_FIRST_SECONDS, self._seconds))
        while True:
            await self._outbox.append(await self._report())
            told = self._clock.monotonic()
            # In short steps: the fleet may want reports more often from now on.
            while (left := told + self._seconds - self._clock.monotonic()) > 0:
                await self._clock.sleep(min(left, _STEP_SECONDS))

    async def _report(self) -> Report:
        readings = await asyncio.to_thread(self._machine)
        segments, size = await self._deliveries.waiting()
        counts = self._uplink.counts()
        readings += [
            _reading("pc", "disk_free", await self._disk.free(), "B"),
            _reading("uplink", "connected", float(self._connected)),
            _reading("uplink", "malformed", counts.malformed),
            _reading("uplink", "stray", counts.stray),
            _reading("outbox", "waiting", await self._outbox.waiting()),
            _reading("uploads", "waiting", segments),
            _reading("uploads", "waiting_bytes", size, "B"),
            _reading("recorder", "recording", float(self._recording)),
            *self._others(),
        ]
        return Report(
            at=self._clock.now(),
            uptime=pc.since_boot(),
            clock_offset=self._clock.offset,
            readings=tuple(readings),
        )

    @staticmethod
    def _machine() -> list[Reading]:
        memory = psutil.virtual_memory()
        readings = [
            _reading("pc", "cpu", psutil.cpu_percent(), "%"),
            _reading("pc", "memory", memory.percent, "%"),
            _reading("agent", "memory", psutil.Process(os.getpid()).memory_info().rss, "B"),
        ]
        temperature = pc.temperature()
        if temperature is not None:
            readings.append(_reading("pc", "temperature", temperature, "°C"))
        return readings


def _reading(device: str, point: str, value: float, unit: str = "") -> Reading:
    return Reading(device=device, point=point, value=float(value), unit=unit)

"""Shows the room to whoever looks from the fleet: a small picture and the sound's level."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from contract.messages import Glimpse, Look
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import DevicesClosed, LessonNow, LookedInto, TakeRunning
from edge_agent.ports.clock import Clock
from edge_agent.ports.touch import Monitor
from edge_agent.room import looking
from edge_agent.room.looking import Permission
from edge_agent.room.model import Device, Source

logger = logging.getLogger(__name__)

CARRIER_BYTES: Final = 500
"""What MQTT, TLS and TCP put round a message, at the most."""

DOCUMENT_BYTES: Final = 420
"""What a CloudEvents document of a glimpse takes without the picture, at the most."""

MOST_SECONDS: Final = 120.0
"""Who looks on says so again before that; a fleet that went away does not."""

DOUBTED_SECONDS: Final = 10.0
"""How long a look is, when the fleet's time is not known yet."""

FIRST_SECONDS: Final = 3.0
STEP_SECONDS: Final = 0.1
"""A source that has just been opened gives its first picture within seconds."""

Shrink = Callable[[bytes, int], bytes | None]
"""Makes a JPEG fit into so many bytes; blocks for some milliseconds."""


class GlimpseLoop:
    """Publishes `Glimpse` while a `Look` lasts, nothing otherwise, and `LookedInto`.

    Args:
        monitor: what the watcher sees and hears; nothing is opened beside it.
        sources: of the room.
        devices: of the room; they say what faces the wall.
        shrink: makes pictures small.
        may: when the room may be looked into.
        clock: the fleet's time, and time.
        bus: what the room's loops tell each other.
    """

    def __init__(
        self,
        monitor: Monitor,
        sources: Sequence[Source],
        devices: Sequence[Device],
        shrink: Shrink,
        may: Permission,
        clock: Clock,
        bus: Bus,
    ) -> None:
        self._monitor = monitor
        self._sources = sources
        self._devices = devices
        self._shrink = shrink
        self._may = may
        self._clock = clock
        self._bus = bus
        self._look: Look | None = None
        self._until = float("-inf")
        self._asked = asyncio.Event()
        self._closed: frozenset[str] = frozenset()
        self._paused = False
        self._recording = False
        bus.on(Look, self._looked)
        bus.on(DevicesClosed, self._devices_closed)
        bus.on(LessonNow, self._lesson_now)
        bus.on(TakeRunning, self._take_running)

    async def run(self) -> None:
        """Show what somebody wants to see, until cancelled."""
        while True:
            await self._asked.wait()
            self._bus.publish(LookedInto(now=True))
            logger.info("somebody looks into the room")
            try:
                await self._show()
            finally:
                self._asked.clear()
                self._bus.publish(LookedInto(now=False))
            logger.info("nobody looks into the room any more")

    async def _show(self) -> None:
        first = True
        while (left := self._until - self._clock.monotonic()) > 0 and self._look is not None:
            look = self._look
            if self._may == "always" and self._seen():
                self._monitor.look(left)
            if first:
                await self._first_picture()
                first = False
            self._bus.publish(await self._glimpse(look.size))
            await self._clock.sleep(min(look.every, left))

    async def _first_picture(self) -> None:
        until = self._clock.monotonic() + FIRST_SECONDS
        while self._wants_picture() and self._clock.monotonic() < until:
            await self._clock.sleep(STEP_SECONDS)

    def _wants_picture(self) -> bool:
        return self._may == "always" and any(self._cameras()) and self._picture() is None

    async def _glimpse(self, size: int) -> Glimpse:
        small, jpeg = None, self._picture()
        if jpeg is not None:
            room = (size - CARRIER_BYTES - DOCUMENT_BYTES) // 4 * 3  # base64
            small = await asyncio.to_thread(self._shrink, jpeg, room)
        seen = self._seen()
        loud = [level.rms for level in self._monitor.heard() if level.track in seen]
        level = round(max(loud), 1) if loud else None
        return Glimpse(picture=small, level=level, recording=self._recording)

    def _picture(self) -> bytes | None:
        found = (self._monitor.picture(track) for track in self._cameras())
        return next((picture.jpeg for picture in found if picture is not None), None)

    def _cameras(self) -> list[str]:
        seen = self._seen()
        return [s.track for s in self._sources if s.kind == "camera" and s.track in seen]

    def _seen(self) -> frozenset[str]:
        return looking.shown(
            self._sources, self._devices, self._closed, paused=self._paused, may=self._may
        )

    def _looked(self, look: Look) -> None:
        seconds = DOUBTED_SECONDS
        if self._clock.trusted:
            seconds = min((look.until - self._clock.now()).total_seconds(), MOST_SECONDS)
        self._look, self._until = look, self._clock.monotonic() + seconds
        if seconds > 0:
            self._asked.set()

    def _devices_closed(self, event: DevicesClosed) -> None:
        self._closed = event.devices

    def _lesson_now(self, event: LessonNow) -> None:
        self._paused = event.paused

    def _take_running(self, event: TakeRunning) -> None:
        self._recording = event.take is not None

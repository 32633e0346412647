"""Shows the room to whoever looks from the fleet: a small picture and the sound's level."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from contract.messages import Glimpse, Look
from edge_agent.loops.bus import Bus
from edge_agent.loops.sight import Sight
from edge_agent.loops.signals import LookedInto, TakeRunning
from edge_agent.ports.clock import Clock

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
"""A source that has just been opened gives its first picture within seconds."""

Shrink = Callable[[bytes, int], bytes | None]
"""Makes a JPEG fit into so many bytes; blocks for some milliseconds."""


class GlimpseLoop:
    """Publishes `Glimpse` while a `Look` lasts, nothing otherwise, and `LookedInto`.

    Args:
        sight: what may be seen and heard.
        shrink: makes pictures small.
        clock: the fleet's time, and time.
        bus: what the room's loops tell each other.
    """

    def __init__(self, sight: Sight, shrink: Shrink, clock: Clock, bus: Bus) -> None:
        self._sight = sight
        self._shrink = shrink
        self._clock = clock
        self._bus = bus
        self._look: Look | None = None
        self._until = float("-inf")
        self._asked = asyncio.Event()
        self._recording = False
        bus.on(Look, self._looked)
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
            self._sight.open(left)
            if first:
                await self._sight.first_picture(FIRST_SECONDS)
                first = False
            self._bus.publish(await self._glimpse(look.size))
            await self._clock.sleep(min(look.every, left))

    async def _glimpse(self, size: int) -> Glimpse:
        small, jpeg = None, self._sight.picture()
        if jpeg is not None:
            room = (size - CARRIER_BYTES - DOCUMENT_BYTES) // 4 * 3  # base64
            small = await asyncio.to_thread(self._shrink, jpeg, room)
        level = self._sight.level()
        return Glimpse(
            picture=small,
            level=None if level is None else round(level, 1),
            recording=self._recording,
        )

    def _looked(self, look: Look) -> None:
        seconds = DOUBTED_SECONDS
        if self._clock.trusted:
            seconds = min((look.until - self._clock.now()).total_seconds(), MOST_SECONDS)
        self._look, self._until = look, self._clock.monotonic() + seconds
        if seconds > 0:
            self._asked.set()

    def _take_running(self, event: TakeRunning) -> None:
        self._recording = event.take is not None

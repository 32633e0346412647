"""Sends closed segments to the fleet, one at a time, the running lesson's first."""

import asyncio
import logging

from edge_agent.backoff import Backoff
from edge_agent.errors import Unreachable, UploadDenied
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import TakeHandedOver, TakeRunning, UploadPolicyChanged
from edge_agent.ports.clock import Clock
from edge_agent.ports.journal import Deliveries
from edge_agent.ports.uploader import SegmentFile, Uploader
from edge_agent.room.events import TakeDelivered

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 30.0


class UploadsLoop:
    """Uploads until nothing waits. A file stays on the disk at least until its receipt is kept."""

    def __init__(
        self,
        deliveries: Deliveries,
        uploader: Uploader,
        clock: Clock,
        bus: Bus,
        backoff_seconds: float,
    ) -> None:
        self._deliveries = deliveries
        self._uploader = uploader
        self._clock = clock
        self._bus = bus
        self._backoff = Backoff(backoff_seconds)
        self._wake = asyncio.Event()
        self._live: str | None = None
        self._down = False
        bus.on(TakeRunning, self._take_running)
        bus.on(TakeHandedOver, lambda _: self._wake.set())
        bus.on(UploadPolicyChanged, lambda e: uploader.limit(e.policy.bytes_per_second))

    def _take_running(self, event: TakeRunning) -> None:
        self._live = event.take

    def wake(self) -> None:
        """There may be something new to send, or a take has ended."""
        self._wake.set()

    async def run(self) -> None:
        """Send, until cancelled."""
        while True:
            self._wake.clear()
            for take in await self._deliveries.settled():
                self._bus.publish(TakeDelivered(take))
            file = await self._deliveries.next(self._live)
            if file is None:
                await self._pause(_LOOK_SECONDS, early=True)
                continue
            await self._send(file)

    async def _send(self, file: SegmentFile) -> None:
        name = f"{file.take}/{file.track}/{file.index}"

        async def progress(url: str, offset: int) -> None:
            await self._deliveries.progress(file, url, offset)

        try:
            receipt = await self._uploader.upload(file, progress)
        except UploadDenied as error:
            logger.warning("the fleet refuses segment %s for good: %s", name, error)
            await self._deliveries.refused(file, str(error))
        except Unreachable as error:
            if not self._down:
                logger.warning("uploads wait for the fleet: %s", error)
            self._down = True
            wait = self._backoff.next()
            await self._pause(max(wait, error.retry_after or 0.0), early=False)
        else:
            await self._deliveries.delivered(file, receipt)
            logger.info("segment %s is in the fleet (%d bytes)", name, file.bytes)
            if self._down:
                logger.info("uploads go on")
            self._down = False
            self._backoff.reset()

    async def _pause(self, seconds: float, *, early: bool) -> None:
        if not early:
            await self._clock.sleep(seconds)
            return
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass

"""Watches the recording disk, and makes room by deleting what the fleet has proved to hold."""

import asyncio
import logging
from pathlib import Path

from contract.messages import DiskState
from edge_agent.loops.bus import Bus
from edge_agent.ports.clock import Clock
from edge_agent.ports.journal import Deliveries, Outbox
from edge_agent.room.events import DiskLevel, DiskNow
from edge_agent.storage import disk

logger = logging.getLogger(__name__)


class DiskLoop:
    """Publishes `DiskNow` at each look and tells the fleet of each change."""

    def __init__(
        self,
        outbox: Outbox,
        deliveries: Deliveries,
        clock: Clock,
        bus: Bus,
        data: Path,
        limits: disk.DiskLimits,
        seconds: float,
    ) -> None:
        self._outbox = outbox
        self._deliveries = deliveries
        self._clock = clock
        self._bus = bus
        self._data = data
        self._limits = limits
        self._seconds = seconds
        self._level: DiskLevel = "ok"

    async def run(self) -> None:
        """Look and wait, until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(self._seconds)

    async def look(self) -> None:
        """Look once; delete what may go when the disk is low; say how it is."""
        free = await asyncio.to_thread(disk.free, self._data)
        if disk.state(free, self._limits) != "ok":
            await self._make_room(disk.needed(free, self._limits))
            free = await asyncio.to_thread(disk.free, self._data)
        level = disk.state(free, self._limits)
        # The room hears of it first: a full disk may refuse the message to the fleet.
        self._bus.publish(DiskNow(level))
        if level != self._level:
            self._level = level
            logger.warning("the recording disk is %s: %d bytes are free", level, free)
            await self._outbox.append(DiskState(state=level, free_bytes=free))

    async def _make_room(self, need: int) -> None:
        candidates = [
            disk.Candidate(
                file.path, file.bytes, file.sha256, file.receipt.sha256, file.receipt.stored_at
            )
            for file in await self._deliveries.reclaimable()
        ]
        chosen = disk.reclaim(candidates, need)
        for gone in await asyncio.to_thread(disk.delete, chosen):
            logger.info("%s was deleted: the fleet holds it", gone.path.name)
            await self._deliveries.deleted(gone.path)

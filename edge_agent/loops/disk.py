"""Watches the recording disk, and makes room by deleting what the fleet has proved to hold."""

import logging

from contract.messages import DiskState
from edge_agent.loops.bus import Bus
from edge_agent.ports.clock import Clock
from edge_agent.ports.disk import Disk
from edge_agent.ports.journal import Deliveries, Outbox
from edge_agent.room.events import DiskLevel, DiskNow

logger = logging.getLogger(__name__)


class DiskLoop:
    """Publishes `DiskNow` at each look and tells the fleet of each change."""

    def __init__(
        self,
        outbox: Outbox,
        deliveries: Deliveries,
        clock: Clock,
        bus: Bus,
        disk: Disk,
        seconds: float,
    ) -> None:
        self._outbox = outbox
        self._deliveries = deliveries
        self._clock = clock
        self._bus = bus
        self._disk = disk
        self._seconds = seconds
        self._level: DiskLevel = "ok"

    async def run(self) -> None:
        """Look and wait, until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(self._seconds)

    async def look(self) -> None:
        """Look once; delete what may go when the disk is low; say how it is."""
        free = await self._disk.free()
        if self._disk.level(free) != "ok":
            held = await self._deliveries.reclaimable()
            for path in await self._disk.make_room(held, free):
                logger.info("%s was deleted: the fleet holds it", path.name)
                await self._deliveries.deleted(path)
            free = await self._disk.free()
        level = self._disk.level(free)
        # The room hears of it first: a full disk may refuse the message to the fleet.
        self._bus.publish(DiskNow(level))
        if level != self._level:
            self._level = level
            logger.warning("the recording disk is %s: %d bytes are free", level, free)
            await self._outbox.append(DiskState(state=level, free_bytes=free))

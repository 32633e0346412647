"""Remembers fleet time over restarts and tells when someone sets the PC's clock."""

import logging

from contract.messages import ClockStepped
from edge_agent.ports.clock import PcClock
from edge_agent.ports.journal import Memory, Outbox

logger = logging.getLogger(__name__)

KEY = "clock"
_LOOK_SECONDS = 0.5
_SAVE_LOOKS = 60


class ClockLoop:
    """A step of the PC's clock is an event and changes nothing else."""

    def __init__(self, clock: PcClock, memory: Memory, outbox: Outbox) -> None:
        self._clock = clock
        self._memory = memory
        self._outbox = outbox

    async def run(self) -> None:
        """Look twice a second, until cancelled."""
        looks, trusted = 0, self._clock.trusted
        try:
            while True:
                await self._look()
                if looks % _SAVE_LOOKS == 0 or self._clock.trusted != trusted:
                    trusted = self._clock.trusted
                    await self._save()
                looks += 1
                await self._clock.sleep(_LOOK_SECONDS)
        finally:
            await self._save()

    async def _look(self) -> None:
        by = self._clock.step()
        if by is not None:
            logger.warning("the PC's clock was set by %+.1f s; recordings do not mind", by)
            await self._outbox.append(ClockStepped(by_seconds=by))

    async def _save(self) -> None:
        await self._memory.put(KEY, self._clock.saved())

"""The `Clock` port: fleet time learned from acknowledgements, counted since the PC's boot.

An ack names the fleet's time. Sent at s and heard at h, it was written in between, so half the
round trip is the best guess of how old it is; the quickest of the last round trips is believed.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from contract import times
from edge_agent import pc

logger = logging.getLogger(__name__)

_SAMPLES = 16
_SAMPLE_SECONDS = 900.0
"""Older samples are forgotten: a PC's crystal drifts up to 0.1 s in this time."""
_STEP_SECONDS = 2.0
"""Less than this between the two clocks is the wall clock being slewed."""


@dataclass(frozen=True, slots=True)
class _Sample:
    trip: float
    at: float
    base: float


class _Saved(msgspec.Struct, frozen=True):
    boot: str
    since_boot: float
    fleet: float
    offset: float | None


class FleetClock:
    """Fleet time as well as the room knows it.

    Args:
        wall: the PC's clock, seconds since 1970; anyone may set it.
        since_boot: a clock no one can set.
        boot: identifies the boot `since_boot` counts from.
    """

    def __init__(
        self,
        *,
        wall: Callable[[], float] = time.time,
        since_boot: Callable[[], float] = pc.since_boot,
        boot: str | None = None,
    ) -> None:
        self._wall = wall
        self._since_boot = since_boot
        self._boot = boot if boot is not None else pc.boot_id()
        self._base = wall() - since_boot()
        self._seen = self._base
        self._samples: deque[_Sample] = deque(maxlen=_SAMPLES)
        self._known = self._trusted = False

    def now(self) -> datetime:
        """See the port."""
        return times.from_unix(self._base + self._since_boot())

    def monotonic(self) -> float:
        """See the port."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """See the port."""
        await asyncio.sleep(seconds)

    @property
    def offset(self) -> float | None:
        """See the port."""
        return self._base - (self._wall() - self._since_boot()) if self._known else None

    @property
    def trusted(self) -> bool:
        """See the port."""
        return self._trusted

    def heard(self, fleet_time: datetime, sent_at: float | None) -> None:
        """See the port."""
        at = self._since_boot()
        trip = max(0.0, self.monotonic() - sent_at) if sent_at is not None else float("inf")
        late = trip / 2 if sent_at is not None else 0.0
        self._samples.append(_Sample(trip, at, times.to_unix(fleet_time) + late - at))
        fresh = [s for s in self._samples if at - s.at <= _SAMPLE_SECONDS]
        # Without a round trip the earliest-looking base is late by the least delay.
        best = min(fresh, key=lambda s: (s.trip, -s.base))
        if abs(best.base - self._base) > _STEP_SECONDS:
            logger.warning("the clock was %.1f s off the fleet's", self._base - best.base)
        self._base = best.base
        self._known = self._trusted = True

    def step(self) -> float | None:
        """By how many seconds the PC's clock was set since the last call, or None."""
        seen = self._wall() - self._since_boot()
        by = seen - self._seen
        self._seen = seen
        return by if abs(by) > _STEP_SECONDS else None

    def saved(self) -> bytes:
        """What to remember over a restart."""
        at = self._since_boot()
        return msgspec.json.encode(_Saved(self._boot, at, self._base + at, self.offset))

    def restore(self, saved: bytes | None) -> None:
        """Take over what was remembered: exact within one boot, else by the offset to the PC.

        The clock never starts before the time remembered: a dead battery sets PCs back.
        """
        if saved is None:
            return
        memory = msgspec.json.decode(saved, type=_Saved)
        if memory.boot == self._boot:
            self._base = memory.fleet - memory.since_boot
        elif memory.offset is not None:
            self._base += memory.offset
        floor = memory.fleet - self._since_boot()
        self._known = memory.offset is not None
        self._trusted = self._known and self._base >= floor
        self._base = max(self._base, floor)

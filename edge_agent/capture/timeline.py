"""Places the segments of one run on the take's clock. Pure.

A packet cannot arrive before what it shows happened. So the smallest `arrival - pts` over many
packets, less the known delay, is where the run's zero lies on the take's clock, whatever delayed
the others.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from edge_agent.capture.packets import Packet

RECENT_SECONDS: Final = 4.0
"""Packets of so long tell where the run is now: some of them were delayed by nothing."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A closed segment on the take's clock, in seconds."""

    index: int
    start: float
    duration: float


@dataclass(frozen=True, slots=True)
class _Seen:
    packet: Packet
    offset: float


@dataclass(slots=True)
class RunTimeline:
    """The packets of one run and the segments they are in.

    Args:
        first: index of the run's first segment.
        delay: seconds by which packets arrive late by construction.
        drift: a segment whose measured place is farther than this from the end of the one
            before is placed where it was measured; nearer ones follow without a break.
    """

    first: int
    delay: float
    drift: float
    _open: list[_Seen] = field(default_factory=list)
    _closed: int = 0
    _shift: float = 0.0
    _next_start: float | None = None
    _ends: list[float] = field(default_factory=list)
    _recent: deque[tuple[float, float]] = field(default_factory=deque)

    @property
    def index(self) -> int:
        """The index of the open segment."""
        return self.first + self._closed

    @property
    def empty(self) -> bool:
        """Whether nothing is in the open segment."""
        return not self._open

    def add(self, packet: Packet, arrival: float) -> None:
        """A packet was written at `arrival`, in seconds of the take."""
        if not self._closed and not self._open and packet.pts < 0:
            # The segment muxer moves times so that the first is not negative.
            self._shift = -packet.pts
        self._open.append(_Seen(packet, arrival - packet.pts))
        self._recent.append((arrival, arrival - packet.pts))
        while arrival - self._recent[0][0] > RECENT_SECONDS:
            self._recent.popleft()

    def listed(self, end: float) -> None:
        """Ffmpeg says that it closed a segment; `end` as in its list, in seconds of the run."""
        self._ends.append(end)

    @property
    def start(self) -> float:
        """Where the open segment begins, as far as is known. It has a packet."""
        measured = min(seen.offset for seen in self._open) - self.delay + self._open[0].packet.pts
        if self._next_start is not None and abs(measured - self._next_start) <= self.drift:
            return self._next_start
        return max(0.0, measured)

    @property
    def shift(self) -> float | None:
        """How many seconds later the latest packets are than where the open segment has them.

        None while there are too few of them: each may have been delayed.
        """
        if not self._open or self._recent[-1][0] - self._recent[0][0] < RECENT_SECONDS / 2:
            return None
        zero = min(offset for _, offset in self._recent) - self.delay
        return zero - (self.start - self._open[0].packet.pts)

    @property
    def end(self) -> float:
        """Where the last packet ends. The open segment has one."""
        return self.start + max(s.packet.end for s in self._open) - self._open[0].packet.pts

    def closed(self, *, finished: bool = False) -> list[Placed]:
        """The listed segments whose last packet is known; all of them when the run is finished.

        When it is finished, a last segment that was not listed is counted as closed too.
        """
        placed: list[Placed] = []
        while self._ends and (cut := self._cut(self._ends[0] - self._shift, finished)):
            self._ends.pop(0)
            placed.append(self._close(cut))
        if finished and self._open:
            placed.append(self._close(len(self._open)))
        return placed

    def _cut(self, end: float, finished: bool) -> int:
        """How many packets belong to the segment that ends at `end`; 0 if that is not known yet.

        The next segment begins with the key packet nearest to `end`. It may lie a little before,
        as packets' durations are nominal.
        """
        after = [i for i, seen in enumerate(self._open) if i and seen.packet.key]
        if finished:
            after.append(len(self._open))
        elif not after or not self._open[after[-1]].packet.middle >= end:
            return 0
        return min(after, key=lambda i: abs(self._begin(i) - end), default=0)

    def _begin(self, i: int) -> float:
        return self._open[i].packet.pts if i < len(self._open) else self._open[-1].packet.end

    def _close(self, count: int) -> Placed:
        inside, after = self._open[:count], self._open[count:]
        self._open = inside
        start, zero = self.start, inside[0].packet.pts
        written = max(seen.packet.end for seen in inside) - zero
        duration = after[0].packet.pts - zero if after else written
        placed = Placed(self.index, start, duration)
        self._open = after
        self._closed += 1
        self._next_start = start + duration
        return placed

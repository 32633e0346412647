"""One uninterrupted stretch of a source: one child, from its start to its end."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from edge_agent.capture.encoders import Encoder
from edge_agent.capture.inputs import secrets
from edge_agent.capture.keeper import Keeper
from edge_agent.capture.packets import Packet, PacketReader
from edge_agent.capture.plan import Files, expected_delay, plan
from edge_agent.capture.process import Child
from edge_agent.capture.settings import CaptureSettings
from edge_agent.capture.timeline import Placed, RunTimeline
from edge_agent.capture.watch import FfmpegWatch
from edge_agent.ports.recorder import TakeOrder
from edge_agent.room.model import Source

SETTLING_SECONDS: Final = 0.4
"""Sources begin with a burst of what was queued; after it the run's place is known."""

RESTING_SECONDS: Final = (0.1, 0.3)
"""Between two looks at what a settled run has written: waking for each packet would cost more
than all else the agent does. By chance, so that no look is always equally late."""

LOOKING_SECONDS: Final = 0.5
WATCHING_SECONDS: Final = 0.25
STALLED_PATIENCE: Final = 0.3


@dataclass(frozen=True, slots=True)
class Orders:
    """What all runs of a track have in common."""

    source: Source
    take: TakeOrder
    settings: CaptureSettings
    encoder: Encoder
    keeper: Keeper
    watch: FfmpegWatch | None = None


class Run:
    """Records until its child ends, which `end` brings about.

    Attributes:
        first: seconds into the take of its first data, or None while there is none.
        until: where its last data ends, or None.
        why: why it ended, fit for a person; known when `record` has returned.

    Args:
        orders: what to record, and how.
        number: which run of its track it is.
        index: of its first segment.
        delivering: called once, from the recording thread, when `first` is known.
        losing: called from a thread as soon as the source stalls, before the child is ended.
    """

    def __init__(
        self,
        orders: Orders,
        number: int,
        index: int,
        delivering: Callable[["Run"], None],
        losing: Callable[["Run"], None],
    ) -> None:
        self.number = number
        self.first: float | None = None
        self.until: float | None = None
        self.why = ""
        self._orders = orders
        self._files = Files(orders.source.track, number)
        self._index = index
        self._delivering = delivering
        self._losing = losing
        self._list = orders.take.directory / self._files.list
        self._listed = 0
        self._lines = PacketReader()
        self._timeline = RunTimeline(
            index,
            orders.source.latency + expected_delay(orders.source),
            orders.settings.drift_seconds,
        )
        self._first_arrival: float | None = None
        self._last_arrival = self._now()
        self._next_look = 0.0
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._ended = threading.Event()
        self._over = threading.Event()

    @property
    def next_index(self) -> int:
        """The index of the segment after its last."""
        return self._timeline.index

    def record(self, started: threading.Event) -> None:
        """Start the child, set `started`, and follow it to its end.

        Raises:
            OSError: it cannot be started.
        """
        child = self._start()
        started.set()
        watch = threading.Thread(target=self._watch, args=(child,), daemon=True)
        watch.start()
        try:
            for batch in child.batches():
                self._take([packet for line in batch if (packet := self._lines.read(line))])
                if self.first is not None:
                    self._ended.wait(random.uniform(*RESTING_SECONDS))  # noqa: S311
        finally:
            self._over.set()
            status = child.reap()
            watch.join()
        self._finish()
        self.why = self.why or child.complaint or _ending(status)

    def end(self) -> None:
        """Have it close its segment and end; returns when the child has. For any thread."""
        with self._lock:
            self._ended.set()
            child = self._child
        if child is not None:
            child.end()

    def _now(self) -> float:
        return time.monotonic() - self._orders.take.began

    def _start(self) -> Child:
        orders = self._orders
        planned = plan(
            orders.source,
            self._files,
            self._index,
            orders.take.segment_seconds,
            orders.settings,
            orders.encoder,
            None if orders.watch is None else orders.watch.port(orders.source.track),
        )
        with self._lock:
            if self._ended.is_set():
                raise InterruptedError("the take is over")
            self._child = Child(planned, orders.take.directory, secrets(orders.source))
            return self._child

    def _watch(self, child: Child) -> None:
        settings = self._orders.settings
        while not self._over.wait(WATCHING_SECONDS):
            begun = self._first_arrival is not None
            limit = settings.stall_seconds if begun else settings.opening_seconds
            if self._now() - self._last_arrival > limit:
                self.why = f"no data for {limit:g} s"
                if begun:
                    self.until = self._timeline.end
                self._losing(self)
                child.end(STALLED_PATIENCE)
                return

    def _take(self, packets: list[Packet]) -> None:
        if not packets:
            return
        now = self._last_arrival = self._now()
        for packet in packets:
            self._timeline.add(packet, now)
        if self._first_arrival is None:
            self._first_arrival = now
            self._orders.keeper.opened(self._files, self._index, self._timeline.start)
        if self.first is None and now - self._first_arrival >= SETTLING_SECONDS:
            self._settle()
        if now >= self._next_look:
            self._next_look = now + LOOKING_SECONDS
            self._look()
            self._tell_shift()

    def _settle(self) -> None:
        self.first = self._timeline.start
        self._orders.keeper.opened(self._files, self._timeline.index, self.first)
        self._delivering(self)

    def _look(self) -> None:
        """Read what ffmpeg has listed since the last look."""
        try:
            rows = self._list.read_text(encoding="utf-8").splitlines(keepends=True)
        except FileNotFoundError:
            return
        complete = [row for row in rows if row.endswith("\n")]
        for row in complete[self._listed :]:
            self._timeline.listed(float(row.rsplit(",", 1)[1]))
        self._listed = len(complete)
        if closed := self._timeline.closed():
            self._tell(closed)
            self._orders.keeper.opened(self._files, self._timeline.index, self._timeline.start)

    def _tell_shift(self) -> None:
        watch, shift = self._orders.watch, self._timeline.shift
        if watch is not None and shift is not None:
            watch.shifted(self._orders.source.track, shift)

    def _finish(self) -> None:
        if self._first_arrival is None:
            return
        if self.first is None:
            self._settle()
        self._look()
        if not self._timeline.empty:
            self.until = self._timeline.end
        self._tell(self._timeline.closed(finished=True))

    def _tell(self, closed: list[Placed]) -> None:
        for placed in closed:
            whole = placed.index - self._index < self._listed
            self._orders.keeper.closed(self._files, placed, whole=whole)


def _ending(status: int) -> str:
    if status == 0:
        return "the source ended"
    return f"ffmpeg was killed by signal {-status}" if status < 0 else f"ffmpeg ended ({status})"

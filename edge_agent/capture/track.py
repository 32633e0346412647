"""Records one source for as long as the take runs: opens it, and opens it again when it is lost."""

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Final

from edge_agent.capture.plan import SEGMENT
from edge_agent.capture.run import Orders, Run
from edge_agent.ports.recorder import Back, Lost, RecorderEvent, Recording

log = logging.getLogger(__name__)

STEADY_SECONDS: Final = 10.0
"""A run that was shorter makes the next pause longer: a source that comes and goes costs little."""


class Track:
    """One source of a running take, in a thread of its own.

    Args:
        orders: what to record.
        emit: told of everything but closed segments, from the track's thread.
    """

    def __init__(self, orders: Orders, emit: Callable[[RecorderEvent], None]) -> None:
        self._orders = orders
        self._emit = emit
        self._name = orders.source.track
        self._stopping = threading.Event()
        self._started = threading.Event()
        self._run: Run | None = None
        self._lost_at: float | None = None
        self._flaps = 0
        self._thread = threading.Thread(
            target=self._record, name=f"track-{self._name}", daemon=True
        )

    def start(self) -> None:
        """Start recording; returns when the first child runs, or could not be started."""
        self._thread.start()
        self._started.wait()

    def stop(self) -> None:
        """Close what is open; returns when the child has ended."""
        self._stopping.set()
        if run := self._run:
            run.end()
        self._thread.join()

    def _record(self) -> None:
        number, index = self._continued()
        while not self._stopping.is_set():
            run = self._run = Run(self._orders, number, index, self._delivering, self._lose)
            try:
                if not self._stopping.is_set():
                    run.record(self._started)
            except OSError as error:
                run.why = f"ffmpeg cannot be started: {error}"
            self._started.set()
            if self._stopping.is_set():
                break
            if run.first is not None:
                number, index = number + 1, run.next_index
                steady = (run.until or run.first) - run.first > STEADY_SECONDS
                self._flaps = 0 if steady else self._flaps + 1
            self._lose(run)
            self._stopping.wait(self._pause())

    def _pause(self) -> float:
        """Seconds until the next try: a tenth of the absence, so that little more is lost."""
        settings = self._orders.settings
        away = self._now() - (self._lost_at or 0.0)
        shortest = settings.retry_shortest * 2.0 ** max(0, self._flaps - 1)
        pause = min(max(away / 10, shortest), settings.retry_longest)
        # Full pauses in step would have all rooms of a site call a returning server at once.
        return pause * random.uniform(0.5, 1.0)  # noqa: S311

    def _now(self) -> float:
        return time.monotonic() - self._orders.take.began

    def _continued(self) -> tuple[int, int]:
        """The first run and index that are free: nothing that is there is written over."""
        names = (SEGMENT.match(p.name) for p in self._orders.take.directory.iterdir())
        found = [name for name in names if name and name["track"] == self._name]
        run = max((int(name["run"]) for name in found), default=-1)
        index = max((int(name["index"]) for name in found), default=-1)
        return run + 1, index + 1

    def _delivering(self, run: Run) -> None:
        at = run.first or 0.0
        log.info("track %s gives data, run %d, %.2f s into the take", self._name, run.number, at)
        self._emit(Recording(self._name, run.number, at))
        if self._lost_at is not None:
            gap = max(0.0, at - self._lost_at)
            log.info("track %s is back after %.1f s", self._name, gap)
            self._emit(Back(self._name, at, gap))
            self._lost_at = None

    def _lose(self, run: Run) -> None:
        if self._lost_at is not None:
            log.debug("track %s is still lost: %s", self._name, run.why)
            return
        self._lost_at = self._now() if run.until is None else run.until
        log.warning("track %s is lost: %s", self._name, run.why)
        self._emit(Lost(self._name, self._lost_at, run.why))

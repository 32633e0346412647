"""Watches the sources: by the recorder's children while a take runs, else by its own."""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Sequence
from typing import Final

from edge_agent.capture.glance import Glance
from edge_agent.capture.inlet import Inlet
from edge_agent.capture.settings import CaptureSettings
from edge_agent.ports.recorder import TakeOrder
from edge_agent.ports.watch import Observation, Shifted
from edge_agent.room.model import Source

log = logging.getLogger(__name__)

DRAIN_SECONDS: Final = 0.1
LETTING_GO_SECONDS: Final = 0.1
MOST_WAITING: Final = 100


class FfmpegWatch:
    """Implements `ports.watch.Watch`. One thread measures, only while something is open.

    The recorder claims the sources for each take, from a thread, and releases them after it.
    """

    def __init__(self, sources: Sequence[Source], settings: CaptureSettings | None = None) -> None:
        self._settings = settings or CaptureSettings()
        self._inlets = {source.track: Inlet(source) for source in sources}
        self._lock = threading.Lock()
        self._wanted = False
        self._take: TakeOrder | None = None
        self._watched: TakeOrder | bool = False
        self._glances: list[Glance] = []
        self._shifts: dict[str, Shifted] = {}
        self._restarting = False
        self._awake = threading.Event()
        self._over = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._observations: asyncio.Queue[tuple[Observation, ...]] = asyncio.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def open(self) -> None:
        """See the port."""
        with self._lock:
            self._wanted = True
            self._arrange()

    def close(self) -> None:
        """See the port."""
        with self._lock:
            self._wanted = False
            self._arrange()

    def aim(self, track: str, view: str | None) -> None:
        """See the port."""
        self._inlets[track].pictures.aim(view, time.monotonic())

    async def observations(self) -> AsyncIterator[tuple[Observation, ...]]:
        """See the port."""
        self._loop = asyncio.get_running_loop()
        while True:
            yield await self._observations.get()

    def port(self, track: str) -> int | None:
        """Where the side stream of a track is to be sent."""
        inlet = self._inlets.get(track)
        return inlet.port if inlet is not None else None

    def claim(self, take: TakeOrder) -> None:
        """A take begins: let go of all devices. Returns when they are free, within 0.1 s."""
        with self._lock:
            held, self._take = self._glances, take
            self._arrange()
        until = time.monotonic() + LETTING_GO_SECONDS
        for glance in held:
            glance.gone(max(0.0, until - time.monotonic()))

    def release(self) -> None:
        """The take has ended."""
        with self._lock:
            self._take = None
            self._arrange()

    def shifted(self, track: str, by: float) -> None:
        """A track of the take is `by` seconds later than where it was placed."""
        self._shifts[track] = Shifted(track, time.monotonic(), by)

    def end(self) -> None:
        """Close everything; returns when the thread has ended."""
        self._over.set()
        self.close()
        self.release()
        self._awake.set()
        self._thread.join()
        for inlet in self._inlets.values():
            inlet.close()

    def _arrange(self) -> None:
        """Open or close what the state says."""
        before, self._watched = self._watched, self._take or self._wanted
        if self._watched == before:
            return
        for glance in self._glances:
            glance.end()
        self._glances = []
        if self._watched is True:
            self._glances = [
                Glance(inlet.source, inlet.port, self._settings) for inlet in self._inlets.values()
            ]
        self._restarting = True
        if self._watched:
            self._awake.set()
        else:
            self._awake.clear()

    def _run(self) -> None:
        while self._awake.wait() and not self._over.is_set():
            now = time.monotonic()
            with self._lock:
                restarting, self._restarting = self._restarting, False
                take = self._take
            if restarting:
                made = None if take is None else (take.take, take.began)
                for inlet in self._inlets.values():
                    inlet.restart(now, made)
            try:
                self._drain(now)
            except Exception:
                log.exception("what came from a source cannot be measured")
            self._over.wait(DRAIN_SECONDS)

    def _drain(self, now: float) -> None:
        found: list[Observation] = []
        for inlet in self._inlets.values():
            found += inlet.drain(now)
        while self._shifts:
            found.append(self._shifts.popitem()[1])
        if found:
            self._tell(tuple(found))

    def _tell(self, found: tuple[Observation, ...]) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._put, found)

    def _put(self, found: tuple[Observation, ...]) -> None:
        if not self._observations.full():
            self._observations.put_nowait(found)

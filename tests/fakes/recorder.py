"""A recorder without ffmpeg: writes small real files, and fails when it is told to."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from edge_agent.ports.recorder import (
    Back,
    ClosedSegment,
    Lost,
    RecorderEvent,
    Recording,
    TakeOrder,
)


class FakeRecorder:
    """Implements `ports.recorder.Recorder`; each track closes a segment every `segment_seconds`.

    Attributes:
        orders: the takes it was told to record, oldest first.
        running: whether a take is running.

    Args:
        segment_bytes: size of the files it writes.
        closes_by_itself: False leaves closing segments to `close`.
    """

    def __init__(self, *, segment_bytes: int = 1000, closes_by_itself: bool = True) -> None:
        self.orders: list[TakeOrder] = []
        self.running = False
        self._segment_bytes = segment_bytes
        self._closes_by_itself = closes_by_itself
        self._events: asyncio.Queue[RecorderEvent | None] = asyncio.Queue()
        self._runs: dict[str, int] = {}
        self._indices: dict[str, int] = {}
        self._opened: dict[str, float] = {}
        self._lost: dict[str, float] = {}
        self._timers: list[asyncio.TimerHandle] = []

    async def start(self, order: TakeOrder) -> None:
        if self.running:
            raise RuntimeError("a take is running; stop it first")
        self.orders.append(order)
        self.running = True
        self._events = asyncio.Queue()
        self._runs, self._opened, self._lost = {}, {}, {}
        self._indices = {source.track: 0 for source in order.sources}
        for source in order.sources:
            self._begin(source.track)

    async def stop(self) -> None:
        if not self.running:
            return
        self.running = False
        for timer in self._timers:
            timer.cancel()
        for track in list(self._opened):
            self.close(track, reopen=False)
        self._events.put_nowait(None)

    async def events(self) -> AsyncIterator[RecorderEvent]:
        events = self._events
        while (event := await events.get()) is not None:
            yield event
        events.put_nowait(None)

    async def recover(self, directory: Path) -> Sequence[ClosedSegment]:
        return await asyncio.to_thread(_recover, directory)

    @property
    def now(self) -> float:
        """Seconds into the running take."""
        return time.monotonic() - self.orders[-1].began

    def emit(self, event: RecorderEvent) -> None:
        """Say anything, whether it makes sense or not."""
        self._events.put_nowait(event)

    def close(self, track: str, *, reopen: bool = True) -> ClosedSegment:
        """Close the open segment of a track now."""
        start, index = self._opened.pop(track), self._indices[track]
        duration, run = self.now - start, self._runs[track]
        self._indices[track] += 1
        path = self.orders[-1].directory / f"{track}-{run:03d}-{index:05d}.mp4"
        head = json.dumps([start, duration, track, run, index]).encode() + b"\n"
        content = head.ljust(self._segment_bytes, b".")
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        closed = ClosedSegment(track, index, run, start, duration, len(content), digest, path)
        self.emit(closed)
        if reopen:
            self._open(track, start + duration)
        return closed

    def lose(self, track: str, why: str = "the camera was unplugged") -> None:
        """The source of a track stops giving data."""
        self._lost[track] = self.now
        if track in self._opened:
            self.close(track, reopen=False)
        self.emit(Lost(track, self._lost[track], why))

    def bring_back(self, track: str) -> None:
        """It gives data again."""
        self._begin(track)
        self.emit(Back(track, self.now, self.now - self._lost.pop(track)))

    def _begin(self, track: str) -> None:
        self._runs[track] = self._runs.get(track, -1) + 1
        self._open(track, self.now)
        self.emit(Recording(track, self._runs[track], self._opened[track]))

    def _open(self, track: str, start: float) -> None:
        self._opened[track] = start
        if self._closes_by_itself:
            loop, index = asyncio.get_running_loop(), self._indices[track]
            self._timers.append(
                loop.call_later(self.orders[-1].segment_seconds, self._close_if_open, track, index)
            )

    def _close_if_open(self, track: str, index: int) -> None:
        if self.running and track in self._opened and self._indices[track] == index:
            self.close(track)


def _recover(directory: Path) -> Sequence[ClosedSegment]:
    found: list[ClosedSegment] = []
    for path in sorted(directory.glob("*.mp4")):
        content = path.read_bytes()
        if not content:
            path.rename(path.with_name(path.name + ".unreadable"))
            continue
        track, run, index = path.stem.rsplit("-", 2)
        place = json.loads(content.splitlines()[0])
        digest = hashlib.sha256(content).hexdigest()
        found.append(
            ClosedSegment(
                track, int(index), int(run), place[0], place[1], len(content), digest, path
            )
        )
    return found

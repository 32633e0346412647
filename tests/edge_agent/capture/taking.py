"""Runs a take with a recorder and keeps what it said, with the moment it said it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from edge_agent.ports.recorder import ClosedSegment, Recorder, RecorderEvent, TakeOrder
from edge_agent.room.model import Source

PICTURE = Source("picture", "screen", "presentation", "test", "", size=(320, 180), rate=15)
SOUND = Source("sound", "microphone", "audio", "test", "")


@dataclass
class Take:
    """A running or ended take."""

    order: TakeOrder
    heard: list[tuple[float, RecorderEvent]] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def events(self) -> list[RecorderEvent]:
        return [event for _, event in self.heard]

    @property
    def now(self) -> float:
        return time.monotonic() - self.order.began

    def of(self, kind: type, track: str | None = None) -> list:
        """The events of a kind so far, of one track or of all."""
        return [e for e in self.events if isinstance(e, kind) and track in (None, e.track)]

    def segments(self, track: str) -> list[ClosedSegment]:
        return sorted(self.of(ClosedSegment, track), key=lambda segment: segment.index)

    async def wait_for(
        self, kind: type, track: str | None = None, count: int = 1, seconds: float = 20
    ) -> RecorderEvent:
        """The `count`th event of a kind, as soon as it is there."""
        async with self._news, asyncio.timeout(seconds):
            await self._news.wait_for(lambda: len(self.of(kind, track)) >= count)
        return self.of(kind, track)[count - 1]

    async def listen(self, recorder: Recorder) -> None:
        async for event in recorder.events():
            async with self._news:
                self.heard.append((self.now, event))
                self._news.notify_all()

    def when(self, track: str, what: Callable[[Path], list[float]]) -> list[float]:
        """What is found in the segments of a track, in seconds of the take's clock."""
        return [segment.start + at for segment in self.segments(track) for at in what(segment.path)]


def ordered(directory: Path, sources: Sequence[Source], segment_seconds: float) -> TakeOrder:
    """An order for a take in `directory` that begins now."""
    directory.mkdir(exist_ok=True)
    return TakeOrder("take", directory, tuple(sources), segment_seconds, time.monotonic())


@asynccontextmanager
async def taking(
    recorder: Recorder, directory: Path, sources: Sequence[Source], segment_seconds: float = 2.0
) -> AsyncIterator[Take]:
    """Record while the block runs; at its end the take is stopped and all its events are heard."""
    order = ordered(directory, sources, segment_seconds)
    take = Take(order)
    await recorder.start(order)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(take.listen(recorder))
        try:
            yield take
        finally:
            await recorder.stop()

"""One take from its row in the journal to its manifest: the journal first, then ffmpeg."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import assert_never

from contract import messages as m
from edge_agent.errors import EdgeError
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import TrackNow
from edge_agent.ports.clock import Clock
from edge_agent.ports.journal import Outbox, TakeRow, Takes
from edge_agent.ports.recorder import (
    Back,
    ClosedSegment,
    Lost,
    Recorder,
    Recording,
    TakeOrder,
)
from edge_agent.ports.take_files import TakeFiles
from edge_agent.room import manifest
from edge_agent.room.model import Source

logger = logging.getLogger(__name__)

_START_SECONDS = 30.0
_STOP_SECONDS = 90.0


MOST_SEGMENTS = 1_000
"""A manifest of so many, about 190 bytes each, still fits into one message of the contract."""


class TakeFull(EdgeError):
    """The take has as many segments as a manifest holds; another take of the lesson follows."""


class RecorderEnded(EdgeError):
    """The recorder ended by itself; what it left is adopted and the lesson goes on."""


@dataclass(slots=True)
class RunningTake:
    """A take that is being made. `losses`: by track, when and why a source was lost."""

    row: TakeRow
    losses: dict[str, list[tuple[float, str]]] = field(default_factory=lambda: defaultdict(list))
    segments: int = 0
    stopping: bool = False


class TakeMaker:
    """Opens, follows, closes and adopts takes.

    Args:
        takes: where takes are journalled.
        outbox: for events of the take.
        recorder: makes the segments.
        clock: fleet time for rows, monotonic time for offsets.
        sources: what is recorded.
        files: what lies beside the segments.
        segment_seconds: length of a segment.
        boot: boot that the monotonic clock belongs to.
        bus: hears which source gives data.
    """

    def __init__(
        self,
        takes: Takes,
        outbox: Outbox,
        recorder: Recorder,
        clock: Clock,
        sources: Sequence[Source],
        files: TakeFiles,
        segment_seconds: float,
        boot: str,
        bus: Bus,
    ) -> None:
        self._takes = takes
        self._outbox = outbox
        self._recorder = recorder
        self._clock = clock
        self._sources = sources
        self._files = files
        self._segment_seconds = segment_seconds
        self._boot = boot
        self._bus = bus

    async def open(self, take: str, lesson: str | None, course: str | None = None) -> RunningTake:
        """Write the row, start the recorder, tell the fleet.

        Raises:
            EdgeError, OSError: the recorder cannot start; no trace of the take is left.
        """
        if not self._sources:
            raise EdgeError("the room's configuration has no [[source]]")
        row = TakeRow(
            take,
            lesson,
            "starting",
            self._clock.now(),
            self._clock.monotonic(),
            self._boot,
            self._files.directory(take),
            course=course,
        )
        await self._files.begin(row)
        await self._takes.open(row)
        logger.info("take %s: starting, lesson %s", take, lesson)
        order = TakeOrder(take, row.directory, self._sources, self._segment_seconds, row.began)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._recorder.start(order)
        except (EdgeError, OSError):
            await self._forget(row)
            raise
        tracks = tuple(source.track for source in self._sources)
        await self._takes.move(
            take,
            "recording",
            m.TakeStarted(
                take=take,
                lesson=lesson,
                started_at=row.started_at,
                tracks=tracks,
                course=course,
            ),
        )
        logger.info("take %s: recording", take)
        return RunningTake(row)

    async def follow(self, running: RunningTake) -> None:
        """Journal what the recorder says until it has closed its last segment.

        Raises:
            RecorderEnded: it ended without being asked to.
            TakeFull: it is long enough; what is handled as a crash loses a second, not a lesson.
        """
        take = running.row.take
        async for event in self._recorder.events():
            match event:
                case ClosedSegment():
                    await self._takes.add_segment(take, _segment(event), event.path)
                    running.segments += 1
                    if running.segments >= MOST_SEGMENTS and not running.stopping:
                        raise TakeFull(f"take {take}: {MOST_SEGMENTS} segments")
                case Recording(track=track, run=run, at=at):
                    logger.info("take %s: %s gives data at %.2f s (run %d)", take, track, at, run)
                    self._bus.publish(TrackNow(track, lost=False))
                case Lost(track=track, at=at, why=why):
                    logger.warning("take %s: %s lost at %.2f s: %s", take, track, at, why)
                    running.losses[track].append((at, why))
                    self._bus.publish(TrackNow(track, lost=True))
                    await self._outbox.append(m.SourceLost(take=take, track=track, at=at, why=why))
                case Back(track=track, at=at, gap=gap):
                    logger.info("take %s: %s is back after %.2f s", take, track, gap)
                    await self._outbox.append(m.SourceBack(take=take, track=track, at=at, gap=gap))
                case _:
                    assert_never(event)
        if not running.stopping:
            raise RecorderEnded(f"take {take}: the recorder ended by itself")

    async def close(
        self,
        running: RunningTake,
        following: asyncio.Task[None],
        reason: m.TakeEnd,
        slot_end: datetime | None,
    ) -> None:
        """Stop the recorder, wait for `following` to end, and send the manifest.

        Raises:
            TimeoutError: the recorder does not stop; the take is left for adoption.
        """
        row = running.row
        running.stopping = True
        length = self._clock.monotonic() - row.began
        await self._takes.move(row.take, "stopping", reason=reason, slot_end=slot_end)
        logger.info("take %s: stopping (%s)", row.take, reason)
        async with asyncio.timeout(_STOP_SECONDS):
            await self._recorder.stop()
            await asyncio.wait((following,))
        following.result()
        segments = [segment for segment, _ in await self._takes.segments(row.take)]
        await self._hand_over(row, reason, segments, [], length, running.losses)

    async def adopt(self, row: TakeRow, reason: m.TakeEnd) -> bool:
        """Repair what a crash left and send its manifest; False when nothing had been recorded."""
        known = await self._takes.segments(row.take)
        left: Sequence[ClosedSegment] = ()
        if row.directory.is_dir():
            left = await self._recorder.recover(row.directory)
        # What the journal holds was told to the fleet already, and stands.
        told = {(segment.track, segment.index) for segment, _ in known}
        fresh = [(_segment(c), c.path) for c in left if (c.track, c.index) not in told]
        if row.phase == "starting" and not known and not fresh:
            await self._forget(row)
            return False
        segments = [segment for segment, _ in (*known, *fresh)]
        logger.info(
            "take %s: adopted with %d segments, %d of them unknown to the journal",
            row.take,
            len(segments),
            len(fresh),
        )
        await self._hand_over(row, reason, segments, fresh, 0.0, {})
        return True

    async def abandon(self) -> None:
        """Stop a take that can no longer be followed; its files stay for adoption."""
        async with asyncio.timeout(_STOP_SECONDS):
            await self._recorder.stop()

    async def _forget(self, row: TakeRow) -> None:
        await self._files.forget(row.directory)
        await self._takes.drop(row.take)

    async def take_in(self, row: TakeRow, ended: m.TakeEnded) -> None:
        """Journal anew a take that ended before the journal was lost, and send it once more."""
        left = await self._recorder.recover(row.directory)
        wanted = {(s.track, s.index, s.sha256) for track in ended.tracks for s in track.segments}
        found = [(_segment(c), c.path) for c in left if (c.track, c.index, c.sha256) in wanted]
        await self._takes.open(row)
        await self._takes.close(ended, segments=found)

    async def _hand_over(
        self,
        row: TakeRow,
        reason: m.TakeEnd,
        segments: Sequence[m.Segment],
        fresh: Sequence[tuple[m.Segment, Path]],
        length: float,
        losses: dict[str, list[tuple[float, str]]],
    ) -> None:
        duration = max([length, *(s.start + s.duration for s in segments)])
        ended = m.TakeEnded(
            take=row.take,
            lesson=row.lesson,
            started_at=row.started_at,
            ended_at=row.started_at + timedelta(seconds=duration),
            duration=round(duration, 3),
            reason=reason,
            tracks=manifest.tracks(self._sources, segments, duration, losses),
            course=row.course,
        )
        await self._files.end(row.directory, ended)
        await self._takes.close(ended, segments=fresh)
        logger.info("take %s: delivering (%s, %.1f s)", row.take, reason, duration)


def _segment(closed: ClosedSegment) -> m.Segment:
    return m.Segment(
        track=closed.track,
        index=closed.index,
        run=closed.run,
        start=max(0.0, closed.start),
        duration=closed.duration,
        bytes=closed.bytes,
        sha256=closed.sha256,
    )

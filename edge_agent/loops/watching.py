"""Watches picture and sound, and decides when anything looks or listens at all.

That is while a take runs, before a lesson, and for two minutes after somebody asked; at any other
time the sources are closed.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, assert_never

from contract import messages as m
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import (
    AskDevice,
    PageTurned,
    PreflightDue,
    SourcesOpen,
    TakeRunning,
    TrackNow,
)
from edge_agent.ports.clock import Clock
from edge_agent.ports.disk import Disk
from edge_agent.ports.journal import Outbox
from edge_agent.ports.touch import LOOK_SECONDS, Level, Picture
from edge_agent.ports.watch import Heard, Observation, Seen, Shifted, Signal, Turned, Watch
from edge_agent.room import watch as room
from edge_agent.room.events import Measured
from edge_agent.room.model import Device, Source, Value

logger = logging.getLogger(__name__)

LEVEL_SECONDS: Final = 0.09
"""Ten times a second, and what the event loop needs between two."""

NUMBER_SECONDS: Final = 1.0
POLICY_SECONDS: Final = 1.0
DISK_SECONDS: Final = 30.0
GRACE: Final = timedelta(minutes=1)
"""A lesson that does not begin after its pre-flight check leaves the sources open no longer."""

ROOM: Final = "room"


class WatchingLoop:
    """Implements `ports.touch.Monitor`.

    Publishes `Measured` for each track and for the room, and `SourcesOpen`. Hears `TakeRunning`,
    `TrackNow`, `PreflightDue`, and `AskDevice` to know when a camera was turned.

    Args:
        watch: looks and listens.
        sources: what the room records.
        devices: the hardware; a camera names the source it is.
        outbox: for the pages of a presentation.
        clock: fleet time, and time.
        bus: what the room's loops tell each other.
        disk: where recordings lie.
        lesson_bytes: how large a lesson is.
        reserve_bytes: what is not recorded on.
    """

    def __init__(
        self,
        watch: Watch,
        sources: Sequence[Source],
        devices: Sequence[Device],
        outbox: Outbox,
        clock: Clock,
        bus: Bus,
        disk: Disk,
        *,
        lesson_bytes: float,
        reserve_bytes: int,
    ) -> None:
        self._watch = watch
        self._sources = {source.track: source for source in sources}
        named = {source.name: source.track for source in sources if source.kind == "camera"}
        self._cameras = {d.name: named[d.source] for d in devices if d.source in named}
        self._outbox = outbox
        self._clock = clock
        self._bus = bus
        self._disk = disk
        self._lesson_bytes = lesson_bytes
        self._reserve_bytes = reserve_bytes
        self._take: str | None = None
        self._preflight: datetime | None = None
        self._looked_until = float("-inf")
        self._open = False
        self._pictures: dict[str, Picture] = {}
        self._levels: dict[str, Level] = {}
        self._shifts: dict[str, float] = {}
        self._told: dict[tuple[str, str], tuple[Value, float]] = {}
        bus.on(TakeRunning, self._take_running)
        bus.on(PreflightDue, self._preflight_due)
        bus.on(TrackNow, lambda now: self._say(now.track, {"gap": now.lost}))
        bus.on(AskDevice, self._asked)

    def look(self, seconds: float = LOOK_SECONDS) -> None:
        """See the port."""
        self._looked_until = max(self._looked_until, self._clock.monotonic() + seconds)
        self._arrange()

    def picture(self, track: str) -> Picture | None:
        """See the port."""
        return self._pictures.get(track)

    def heard(self) -> tuple[Level, ...]:
        """See the port."""
        return tuple(self._levels.values())

    async def levels(self) -> AsyncIterator[tuple[Level, ...]]:
        """See the port."""
        while True:
            yield self.heard()
            await self._clock.sleep(LEVEL_SECONDS)

    async def run(self) -> None:
        """Watch until cancelled; then everything is closed but for a running take."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow(), name="observations")
                group.create_task(self._measure_disk(), name="lessons left on the disk")
                while True:
                    self._arrange()
                    await self._clock.sleep(POLICY_SECONDS)
        finally:
            self._watch.close()

    async def _follow(self) -> None:
        async for observations in self._watch.observations():
            if self._open or self._take is not None:
                for observation in observations:
                    await self._take_in(observation)

    async def _measure_disk(self) -> None:
        while self._lesson_bytes:  # a room without sources fills no disk
            left = (await self._disk.free() - self._reserve_bytes) / self._lesson_bytes
            self._say(ROOM, {"lessons_left": round(max(0.0, left), 1)})
            await self._clock.sleep(DISK_SECONDS)

    async def _take_in(self, observation: Observation) -> None:
        match observation:
            case Seen(track=track, at=at, jpeg=jpeg, look=look):
                self._pictures[track] = Picture(jpeg, at)
                self._judge(track, room.points_of_picture(self._sources[track].kind, look))
            case Heard(track=track, rms=rms, peak=peak, hearing=hearing):
                self._levels[track] = Level(track, rms, peak)
                self._judge(track, room.points_of_sound(hearing))
            case Signal(track=track, present=present):
                if not present:
                    self._forget(track)
                self._judge(track, {"no_signal": not present})
            case Shifted(track=track, by=by):
                self._shifts[track] = by
                apart = room.apart(tuple(self._sources.values()), self._shifts)
                if apart is not None:
                    self._say(ROOM, {"apart": round(apart, 3)})
            case Turned(take=take, track=track, into=into):
                await self._outbox.append(m.SlideChanged(take=take, track=track, at=into))
                self._bus.publish(PageTurned(take, track, into))
            case _:
                assert_never(observation)

    def _judge(self, track: str, points: Mapping[str, Value]) -> None:
        # Whoever only looks in sees a camera that faces the wall and a closed microphone.
        if self._take is not None or self._checking:
            self._say(track, points)

    def _acquit(self, track: str) -> None:
        """Nobody judges any more: what was wrong is over, and is found anew the next time."""
        wrong = [
            point for (of, point), (said, _) in self._told.items() if of == track and said is True
        ]
        self._say(track, dict.fromkeys(wrong, False))

    def _say(self, subject: str, points: Mapping[str, Value]) -> None:
        """Publish what has changed; numbers, which always do, once a second."""
        now = self._clock.monotonic()
        for point, value in points.items():
            before, at = self._told.get((subject, point), (None, 0.0))
            recent = now - at < NUMBER_SECONDS and not isinstance(value, bool)
            if value == before or (before is not None and recent):
                continue
            self._told[subject, point] = value, now
            self._bus.publish(Measured(subject, point, value, now))

    def _forget(self, track: str) -> None:
        """What was seen and heard of a track is not so any more."""
        self._pictures.pop(track, None)
        self._levels.pop(track, None)
        self._unsay(track, keep=("gap",))

    def _unsay(self, subject: str, keep: Sequence[str] = ()) -> None:
        now = self._clock.monotonic()
        for told, point in tuple(self._told):
            if told == subject and point not in keep:
                del self._told[told, point]
                self._bus.publish(Measured(subject, point, None, now))

    def _take_running(self, event: TakeRunning) -> None:
        before, self._take = self._take, event.take
        if before == event.take:
            return
        self._shifts.clear()
        if self._told.pop((ROOM, "apart"), None) is not None:
            self._bus.publish(Measured(ROOM, "apart", 0.0, self._clock.monotonic()))
        for track in self._sources:
            if event.take is None and (track, "gap") in self._told:
                self._say(track, {"gap": False})
        self._arrange()
        self._tell_open()

    def _preflight_due(self, event: PreflightDue) -> None:
        self._preflight = event.until
        self._arrange()

    def _asked(self, ask: AskDevice) -> None:
        track = self._cameras.get(ask.device)
        if track is None:
            return
        try:
            view = room.aimed(ask.command, ask.arguments)
        except LookupError:
            return
        self._watch.aim(track, view)

    @property
    def _checking(self) -> bool:
        """Whether the sources are looked at because a lesson begins soon."""
        return self._preflight is not None and self._clock.now() < self._preflight + GRACE

    def _arrange(self) -> None:
        """Open or close the sources as it should be now."""
        wanted = self._checking or self._clock.monotonic() < self._looked_until
        if wanted != self._open:
            self._open = wanted
            logger.info("the sources are %s", "looked at" if wanted else "closed")
            if wanted:
                self._watch.open()
            else:
                self._watch.close()
            self._tell_open()
        if self._take is None:
            for track in self._sources:
                if not self._checking:
                    self._acquit(track)
                if not wanted:
                    self._forget(track)

    def _tell_open(self) -> None:
        watched = self._open and self._take is None
        self._bus.publish(SourcesOpen(frozenset(self._sources if watched else ())))

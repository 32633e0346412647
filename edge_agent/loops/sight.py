"""What of the room the fleet's staff may see and hear at this moment."""

from collections.abc import Sequence
from typing import Final

from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import DevicesClosed, LessonNow
from edge_agent.ports.clock import Clock
from edge_agent.ports.touch import Monitor
from edge_agent.room import looking
from edge_agent.room.looking import Permission
from edge_agent.room.model import Device, Source

STEP_SECONDS: Final = 0.1


class Sight:
    """Follows what is closed, and sees and hears the rest.

    Args:
        monitor: what the watcher sees and hears; nothing is opened beside it.
        sources: of the room.
        devices: of the room; they say what faces the wall.
        may: when the room may be looked into.
        clock: time.
        bus: tells what is closed.
        watched: whether the monitor ever sees anything.
    """

    def __init__(
        self,
        monitor: Monitor,
        sources: Sequence[Source],
        devices: Sequence[Device],
        may: Permission,
        clock: Clock,
        bus: Bus,
        *,
        watched: bool = True,
    ) -> None:
        self._monitor = monitor
        self._sources = sources
        self._devices = devices
        self._may = may
        self._clock = clock
        self._closed: frozenset[str] = frozenset()
        self._paused = False
        self._watched = watched
        bus.on(DevicesClosed, self._devices_closed)
        bus.on(LessonNow, self._lesson_now)

    @property
    def may_open(self) -> bool:
        """Whether sources may be opened only to look into the room."""
        return self._may == "always"

    def open(self, seconds: float) -> None:
        """Open the sources for so long, where the room lets them be opened to look into it."""
        shown = self._shown()
        wanted = any(s.track in shown for s in self._sources if s.kind != "screen")
        if self.may_open and wanted:
            self._monitor.look(seconds)

    def why_not(self, source: Source) -> str:
        """Why a source is not to be seen now; empty when it is."""
        if source.track in self._shown():
            return ""
        return "the room may not be looked into" if self._may == "never" else "it is closed"

    def picture(self) -> bytes | None:
        """What the first camera that may be seen shows."""
        found = (self._monitor.picture(track) for track in self._cameras())
        return next((picture.jpeg for picture in found if picture is not None), None)

    def level(self) -> float | None:
        """How loud it is, in dBFS, where a microphone may be heard."""
        shown = self._shown()
        loud = [level.rms for level in self._monitor.heard() if level.track in shown]
        return max(loud) if loud else None

    async def first_picture(self, seconds: float) -> None:
        """Wait so long for a camera that has just been opened."""
        until = self._clock.monotonic() + seconds
        while self.may_open and self._watched and self._cameras():
            if self.picture() is not None or self._clock.monotonic() >= until:
                return
            await self._clock.sleep(STEP_SECONDS)

    async def still(self, source: Source, seconds: float) -> bytes | None:
        """What one source shows, as soon as it does; None when it shows nothing for so long."""
        until = self._clock.monotonic() + (seconds if self._watched else 0.0)
        if self.may_open:
            self._monitor.look(seconds)
        while not self.why_not(source):
            picture = self._monitor.picture(source.track)
            if picture is not None:
                return picture.jpeg
            if self._clock.monotonic() >= until:
                return None
            await self._clock.sleep(STEP_SECONDS)
        return None

    def _cameras(self) -> list[str]:
        shown = self._shown()
        return [s.track for s in self._sources if s.kind == "camera" and s.track in shown]

    def _shown(self) -> frozenset[str]:
        return looking.shown(
            self._sources, self._devices, self._closed, paused=self._paused, may=self._may
        )

    def _devices_closed(self, event: DevicesClosed) -> None:
        self._closed = event.devices

    def _lesson_now(self, event: LessonNow) -> None:
        self._paused = event.paused

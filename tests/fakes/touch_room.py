"""A room and its pictures and sound, in memory: a touch changes it as it would a real one."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import cv2
import numpy

from contract.profile import PowerState
from edge_agent.panel.reasons import HELP_SENT, HELP_WAITING
from edge_agent.ports.touch import (
    LOOK_SECONDS,
    DeviceView,
    Done,
    HelpTopic,
    LessonView,
    Level,
    Offer,
    Picture,
    RoomView,
    SourceState,
    SourceView,
)
from edge_agent.room.model import Arguments

VIEW = RoomView(
    at=datetime(2027, 3, 1, 8, 0, tzinfo=UTC),
    phase="idle",
    room="Hall 1",
    connected=True,
    sources=(
        SourceView("presenter", "Front camera", "camera", "closed"),
        SourceView("presentation", "Slides", "screen", "closed"),
        SourceView("audio", "Lectern microphone", "microphone", "closed"),
    ),
    devices=(
        DeviceView(
            "projector",
            "projector",
            True,
            "on",
            frozenset({"power_on", "power_off", "source", "mute", "blank", "load_off"}),
            ("hdmi1", "hdmi2", "vga"),
            values={"source": "hdmi1", "mute": False, "blank": False},
        ),
        DeviceView(
            "wall",
            "panel",
            True,
            "on",
            frozenset({"power_on", "power_off", "source", "volume", "mute"}),
            ("ops", "hdmi1", "type_c"),
            values={"source": "ops", "volume": 40.0, "mute": False},
        ),
        DeviceView(
            "front-camera",
            "camera",
            True,
            "on",
            frozenset({"preset", "park", "tracking"}),
            presets=4,
            values={"preset": 1, "tracking": True},
        ),
        DeviceView("gooseneck", "microphone", True, "unknown", frozenset({"microphone"})),
    ),
    courses=(Offer("c-soil", "Soil science"), Offer("c-water", "إدارة المياه")),
    next=LessonView(
        "l-2",
        "Hydrology 4",
        datetime(2027, 3, 1, 10, 0, tzinfo=UTC),
        datetime(2027, 3, 1, 11, 0, tzinfo=UTC),
    ),
)
"""A room as it is on a morning with nothing on yet."""


class FakeRoom:
    """Implements `ports.touch.Room`.

    Attributes:
        calls: what it was asked, oldest first: the method's name and its arguments.
        delay: seconds that each request takes.
        refusal: why each request is refused, until it is taken away.
        viewers: how many iterators of `changes` are open.
    """

    def __init__(self, view: RoomView = VIEW) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.delay = 0.0
        self.refusal = ""
        self.viewers = 0
        self._view = view
        self._moment = time.monotonic()
        self._changed = asyncio.Event()

    def view(self) -> RoomView:
        return replace(self._view, at=self.now)

    @property
    def now(self) -> datetime:
        """The fleet's time, which goes on from that of the first view."""
        return self._view.at + timedelta(seconds=time.monotonic() - self._moment)

    def change(self, **fields: Any) -> None:
        """Let the room be otherwise; call it in the event loop."""
        if "at" in fields:
            self._moment = time.monotonic()
        self._view = replace(self._view, **fields)
        self._changed.set()
        self._changed = asyncio.Event()

    async def changes(self) -> AsyncIterator[RoomView]:
        self.viewers += 1
        try:
            while True:
                changed = self._changed
                yield self.view()
                try:
                    async with asyncio.timeout(1.0):
                        await changed.wait()
                except TimeoutError:
                    continue
        finally:
            self.viewers -= 1

    async def start(self, course: str | None, minutes: int) -> Done:
        if done := await self._asked("start", (course, minutes)):
            return done
        if self._view.phase not in ("idle", "preflight"):
            return Done(False, "busy: a take is running")
        titles = {offer.course: offer.title for offer in self._view.courses}
        now = self.now
        until = now + timedelta(minutes=minutes)
        lesson = LessonView(None, titles.get(course or "", ""), now, until)
        self._record("recording", lesson=lesson)
        return Done(True)

    async def pause(self) -> Done:
        if done := await self._asked("pause", None):
            return done
        if self._view.phase != "recording":
            return Done(False, "no take is running")
        self._record("paused")
        return Done(True)

    async def resume(self) -> Done:
        if done := await self._asked("resume", None):
            return done
        if self._view.phase != "paused":
            return Done(False, "no lesson is paused")
        self._record("recording")
        return Done(True)

    async def extend(self, minutes: int) -> Done:
        if done := await self._asked("extend", minutes):
            return done
        lesson = self._view.lesson
        if lesson is None:
            return Done(False, "no lesson is running")
        until = lesson.ends_at + timedelta(minutes=minutes)
        if self._view.extend_until is not None:
            until = min(until, self._view.extend_until)
        if until <= lesson.ends_at:
            return Done(False, "the next lesson begins then")
        self.change(lesson=replace(lesson, ends_at=until))
        return Done(True)

    async def stop(self) -> Done:
        if done := await self._asked("stop", None):
            return done
        if self._view.phase not in ("recording", "paused"):
            return Done(False, "no take is running")
        self._record("idle", lesson=None)
        return Done(True)

    async def command(self, device: str, command: str, arguments: Arguments) -> Done:
        if done := await self._asked(command, (device, dict(arguments))):
            return done
        power: PowerState | None = (
            "on" if command == "power_on" else "off" if command == "power_off" else None
        )
        told = {command: value for value in arguments.values()}  # noqa: B035 - each takes one
        devices = tuple(
            replace(
                each,
                power=power or each.power,
                values={**each.values, **told},
            )
            if each.name == device
            else each
            for each in self._view.devices
        )
        self.change(devices=devices)
        return Done(True)

    async def help(self, topic: HelpTopic) -> Done:
        if done := await self._asked("help", topic):
            return done
        return Done(True, HELP_SENT if self._view.connected else HELP_WAITING)

    def sources(self, state: SourceState) -> tuple[SourceView, ...]:
        """Its sources, each in this state."""
        return tuple(replace(source, state=state) for source in self._view.sources)

    async def _asked(self, name: str, arguments: object) -> Done | None:
        self.calls.append((name, arguments))
        await asyncio.sleep(self.delay)
        return Done(False, self.refusal) if self.refusal else None

    def _record(self, phase: str, **fields: Any) -> None:
        state: SourceState = "recording" if phase == "recording" else "closed"
        self.change(
            phase=phase,
            sources=self.sources(state),
            safe_to_switch_off=phase == "idle",
            **fields,
        )


class FakeMonitor:
    """Implements `ports.touch.Monitor`: a moving picture, and a voice that rises and falls.

    Attributes:
        room: whose sources it opens when somebody looks.
        loudness: added to each level, in dB.
    """

    def __init__(self, room: FakeRoom) -> None:
        self.room = room
        self.loudness = 0.0
        self.looks = 0

    def look(self, seconds: float = LOOK_SECONDS) -> None:
        self.looks += 1
        self.room.change(sources=self.room.sources("open"))
        closing = asyncio.get_running_loop().call_later
        closing(seconds, lambda: self.room.change(sources=self.room.sources("closed")))

    def picture(self, track: str) -> Picture | None:
        if track not in self._open("camera", "screen"):
            return None
        at = time.monotonic()
        image = numpy.full((180, 320, 3), 60 if track == "presenter" else 230, numpy.uint8)
        across = round(at * 20) % 280
        cv2.rectangle(image, (across, 60), (across + 40, 150), (80, 160, 220), -1)
        cv2.putText(image, track, (10, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (90, 90, 200), 2)
        _ok, jpeg = cv2.imencode(".jpg", image)
        return Picture(jpeg.tobytes(), at)

    def heard(self) -> tuple[Level, ...]:
        rms = -24 + 10 * math.sin(time.monotonic() * 2) + self.loudness
        return tuple(Level(track, rms, rms + 8) for track in self._open("microphone"))

    async def levels(self) -> AsyncIterator[tuple[Level, ...]]:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            yield self.heard()
            due += 0.1
            await asyncio.sleep(max(due - loop.time(), 0))

    def _open(self, *kinds: str) -> list[str]:
        return [
            source.track
            for source in self.room.view().sources
            if source.kind in kinds and source.state in ("open", "recording")
        ]

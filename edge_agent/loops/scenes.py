"""Plays the room's scenes, when something happens or somebody asks."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from contract.messages import SceneRan
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import (
    TOUCH,
    AskDevice,
    DeviceAnswered,
    LessonNow,
    MessageShown,
    PlayScene,
    PreflightDue,
    RoomTouched,
)
from edge_agent.ports.clock import Clock
from edge_agent.ports.journal import Outbox
from edge_agent.room import automation, lesson, scenes
from edge_agent.room.automation import Automation, Habits
from edge_agent.room.events import Measured
from edge_agent.room.model import Device
from edge_agent.room.scene import Scene
from edge_agent.room.scenes import Scenes

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
_SHOWN = ("panel", "projector", "switcher", "ups")
"""Whose readings the automation follows: that a camera is on, or has a signal, says nothing of
whether somebody is here."""

_Heard = scenes.Event | automation.Event


class ScenesLoop:
    """Runs the reducers of automation and of scenes: the one asks for what the other plays."""

    def __init__(
        self,
        library: Mapping[str, Scene],
        devices: tuple[Device, ...],
        habits: Habits,
        outbox: Outbox,
        clock: Clock,
        bus: Bus,
    ) -> None:
        self._scenes = Scenes(library, devices)
        self._automation = Automation(habits)
        self._names = frozenset(device.name for device in devices)
        self._shown = frozenset(device.name for device in devices if device.role in _SHOWN)
        self._outbox = outbox
        self._clock = clock
        self._bus = bus
        self._next_at: datetime | None = None
        self._looked = float("-inf")
        self._queue: asyncio.Queue[_Heard] = asyncio.Queue()
        bus.on(LessonNow, self._lesson_now)
        bus.on(Measured, self._measured)
        bus.on(DeviceAnswered, self._answered)
        bus.on(PlayScene, self._asked)
        bus.on(RoomTouched, lambda _: self._queue.put_nowait(automation.Touched(self._now())))

    async def run(self) -> None:
        """Play, until cancelled."""
        while True:
            event = await self._next()
            match event:
                case (
                    scenes.Call()
                    | scenes.Answered()
                    | scenes.Valued()
                    | scenes.RecordingIs()
                    | scenes.Passed()
                ):
                    await self._play(event)
                case _:
                    await self._decide(event)

    async def _next(self) -> _Heard:
        now, due = self._now(), scenes.next_due(self._scenes)
        if due is not None and now >= due:
            return scenes.Passed(now)
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            return automation.TimeIs(now, self._clock.now(), self._next_at)
        wait = min(self._looked + _LOOK_SECONDS, due or float("inf")) - now
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                return await self._queue.get()
        return await self._next()

    async def _decide(self, event: automation.Event) -> None:
        self._automation, commands = automation.step(self._automation, event)
        for command in commands:
            match command:
                case automation.Play(scene=scene, trigger=trigger):
                    await self._play(scenes.Call(scene, trigger, self._now()))
                case automation.Preflight(until=until):
                    self._bus.publish(PreflightDue(until))
                case _:
                    assert_never(command)

    async def _play(self, event: scenes.Event) -> None:
        if isinstance(event, scenes.Call):
            logger.info("scene %s: %s", event.scene, event.trigger)
        self._scenes, commands = scenes.step(self._scenes, event)
        for command in commands:
            match command:
                case scenes.Ask():
                    self._bus.publish(
                        AskDevice(
                            command.request,
                            command.device,
                            command.command,
                            command.arguments,
                            command.limit,
                        )
                    )
                case scenes.Show(text=text):
                    self._bus.publish(MessageShown(text))
                case SceneRan():
                    logger.info("scene %s: %s", command.scene, command.outcome)
                    await self._outbox.append(command)
                case _:
                    assert_never(command)

    def _lesson_now(self, event: LessonNow) -> None:
        now = self._now()
        self._next_at = event.next_at
        running = isinstance(event.active, lesson.Recording)
        self._queue.put_nowait(scenes.RecordingIs(running, now))
        by = "timetable"
        if isinstance(event.active, lesson.Starting) and event.active.order:
            by = "touch page" if event.active.order.startswith(TOUCH) else "order"
        which = ""
        if event.slot is not None:
            which = event.slot.lesson or f"unplanned {event.slot.course or ''}"
        self._queue.put_nowait(automation.LessonIs(_phase(event), now, which, by))

    def _measured(self, event: Measured) -> None:
        if event.subject in self._names:
            valued = scenes.Valued(event.subject, event.point, event.value, event.at)
            self._queue.put_nowait(valued)
        if event.subject in self._shown:
            says = automation.DeviceSays(event.subject, event.point, event.value, event.at)
            self._queue.put_nowait(says)

    def _answered(self, event: DeviceAnswered) -> None:
        self._queue.put_nowait(
            scenes.Answered(event.request, event.ok, self._now(), event.why, event.offered)
        )

    def _asked(self, event: PlayScene) -> None:
        self._queue.put_nowait(scenes.Call(event.scene, event.trigger, self._now(), event.text))

    def _now(self) -> float:
        return self._clock.monotonic()


def _phase(event: LessonNow) -> automation.Phase:
    if event.paused:
        return "paused"
    match event.active:
        case lesson.Waiting():
            return "idle"
        case lesson.Starting() | lesson.Recording():
            return "on"
        case lesson.Stopping():
            return "stopping"
        case _:
            assert_never(event.active)

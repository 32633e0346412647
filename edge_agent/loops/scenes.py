"""Plays the room's scenes, when something happens or somebody asks."""

import asyncio
import contextlib
import logging
import sqlite3
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import assert_never

import msgspec

from contract.messages import SceneRan
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import (
    TOUCH,
    AskDevice,
    DeviceAnswered,
    DevicePower,
    DevicesClosed,
    LessonNow,
    LessonUnrecorded,
    MessageShown,
    PlayScene,
    PreflightDue,
    RoomTouched,
    SettingsChanged,
)
from edge_agent.ports.clock import Clock
from edge_agent.ports.journal import Memory, Outbox
from edge_agent.room import automation, lesson, privacy, scenes
from edge_agent.room.alarms import COMMAND_FAILED
from edge_agent.room.automation import Automation, Habits
from edge_agent.room.events import DeviceSeen, Measured
from edge_agent.room.model import Device
from edge_agent.room.scene import Scene
from edge_agent.room.scenes import Held, Owed, Scenes

logger = logging.getLogger(__name__)

_KEY = "scenes"
_KEY_OWED = "scenes-owed"
_LOOK_SECONDS = 1.0
_MOST_UNTOLD = 100
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
        memory: Memory,
        outbox: Outbox,
        clock: Clock,
        bus: Bus,
    ) -> None:
        self._scenes = Scenes(library, devices)
        self._automation = Automation(habits)
        self._own_quiet = habits.quiet_seconds
        self._lesson: LessonNow | None = None
        self._unrecorded = ""
        self._privacy = privacy.of(devices, habits.quiet_seconds)
        self._names = frozenset(device.name for device in devices)
        self._shown = frozenset(device.name for device in devices if device.role in _SHOWN)
        self._inputs = {device.name: device.input for device in devices}
        self._gone: set[str] = set()
        self._failing: set[str] = set()
        self._memory = memory
        self._outbox = outbox
        self._clock = clock
        self._bus = bus
        self._closed: frozenset[str] = frozenset()
        self._next_at: datetime | None = None
        self._looked = float("-inf")
        self._queue: asyncio.Queue[_Heard] = asyncio.Queue()
        self._woke = False
        self._kept: Held | None = None
        self._kept_owed: tuple[Owed, ...] = ()
        self._untold: deque[SceneRan] = deque(maxlen=_MOST_UNTOLD)
        bus.on(LessonNow, self._lesson_now)
        bus.on(LessonUnrecorded, self._unrecorded_is)
        bus.on(SettingsChanged, self._set)
        bus.on(Measured, self._measured)
        bus.on(AskDevice, self._device_asked)
        bus.on(DeviceAnswered, self._answered)
        bus.on(DeviceSeen, self._device_seen)
        bus.on(DevicePower, self._device_power)
        bus.on(PlayScene, self._asked)
        bus.on(RoomTouched, lambda _: self._queue.put_nowait(automation.Touched(self._now())))

    async def run(self) -> None:
        """Play, until cancelled. A message, and what it still owes the room, outlive a restart."""
        if not self._woke:
            saved = await self._memory.get(_KEY)
            self._kept = msgspec.json.decode(saved, type=Held | None) if saved else None
            saved = await self._memory.get(_KEY_OWED)
            self._kept_owed = msgspec.json.decode(saved, type=tuple[Owed, ...]) if saved else ()
            result = scenes.resumed(self._scenes, self._kept, self._kept_owed, self._now())
            self._do(result)
            self._woke = True
        while True:
            event = await self._next()
            match event:
                case (
                    scenes.Call()
                    | scenes.Answered()
                    | scenes.Valued()
                    | scenes.RecordingIs()
                    | scenes.Told()
                    | scenes.Passed()
                ):
                    self._play(event)
                case _:
                    self._decide(event)
            await self._tell()

    async def _next(self) -> _Heard:
        now, due = self._now(), scenes.next_due(self._scenes)
        if due is not None and now >= due:
            return scenes.Passed(now)
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            playing = self._scenes.run is not None
            left_open = privacy.left_open(self._privacy, now)
            return automation.TimeIs(now, self._clock.now(), self._next_at, playing, left_open)
        wait = min(self._looked + _LOOK_SECONDS, due or float("inf")) - now
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                return await self._queue.get()
        return await self._next()

    def _decide(self, event: automation.Event) -> None:
        self._automation, commands = automation.step(self._automation, event)
        for command in commands:
            match command:
                case automation.Play(scene=scene, trigger=trigger, only=only):
                    self._play(scenes.Call(scene, trigger, self._now(), only=only))
                case automation.Preflight(until=until):
                    self._bus.publish(PreflightDue(until))
                case _:
                    assert_never(command)

    def _play(self, event: scenes.Event) -> None:
        if isinstance(event, scenes.Call):
            logger.info("scene %s: %s", event.scene, event.trigger)
        self._do(scenes.step(self._scenes, event))

    def _do(self, result: scenes.Result) -> None:
        self._scenes, commands = result
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
                    self._untold.append(command)
                    self._say_failed(command)
                case _:
                    assert_never(command)

    def _say_failed(self, ran: SceneRan) -> None:
        """What did not obey is an alarm until it does, in a scene or when it is told by hand."""
        for each in ran.steps:
            if each.device and each.outcome in ("failed", "late"):
                self._failing.add(each.device)
                self._bus.publish(Measured(each.device, COMMAND_FAILED.point, True, self._now()))

    async def _tell(self) -> None:
        # A full disk refuses the message; microphone and camera are closed all the same.
        with contextlib.suppress(sqlite3.OperationalError):
            # What is owed first: between the two a message holds the room, and can still be ended.
            if (owed := self._scenes.owed) != self._kept_owed:
                await self._memory.put(_KEY_OWED, msgspec.json.encode(owed))
                self._kept_owed = owed
            if (held := self._scenes.held) != self._kept:
                await self._memory.put(_KEY, msgspec.json.encode(held))
                self._kept = held
            while self._untold:
                await self._outbox.append(self._untold[0])
                self._untold.popleft()

    def _set(self, event: SettingsChanged) -> None:
        minutes = event.quiet_minutes
        quiet = self._own_quiet if minutes is None else minutes * 60
        habits = replace(self._automation.habits, quiet_seconds=quiet)
        self._automation = replace(self._automation, habits=habits)
        self._privacy = replace(self._privacy, patience=quiet)

    def _unrecorded_is(self, event: LessonUnrecorded) -> None:
        self._unrecorded = (event.slot.lesson or "") if event.slot else ""
        if self._lesson is not None:
            self._lesson_now(self._lesson)

    def _lesson_now(self, event: LessonNow) -> None:
        self._lesson = event
        now = self._now()
        self._next_at = event.next_at
        # A scene waits for no recording that nobody wants.
        running = isinstance(event.active, lesson.Recording) or bool(self._unrecorded)
        self._queue.put_nowait(scenes.RecordingIs(running, now))
        by = "timetable"
        if isinstance(event.active, lesson.Starting) and event.active.order:
            by = "touch page" if event.active.order.startswith(TOUCH) else "order"
        which = ""
        if event.slot is not None:
            which = event.slot.lesson or f"unplanned {event.slot.course or ''}"
        phase = _phase(event)
        if self._unrecorded:
            # The room is set up for it all the same; and is, when somebody records it by hand.
            phase, which = "on" if phase == "idle" else phase, self._unrecorded
        self._queue.put_nowait(automation.LessonIs(phase, now, which, by))

    def _measured(self, event: Measured) -> None:
        if event.subject in self._names:
            valued = scenes.Valued(event.subject, event.point, event.value, event.at)
            self._queue.put_nowait(valued)
        if event.subject in self._shown and not self._is_own_signal(event):
            says = automation.DeviceSays(event.subject, event.point, event.value, event.at)
            self._queue.put_nowait(says)

    def _is_own_signal(self, event: Measured) -> bool:
        """Whether it is the room's own PC that gives a signal, which says nothing of people."""
        own = self._inputs[event.subject]
        shown = self._scenes.values.get((event.subject, "source"))
        return event.point == "signal" and event.value is True and bool(own) and shown == own

    def _is_private(self, state: privacy.Privacy) -> None:
        self._privacy = state
        closed = privacy.closed(state)
        if closed != self._closed:
            self._closed = closed
            self._bus.publish(DevicesClosed(closed))

    def _device_asked(self, ask: AskDevice) -> None:
        if not ask.request.startswith(scenes.REQUEST):
            self._queue.put_nowait(scenes.Told(ask.device, self._now()))
        self._is_private(
            privacy.asked(
                self._privacy,
                ask.device,
                ask.command,
                ask.arguments,
                ask.request,
                self._now(),
                by_hand=not ask.request.startswith(scenes.REQUEST),
            )
        )

    def _device_seen(self, event: DeviceSeen) -> None:
        self._is_private(privacy.seen(self._privacy, event.device, online=event.online))
        if not event.online:
            self._gone.add(event.device)
        elif event.device in self._gone:
            self._gone.remove(event.device)
            self._queue.put_nowait(automation.DeviceBack(event.device))

    def _device_power(self, event: DevicePower) -> None:
        self._is_private(privacy.powered(self._privacy, event.device, event.power))

    def _answered(self, event: DeviceAnswered) -> None:
        self._is_private(
            privacy.answered(
                self._privacy, event.device, event.request, ok=event.ok, offered=event.offered
            )
        )
        if event.ok and event.device in self._failing:
            self._failing.remove(event.device)
            self._bus.publish(Measured(event.device, COMMAND_FAILED.point, False, self._now()))
        self._queue.put_nowait(
            scenes.Answered(
                event.request, event.ok, self._now(), event.why, event.offered, event.after
            )
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
        case lesson.Starting():
            return "starting"
        case lesson.Recording():
            return "on"
        case lesson.Stopping():
            return "stopping"
        case _:
            assert_never(event.active)

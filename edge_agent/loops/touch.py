"""The room behind the touch page: hears what happens, and carries out what is touched."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

from contract.messages import HelpCalled
from edge_agent.loops.bus import Bus
from edge_agent.loops.devices import DeviceDesk
from edge_agent.loops.signals import (
    TOUCH,
    AlarmsNow,
    AskDevice,
    Connected,
    CoursesChanged,
    DeviceAnswered,
    DevicePower,
    Disconnected,
    LessonNow,
    LessonUnrecorded,
    LookedInto,
    MessageShown,
    NoticeShown,
    OrderAnswered,
    PictureTaken,
    PreflightDue,
    RoomTouched,
    SettingsChanged,
    SourcesOpen,
    TakeRunning,
    TimetableChanged,
    TrackNow,
)
from edge_agent.loops.touch_view import Facts, view
from edge_agent.ports.clock import Clock
from edge_agent.ports.journal import Deliveries, Outbox
from edge_agent.ports.touch import (
    HELP_SENT,
    HELP_WAITING,
    NO_ANSWER,
    Done,
    HelpTopic,
    RoomView,
)
from edge_agent.room import events as e
from edge_agent.room.model import Arguments, Source

logger = logging.getLogger(__name__)

_LIMIT_SECONDS = 9.0
_LOOK_SECONDS = 1.0
_SHORT_SECONDS = 0.05
"""Changes that come together are shown together."""
_COMMAND_SECONDS = 8.0
_PICTURED_SECONDS = 10.0
"""So long the page says that somebody looks, after one picture."""


class TouchedRoom:
    """The `Room` port of the touch page."""

    def __init__(
        self,
        room: str,
        sources: tuple[Source, ...],
        desk: DeviceDesk,
        outbox: Outbox,
        deliveries: Deliveries,
        clock: Clock,
        bus: Bus,
        *,
        watched: bool = True,
    ) -> None:
        self._facts = Facts(room=room, watched=watched)
        self._sources = sources
        self._desk = desk
        self._outbox = outbox
        self._deliveries = deliveries
        self._clock = clock
        self._bus = bus
        self._answers: dict[str, asyncio.Future[Done]] = {}
        self._viewers: set[asyncio.Event] = set()
        self._listen()

    async def run(self) -> None:
        """Count the uploads that wait, until cancelled."""
        while True:
            uploads = await self._deliveries.waiting()
            if uploads != self._facts.uploads:
                self._facts.uploads = uploads
                self._show()
            await self._clock.sleep(_LOOK_SECONDS)

    def view(self) -> RoomView:
        """See the port."""
        now = self._clock.monotonic()
        return view(self._facts, self._sources, self._desk.states(), self._clock.now(), now)

    async def changes(self) -> AsyncIterator[RoomView]:
        """See the port."""
        changed = asyncio.Event()
        self._viewers.add(changed)
        try:
            while True:
                yield self.view()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await changed.wait()
                        await asyncio.sleep(_SHORT_SECONDS)
                changed.clear()
        finally:
            self._viewers.discard(changed)

    async def start(self, course: str | None, minutes: int) -> Done:
        """See the port."""
        at = self._clock.now()
        until = at + timedelta(minutes=minutes)
        return await self._asked(lambda order: e.StartOrdered(order, at, None, until, course))

    async def pause(self) -> Done:
        """See the port."""
        at = self._clock.now()
        return await self._asked(lambda order: e.PauseOrdered(order, at))

    async def resume(self) -> Done:
        """See the port."""
        at = self._clock.now()
        return await self._asked(lambda order: e.ResumeOrdered(order, at))

    async def extend(self, minutes: int) -> Done:
        """See the port."""
        at = self._clock.now()
        return await self._asked(lambda order: e.ExtendOrdered(order, at, minutes))

    async def stop(self) -> Done:
        """See the port."""
        at = self._clock.now()
        return await self._asked(lambda order: e.StopOrdered(order, at))

    async def command(self, device: str, command: str, arguments: Arguments) -> Done:
        """See the port."""
        return await self._asked(
            lambda request: AskDevice(request, device, command, arguments, _COMMAND_SECONDS)
        )

    async def help(self, topic: HelpTopic) -> Done:
        """See the port."""
        self._bus.publish(RoomTouched())
        slot = self._facts.now.slot if self._facts.now else None
        await self._outbox.append(HelpCalled(topic=topic, lesson=slot.lesson if slot else None))
        logger.warning("help was called: %s", topic)
        return Done(True, HELP_SENT if self._facts.connected else HELP_WAITING)

    async def _asked(self, event: Callable[[str], object]) -> Done:
        """Publish what was touched and wait for the answer to its id."""
        request = f"{TOUCH}{uuid.uuid4()}"
        answer: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._answers[request] = answer
        self._bus.publish(RoomTouched())
        try:
            async with asyncio.timeout(_LIMIT_SECONDS):
                self._bus.publish(event(request))
                return await answer
        except TimeoutError:
            return Done(False, NO_ANSWER)
        finally:
            del self._answers[request]

    def _listen(self) -> None:
        on = self._bus.on
        on(OrderAnswered, lambda a: self._answered(a.order, Done(a.done, a.why)))
        on(DeviceAnswered, lambda a: self._answered(a.request, Done(a.ok, a.why)))
        on(TimetableChanged, lambda c: self._know(meetings=c.meetings))
        on(CoursesChanged, lambda c: self._know(courses=c.courses))
        on(LessonNow, self._lesson_now)
        on(PreflightDue, lambda p: self._know(checking=p.until is not None))
        on(TakeRunning, self._take_running)
        on(TrackNow, self._track_now)
        on(SourcesOpen, lambda o: self._know(open=o.tracks))
        on(Connected, lambda _: self._know(connected=True))
        on(Disconnected, lambda _: self._know(connected=False))
        on(MessageShown, lambda m: self._know(message=m.text))
        on(NoticeShown, self._notice)
        on(PictureTaken, lambda _: self._pictured())
        on(LookedInto, lambda look: self._know(looked_into=look.now))
        on(LessonUnrecorded, lambda lesson: self._know(unrecorded=lesson.slot))
        on(SettingsChanged, self._set)
        on(AlarmsNow, lambda a: self._know(raised=a.raised))
        on(e.DeviceSeen, lambda _: self._show())
        on(DevicePower, lambda _: self._show())
        on(e.Measured, lambda _: self._show())

    def _answered(self, request: str, done: Done) -> None:
        answer = self._answers.get(request)
        if answer is not None and not answer.done():
            answer.set_result(done)

    def _notice(self, shown: NoticeShown) -> None:
        until = self._clock.monotonic() + shown.seconds
        self._know(notice=shown.text, notice_until=until)

    def _pictured(self) -> None:
        self._know(pictured_until=self._clock.monotonic() + _PICTURED_SECONDS)

    def _set(self, settings: SettingsChanged) -> None:
        records = settings.record_timetable is not False
        self._know(language=settings.language or "", records=records)

    def _know(self, **facts: object) -> None:
        for name, value in facts.items():
            setattr(self._facts, name, value)
        self._show()

    def _lesson_now(self, now: LessonNow) -> None:
        before = self._facts.now.slot if self._facts.now else None
        if now.slot is None:
            self._facts.began = None
        elif before is None or before.lesson != now.slot.lesson:
            self._facts.began = self._clock.now()
        if self._facts.now != now:
            self._know(now=now)

    def _take_running(self, running: TakeRunning) -> None:
        taking = running.take is not None
        if taking != self._facts.taking:
            self._facts.lost.clear()
            self._know(taking=taking)

    def _track_now(self, now: TrackNow) -> None:
        (self._facts.lost.add if now.lost else self._facts.lost.discard)(now.track)
        self._show()

    def _show(self) -> None:
        for viewer in self._viewers:
            viewer.set()

"""Says, at each bell and now and then, what the timetable says."""

import asyncio
import logging
from datetime import datetime

from contract.messages import LessonMissed, Meeting
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import (
    ClockCorrected,
    LessonNow,
    LessonUnrecorded,
    SettingsChanged,
    TakeRunning,
    TimetableChanged,
)
from edge_agent.ports.clock import Clock
from edge_agent.ports.journal import Outbox
from edge_agent.room import timetable
from edge_agent.room.events import Slot, SlotNow

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 5.0
"""Also without a bell: a PC that slept has missed some."""
_TRUST_LOOK_SECONDS = 0.2
_DOUBT_SECONDS = 10.0
"""So long a PC whose clock cannot be right waits for the fleet's time; then it records anyway."""


class TimetableLoop:
    """Publishes `SlotNow`.

    While the fleet lets no lesson be recorded without being asked, `SlotNow` has none but the one
    that is recorded already, and `LessonUnrecorded` says which it would have been.
    """

    def __init__(self, clock: Clock, bus: Bus, outbox: Outbox) -> None:
        self._clock = clock
        self._bus = bus
        self._outbox = outbox
        self._meetings: tuple[Meeting, ...] = ()
        self._running: str | None = None
        self._bell: datetime | None = None
        self._waiting: set[str] = set()
        self._records = True
        self._on: str | None = None
        self._unrecorded: Slot | None = None
        self._doubts_until: float | None = None
        self._wake = asyncio.Event()
        bus.on(TimetableChanged, self._changed)
        bus.on(ClockCorrected, lambda _: self._wake.set())
        bus.on(TakeRunning, self._take_running)
        bus.on(LessonNow, self._lesson_now)
        bus.on(SettingsChanged, self._set)

    def _changed(self, event: TimetableChanged) -> None:
        self._meetings = event.meetings
        self._wake.set()

    def _set(self, event: SettingsChanged) -> None:
        self._records = event.record_timetable is not False
        self._wake.set()

    def _take_running(self, event: TakeRunning) -> None:
        self._running = event.lesson

    def _lesson_now(self, event: LessonNow) -> None:
        # The bell of an unplanned or extended lesson is not in the timetable.
        bell = event.slot.ends_at if event.slot else None
        self._on = event.slot.lesson if event.slot else None
        if bell != self._bell:
            self._bell = bell
            self._wake.set()

    async def run(self) -> None:
        """Look and wait, until cancelled."""
        while True:
            self._wake.clear()
            now = self._clock.now()
            slot = next_at = None
            trusted = self._trusts_the_clock()
            if trusted:
                slot = timetable.slot_now(self._meetings, now, self._running)
            if trusted or self._running is not None:
                # No pre-flight look for a lesson of another day.
                next_at = timetable.next_beginning(self._meetings, now, self._running)
            slot, unrecorded = self._recorded(slot)
            if unrecorded != self._unrecorded:
                self._unrecorded = unrecorded
                self._bus.publish(LessonUnrecorded(unrecorded))
            rang = timetable.rang(self._meetings, now, self._running)
            self._bus.publish(SlotNow(now, slot, rang, next_at))
            for lesson in timetable.waiting(self._meetings, now, slot):
                await self._say_waiting(lesson, slot.lesson if slot else None)
            bell = timetable.next_bell(self._meetings, now)
            if self._bell is not None and now < self._bell:
                bell = min(bell or self._bell, self._bell)
            seconds = _LOOK_SECONDS if trusted else _TRUST_LOOK_SECONDS
            if bell is not None:
                seconds = min(seconds, max(0.0, (bell - self._clock.now()).total_seconds()))
            try:
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
            except TimeoutError:
                pass

    def _recorded(self, slot: Slot | None) -> tuple[Slot | None, Slot | None]:
        if slot is None or self._records or slot.lesson in (self._running, self._on):
            return slot, None
        return None, slot

    def _trusts_the_clock(self) -> bool:
        # By a clock that is a day off, tomorrow's lesson would begin for a moment.
        if self._clock.trusted or not self._meetings:
            return True
        if self._doubts_until is None:
            self._doubts_until = self._clock.monotonic() + _DOUBT_SECONDS
        return self._clock.monotonic() >= self._doubts_until

    async def _say_waiting(self, lesson: str, running: str | None) -> None:
        if lesson in self._waiting:
            return
        self._waiting.add(lesson)
        why = f"its time overlaps with lesson {running}, which is recorded to its own end first"
        logger.warning("lesson %s waits: %s", lesson, why)
        await self._outbox.append(LessonMissed(lesson=lesson, why=why))

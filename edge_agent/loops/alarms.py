"""Watches what is measured, and tells fleet and touch page what needs a person."""

import asyncio
import contextlib
import logging
import sqlite3
from collections import deque

import msgspec

from contract.messages import AlarmCleared, AlarmRaised
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import AlarmsNow
from edge_agent.ports.clock import Clock
from edge_agent.ports.journal import Memory, Outbox
from edge_agent.room import alarms
from edge_agent.room.alarm_texts import TEXTS
from edge_agent.room.alarms import Alarms, Cleared, Key, Passed, Raised, Rule, Seen
from edge_agent.room.events import DeviceSeen, Measured
from edge_agent.room.model import Value

logger = logging.getLogger(__name__)

_KEY = "alarms"
_AGAIN_SECONDS = 5.0
_MOST_UNTOLD = 1000


class AlarmsLoop:
    """Runs the alarm reducer. What is raised outlives a restart."""

    def __init__(
        self, rules: tuple[Rule, ...], memory: Memory, outbox: Outbox, clock: Clock, bus: Bus
    ) -> None:
        self._rules = rules
        self._memory = memory
        self._outbox = outbox
        self._clock = clock
        self._bus = bus
        self._state: Alarms | None = None
        self._untold: deque[AlarmRaised | AlarmCleared] = deque(maxlen=_MOST_UNTOLD)
        self._queue: asyncio.Queue[Seen] = asyncio.Queue()
        bus.on(Measured, lambda e: self._seen(e.subject, e.point, e.value, e.at))
        bus.on(DeviceSeen, self._device_seen)

    def _device_seen(self, event: DeviceSeen) -> None:
        if not event.expected:
            self._seen(event.device, "online", event.online, event.at)

    def _seen(self, subject: str, point: str, value: Value | None, at: float) -> None:
        self._queue.put_nowait(Seen(subject, point, value, at))

    async def run(self) -> None:
        """Watch, until cancelled."""
        state = self._state = self._state or await self._restored()
        self._bus.publish(AlarmsNow(state.raised))
        while True:
            await self._tell(state)
            event = await self._next(state)
            state, told = alarms.step(state, event)
            self._state = state
            self._untold += map(_said, told)
            if told:
                self._bus.publish(AlarmsNow(state.raised))

    async def _restored(self) -> Alarms:
        saved = await self._memory.get(_KEY)
        keys = msgspec.json.decode(saved, type=tuple[Key, ...]) if saved else ()
        state = alarms.restored(self._rules, keys, self._clock.monotonic())
        for subject, alarm in sorted({*keys} - {*_keys(state)}):
            # Its device, or the alarm itself, is not in the room's configuration any more.
            self._untold.append(AlarmCleared(alarm=alarm, subject=subject, seconds=0.0))
        return state

    async def _next(self, state: Alarms) -> Seen | Passed:
        now, due = self._clock.monotonic(), alarms.next_due(state)
        if self._untold:
            due = min(now + _AGAIN_SECONDS, due or float("inf"))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if due is None else max(0.0, due - now)):
                return await self._queue.get()
        return Passed(self._clock.monotonic())

    async def _tell(self, state: Alarms) -> None:
        if not self._untold:
            return
        # What a full disk refuses is told later; the touch page has it.
        with contextlib.suppress(sqlite3.OperationalError):
            while self._untold:
                await self._outbox.append(self._untold[0])
                self._untold.popleft()
            await self._memory.put(_KEY, msgspec.json.encode(_keys(state)))


def _said(change: Raised | Cleared) -> AlarmRaised | AlarmCleared:
    subject, alarm = change.rule.subject, change.rule.alarm
    match change:
        case Raised(value=value):
            # A profile of the room's own may name a text that nobody has written.
            texts = TEXTS.get(alarm.text, ("{subject}: " + alarm.id, ""))
            what, todo = (text.format(subject=subject) for text in texts)
            logger.warning("%s: %s (%s)", subject, what, alarm.id)
            return AlarmRaised(
                alarm=alarm.id,
                subject=subject,
                severity=alarm.severity,
                text=alarm.text,
                what=what,
                todo=todo,
                value="" if value is None else str(value),
            )
        case Cleared(seconds=seconds):
            logger.info("%s: %s is over", subject, alarm.id)
            return AlarmCleared(alarm=alarm.id, subject=subject, seconds=max(0.0, seconds))


def _keys(state: Alarms) -> tuple[Key, ...]:
    return tuple((raised.rule.subject, raised.rule.alarm.id) for raised in state.raised)

"""Keeps one device: its line, what it is told, what it is asked. One task a device.

A device that hangs, floods or is switched off keeps only this task waiting, and every wait has a
limit. One thing is said at a time; every command is read back where the device offers a reading.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from edge_agent.backoff import Backoff
from edge_agent.errors import Busy, Refused, Unreachable, Unsupported
from edge_agent.loops.bus import Bus
from edge_agent.loops.device_line import DeviceLine, Make
from edge_agent.loops.signals import AskDevice, DeviceAnswered, DevicePower
from edge_agent.ports.clock import Clock
from edge_agent.room import device as rules
from edge_agent.room import values
from edge_agent.room.device import DeviceState
from edge_agent.room.events import DeviceSeen, Measured
from edge_agent.room.model import Arguments, Device, Value

logger = logging.getLogger(__name__)

_AGAIN_SECONDS = 5.0
"""The longest wait before a device that does not answer is tried again. It is on the room's own
network, and somebody may be standing there with its plug in their hand."""

_REFUSED_SECONDS = 20.0
"""A device that does not take the password may lock itself after a few."""

_BUSY_SECONDS = 1.0
_SHORTEST_SECONDS = 0.05
_OLD_SECONDS = 1.0
_READ_BACK_SECONDS = 0.5
_MOST_ASKED = 50

T = TypeVar("T")

Wake = Callable[[str], Awaitable[None]]
"""Sends a Wake-on-LAN packet to a MAC address."""


@dataclass(frozen=True, slots=True)
class _Asked:
    ask: AskDevice
    until: float
    why_not: Callable[[], str | None]


class DeviceLoop:
    """One device.

    Args:
        device: what it is and where.
        make: makes its driver; called for each connection.
        clock: monotonic time.
        bus: hears `AskDevice`s put to it by `put`, and tells what it learns.
        wake: switches on what has only Wake-on-LAN for that.
    """

    def __init__(
        self,
        device: Device,
        make: Make,
        clock: Clock,
        bus: Bus,
        wake: Wake,
    ) -> None:
        self._device = device
        self._clock = clock
        self._bus = bus
        self._wake = wake
        self._state = DeviceState(device)
        self._asked: deque[_Asked] = deque()
        self._try_at = 0.0
        self._telling = False
        self._came = asyncio.Event()
        self._line = DeviceLine(device, make, clock)
        self._online: bool | None = None
        self._expected = False

    @property
    def state(self) -> DeviceState:
        """What is known of it now."""
        return self._state

    @property
    def online(self) -> bool:
        """Whether it answered last time, or is switched off and mute by right."""
        return bool(self._online) or (
            self._online is not None and rules.is_silent_by_right(self._state)
        )

    def put(self, ask: AskDevice, why_not: Callable[[], str | None] = lambda: None) -> None:
        """Have it told something; what waits and is undone by it is not told any more.

        `why_not` is asked when the command is about to be sent, which may be a while later.
        """
        first = self._asked[0] if self._asked else None
        for asked in tuple(self._asked)[1 if self._telling else 0 :]:
            if rules.supersedes(ask.command, asked.ask.command):
                self._done(asked, ok=False, why="something else was asked for meanwhile")
        if len(self._asked) >= _MOST_ASKED:
            self._answer(ask, ok=False, why="too much is asked of it at once")
            return
        self._asked.append(_Asked(ask, self._clock.monotonic() + ask.limit, why_not))
        if self._asked[0] is not first:
            self._try_at = 0.0
        self._came.set()

    async def run(self) -> None:
        """Keep the device, until cancelled; then let go of it."""
        backoff = Backoff(_AGAIN_SECONDS)
        try:
            while True:
                try:
                    await self._turn()
                    if self._online:
                        backoff.reset()
                    await self._clock.sleep(0)  # a driver may answer without ever waiting
                except Refused as error:
                    await self._lost(str(error))
                    await self._pause(self._patience(_REFUSED_SECONDS))
                except Unreachable as error:
                    await self._lost(str(error))
                    await self._pause(self._patience(backoff.next()))
        finally:
            await self._line.close()

    async def _turn(self) -> None:
        """Do the next thing, or wait for it."""
        now = self._clock.monotonic()
        self._pass(now)
        self._came.clear()
        wait = max(0.0, self._try_at - now) if self._asked else float("inf")
        if wait == 0.0:
            self._telling = True
            try:
                wait = await self._tell(self._asked[0])
            finally:
                self._telling = False
            self._try_at = self._now() + wait
        point, when = rules.due(self._state, now)
        if point is not None and not (self._asked and wait == 0.0):
            await self._ask(point)
            return
        if self._online is None:
            await self._speaking(self._line.open())  # it has nothing to be asked
        changes = rules.next_change(self._state) - now
        wait = min(wait, when - now, changes, self._line.idle_seconds())
        if wait > 0:
            await self._pause(wait)
        if self._line.idle_seconds() <= 0:
            await self._line.close()

    async def _tell(self, asked: _Asked) -> float:
        """Try the first command; seconds until it is worth trying again, 0 when it is done with."""
        ask, now = asked.ask, self._clock.monotonic()
        match rules.may(self._state, ask.command, now):
            case rules.Never(why=why):
                if await self._woken(ask):
                    return 0.0
                self._done(asked, ok=False, why=why, offered=False)
                return 0.0
            case rules.Later(at=at, why=why):
                if at > asked.until:
                    why = f"not within {ask.limit:.0f} s: {why}"
                    self._done(asked, ok=False, why=why, after=at - now)
                    return 0.0
                return max(at - now, _SHORTEST_SECONDS)
            case rules.NotNow(why=why):
                if self._is_old("power"):
                    await self._ask("power")  # somebody may have pressed its button
                    return _SHORTEST_SECONDS
                self._done(asked, ok=False, why=why)
                return 0.0
            case rules.Now():
                pass
        try:
            arguments = values.checked(self._device.profile, ask.command, ask.arguments)
            await self._line.open()
            if forbidden := asked.why_not():
                self._done(asked, ok=False, why=forbidden)
                return 0.0
            await self._send(ask.command, arguments)
        except Busy as error:
            if now + _BUSY_SECONDS > asked.until:
                self._done(asked, ok=False, why=str(error))
                return 0.0
            return _BUSY_SECONDS
        except Refused as error:
            unsupported = isinstance(error, Unsupported)
            self._done(asked, ok=False, why=str(error), offered=not unsupported)
            return 0.0
        except Unreachable as error:
            if self._clock.monotonic() >= asked.until:
                self._done(asked, ok=False, why=str(error))
            raise
        self._switch(rules.told(self._state, ask.command, self._clock.monotonic()))
        await self._read_back(asked)
        return 0.0

    def _is_old(self, point: str) -> bool:
        known = self._state.values.get(point)
        return known is not None and self._now() - known.at > _OLD_SECONDS

    async def _woken(self, ask: AskDevice) -> bool:
        wakes = self._device.transport.wake == "wol" and self._device.mac
        if ask.command != "power_on" or not wakes:
            return False
        await self._wake(self._device.mac)
        logger.info("%s: woken over the network", self._device.name)
        self._switch(rules.told(self._state, ask.command, self._now()))
        self._asked.popleft()
        self._answer(ask, ok=True, why="woken over the network; it cannot say so itself")
        return True

    async def _read_back(self, asked: _Asked) -> None:
        command = self._device.profile.commands[asked.ask.command]
        point = command.confirm
        known = point in self._device.profile.readings  # overrides of the room may have taken it
        if point is None or not known or point in self._state.unsupported:
            self._done(asked, ok=True)
            return
        await self._clock.sleep(min(command.settle, max(0.0, asked.until - self._now())))
        said: Value | None = None
        while True:
            try:
                said = await self._query(point)
            except Busy:
                pass
            except Unsupported:
                self._done(asked, ok=True, why="it cannot be read back")
                return
            else:
                if rules.agrees(command, asked.ask.arguments, said):
                    self._done(asked, ok=True)
                    return
            if self._now() + _READ_BACK_SECONDS > asked.until:
                self._done(asked, ok=False, why=f"it took the command and says {point} is {said}")
                return
            await self._clock.sleep(_READ_BACK_SECONDS)

    async def _ask(self, point: str) -> None:
        try:
            await self._query(point)
        except Busy:
            self._state = rules.refused(self._state, point, self._now(), for_good=False)
        except Unsupported as error:
            logger.info("%s: %s: %s", self._device.name, point, error)
            self._state = rules.refused(self._state, point, self._now(), for_good=True)
            self._bus.publish(Measured(self._device.name, point, None, self._now()))

    async def _query(self, point: str) -> Value:
        said = await self._speaking(self._line.query(point))
        before = self._state
        self._switch(rules.answered(before, point, said, self._now()))
        known = self._state.values[point].value
        if point != "power" or self._state.power == before.power:
            self._bus.publish(Measured(self._device.name, point, known, self._now()))
        return said

    async def _send(self, command: str, arguments: Arguments) -> None:
        await self._speaking(self._line.send(command, arguments))
        logger.info("%s: %s %s", self._device.name, command, dict(arguments) or "")

    async def _speaking(self, exchange: Awaitable[T]) -> T:
        try:
            answer = await exchange
        except (Busy, Unsupported):
            self._heard()
            raise
        self._heard()
        return answer

    def _heard(self) -> None:
        if self._online is not True:
            if self._online is False:
                self._state = rules.reconnected(self._state)
            self._online = True
            logger.info("%s answers", self._device.name)
            self._bus.publish(DeviceSeen(self._device.name, True, self._now()))

    async def _lost(self, why: str) -> None:
        await self._line.close()
        expected = rules.is_silent_by_right(self._state)
        # Also one that was off, was switched on, and has not come.
        if self._online is not False or (self._expected and not expected):
            self._online, self._expected = False, expected
            level = logging.INFO if expected else logging.WARNING
            logger.log(level, "%s does not answer: %s", self._device.name, why)
            self._bus.publish(DeviceSeen(self._device.name, False, self._now(), why, expected))
        now = self._now()
        for asked in tuple(self._asked):
            if now >= asked.until:
                self._done(asked, ok=False, why=f"it does not answer: {why}")

    async def _pause(self, seconds: float) -> None:
        """Wait, unless something new is asked."""
        if seconds == float("inf"):
            await self._came.wait()
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._came.wait()

    def _patience(self, seconds: float) -> float:
        """No longer than until the first of what is asked has to be answered."""
        first = min((asked.until for asked in self._asked), default=float("inf"))
        return max(_SHORTEST_SECONDS, min(seconds, first - self._now()))

    def _pass(self, now: float) -> None:
        after, stale = rules.passed(self._state, now)
        self._switch(after)
        for point in stale:
            self._bus.publish(Measured(self._device.name, point, None, now))
        for asked in tuple(self._asked):
            if now >= asked.until:
                self._done(asked, ok=False, why="there was no time for it")

    def _switch(self, after: DeviceState) -> None:
        before, self._state = self._state, after
        if after.power != before.power:
            logger.info("%s: %s → %s", self._device.name, before.power, after.power)
            self._bus.publish(DevicePower(self._device.name, after.power, self._now()))
            self._bus.publish(Measured(self._device.name, "power", after.power, self._now()))

    def _done(
        self, asked: _Asked, *, ok: bool, why: str = "", offered: bool = True, after: float = 0.0
    ) -> None:
        self._asked.remove(asked)
        self._answer(asked.ask, ok=ok, why=why, offered=offered, after=after)

    def _answer(
        self, ask: AskDevice, *, ok: bool, why: str = "", offered: bool = True, after: float = 0.0
    ) -> None:
        if not ok:
            logger.warning("%s: %s failed: %s", self._device.name, ask.command, why)
        self._bus.publish(DeviceAnswered(ask.request, self._device.name, ok, why, offered, after))

    def _now(self) -> float:
        return self._clock.monotonic()

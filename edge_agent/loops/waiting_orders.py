"""Orders that wait until no lesson is on. They outlive a restart of the agent."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from contract.messages import Order
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import LessonNow, LessonUnrecorded, TakeRunning
from edge_agent.ports.clock import Clock
from edge_agent.ports.journal import Memory

KEY: Final = "waiting-orders"
CALM_SECONDS: Final = 10.0
"""A lesson that follows another at once begins within that time."""

SOON: Final = timedelta(minutes=3)
"""What restarts takes as long; a lesson that begins sooner is waited for as well."""


class WaitingOrders:
    """Keeps them, and knows when the room is free."""

    def __init__(self, memory: Memory, clock: Clock, bus: Bus) -> None:
        self._memory = memory
        self._clock = clock
        self._orders: dict[str, Order] = {}
        self._taking = False
        self._lesson: LessonNow | None = None
        self._unrecorded = False
        self._free_since: float | None = None
        bus.on(TakeRunning, self._take_running)
        bus.on(LessonNow, self._lesson_now)
        bus.on(LessonUnrecorded, self._unrecorded_is)

    @property
    def taking(self) -> bool:
        """Whether a take runs."""
        return self._taking

    @property
    def free(self) -> bool:
        """Whether no lesson is on, recorded or not, and none begins soon; as far as is known."""
        return self._free_since is not None and not self._begins_soon()

    def __bool__(self) -> bool:
        return bool(self._orders)

    async def load(self) -> None:
        """Remember what waited before the agent was started."""
        saved = await self._memory.get(KEY)
        orders = msgspec.json.decode(saved, type=tuple[Order, ...]) if saved else ()
        self._orders = {order.id: order for order in orders} | self._orders

    async def add(self, order: Order) -> None:
        """Let it wait."""
        await self._keep({**self._orders, order.id: order})

    async def drop(self, order: str) -> None:
        """It waits no more, if it did."""
        if order in self._orders:
            await self._keep({key: each for key, each in self._orders.items() if key != order})

    def waits(self, order: str) -> bool:
        """Whether it is one of them."""
        return order in self._orders

    def due(self) -> tuple[Order, ...]:
        """Those that can be obeyed now."""
        calm = self._free_since is not None and (
            self._clock.monotonic() - self._free_since >= CALM_SECONDS
        )
        return tuple(self._orders.values()) if calm and self.free else ()

    def late(self) -> tuple[Order, ...]:
        """Those that were to be obeyed before now."""
        now = self._clock.now()
        return tuple(order for order in self._orders.values() if order.not_after < now)

    async def _keep(self, orders: dict[str, Order]) -> None:
        await self._memory.put(KEY, msgspec.json.encode(tuple(orders.values())))
        self._orders = orders

    def _begins_soon(self) -> bool:
        at: datetime | None = self._lesson.next_at if self._lesson else None
        return at is not None and at - self._clock.now() < SOON

    def _take_running(self, event: TakeRunning) -> None:
        self._taking = event.take is not None
        self._look()

    def _lesson_now(self, event: LessonNow) -> None:
        self._lesson = event
        self._look()

    def _unrecorded_is(self, event: LessonUnrecorded) -> None:
        self._unrecorded = event.slot is not None
        self._look()

    def _look(self) -> None:
        # Until the timetable was heard, nobody knows whether a lesson is on.
        on = self._taking or self._unrecorded
        if on or self._lesson is None or self._lesson.slot is not None:
            self._free_since = None
        elif self._free_since is None:
            self._free_since = self._clock.monotonic()

"""Obeys orders of the fleet, each once, and answers each as often as it is asked."""

import asyncio
import logging
from datetime import timedelta
from typing import Literal

from contract.messages import Order, Reply
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import OrderAnswered
from edge_agent.ports.clock import Clock
from edge_agent.ports.journal import Memory, Outbox
from edge_agent.room.events import StartOrdered, StopOrdered

logger = logging.getLogger(__name__)

_MOST_MINUTES = 600
_Phase = Literal["done", "rejected", "expired"]


class OrdersLoop:
    """Turns orders into events, and what became of them into replies."""

    def __init__(self, memory: Memory, outbox: Outbox, clock: Clock, bus: Bus) -> None:
        self._memory = memory
        self._outbox = outbox
        self._clock = clock
        self._bus = bus
        self._under_way: set[str] = set()
        self._queue: asyncio.Queue[Order | OrderAnswered] = asyncio.Queue()
        bus.on(Order, self._queue.put_nowait)
        bus.on(OrderAnswered, self._queue.put_nowait)

    async def run(self) -> None:
        """Obey, until cancelled."""
        while True:
            match await self._queue.get():
                case Order() as order:
                    await self._obey(order)
                case OrderAnswered(order=order_id, done=done, why=why, result=result):
                    self._under_way.discard(order_id)
                    phase: _Phase = "done" if done else "rejected"
                    await self._memory.reply(
                        Reply(order=order_id, phase=phase, why=why, result=result)
                    )

    async def _obey(self, order: Order) -> None:
        if order.id in self._under_way:
            return
        earlier = await self._memory.reply_of(order.id)
        if earlier is not None:
            await self._outbox.append(earlier)
            return
        logger.info("order %s: %.64s", order.id, order.name)
        now = self._clock.now()
        if order.not_after < now:
            late = (now - order.not_after).total_seconds()
            await self._answer(order, "expired", f"it came {late:.0f} s too late")
            return
        match order.name:
            case "ping":
                await self._answer(order, "done", result={"time": now.isoformat()})
            case "stop_take":
                self._under_way.add(order.id)
                self._bus.publish(StopOrdered(order.id, now))
            case "start_take":
                await self._start(order)
            case _:
                await self._answer(order, "rejected", f"this agent knows no order {order.name!r}")

    async def _start(self, order: Order) -> None:
        minutes, lesson = order.args.get("minutes"), order.args.get("lesson")
        if isinstance(minutes, bool) or not isinstance(minutes, int | float):
            await self._answer(order, "rejected", "minutes: a number is needed")
        elif not 0 < minutes <= _MOST_MINUTES:
            await self._answer(order, "rejected", f"minutes: from 0 to {_MOST_MINUTES}")
        elif lesson is not None and not isinstance(lesson, str):
            await self._answer(order, "rejected", "lesson: an id is needed, or nothing")
        else:
            now = self._clock.now()
            self._under_way.add(order.id)
            self._bus.publish(StartOrdered(order.id, now, lesson, now + timedelta(minutes=minutes)))

    async def _answer(
        self, order: Order, phase: _Phase, why: str = "", result: dict[str, str] | None = None
    ) -> None:
        await self._memory.reply(Reply(order=order.id, phase=phase, why=why, result=result or {}))

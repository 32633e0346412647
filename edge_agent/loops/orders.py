"""Obeys orders of the fleet, each once, and answers each as often as it is asked."""

import asyncio
import logging
import sqlite3
from collections.abc import Collection
from datetime import timedelta
from typing import Literal

from contract.messages import Order, Reply
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import (
    AskDevice,
    DeviceAnswered,
    OrderAnswered,
    PlayScene,
    TakeRunning,
)
from edge_agent.ports.clock import Clock
from edge_agent.ports.journal import Memory, Outbox
from edge_agent.room.events import (
    ExtendOrdered,
    LessonEvent,
    PauseOrdered,
    ResumeOrdered,
    StartOrdered,
    StopOrdered,
)

logger = logging.getLogger(__name__)

_MOST_MINUTES = 600
_MOST_TEXT = 500
_DEVICE_SECONDS = 30.0
_INTERRUPTING = ("power_off", "restart", "pc_off", "load_off")
_Phase = Literal["done", "rejected", "expired"]


class OrdersLoop:
    """Turns orders into events, and what became of them into replies.

    `scenes` are those that may be ordered.
    """

    def __init__(
        self, memory: Memory, outbox: Outbox, clock: Clock, bus: Bus, scenes: Collection[str] = ()
    ) -> None:
        self._memory = memory
        self._scenes = scenes
        self._outbox = outbox
        self._clock = clock
        self._bus = bus
        self._under_way: set[str] = set()
        self._taking = False
        self._again: Order | OrderAnswered | None = None
        self._queue: asyncio.Queue[Order | OrderAnswered] = asyncio.Queue()
        bus.on(Order, self._queue.put_nowait)
        bus.on(OrderAnswered, self._answered)
        bus.on(TakeRunning, self._take_running)
        bus.on(DeviceAnswered, lambda a: self._answered(OrderAnswered(a.request, a.ok, a.why, {})))

    def _take_running(self, event: TakeRunning) -> None:
        self._taking = event.take is not None

    def _answered(self, answer: OrderAnswered) -> None:
        # Scenes and the touch page get answers too, and no reply to the fleet.
        if answer.order in self._under_way:
            self._queue.put_nowait(answer)

    async def run(self) -> None:
        """Obey, until cancelled."""
        while True:
            item = self._again or await self._queue.get()
            self._again = None
            try:
                await self._take(item)
            except sqlite3.OperationalError:
                # Nothing came of it: it is taken up again when the disk has room for the reply.
                self._again = item
                raise

    async def _take(self, item: Order | OrderAnswered) -> None:
        match item:
            case Order() as order:
                await self._obey(order)
            case OrderAnswered(order=order_id, done=done, why=why, result=result):
                phase: _Phase = "done" if done else "rejected"
                await self._memory.reply(Reply(order=order_id, phase=phase, why=why, result=result))
                self._under_way.discard(order_id)

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
                self._lesson(order, StopOrdered(order.id, now))
            case "pause_take":
                self._lesson(order, PauseOrdered(order.id, now))
            case "resume_take":
                self._lesson(order, ResumeOrdered(order.id, now))
            case "extend_take":
                if (minutes := await self._minutes(order)) is not None:
                    self._lesson(order, ExtendOrdered(order.id, now, minutes))
            case "start_take":
                await self._start(order)
            case "scene":
                await self._scene(order)
            case "device":
                await self._device(order)
            case _:
                await self._answer(order, "rejected", f"this agent knows no order {order.name!r}")

    def _lesson(self, order: Order, event: LessonEvent) -> None:
        self._under_way.add(order.id)
        self._bus.publish(event)

    async def _minutes(self, order: Order) -> float | None:
        minutes = order.args.get("minutes")
        if isinstance(minutes, bool) or not isinstance(minutes, int | float):
            await self._answer(order, "rejected", "minutes: a number is needed")
        elif not 0 < minutes <= _MOST_MINUTES:
            await self._answer(order, "rejected", f"minutes: from 0 to {_MOST_MINUTES}")
        else:
            return float(minutes)
        return None

    async def _start(self, order: Order) -> None:
        for name in ("lesson", "course"):
            if not isinstance(order.args.get(name), str | None):
                await self._answer(order, "rejected", f"{name}: an id is needed, or nothing")
                return
        if (minutes := await self._minutes(order)) is None:
            return
        now, lesson, course = self._clock.now(), order.args.get("lesson"), order.args.get("course")
        until = now + timedelta(minutes=minutes)
        self._lesson(order, StartOrdered(order.id, now, lesson, until, course))

    async def _scene(self, order: Order) -> None:
        scene, text = order.args.get("scene"), order.args.get("text", "")
        if not isinstance(scene, str) or scene not in self._scenes:
            known = ", ".join(sorted(self._scenes))
            await self._answer(order, "rejected", f"scene: one of {known}")
        elif not isinstance(text, str) or len(text) > _MOST_TEXT:
            await self._answer(order, "rejected", f"text: at most {_MOST_TEXT} characters")
        else:
            await self._answer(order, "done")
            self._bus.publish(PlayScene(scene, "order", text))

    async def _device(self, order: Order) -> None:
        device, command = order.args.get("device"), order.args.get("command")
        arguments = order.args.get("arguments", {})
        if not isinstance(device, str) or not isinstance(command, str):
            await self._answer(order, "rejected", "device, command: two names are needed")
        elif not isinstance(arguments, dict) or not all(
            isinstance(value, bool | int | float | str) for value in arguments.values()
        ):
            await self._answer(order, "rejected", "arguments: names and plain values are needed")
        else:
            busy = self._taking and command in _INTERRUPTING and order.args.get("force") is not True
            if busy:
                await self._answer(order, "rejected", "busy: a take is running; force does it")
                return
            self._under_way.add(order.id)
            self._bus.publish(AskDevice(order.id, device, command, arguments, _DEVICE_SECONDS))

    async def _answer(
        self, order: Order, phase: _Phase, why: str = "", result: dict[str, str] | None = None
    ) -> None:
        await self._memory.reply(Reply(order=order.id, phase=phase, why=why, result=result or {}))

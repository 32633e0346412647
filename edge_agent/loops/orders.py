"""Obeys orders of the fleet, each once, and answers each as often as it is asked."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from contract.messages import Order, Reply
from edge_agent.errors import EdgeError
from edge_agent.loops import order_arguments as arguments
from edge_agent.loops.bus import Bus
from edge_agent.loops.order_arguments import NotObeyed
from edge_agent.loops.order_devices import INTERRUPTING, DeviceOrders
from edge_agent.loops.order_files import FileOrders
from edge_agent.loops.restarts import WHAT, Restarts
from edge_agent.loops.signals import NoticeShown, OrderAnswered, PlayScene
from edge_agent.loops.waiting_orders import WaitingOrders
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
from edge_agent.room.model import Device

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
"""How often it is looked whether an order that waits can be obeyed."""

_FINAL: Final = ("done", "failed", "rejected", "expired")
_BUSY: Final = "busy: a take is running; force does it now, wait after the lesson"


@dataclass(frozen=True, slots=True)
class Hands:
    """What orders move that is not on the bus.

    Attributes:
        scenes: those that may be ordered.
        devices: the room's hardware.
        touch_page: whether there is one to show a message on.
        files: makes files and hands them to the fleet.
        restarts: starts the agent or its PC again.
        wake: switches another PC on by its MAC address.
    """

    scenes: Collection[str]
    devices: Sequence[Device]
    touch_page: bool
    files: FileOrders
    restarts: Restarts
    wake: Callable[[str], Awaitable[None]]


class OrdersLoop:
    """Turns orders into events, and what became of them into replies.

    What would interrupt a lesson is rejected as `busy` while a take runs; with `force` it is done
    at once, and with `wait` when no lesson is on, if that is before `not_after`.
    """

    def __init__(
        self, memory: Memory, outbox: Outbox, clock: Clock, bus: Bus, hands: Hands
    ) -> None:
        self._memory = memory
        self._outbox = outbox
        self._clock = clock
        self._bus = bus
        self._hands = hands
        self._under_way: set[str] = set()
        self._again: Order | Reply | None = None
        self._queue: asyncio.Queue[Order | Reply] = asyncio.Queue()
        self._waiting = WaitingOrders(memory, clock, bus)
        self._devices = DeviceOrders(hands.devices, bus, self._queue.put_nowait)
        self._group: asyncio.TaskGroup | None = None
        self._woke = False
        bus.on(Order, self._queue.put_nowait)
        bus.on(OrderAnswered, self._answered)

    def _answered(self, answer: OrderAnswered) -> None:
        # The touch page gets answers too, and no reply to the fleet.
        if answer.order in self._under_way:
            self._queue.put_nowait(
                Reply(
                    order=answer.order,
                    phase="done" if answer.done else "rejected",
                    why=answer.why,
                    result=answer.result,
                )
            )

    async def run(self) -> None:
        """Obey, until cancelled."""
        if not self._woke:
            await self._wake_up()
            self._woke = True
        async with asyncio.TaskGroup() as self._group:
            while True:
                item = self._again or await self._next()
                self._again = None
                try:
                    await (self._look() if item is None else self._take(item))
                except sqlite3.OperationalError:
                    # Nothing came of it: it is taken up again when the disk has room for the reply.
                    self._again = item
                    raise

    async def _wake_up(self) -> None:
        await self._waiting.load()
        reply = await self._hands.restarts.came_back()
        if reply is not None:
            await self._answer(reply)
            await self._hands.restarts.told()

    async def _next(self) -> Order | Reply | None:
        if not self._waiting:
            return await self._queue.get()
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return await self._queue.get()
        except TimeoutError:
            return None

    async def _look(self) -> None:
        """Obey what waited, or say that it waited too long."""
        for order in self._waiting.late():
            if order.id not in self._under_way:
                why = "no time without a lesson came before it was too late"
                await self._answer(Reply(order=order.id, phase="expired", why=why))
        for order in self._waiting.due():
            if order.id not in self._under_way:
                logger.info("order %s: %.64s, which waited", order.id, order.name)
                await self._do(order)

    async def _take(self, item: Order | Reply) -> None:
        match item:
            case Order() as order:
                await self._obey(order)
            case Reply() as reply:
                await self._answer(reply)
                self._under_way.discard(reply.order)

    async def _answer(self, reply: Reply) -> None:
        await self._memory.reply(reply)
        if reply.phase in _FINAL:
            await self._waiting.drop(reply.order)

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
            why = f"it came {late:.0f} s too late"
            await self._answer(Reply(order=order.id, phase="expired", why=why))
            return
        await self._do(order)

    async def _do(self, order: Order) -> None:
        try:
            reply = await self._begin(order)
        except NotObeyed as error:
            reply = Reply(order=order.id, phase="rejected", why=str(error))
        if reply is not None:
            await self._answer(reply)

    async def _begin(self, order: Order) -> Reply | None:
        """Obey; None when the answer has been given, or comes later."""
        now = self._clock.now()
        match order.name:
            case "ping":
                return Reply(order=order.id, phase="done", result={"time": now.isoformat()})
            case "stop_take":
                self._lesson(order, StopOrdered(order.id, now))
            case "pause_take":
                self._lesson(order, PauseOrdered(order.id, now))
            case "resume_take":
                self._lesson(order, ResumeOrdered(order.id, now))
            case "extend_take":
                minutes = arguments.number(order, "minutes", arguments.MOST_MINUTES)
                self._lesson(order, ExtendOrdered(order.id, now, minutes))
            case "start_take":
                self._start(order)
            case "scene":
                scene = arguments.one_of(order, "scene", tuple(sorted(self._hands.scenes)))
                await self._at_once(order, PlayScene(scene, "order", arguments.text(order)))
            case "message":
                await self._at_once(order, self._notice(order))
            case "device":
                return await self._device(order)
            case "restart":
                return await self._restart(order)
            case "screenshot":
                source = self._hands.files.source(arguments.identifier(order, "track"))
                self._in_background(order, self._hands.files.screenshot(order, source))
            case "collect_logs":
                self._in_background(order, self._hands.files.logs(order))
            case "wake":
                self._in_background(order, self._woken(arguments.mac(order)))
            case _:
                raise NotObeyed(f"this agent knows no order {order.name!r}")
        return None

    def _lesson(self, order: Order, event: LessonEvent) -> None:
        self._under_way.add(order.id)
        self._bus.publish(event)

    def _start(self, order: Order) -> None:
        lesson = arguments.identifier(order, "lesson")
        course = arguments.identifier(order, "course")
        minutes = arguments.number(order, "minutes", arguments.MOST_MINUTES)
        now = self._clock.now()
        until = now + timedelta(minutes=minutes)
        self._lesson(order, StartOrdered(order.id, now, lesson, until, course))

    def _notice(self, order: Order) -> NoticeShown:
        seconds = arguments.number(order, "seconds", arguments.MOST_SHOWN_SECONDS)
        text = arguments.text(order, needed=True)
        if not self._hands.touch_page:
            raise NotObeyed("this room has no touch page")
        return NoticeShown(text, seconds)

    async def _at_once(self, order: Order, event: object) -> None:
        # The reply first: what a full disk does not keep would be done again and again.
        await self._answer(Reply(order=order.id, phase="done"))
        self._bus.publish(event)

    async def _device(self, order: Order) -> Reply | None:
        told = arguments.told(order)
        self._devices.meant(told)
        if told.command in INTERRUPTING and self._must_wait(order):
            return await self._let_wait(order)
        self._under_way.add(order.id)
        self._devices.ask(order.id, told)
        return None

    async def _restart(self, order: Order) -> Reply | None:
        what = arguments.one_of(order, "what", WHAT)
        if self._must_wait(order):
            return await self._let_wait(order)
        reply = await self._hands.restarts.restart(order.id, what)
        if reply is None:
            self._under_way.add(order.id)
        return reply

    def _must_wait(self, order: Order) -> bool:
        if arguments.flag(order, "force"):
            return False
        if arguments.flag(order, "wait"):
            return not self._waiting.free
        if self._waiting.taking:
            raise NotObeyed(_BUSY)
        return False

    async def _let_wait(self, order: Order) -> Reply | None:
        if self._waiting.waits(order.id):
            return None
        await self._waiting.add(order)
        logger.info("order %s waits until no lesson is on", order.id)
        why = "it waits until no lesson is on"
        return Reply(order=order.id, phase="progress", why=why)

    async def _woken(self, mac: str) -> dict[str, Any]:
        await self._hands.wake(mac)
        return {}

    def _in_background(self, order: Order, work: Coroutine[Any, Any, dict[str, Any]]) -> None:
        assert self._group is not None  # noqa: S101 - orders come while it runs
        self._under_way.add(order.id)
        self._group.create_task(self._finish(order, work), name=f"order {order.id}")

    async def _finish(self, order: Order, work: Coroutine[Any, Any, dict[str, Any]]) -> None:
        try:
            reply = Reply(order=order.id, phase="done", result=await work)
        except EdgeError as error:
            reply = Reply(order=order.id, phase="failed", why=str(error)[:500])
        except asyncio.CancelledError:
            self._under_way.discard(order.id)
            raise
        except Exception:
            logger.exception("order %s failed", order.id)
            reply = Reply(order=order.id, phase="failed", why="the agent failed; see its log")
        self._queue.put_nowait(reply)

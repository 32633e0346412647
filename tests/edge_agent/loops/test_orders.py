"""Orders of the fleet: each is obeyed once, refused with a reason, or told to be too late."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contract import codec
from contract import messages as m
from edge_agent.link.clock import FleetClock
from edge_agent.loops.bus import Bus
from edge_agent.loops.orders import OrdersLoop
from edge_agent.loops.signals import (
    AskDevice,
    DeviceAnswered,
    OrderAnswered,
    PlayScene,
    TakeRunning,
)
from edge_agent.loops.supervise import supervise
from edge_agent.ports.journal import Memory
from edge_agent.room import events as e
from edge_agent.storage.sqlite_journal import Journal, open_journal


@dataclass
class Desk:
    bus: Bus
    journal: Journal
    heard: list[Any] = field(default_factory=list)
    count: int = 0

    async def order(self, name: str, *, late: bool = False, **args: Any) -> m.Order:
        self.count += 1
        order = m.Order(
            id=f"o{self.count}",
            name=name,
            not_after=datetime.now(UTC) + timedelta(seconds=-5 if late else 30),
            args=args,
        )
        self.bus.publish(order)
        return order

    async def reply(self, order: m.Order) -> m.Reply:
        async with asyncio.timeout(5):
            while True:
                rows = await self.journal.outbox.pending("answer", 0, 1000)
                for row in rows:
                    payload = codec.decode_up(row.body).payload
                    if isinstance(payload, m.Reply) and payload.order == order.id:
                        return payload
                await asyncio.sleep(0.01)

    async def next(self, kind: type) -> Any:
        async with asyncio.timeout(5):
            while True:
                for event in self.heard:
                    if isinstance(event, kind):
                        self.heard.remove(event)
                        return event
                await asyncio.sleep(0.01)


@asynccontextmanager
async def desk(data: Path) -> AsyncIterator[Desk]:
    journal = await open_journal(data, agent="r", now=lambda: datetime.now(UTC))
    bus = Bus()
    loop = OrdersLoop(journal.memory, journal.outbox, FleetClock(), bus, ("everything-off", "over"))
    scene = Desk(bus, journal)
    for kind in (
        e.StartOrdered, e.StopOrdered, e.PauseOrdered, e.ResumeOrdered, e.ExtendOrdered,
        AskDevice, PlayScene,
    ):  # fmt: skip
        bus.on(kind, scene.heard.append)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(loop.run())
        yield scene
        task.cancel()
    await journal.close()


def play(data: Path, work: Callable[[Desk], Any]) -> None:
    async def scene() -> None:
        async with desk(data) as at:
            await work(at)

    asyncio.run(asyncio.wait_for(scene(), 20))


def test_a_lesson_is_started_paused_resumed_extended_and_stopped(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        for name, args, kind in (
            ("start_take", {"minutes": 45, "course": "water"}, e.StartOrdered),
            ("pause_take", {}, e.PauseOrdered),
            ("resume_take", {}, e.ResumeOrdered),
            ("extend_take", {"minutes": 10}, e.ExtendOrdered),
            ("stop_take", {}, e.StopOrdered),
        ):
            order = await at.order(name, **args)
            event = await at.next(kind)
            assert event.order == order.id
            if kind is e.StartOrdered:
                assert event.course == "water"
            at.bus.publish(OrderAnswered(order.id, True, "", {"take": "t"}))
            assert (await at.reply(order)).phase == "done"

    play(tmp_path, work)


def test_a_device_obeys_and_its_answer_is_the_reply(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        order = await at.order("device", device="p", command="volume", arguments={"level": 5})
        ask = await at.next(AskDevice)
        assert (ask.device, ask.command, ask.arguments) == ("p", "volume", {"level": 5})
        at.bus.publish(DeviceAnswered("somebody-else", "p", ok=True))
        at.bus.publish(DeviceAnswered(order.id, "p", ok=False, why="it is off"))
        reply = await at.reply(order)
        assert (reply.phase, reply.why) == ("rejected", "it is off")

    play(tmp_path, work)


def test_a_scene_is_played(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        order = await at.order("scene", scene="everything-off")
        assert await at.next(PlayScene) == PlayScene("everything-off", "order", "")
        assert (await at.reply(order)).phase == "done"

    play(tmp_path, work)


def test_what_would_interrupt_a_lesson_needs_force(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.bus.publish(TakeRunning("t", "L"))
        order = await at.order("device", device="pc", command="restart")
        assert "busy" in (await at.reply(order)).why
        await at.order("device", device="pc", command="restart", force=True)
        assert (await at.next(AskDevice)).command == "restart"

    play(tmp_path, work)


@pytest.mark.parametrize(
    ("name", "args", "why"),
    [
        ("dance", {}, "knows no order"),
        ("extend_take", {}, "minutes: a number"),
        ("extend_take", {"minutes": True}, "minutes: a number"),
        ("start_take", {"minutes": 1e9}, "minutes: from 0"),
        ("start_take", {"minutes": 5, "course": 7}, "course: an id"),
        ("scene", {"scene": "dance"}, "scene: one of everything-off, over"),
        ("scene", {"scene": ["over"]}, "scene: one of"),
        ("scene", {"scene": "over", "text": "x" * 501}, "text: at most 500"),
        ("device", {"device": "p"}, "two names"),
        ("device", {"device": "p", "command": "c", "arguments": [1]}, "arguments"),
        ("device", {"device": "p", "command": "c", "arguments": {"a": {}}}, "arguments"),
    ],
)
def test_what_cannot_be_obeyed_is_refused(
    tmp_path: Path, name: str, args: dict[str, Any], why: str
) -> None:
    async def work(at: Desk) -> None:
        reply = await at.reply(await at.order(name, **args))
        assert reply.phase == "rejected"
        assert why in reply.why

    play(tmp_path, work)


def test_an_order_comes_too_late_and_a_second_time(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        assert (await at.reply(await at.order("ping", late=True))).phase == "expired"
        order = await at.order("scene", scene="over")
        await at.reply(order)
        await at.next(PlayScene)
        at.bus.publish(order)
        await asyncio.sleep(0.2)
        assert at.heard == []

    play(tmp_path, work)


def test_an_order_is_obeyed_once_and_answered_although_the_disk_was_full(tmp_path: Path) -> None:
    async def work() -> None:
        journal = await open_journal(tmp_path, agent="r", now=lambda: datetime.now(UTC))
        bus = Bus()
        memory = Full(journal.memory)
        loop = OrdersLoop(memory, journal.outbox, FleetClock(), bus, ("over",))
        at = Desk(bus, journal)
        for kind in (AskDevice, PlayScene):
            bus.on(kind, at.heard.append)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(supervise("orders", loop.run, most_seconds=0.1))
            asked = await at.order("device", device="p", command="volume", arguments={"level": 5})
            await at.next(AskDevice)
            memory.full = True
            bus.publish(DeviceAnswered(asked.id, "p", ok=True))
            bus.publish(asked)  # the fleet asks again: it has no reply
            played = await at.order("scene", scene="over")
            await asyncio.sleep(0.3)
            assert at.heard == []
            memory.full = False
            assert (await at.reply(asked)).phase == "done"
            assert (await at.reply(played)).phase == "done"
            await at.next(PlayScene)
            assert at.heard == []
            task.cancel()
        await journal.close()

    asyncio.run(asyncio.wait_for(work(), 20))


class Full:
    """A memory that keeps no reply while the disk is full."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.full = False

    async def reply_of(self, order: str) -> m.Reply | None:
        return await self._memory.reply_of(order)

    async def reply(self, reply: m.Reply) -> None:
        if self.full:
            raise sqlite3.OperationalError("database or disk is full")
        await self._memory.reply(reply)

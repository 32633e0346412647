"""A room that is given orders, what they move, and what it answers."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from contract import codec
from contract import messages as m
from edge_agent.link.clock import FleetClock
from edge_agent.loops.bus import Bus
from edge_agent.loops.order_files import FileOrders
from edge_agent.loops.orders import Hands, OrdersLoop
from edge_agent.loops.restarts import Restarts
from edge_agent.loops.sight import Sight
from edge_agent.loops.signals import (
    AskDevice,
    NoticeShown,
    PictureTaken,
    PlayScene,
)
from edge_agent.ports.journal import Memory
from edge_agent.ports.touch import LOOK_SECONDS, Level, Picture
from edge_agent.room import events as e
from edge_agent.room.looking import Permission
from edge_agent.room.model import Source
from edge_agent.storage.sqlite_journal import Journal, open_journal
from tests.fakes.hardware import device, profile
from tests.fakes.order_files import FakeOrderFiles

SOURCES = (
    Source("front", "camera", "presenter", "test", ""),
    Source("slides", "screen", "presentation", "test", ""),
    Source("lectern", "microphone", "audio", "test", ""),
)
DEVICES = (
    device("left", profile("panel")),
    device("right", profile("panel")),
    device("ptz", profile("camera"), source="front"),
)


class Eyes:
    """A monitor that shows what it is told to, once somebody looks."""

    def __init__(self) -> None:
        self.pictures: dict[str, bytes] = {}
        self.looked: list[float] = []

    def look(self, seconds: float = LOOK_SECONDS) -> None:
        self.looked.append(seconds)

    def picture(self, track: str) -> Picture | None:
        seen = self.pictures.get(track)
        return Picture(seen, 0.0) if seen and self.looked else None

    def heard(self) -> tuple[Level, ...]:
        return ()

    async def levels(self) -> AsyncIterator[tuple[Level, ...]]:
        yield ()


class Fingers:
    """What orders move, as it was moved."""

    def __init__(self, memory: Memory, bus: Bus, boot: str = "boot-1") -> None:
        self.memory, self.bus, self.boot = memory, bus, boot
        self.files, self.eyes = FakeOrderFiles(), Eyes()
        self.woken: list[str] = []
        self.left = self.restarted = 0
        self.refusal: Exception | None = None
        self.still: bytes | None = None
        self.may: Permission = "always"
        self.touch_page = True

    def hands(self) -> Hands:
        sight = Sight(self.eyes, SOURCES, DEVICES, self.may, FleetClock(), self.bus)
        files = FileOrders(
            SOURCES, sight, self._still, self._logs, self.files, FleetClock(), self.bus
        )
        return Hands(
            scenes=("everything-off", "over"),
            devices=DEVICES,
            touch_page=self.touch_page,
            files=files,
            restarts=Restarts(self.memory, self.boot, self._restart, self._leave),
            wake=self._wake,
        )

    async def _still(self, source: Source) -> bytes | None:
        return self.still if source.kind == "screen" else None

    async def _logs(self) -> bytes:
        return b"PK logs"

    async def _restart(self) -> None:
        self.restarted += 1
        if self.refusal:
            raise self.refusal

    def _leave(self) -> None:
        self.left += 1

    async def _wake(self, mac: str) -> None:
        self.woken.append(mac)
        if self.refusal:
            raise self.refusal


@dataclass
class Desk:
    bus: Bus
    journal: Journal
    hands: Fingers
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

    async def replies(self, order: m.Order) -> list[m.Reply]:
        rows = await self.journal.outbox.pending("answer", 0, 1000)
        said = [codec.decode_up(row.body).payload for row in rows]
        return [each for each in said if isinstance(each, m.Reply) and each.order == order.id]

    async def reply(self, order: m.Order, *, last: bool = False) -> m.Reply:
        """The first reply to an order; or the `last`, which is not `progress`."""
        async with asyncio.timeout(5):
            while True:
                for reply in await self.replies(order):
                    if not last or reply.phase != "progress":
                        return reply
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
async def desk(data: Path, **changes: Any) -> AsyncIterator[Desk]:
    journal = await open_journal(data, agent="r", now=lambda: datetime.now(UTC))
    bus = Bus()
    hands = Fingers(journal.memory, bus)
    for name, value in changes.items():
        setattr(hands, name, value)
    loop = OrdersLoop(journal.memory, journal.outbox, FleetClock(), bus, hands.hands())
    scene = Desk(bus, journal, hands)
    for kind in (
        e.StartOrdered, e.StopOrdered, e.PauseOrdered, e.ResumeOrdered, e.ExtendOrdered,
        AskDevice, PlayScene, NoticeShown, PictureTaken,
    ):  # fmt: skip
        bus.on(kind, scene.heard.append)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(loop.run())
        yield scene
        task.cancel()
    await journal.close()


def play(data: Path, work: Callable[[Desk], Any], **changes: Any) -> None:
    async def scene() -> None:
        async with desk(data, **changes) as at:
            await work(at)

    asyncio.run(asyncio.wait_for(scene(), 20))


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

    async def get(self, key: str) -> bytes | None:
        return await self._memory.get(key)

    async def put(self, key: str, value: bytes) -> None:
        await self._memory.put(key, value)

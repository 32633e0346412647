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
from edge_agent.errors import Refused, Unreachable
from edge_agent.link.clock import FleetClock
from edge_agent.loops.bus import Bus
from edge_agent.loops.order_files import FileOrders
from edge_agent.loops.orders import Hands, OrdersLoop
from edge_agent.loops.restarts import Restarts
from edge_agent.loops.sight import Sight
from edge_agent.loops.signals import (
    AskDevice,
    DeviceAnswered,
    DevicesClosed,
    LessonNow,
    LessonUnrecorded,
    NoticeShown,
    OrderAnswered,
    PlayScene,
    TakeRunning,
)
from edge_agent.loops.supervise import supervise
from edge_agent.ports.journal import Memory
from edge_agent.ports.touch import LOOK_SECONDS, Level, Picture
from edge_agent.room import events as e
from edge_agent.room.lesson import Recording, Waiting
from edge_agent.room.looking import Permission
from edge_agent.room.model import Source
from edge_agent.storage.sqlite_journal import Journal, open_journal
from tests.edge_agent.loops.test_device import until
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
        files = FileOrders(SOURCES, sight, self._still, self._logs, self.files, FleetClock())
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
        AskDevice, PlayScene, NoticeShown,
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
        ("device", {"device": "p", "role": "panel", "command": "c"}, "two names"),
        ("device", {"role": ["panel"], "command": "c"}, "two names"),
        ("device", {"role": "ups", "command": "c"}, "this room has no ups"),
        ("message", {"text": "x"}, "seconds: a number"),
        ("message", {"text": "x", "seconds": 1e6}, "seconds: from 0 to 3600"),
        ("message", {"text": " ", "seconds": 9}, "text: what is to be said"),
        ("message", {"text": 7, "seconds": 9}, "text: at most"),
        ("restart", {}, "what: one of agent, pc"),
        ("restart", {"what": "fleet"}, "what: one of agent, pc"),
        ("wake", {}, "mac: an address"),
        ("wake", {"mac": "00:11:22:33:44"}, "mac: an address"),
        ("wake", {"mac": "00:11:22:33:44:55\n"}, "mac: an address"),
        ("screenshot", {"track": "audio"}, "only presenter, presentation"),
        ("screenshot", {"track": 3}, "track: an id"),
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
        hands = Fingers(memory, bus)
        loop = OrdersLoop(memory, journal.outbox, FleetClock(), bus, hands.hands())
        at = Desk(bus, journal, hands)
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

    async def get(self, key: str) -> bytes | None:
        return await self._memory.get(key)

    async def put(self, key: str, value: bytes) -> None:
        await self._memory.put(key, value)


def test_every_device_of_a_kind_is_told_and_answers_for_itself(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        order = await at.order("device", role="panel", command="volume", arguments={"level": 5})
        asks = [await at.next(AskDevice), await at.next(AskDevice)]
        assert [ask.device for ask in asks] == ["left", "right"]
        at.bus.publish(order)  # the fleet asks again
        at.bus.publish(DeviceAnswered(asks[1].request, "right", ok=True))
        await asyncio.sleep(0.1)
        assert await at.replies(order) == []
        assert at.heard == []
        at.bus.publish(DeviceAnswered(asks[0].request, "left", ok=True))
        reply = await at.reply(order)
        ok = {"ok": True, "why": ""}
        assert (reply.phase, reply.result) == ("done", {"devices": {"left": ok, "right": ok}})

        order = await at.order("device", role="panel", command="volume", arguments={"level": 5})
        for ok, why in ((False, "it is off"), (True, "")):
            ask = await at.next(AskDevice)
            at.bus.publish(DeviceAnswered(ask.request, ask.device, ok=ok, why=why))
        reply = await at.reply(order)
        assert (reply.phase, reply.why) == ("failed", "left: it is off")
        assert reply.result["devices"]["right"]["ok"]

    play(tmp_path, work)


def test_a_message_is_shown_and_interrupts_nothing(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.bus.publish(TakeRunning("t", "L"))
        order = await at.order("message", text="The lift is out of order.", seconds=60)
        assert (await at.reply(order)).phase == "done"
        assert await at.next(NoticeShown) == NoticeShown("The lift is out of order.", 60)

    play(tmp_path, work)


def test_a_room_without_a_touch_page_shows_no_message(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        reply = await at.reply(await at.order("message", text="Hello", seconds=60))
        assert (reply.phase, reply.why) == ("rejected", "this room has no touch page")

    play(tmp_path, work, touch_page=False)


def test_another_pc_is_woken(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        order = await at.order("wake", mac="00:11:22:AA:bb:cc")
        assert (await at.reply(order)).phase == "done"
        at.hands.refusal = Unreachable("no network")
        reply = await at.reply(await at.order("wake", mac="00-11-22-AA-bb-cc"))
        assert (reply.phase, reply.why) == ("failed", "no network")
        assert at.hands.woken == ["00:11:22:AA:bb:cc", "00-11-22-AA-bb-cc"]

    play(tmp_path, work)


def test_a_screenshot_is_of_the_presentation_and_sent_before_it_is_told(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.hands.still = b"\xff\xd8 a slide"
        order = await at.order("screenshot")
        reply = await at.reply(order)
        assert at.hands.files.taken == [(order.id, "image/jpeg", b"\xff\xd8 a slide")]
        assert reply.phase == "done"
        assert reply.result["track"] == "presentation"
        file = reply.result["file"]
        assert (file["bytes"], file["type"], len(file["sha256"])) == (10, "image/jpeg", 64)

    play(tmp_path, work)


def test_a_camera_is_seen_by_the_watcher_and_not_when_it_faces_the_wall(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        order = await at.order("screenshot", track="presenter")
        await asyncio.sleep(0.3)
        at.hands.eyes.pictures["presenter"] = b"the room"
        assert (await at.reply(order)).result["track"] == "presenter"
        assert at.hands.files.taken[0][2] == b"the room"
        at.bus.publish(DevicesClosed(frozenset({"ptz"})))
        reply = await at.reply(await at.order("screenshot", track="presenter"))
        assert (reply.phase, reply.why) == ("rejected", "presenter: it is closed")

    play(tmp_path, work)


@pytest.mark.parametrize(
    ("may", "phase", "why"),
    [("never", "rejected", "not be looked into"), ("lessons", "failed", "")],
)
def test_a_room_that_may_not_be_looked_into_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, may: str, phase: str, why: str
) -> None:
    monkeypatch.setattr("edge_agent.loops.order_files.PICTURE_SECONDS", 0.3)

    async def work(at: Desk) -> None:
        at.hands.still = b"a slide"
        reply = await at.reply(await at.order("screenshot"))
        assert reply.phase == phase
        assert why in reply.why
        assert at.hands.eyes.looked == []
        assert at.hands.files.taken == []

    play(tmp_path, work, may=may)


def test_logs_are_sent_again_until_the_fleet_takes_them(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.hands.files.failures.append(Unreachable("502"))
        order = await at.order("collect_logs")
        reply = await at.reply(order)
        assert (reply.phase, reply.result["file"]["type"]) == ("done", "application/zip")
        assert at.hands.files.taken == [(order.id, "application/zip", b"PK logs")]
        at.hands.files.failures.append(Refused("the fleet answered 404 to the file"))
        reply = await at.reply(await at.order("collect_logs"))
        assert (reply.phase, reply.why) == ("failed", "the fleet answered 404 to the file")

    play(tmp_path, work)


def calm(at: Desk, next_in: float | None = None) -> None:
    """The timetable says that no lesson is on."""
    begins = None if next_in is None else datetime.now(UTC) + timedelta(seconds=next_in)
    at.bus.publish(TakeRunning(None, None))
    at.bus.publish(LessonNow(Waiting(), None, False, begins))


def lesson(at: Desk) -> e.Slot:
    slot = e.Slot("L", datetime.now(UTC) + timedelta(minutes=45))
    at.bus.publish(LessonNow(Recording("t", slot), slot, False, None))
    at.bus.publish(TakeRunning("t", "L"))
    return slot


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lesson that follows another at once begins within half a second."""
    monkeypatch.setattr("edge_agent.loops.waiting_orders.CALM_SECONDS", 0.5)
    monkeypatch.setattr("edge_agent.loops.orders.LOOK_SECONDS", 0.05)


def test_a_restart_of_the_agent_is_told_by_the_one_that_comes_after(tmp_path: Path) -> None:
    orders: list[m.Order] = []

    async def work(at: Desk) -> None:
        calm(at)
        orders.append(await at.order("restart", what="agent"))
        reply = await at.reply(orders[0])
        assert (reply.phase, reply.why) == ("progress", "the agent is being started again")
        await until(lambda: at.hands.left == 1)

    async def after(at: Desk) -> None:
        reply = await at.reply(orders[0], last=True)
        assert (reply.phase, reply.result) == ("done", {"what": "agent"})
        at.bus.publish(orders[0])  # it comes once more over the session the broker kept
        await until(lambda: at.hands.left == 0)
        await asyncio.sleep(0.2)
        assert at.hands.left == 0

    play(tmp_path, work)
    play(tmp_path, after)


@pytest.mark.parametrize(("boot", "phase"), [("boot-2", "done"), ("boot-1", "failed")])
def test_a_restart_of_the_pc_is_done_when_it_has_booted(
    tmp_path: Path, boot: str, phase: str
) -> None:
    orders: list[m.Order] = []

    async def work(at: Desk) -> None:
        orders.append(await at.order("restart", what="pc"))
        await at.reply(orders[0])
        await until(lambda: at.hands.restarted == 1)

    async def after(at: Desk) -> None:
        assert (await at.reply(orders[0], last=True)).phase == phase
        assert at.hands.restarted == 0

    play(tmp_path, work)
    play(tmp_path, after, boot=boot)


def test_a_pc_that_cannot_be_restarted_says_so(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.hands.refusal = Refused("systemctl: Access denied")
        reply = await at.reply(await at.order("restart", what="pc"), last=True)
        assert (reply.phase, reply.why) == ("failed", "systemctl: Access denied")

    play(tmp_path, work)


@pytest.mark.usefixtures("hurried")
def test_a_restart_waits_for_the_lesson_or_is_forced(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        lesson(at)
        reply = await at.reply(await at.order("restart", what="agent"))
        assert (reply.phase, "force" in reply.why) == ("rejected", True)
        waiting = await at.order("restart", what="agent", wait=True)
        reply = await at.reply(waiting)
        assert (reply.phase, reply.why) == ("progress", "it waits until no lesson is on")
        at.bus.publish(waiting)  # asked again, it answers again
        await asyncio.sleep(0.3)
        assert {r.phase for r in await at.replies(waiting)} == {"progress"}
        await at.order("restart", what="agent", force=True, wait=True)
        await until(lambda: at.hands.left == 1)
        calm(at)
        await asyncio.sleep(0.2)
        lesson(at)  # another followed at once
        await asyncio.sleep(0.7)
        assert at.hands.left == 1
        calm(at)
        await until(lambda: at.hands.left == 2)
        await asyncio.sleep(0.3)
        assert at.hands.left == 2

    play(tmp_path, work)


@pytest.mark.usefixtures("hurried")
def test_what_waits_outlives_a_restart_and_a_pause_and_a_lesson_that_begins_soon(
    tmp_path: Path,
) -> None:
    orders: list[m.Order] = []

    async def work(at: Desk) -> None:
        lesson(at)
        orders.append(
            await at.order("device", role="panel", command="power_off", arguments={}, wait=True)
        )
        assert (await at.reply(orders[0])).phase == "progress"

    async def after(at: Desk) -> None:
        await asyncio.sleep(0.7)  # nobody knows yet whether a lesson is on
        assert at.heard == []
        slot = e.Slot("L", datetime.now(UTC) + timedelta(minutes=5))
        at.bus.publish(LessonNow(Waiting(), slot, True, None))  # paused
        await asyncio.sleep(0.7)
        at.bus.publish(LessonUnrecorded(slot))
        calm(at)
        await asyncio.sleep(0.7)
        at.bus.publish(LessonUnrecorded(None))
        calm(at, next_in=60)
        await asyncio.sleep(0.7)
        assert at.heard == []
        calm(at, next_in=3600)
        for _ in range(2):
            ask = await at.next(AskDevice)
            assert ask.command == "power_off"
            at.bus.publish(DeviceAnswered(ask.request, ask.device, ok=True))
        assert (await at.reply(orders[0], last=True)).phase == "done"
        await asyncio.sleep(0.7)
        assert at.heard == []
        assert await at.journal.memory.get("waiting-orders") == b"[]"

    play(tmp_path, work)
    play(tmp_path, after)


@pytest.mark.usefixtures("hurried")
def test_what_waited_too_long_is_expired(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        lesson(at)
        order = m.Order(
            id="late", name="restart", not_after=datetime.now(UTC) + timedelta(seconds=0.6),
            args={"what": "pc", "wait": True},
        )  # fmt: skip
        at.bus.publish(order)
        assert (await at.reply(order)).phase == "progress"
        reply = await at.reply(order, last=True)
        assert reply.phase == "expired"
        calm(at)
        await asyncio.sleep(0.7)
        assert at.hands.restarted == 0

    play(tmp_path, work)


def test_nothing_waits_where_no_lesson_is_on(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        calm(at)
        await at.order("restart", what="agent", wait=True)
        await until(lambda: at.hands.left == 1)

    play(tmp_path, work)


def test_a_file_that_was_under_way_when_the_loop_failed_is_made_when_it_is_asked_for_again(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        journal = await open_journal(tmp_path, agent="r", now=lambda: datetime.now(UTC))
        bus = Bus()
        memory = Full(journal.memory)
        hands = Fingers(memory, bus)
        loop = OrdersLoop(memory, journal.outbox, FleetClock(), bus, hands.hands())
        at = Desk(bus, journal, hands)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(supervise("orders", loop.run, most_seconds=0.1))
            order = await at.order("screenshot", track="presenter")
            await until(lambda: hands.eyes.looked)
            memory.full = True
            await at.order("ping")
            await asyncio.sleep(0.3)
            memory.full = False
            hands.eyes.pictures["presenter"] = b"the room"
            bus.publish(order)
            assert (await at.reply(order)).phase == "done"
            task.cancel()
        await journal.close()

    asyncio.run(asyncio.wait_for(work(), 20))

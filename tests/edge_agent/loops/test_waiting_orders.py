"""Restarts, and orders that wait until no lesson is on."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract import messages as m
from edge_agent.errors import Refused
from edge_agent.loops.signals import (
    AskDevice,
    DeviceAnswered,
    LessonNow,
    LessonUnrecorded,
    TakeRunning,
)
from edge_agent.room import events as e
from edge_agent.room.lesson import Recording, Waiting
from tests.edge_agent.loops.ordered import Desk, play
from tests.edge_agent.loops.test_device import until


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

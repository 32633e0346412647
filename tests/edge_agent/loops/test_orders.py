"""Orders of the fleet: each is obeyed once, refused with a reason, or told to be too late."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge_agent.errors import Unreachable
from edge_agent.link.clock import FleetClock
from edge_agent.loops.bus import Bus
from edge_agent.loops.orders import OrdersLoop
from edge_agent.loops.signals import (
    AskDevice,
    DeviceAnswered,
    NoticeShown,
    OrderAnswered,
    PlayScene,
    TakeRunning,
)
from edge_agent.loops.supervise import supervise
from edge_agent.room import events as e
from edge_agent.storage.sqlite_journal import open_journal
from tests.edge_agent.loops.ordered import Desk, Fingers, Full, play


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

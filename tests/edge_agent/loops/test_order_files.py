"""Orders whose answer is a file."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge_agent.errors import Refused, Unreachable
from edge_agent.link.clock import FleetClock
from edge_agent.loops.bus import Bus
from edge_agent.loops.orders import OrdersLoop
from edge_agent.loops.signals import (
    DevicesClosed,
    PictureTaken,
)
from edge_agent.loops.supervise import supervise
from edge_agent.storage.sqlite_journal import open_journal
from tests.edge_agent.loops.ordered import Desk, Fingers, Full, play
from tests.edge_agent.loops.test_device import until


def test_a_screenshot_is_of_the_presentation_and_sent_before_it_is_told(tmp_path: Path) -> None:
    async def work(at: Desk) -> None:
        at.hands.still = b"\xff\xd8 a slide"
        order = await at.order("screenshot")
        reply = await at.reply(order)
        assert await at.next(PictureTaken) == PictureTaken()  # who is in the room is told
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

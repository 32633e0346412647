"""The scenes loop: who is told what when a lesson comes, is paused and goes."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contract import codec
from contract.messages import SceneRan
from edge_agent import scenes as shipped
from edge_agent.link.clock import FleetClock
from edge_agent.loops.bus import Bus
from edge_agent.loops.scenes import ScenesLoop
from edge_agent.loops.signals import (
    TOUCH,
    AskDevice,
    DeviceAnswered,
    LessonNow,
    MessageShown,
    PlayScene,
    PreflightDue,
)
from edge_agent.room import lesson
from edge_agent.room.automation import Habits
from edge_agent.room.events import Measured, Slot
from edge_agent.storage.sqlite_journal import open_journal
from tests.edge_agent.loops.test_device import until
from tests.fakes.hardware import device, profile


def test_a_lesson_plays_its_scenes_and_the_fleet_hears_of_them(tmp_path: Path) -> None:
    async def work() -> None:
        journal = await open_journal(tmp_path, agent="r", now=lambda: datetime.now(UTC))
        bus, clock = Bus(), FleetClock()
        loop = ScenesLoop(
            shipped.load(), (device(of=profile()),), Habits(), journal.outbox, clock, bus
        )
        asked: list[AskDevice] = []
        shown: list[str] = []
        looks: list[PreflightDue] = []
        bus.on(AskDevice, asked.append)
        bus.on(MessageShown, lambda event: shown.append(event.text))
        bus.on(PreflightDue, looks.append)

        def answer(ask: AskDevice) -> None:
            if ask.command == "power_on":
                bus.publish(Measured("projector", "power", "on", clock.monotonic()))
            bus.publish(DeviceAnswered(ask.request, ask.device, ok=True))

        async def ran(count: int) -> list[str]:
            async with asyncio.timeout(5):
                while True:
                    rows = await journal.outbox.pending("event", 0, 100)
                    told = [codec.decode_up(row.body).payload for row in rows]
                    found = [s for s in told if isinstance(s, SceneRan)]
                    if len(found) >= count:
                        return [f"{s.scene}: {s.trigger}: {s.outcome}" for s in found]
                    await asyncio.sleep(0.02)

        bus.on(AskDevice, answer)
        now = datetime.now(UTC)
        slot = Slot("L", now + timedelta(minutes=45))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(loop.run())
            bus.publish(LessonNow(lesson.Waiting(), None, False, now + timedelta(minutes=5)))
            await until(lambda: looks)
            starting = lesson.Starting("t", slot, f"{TOUCH}1")
            bus.publish(LessonNow(starting, slot, False, None))
            bus.publish(LessonNow(lesson.Recording("t", slot), slot, False, None))
            told = await ran(3)
            assert told[0].startswith("lesson-ends: the agent started")
            assert told[2] == "lesson-starts: touch page: done"
            assert looks[-1].until is None
            assert [a.command for a in asked] == ["power_on", "source"]
            assert asked[1].arguments == {"source": "pc"}

            bus.publish(LessonNow(lesson.Waiting(), slot, True, None))
            assert (await ran(4))[3] == "break: paused: done"

            bus.publish(PlayScene("emergency-message", "order", "leave"))
            await until(lambda: shown == ["leave"])
            bus.publish(PlayScene("over", "order"))
            await until(lambda: shown == ["leave", ""])
            assert [s.split(":")[0] for s in (await ran(6))[4:]] == ["emergency-message", "over"]
            task.cancel()
        await journal.close()

    asyncio.run(asyncio.wait_for(work(), 20))

"""The scenes loop: who is told what when a lesson comes, is paused and goes."""

import asyncio
import sqlite3
from dataclasses import replace
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
    DevicesClosed,
    LessonNow,
    LessonUnrecorded,
    MessageShown,
    PlayScene,
    PreflightDue,
    SettingsChanged,
)
from edge_agent.room import lesson
from edge_agent.room.automation import Habits
from edge_agent.room.events import DeviceSeen, Measured, Slot
from edge_agent.storage.sqlite_journal import Journal, open_journal
from tests.edge_agent.loops.test_device import until
from tests.edge_agent.room.test_automation_properties import hardware
from tests.fakes.hardware import device, profile


def scenes_of_a_projector(journal: Journal, bus: Bus, clock: FleetClock) -> ScenesLoop:
    """The loop of a room that has one projector and the habits that are shipped."""
    devices = (device(of=profile()),)
    return ScenesLoop(shipped.load(), devices, Habits(), journal.memory, journal.outbox, clock, bus)


def test_a_lesson_plays_its_scenes_and_the_fleet_hears_of_them(tmp_path: Path) -> None:
    async def work() -> None:
        journal = await open_journal(tmp_path, agent="r", now=lambda: datetime.now(UTC))
        bus, clock = Bus(), FleetClock()
        loop = scenes_of_a_projector(journal, bus, clock)
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


def test_a_camera_that_was_away_when_the_lesson_ended_is_parked_when_it_is_back(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        journal = await open_journal(tmp_path, agent="r", now=lambda: datetime.now(UTC))
        bus, clock = Bus(), FleetClock()
        loop = ScenesLoop(
            shipped.load(), hardware(), Habits(), journal.memory, journal.outbox, clock, bus
        )
        gone, did = {"camera"}, []
        closed: list[frozenset[str]] = []
        bus.on(DevicesClosed, lambda event: closed.append(event.devices))

        def answer(ask: AskDevice) -> None:
            ok = ask.device not in gone
            did.extend([f"{ask.device} {ask.command}"] * ok)
            bus.publish(DeviceAnswered(ask.request, ask.device, ok=ok))

        bus.on(AskDevice, answer)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(loop.run())
            bus.publish(DeviceSeen("microphone", True, 0))
            bus.publish(DeviceSeen("camera", False, 0, "unplugged"))
            bus.publish(LessonNow(lesson.Waiting(), None, False, None))
            await until(lambda: did == ["microphone microphone"])
            await asyncio.sleep(1.2)
            gone.clear()
            bus.publish(DeviceSeen("camera", True, 0))
            await until(lambda: "camera park" in did)
            assert closed == [{"microphone"}, {"microphone", "camera"}]
            bus.publish(AskDevice("touch-1", "camera", "preset", {"number": 1}))
            assert closed[-1] == {"microphone"}
            bus.publish(AskDevice("touch-2", "camera", "park", {}))
            await until(lambda: closed[-1] == {"microphone", "camera"})
            did.clear()
            await asyncio.sleep(2.2)
            assert did == []  # once is enough
            task.cancel()
        await journal.close()

    asyncio.run(asyncio.wait_for(work(), 20))


def test_a_full_disk_keeps_no_microphone_open(tmp_path: Path) -> None:
    class Full:
        """An outbox that takes nothing until there is room again."""

        def __init__(self) -> None:
            self.full, self.told = True, []

        async def get(self, key: str) -> None:
            return None

        async def append(self, payload: SceneRan) -> None:
            if self.full:
                raise sqlite3.OperationalError("database or disk is full")
            self.told.append((payload.scene, payload.outcome))

    async def work() -> None:
        bus, clock, outbox = Bus(), FleetClock(), Full()
        loop = ScenesLoop(shipped.load(), hardware(), Habits(), outbox, outbox, clock, bus)
        asked: list[AskDevice] = []
        bus.on(AskDevice, asked.append)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(loop.run())
            slot = Slot("L", datetime.now(UTC) + timedelta(minutes=45))
            bus.publish(LessonNow(lesson.Recording("t", slot), slot, False, None))
            bus.publish(LessonNow(lesson.Waiting(), None, False, None))
            # The scene that was replaced cannot be told, and the new one is played at once.
            await until(lambda: [a.arguments for a in asked][-1:] == [{"on": False}])
            outbox.full = False
            await until(lambda: outbox.told == [("lesson-starts", "replaced")])
            task.cancel()

    asyncio.run(asyncio.wait_for(work(), 20))


def test_a_message_outlives_the_agent_and_can_still_be_undone(tmp_path: Path) -> None:
    async def work() -> None:
        clock = FleetClock()
        for start in range(2):
            journal = await open_journal(tmp_path, agent="r", now=lambda: datetime.now(UTC))
            bus, asked, shown = Bus(), [], []
            panel = replace(device(), name="panel", role="panel")
            loop = ScenesLoop(
                shipped.load(), (panel,), Habits(), journal.memory, journal.outbox, clock, bus
            )

            def answer(ask: AskDevice, asked=asked, bus=bus) -> None:
                asked.append((ask.command, dict(ask.arguments)))
                bus.publish(DeviceAnswered(ask.request, ask.device, ok=True))

            bus.on(AskDevice, answer)
            bus.on(MessageShown, lambda event, shown=shown: shown.append(event.text))
            async with asyncio.TaskGroup() as group:
                task = group.create_task(loop.run())
                if start == 0:
                    bus.publish(Measured("panel", "power", "off", clock.monotonic()))
                    bus.publish(Measured("panel", "volume", 20.0, clock.monotonic()))
                    bus.publish(PlayScene("emergency-message", "order", "leave the house"))
                await until(lambda shown=shown: shown == ["leave the house"])
                await until(lambda asked=asked: ("volume", {"level": 60}) in asked)
                if start == 1:
                    asked.clear()
                    bus.publish(PlayScene("over", "order"))
                    await until(lambda asked=asked: len(asked) == 2)
                    assert asked == [("volume", {"level": 20}), ("power_off", {})]
                    assert shown[-1] == ""
                task.cancel()
            await journal.close()

    asyncio.run(asyncio.wait_for(work(), 20))


def test_a_device_that_came_back_in_mid_lesson_is_set_up_and_its_disobedience_is_over(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        journal = await open_journal(tmp_path, agent="r", now=lambda: datetime.now(UTC))
        bus, clock = Bus(), FleetClock()
        loop = ScenesLoop(
            shipped.load(),
            hardware(),
            Habits(),
            journal.memory,
            journal.outbox,
            clock,
            bus,
        )
        asked: list[str] = []
        failed: list[tuple[str, object]] = []
        deaf = {"camera"}

        def answer(ask: AskDevice) -> None:
            asked.append(f"{ask.device} {ask.command}")
            if ask.command == "power_on":
                bus.publish(Measured(ask.device, "power", "on", clock.monotonic()))
            ok = ask.device not in deaf
            bus.publish(DeviceAnswered(ask.request, ask.device, ok=ok, why="" if ok else "deaf"))

        def measured(event: Measured) -> None:
            if event.point == "command_failed":
                failed.append((event.subject, event.value))

        bus.on(AskDevice, answer)
        bus.on(Measured, measured)
        slot = Slot("L", datetime.now(UTC) + timedelta(minutes=45))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(loop.run())
            bus.publish(LessonNow(lesson.Recording("t", slot), slot, False, None))
            await until(lambda: ("camera", True) in failed)
            await until(lambda: "projector source" in asked)
            asked.clear()
            deaf.clear()
            bus.publish(DeviceSeen("camera", False, clock.monotonic(), "no mains"))
            bus.publish(DeviceSeen("camera", True, clock.monotonic()))
            await until(lambda: failed[-1] == ("camera", False))
            await until(lambda: "camera tracking" in asked)
            assert {words.split()[0] for words in asked} == {"camera"}
            task.cancel()
        await journal.close()

    asyncio.run(asyncio.wait_for(work(), 20))


def test_the_signal_of_the_rooms_own_pc_is_no_sign_of_people(tmp_path: Path) -> None:
    async def work() -> None:
        journal = await open_journal(tmp_path, agent="r", now=lambda: datetime.now(UTC))
        bus, clock = Bus(), FleetClock()
        habits = Habits(quiet_seconds=0.5)
        screen = device(of=profile())
        loop = ScenesLoop(
            shipped.load(), (screen,), habits, journal.memory, journal.outbox, clock, bus
        )
        asked: list[str] = []
        bus.on(AskDevice, lambda ask: asked.append(ask.command))
        bus.on(AskDevice, lambda a: bus.publish(DeviceAnswered(a.request, a.device, ok=True)))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(loop.run())
            now = clock.monotonic()
            bus.publish(LessonNow(lesson.Waiting(), None, False, None))
            bus.publish(Measured("projector", "power", "on", now))
            bus.publish(Measured("projector", "source", "hdmi1", now))
            await asyncio.sleep(0.1)
            bus.publish(Measured("projector", "signal", True, now))
            await asyncio.sleep(1.5)
            assert "power_off" not in asked
            bus.publish(Measured("projector", "signal", False, now))
            bus.publish(Measured("projector", "source", "pc", now))
            await asyncio.sleep(0.1)
            bus.publish(Measured("projector", "signal", True, now))
            await until(lambda: "power_off" in asked)
            task.cancel()
        await journal.close()

    asyncio.run(asyncio.wait_for(work(), 20))


def test_a_room_is_set_up_for_a_lesson_that_is_not_recorded(tmp_path: Path) -> None:
    async def work() -> None:
        journal = await open_journal(tmp_path, agent="r", now=lambda: datetime.now(UTC))
        bus, clock = Bus(), FleetClock()
        loop = scenes_of_a_projector(journal, bus, clock)

        def answer(ask: AskDevice) -> None:
            if ask.command == "power_on":
                bus.publish(Measured(ask.device, "power", "on", clock.monotonic()))
            bus.publish(DeviceAnswered(ask.request, ask.device, ok=True))

        bus.on(AskDevice, answer)

        async def ran() -> list[str]:
            rows = await journal.outbox.pending("event", 0, 100)
            told = [codec.decode_up(row.body).payload for row in rows]
            return [f"{s.scene}: {s.trigger}" for s in told if isinstance(s, SceneRan)]

        async def waits(count: int) -> list[str]:
            async with asyncio.timeout(8):
                while len(await ran()) < count:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            return await ran()

        slot = Slot("L", datetime.now(UTC) + timedelta(minutes=45))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(loop.run())
            bus.publish(LessonNow(lesson.Waiting(), None, False, None))
            await waits(1)
            bus.publish(LessonUnrecorded(slot))
            assert (await waits(2))[1] == "lesson-starts: timetable"
            by_hand = Slot(None, slot.ends_at)
            bus.publish(LessonNow(lesson.Recording("t", by_hand), by_hand, False, None))
            bus.publish(LessonNow(lesson.Waiting(), None, False, None))
            bus.publish(LessonUnrecorded(None))
            # Who records it by hand sets the room up no second time.
            assert (await waits(3))[2] == "lesson-ends: the lesson is over"
            task.cancel()
        await journal.close()

    asyncio.run(asyncio.wait_for(work(), 20))


def test_the_fleet_says_when_a_room_is_quiet(tmp_path: Path) -> None:
    async def work() -> None:
        journal = await open_journal(tmp_path, agent="r", now=lambda: datetime.now(UTC))
        bus = Bus()
        loop = ScenesLoop(
            shipped.load(), hardware(), Habits(quiet_seconds=900), journal.memory, journal.outbox,
            FleetClock(), bus,
        )  # fmt: skip
        bus.publish(SettingsChanged(quiet_minutes=1))
        assert loop._automation.habits.quiet_seconds == loop._privacy.patience == 60
        bus.publish(SettingsChanged())
        assert loop._automation.habits.quiet_seconds == loop._privacy.patience == 900
        await journal.close()

    asyncio.run(work())

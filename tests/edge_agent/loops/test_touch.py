"""What is touched reaches the room, and what happens in the room reaches the page."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract import codec
from contract import messages as m
from edge_agent.link.clock import FleetClock
from edge_agent.loops.bus import Bus
from edge_agent.loops.device import DeviceLoop
from edge_agent.loops.devices import DeviceDesk
from edge_agent.loops.lesson import LessonLoop
from edge_agent.loops.signals import (
    AlarmsNow,
    Connected,
    CoursesChanged,
    LookedInto,
    MessageShown,
    NoticeShown,
    PictureTaken,
    PreflightDue,
    SettingsChanged,
    TimetableChanged,
    TrackNow,
)
from edge_agent.loops.take import TakeMaker
from edge_agent.loops.timetable import TimetableLoop
from edge_agent.loops.touch import TouchedRoom
from edge_agent.ports.touch import RoomView
from edge_agent.room.alarms import OFFLINE, Raised, Rule
from edge_agent.room.model import Source
from edge_agent.storage.sqlite_journal import Journal, open_journal
from edge_agent.storage.take_files import DiskTakeFiles
from tests.edge_agent.loops.test_device import quick, until
from tests.fakes.hardware import ObedientDriver
from tests.fakes.recorder import FakeRecorder

CAMERA = Source("camera", "camera", "presenter", "test", "")


@dataclass
class Scene:
    room: TouchedRoom
    bus: Bus
    journal: Journal
    driver: ObedientDriver

    async def until(self, what: Callable[[RoomView], object]) -> RoomView:
        async with asyncio.timeout(5):
            async for view in self.room.changes():
                if what(view):
                    return view
        raise AssertionError("the room went away")

    def meeting(self, lesson: str, start: float, end: float) -> m.Meeting:
        now = datetime.now(UTC)
        return m.Meeting(
            lesson=lesson,
            course="c",
            title=f"Lesson {lesson}",
            starts_at=now + timedelta(seconds=start),
            ends_at=now + timedelta(seconds=end),
        )

    async def told(self, kind: type[m.Payload]) -> list[m.Payload]:
        rows = await self.journal.outbox.pending("event", 0, 10**4)
        payloads = [codec.decode_up(row.body).payload for row in rows]
        return [payload for payload in payloads if isinstance(payload, kind)]


@asynccontextmanager
async def room(data: Path) -> AsyncIterator[Scene]:
    journal = await open_journal(data, agent="room-1", now=lambda: datetime.now(UTC))
    bus, clock, hardware = Bus(), FleetClock(), quick()
    clock.heard(datetime.now(UTC), None)
    driver = ObedientDriver(hardware)

    async def wake(mac: str) -> None:
        raise AssertionError(mac)

    keeper = DeviceLoop(hardware, driver, clock, bus, wake)
    desk = DeviceDesk({"projector": (hardware, keeper)}, journal.outbox, clock, bus)
    files = DiskTakeFiles(data / "takes")
    maker = TakeMaker(
        journal.takes, journal.outbox, FakeRecorder(), clock, [CAMERA], files, 0.3, "boot", bus
    )
    lesson = LessonLoop(journal.takes, journal.memory, journal.outbox, maker, bus, files)
    timetable = TimetableLoop(clock, bus, journal.outbox)
    touched = TouchedRoom("Room 1", (CAMERA,), desk, journal.outbox, journal.deliveries, clock, bus)
    async with asyncio.TaskGroup() as group:
        loops = (keeper.run, desk.run, lesson.run, timetable.run, touched.run)
        tasks = [group.create_task(loop()) for loop in loops]
        yield Scene(touched, bus, journal, driver)
        for task in tasks:
            task.cancel()
    await journal.close()


def play(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 30))


def test_a_lesson_by_finger(tmp_path: Path) -> None:
    async def work() -> None:
        async with room(tmp_path) as scene:
            scene.bus.publish(CoursesChanged((m.CourseOffer(course="water", title="Water"),)))
            idle = await scene.until(lambda view: view.courses)
            assert (idle.phase, idle.lesson, idle.safe_to_switch_off) == ("idle", None, True)

            assert (await scene.room.start("water", 45)).ok
            view = await scene.until(lambda view: view.phase == "recording")
            assert view.lesson is not None
            assert view.lesson.title == "Water"
            assert not view.safe_to_switch_off
            assert view.sources[0].state == "recording"
            assert (await scene.room.start(None, 45)).why == "busy: a take is running"

            before = view.lesson.ends_at
            assert (await scene.room.extend(10)).ok
            view = await scene.until(lambda view: view.lesson and view.lesson.ends_at > before)
            assert (await scene.room.pause()).ok
            view = await scene.until(lambda view: view.phase == "paused")
            assert view.lesson is not None
            assert (await scene.room.resume()).ok
            await scene.until(lambda view: view.phase == "recording")
            assert (await scene.room.stop()).ok
            await scene.until(lambda view: view.phase == "idle")
            assert (await scene.room.stop()).why == "no take is running"

            ended = await scene.told(m.TakeEnded)
            assert [(e.reason, e.course) for e in ended] == [
                ("paused", "water"),
                ("stopped", "water"),
            ]

    play(work)


def test_an_extension_ends_where_the_next_lesson_begins(tmp_path: Path) -> None:
    async def work() -> None:
        async with room(tmp_path) as scene:
            meetings = (scene.meeting("A", 0, 120), scene.meeting("B", 300, 900))
            scene.bus.publish(TimetableChanged(meetings))
            view = await scene.until(lambda view: view.phase == "recording")
            assert view.lesson is not None
            assert view.next is not None
            assert (view.lesson.title, view.next.title) == ("Lesson A", "Lesson B")
            assert view.extend_until == meetings[1].starts_at
            assert (await scene.room.extend(15)).ok
            view = await scene.until(lambda v: v.lesson and v.lesson.ends_at > meetings[0].ends_at)
            assert view.lesson is not None
            assert view.lesson.ends_at == meetings[1].starts_at
            assert (await scene.room.extend(5)).why == "the next lesson begins then"

    play(work)


def test_an_unplanned_lesson_ends_by_its_own_bell(tmp_path: Path) -> None:
    async def work() -> None:
        async with room(tmp_path) as scene:
            await scene.until(lambda view: True)
            at = datetime.now(UTC)
            assert (await scene.room.start(None, 0.02)).ok  # type: ignore[arg-type]  # 1.2 s
            await scene.until(lambda view: view.phase == "idle" and view.lesson is None)
            assert 1.0 < (datetime.now(UTC) - at).total_seconds() < 3.0
            assert [e.reason for e in await scene.told(m.TakeEnded)] == ["bell"]

    play(work)


def test_devices_are_told_and_say_why_not(tmp_path: Path) -> None:
    async def work() -> None:
        async with room(tmp_path) as scene:
            view = await scene.until(lambda view: view.devices[0].power == "off")
            assert view.devices[0].offers == {"power_on", "power_off", "source", "volume"}
            assert view.devices[0].sources == ("hdmi1", "pc")
            done = await scene.room.command("projector", "source", {"source": "hdmi1"})
            assert done.why == "it is off"
            assert (await scene.room.command("projector", "power_on", {})).ok
            hot = await scene.until(lambda view: view.devices[0].power == "on")
            assert not hot.safe_to_switch_off
            assert (await scene.room.command("projector", "volume", {"level": 40})).ok
            view = await scene.until(lambda view: view.devices[0].values.get("volume") == 40)
            assert "'none'" in (await scene.room.command("none", "volume", {})).why
            assert "'dance'" in (await scene.room.command("projector", "dance", {})).why

    play(work)


def test_help_is_kept_until_the_fleet_has_it(tmp_path: Path) -> None:
    async def work() -> None:
        async with room(tmp_path) as scene:
            assert "waits for the line" in (await scene.room.help("sound")).why
            scene.bus.publish(Connected())
            assert "was sent" in (await scene.room.help("other")).why
            assert [h.topic for h in await scene.told(m.HelpCalled)] == ["sound", "other"]

    play(work)


def test_what_happens_is_shown(tmp_path: Path) -> None:
    async def work() -> None:
        async with room(tmp_path) as scene:
            scene.bus.publish(MessageShown("leave the house"))
            assert (await scene.until(lambda view: view.message)).message == "leave the house"
            raised = Raised(Rule("projector", OFFLINE), False, FleetClock().monotonic() - 5)
            scene.bus.publish(AlarmsNow((raised,)))
            (alarm,) = (await scene.until(lambda view: view.alarms)).alarms
            assert (alarm.subject, alarm.alarm, alarm.text) == ("projector", "offline", "offline")
            assert 4 < (datetime.now(UTC) - alarm.since).total_seconds() < 7
            scene.bus.publish(PreflightDue(datetime.now(UTC)))
            await scene.until(lambda view: view.phase == "preflight")
            assert (await scene.room.start(None, 45)).ok
            await scene.until(lambda view: view.phase == "recording")
            scene.bus.publish(TrackNow("presenter", lost=True))
            await scene.until(lambda view: view.sources[0].state == "lost")
            scene.bus.publish(TrackNow("presenter", lost=False))
            await scene.until(lambda view: view.sources[0].state == "recording")

    play(work)


def test_each_viewer_sees_each_change_and_goes_when_it_likes(tmp_path: Path) -> None:
    async def work() -> None:
        async with room(tmp_path) as scene:
            views = [scene.room.changes(), scene.room.changes()]
            for view in views:
                await anext(view)
            scene.bus.publish(Connected())
            for view in views:
                async with asyncio.timeout(2):
                    while not (await anext(view)).connected:
                        pass
                await view.aclose()
            await until(lambda: not scene.room._viewers)

    play(work)


def test_a_lesson_that_is_not_recorded_is_shown_and_started_by_finger(tmp_path: Path) -> None:
    async def work() -> None:
        async with room(tmp_path) as scene:
            scene.bus.publish(SettingsChanged(language="ar", record_timetable=False))
            scene.bus.publish(TimetableChanged((scene.meeting("A", 0, 120),)))
            view = await scene.until(lambda view: view.unrecorded)
            assert view.unrecorded is not None
            assert (view.unrecorded.title, view.phase, view.lesson) == ("Lesson A", "idle", None)
            assert (view.records, view.language) == (False, "ar")
            assert (await scene.room.start(None, 1)).ok
            view = await scene.until(lambda view: view.phase == "recording")
            assert view.unrecorded is None
            assert (await scene.room.stop()).ok
            await scene.until(lambda view: view.unrecorded)
            scene.bus.publish(SettingsChanged())
            view = await scene.until(lambda view: view.phase == "recording")
            assert (view.records, view.language) == (True, "")

    play(work)


def test_a_notice_goes_away_and_who_looks_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        async with room(tmp_path) as scene:
            scene.bus.publish(NoticeShown("The lift is out of order.", 0.4))
            scene.bus.publish(LookedInto(now=True))
            view = await scene.until(lambda view: view.notice)
            assert (view.notice, view.message) == ("The lift is out of order.", "")
            await scene.until(lambda view: not view.notice)
            assert view.looked_into
            scene.bus.publish(LookedInto(now=False))
            await scene.until(lambda view: not view.looked_into)
            monkeypatch.setattr("edge_agent.loops.touch._PICTURED_SECONDS", 0.5)
            scene.bus.publish(PictureTaken())
            await scene.until(lambda view: view.looked_into)
            await scene.until(lambda view: not view.looked_into)

    play(work)

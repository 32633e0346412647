import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

from contract import codec
from contract import messages as m
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import (
    ClockCorrected,
    LessonNow,
    LessonUnrecorded,
    SettingsChanged,
    TakeRunning,
    TimetableChanged,
)
from edge_agent.loops.timetable import TimetableLoop
from edge_agent.room.events import SlotNow
from edge_agent.room.lesson import Waiting
from edge_agent.storage.sqlite_journal import Journal, open_journal
from tests.fakes.clock import START, FakeClock


class LiveClock(FakeClock):
    """Goes on as the event loop's clock does."""

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed + self.monotonic())


Scenario = Callable[[LiveClock, Bus, "asyncio.Queue[SlotNow]", Journal], Awaitable[None]]


def meeting(clock: LiveClock, lesson: str, start: float, end: float) -> m.Meeting:
    now = clock.now()
    return m.Meeting(
        lesson=lesson,
        course="c",
        title="",
        starts_at=now + timedelta(seconds=start),
        ends_at=now + timedelta(seconds=end),
    )


def play(data: Path, scenario: Scenario) -> None:
    async def scene() -> None:
        journal = await open_journal(data, agent="room-1", now=lambda: START)
        clock, bus = LiveClock(), Bus()
        heard: asyncio.Queue[SlotNow] = asyncio.Queue()
        bus.on(SlotNow, heard.put_nowait)
        loop = TimetableLoop(clock, bus, journal.outbox)
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            running = group.create_task(loop.run())
            await scenario(clock, bus, heard, journal)
            running.cancel()
        await journal.close()

    asyncio.run(scene())


async def until(heard: "asyncio.Queue[SlotNow]", lesson: str | None) -> SlotNow:
    while True:
        said = await heard.get()
        if (said.slot.lesson if said.slot else None) == lesson:
            return said


def test_it_speaks_at_each_bell(tmp_path: Path) -> None:
    async def scenario(clock: LiveClock, bus: Bus, heard: asyncio.Queue, _: Journal) -> None:
        plan = (meeting(clock, "A", 0.5, 1.0), meeting(clock, "B", 1.0, 1.5))
        bus.publish(TimetableChanged(plan))
        for lesson, bell in (("A", plan[0].starts_at), ("B", plan[1].starts_at)):
            said = await until(heard, lesson)
            assert timedelta(0) <= said.at - bell < timedelta(seconds=0.4)
            bus.publish(TakeRunning("t", lesson))
        said = await until(heard, None)
        assert said.at >= plan[1].ends_at
        assert said.rang

    play(tmp_path, scenario)


def test_a_corrected_clock_is_heeded_at_once(tmp_path: Path) -> None:
    async def scenario(clock: LiveClock, bus: Bus, heard: asyncio.Queue, _: Journal) -> None:
        bus.publish(TimetableChanged((meeting(clock, "A", 3600, 7200),)))
        await until(heard, None)
        clock.advance(4000)
        bus.publish(ClockCorrected(4000))
        began = clock.monotonic()
        await until(heard, "A")
        assert clock.monotonic() - began < 2

    play(tmp_path, scenario)


def test_a_clock_that_cannot_be_right_starts_nothing_before_the_fleet_was_heard(
    tmp_path: Path,
) -> None:
    async def scenario(clock: LiveClock, bus: Bus, heard: asyncio.Queue, _: Journal) -> None:
        clock.trusted = False
        plan = (meeting(clock, "tomorrow", -1, 60), meeting(clock, "then", 300, 600))
        bus.publish(TimetableChanged(plan))
        await asyncio.sleep(0.6)
        said = [heard.get_nowait() for _ in range(heard.qsize())]
        assert len(said) >= 2
        # Neither begins, nor is the room looked at for the next one.
        assert {(each.slot, each.next_at) for each in said} == {(None, None)}
        clock.trusted = True
        assert (await until(heard, "tomorrow")).next_at == plan[1].starts_at

    play(tmp_path, scenario)


def test_a_lesson_that_waits_for_another_is_told_once(tmp_path: Path) -> None:
    async def scenario(clock: LiveClock, bus: Bus, heard: asyncio.Queue, journal: Journal) -> None:
        plan = (meeting(clock, "A", -5, 60), meeting(clock, "B", -4, 90))
        bus.publish(TimetableChanged(plan))
        for _ in range(3):
            await until(heard, "A")
            bus.publish(ClockCorrected(0))
        rows = await journal.outbox.pending("event", 0, 10)
        (told,) = [codec.decode_up(row.body).payload for row in rows]
        assert told.lesson == "B"
        assert "lesson A" in told.why

    play(tmp_path, scenario)


def test_what_is_not_to_be_recorded_is_said_and_what_is_recorded_goes_on(tmp_path: Path) -> None:
    async def scenario(clock: LiveClock, bus: Bus, heard: asyncio.Queue, _: Journal) -> None:
        unrecorded: list[str | None] = []
        bus.on(
            LessonUnrecorded,
            lambda event: unrecorded.append(event.slot.lesson if event.slot else None),
        )
        plan = (meeting(clock, "A", 0, 1.0), meeting(clock, "B", 1.0, 1.8))
        bus.publish(TimetableChanged(plan))
        await until(heard, "A")
        bus.publish(TakeRunning("t", "A"))
        bus.publish(SettingsChanged(record_timetable=False))
        said = await heard.get()
        assert (said.slot.lesson, said.next_at) == ("A", plan[1].starts_at)
        said = await until(heard, None)
        bus.publish(TakeRunning(None, None))
        assert said.at >= plan[0].ends_at
        assert unrecorded == ["B"]
        bus.publish(SettingsChanged(record_timetable=True))
        await until(heard, "B")
        assert unrecorded == ["B", None]

    play(tmp_path, scenario)


def test_a_lesson_that_is_paused_can_go_on_although_none_is_recorded_any_more(
    tmp_path: Path,
) -> None:
    async def scenario(clock: LiveClock, bus: Bus, heard: asyncio.Queue, _: Journal) -> None:
        plan = (meeting(clock, "A", 0, 60),)
        bus.publish(TimetableChanged(plan))
        said = await until(heard, "A")
        bus.publish(LessonNow(Waiting(), said.slot, True, None))
        bus.publish(SettingsChanged(record_timetable=False))
        await asyncio.sleep(0.1)
        while not heard.empty():
            assert heard.get_nowait().slot == said.slot

    play(tmp_path, scenario)

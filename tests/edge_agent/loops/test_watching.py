"""When the sources are looked at, and what is said of them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest

from contract.messages import SlideChanged
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import (
    AskDevice,
    PageTurned,
    PreflightDue,
    SourcesOpen,
    TakeRunning,
    TrackNow,
)
from edge_agent.loops.watching import WatchingLoop
from edge_agent.ports.touch import LOOK_SECONDS, Level
from edge_agent.ports.watch import Heard, Seen, Shifted, Signal, Turned
from edge_agent.room.events import Measured
from edge_agent.room.model import Source
from edge_agent.room.watch import Hearing, Look
from tests.fakes.clock import START
from tests.fakes.watch import FakeWatch

SOURCES = (
    Source("camera", "camera", "presenter", "test", ""),
    Source("screen", "screen", "presentation", "test", ""),
    Source("microphone", "microphone", "audio", "test", ""),
)
GOOD = Look(brightness=120.0, dark=0.1, sharpness=500.0, motion=1.0, detail=1.0, view=0.9)
BLACK = Look(brightness=2.0, dark=1.0, sharpness=1.0, motion=0.0)
VOICE = Hearing(-22.0, zero=False, clipped=0.0, hum=0.0, momentary=-23.0, short_term=-24.0)


class StandingClock:
    """A clock that moves only when the test says so; who sleeps, sleeps until then."""

    def __init__(self) -> None:
        self.passed = 1000.0
        self._moved = asyncio.Event()

    def now(self):
        return START + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        until = self.passed + seconds
        while self.passed < until:
            await self._moved.wait()

    async def advance(self, seconds: float) -> None:
        self.passed += seconds
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
        for _ in range(5):
            await asyncio.sleep(0)


class Room:
    """A watching loop, what it hears and what it said."""

    def __init__(self) -> None:
        self.watch, self.clock, self.bus = FakeWatch(), StandingClock(), Bus()
        self.sent: list[SlideChanged] = []
        self.said: list[Measured] = []
        self.open: list[frozenset[str]] = []
        self.turned: list[PageTurned] = []
        self.bus.on(Measured, self.said.append)
        self.bus.on(SourcesOpen, lambda event: self.open.append(event.tracks))
        self.bus.on(PageTurned, self.turned.append)
        self.free = 100
        camera = SimpleNamespace(name="ptz", source="camera")
        self.loop = WatchingLoop(
            self.watch,
            SOURCES,
            (camera,),
            SimpleNamespace(append=self._append),
            self.clock,
            self.bus,
            SimpleNamespace(free=self._free),
            lesson_bytes=30.0,
            reserve_bytes=10,
        )

    async def _append(self, message: SlideChanged) -> None:
        self.sent.append(message)

    async def _free(self) -> int:
        return self.free

    def values(self, subject: str, point: str) -> list:
        return [m.value for m in self.said if (m.subject, m.point) == (subject, point)]

    async def see(self, look: Look, track: str = "presenter") -> None:
        await self.watch.tell(Seen(track, self.clock.passed, b"jpeg", look))

    async def hear(self) -> None:
        await self.watch.tell(Heard("audio", self.clock.passed, -20.0, -10.0, VOICE))


def in_a_room(story: Callable[[Room], Awaitable[None]]) -> None:
    async def run() -> None:
        room = Room()
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(room.loop.run())
            await asyncio.sleep(0)
            try:
                await story(room)
            finally:
                running.cancel()
        assert not room.watch.is_open

    asyncio.run(run())


def test_the_sources_are_closed_until_somebody_asks_and_two_minutes_after() -> None:
    async def story(room: Room) -> None:
        await room.clock.advance(600)
        assert not room.watch.is_open
        room.loop.look()
        assert room.watch.is_open
        await room.clock.advance(LOOK_SECONDS - 1)
        assert room.watch.is_open
        await room.clock.advance(2)
        assert not room.watch.is_open
        assert room.open == [frozenset({"presenter", "presentation", "audio"}), frozenset()]

    in_a_room(story)


def test_who_asks_again_sees_on() -> None:
    async def story(room: Room) -> None:
        room.loop.look()
        await room.clock.advance(LOOK_SECONDS - 1)
        room.loop.look()
        await room.clock.advance(LOOK_SECONDS - 1)
        assert room.watch.is_open

    in_a_room(story)


def test_they_are_open_before_a_lesson_and_no_longer_when_it_does_not_come() -> None:
    async def story(room: Room) -> None:
        room.bus.publish(PreflightDue(room.clock.now() + timedelta(minutes=10)))
        assert room.watch.is_open
        await room.clock.advance(590)
        assert room.watch.is_open
        await room.clock.advance(71)
        assert not room.watch.is_open
        room.bus.publish(PreflightDue(room.clock.now() + timedelta(minutes=10)))
        room.bus.publish(PreflightDue(None))
        assert not room.watch.is_open

    in_a_room(story)


def test_the_latest_picture_is_shown_while_there_is_one() -> None:
    async def story(room: Room) -> None:
        await room.see(GOOD)
        assert room.loop.picture("presenter") is None  # nobody looks: it came too late
        room.loop.look()
        await room.see(GOOD)
        picture = room.loop.picture("presenter")
        assert picture is not None
        assert picture.jpeg == b"jpeg"
        await room.watch.tell(Signal("presenter", 1.0, present=False))
        assert room.loop.picture("presenter") is None
        await room.see(GOOD)
        await room.clock.advance(LOOK_SECONDS + 1)
        assert room.loop.picture("presenter") is None

    in_a_room(story)


def test_levels_come_ten_times_a_second() -> None:
    async def story(room: Room) -> None:
        levels = room.loop.levels()
        assert await anext(levels) == ()
        room.loop.look()
        await room.hear()
        got: list[tuple] = []

        async def view() -> None:
            async for each in levels:
                got.append(each)

        async with asyncio.TaskGroup() as tasks:
            viewing = tasks.create_task(view())
            await asyncio.sleep(0)
            for _ in range(10):
                await room.clock.advance(0.1)
            viewing.cancel()
        assert len(got) == 10
        assert set(got) == {(Level("audio", -20.0, -10.0),)}

    in_a_room(story)


def test_faults_are_said_at_once_and_numbers_once_a_second() -> None:
    async def story(room: Room) -> None:
        room.bus.publish(TakeRunning("take", None))
        for brightness in (120.0, 121.0, 122.0):
            await room.see(Look(brightness, 0.1, 500.0, 1.0))
        await room.see(BLACK)
        await room.see(BLACK)
        assert room.values("presenter", "black") == [False, True]
        assert room.values("presenter", "brightness") == [120.0]
        await room.clock.advance(1)
        await room.see(BLACK)
        assert room.values("presenter", "brightness") == [120.0, 2.0]

    in_a_room(story)


def test_what_is_closed_is_not_known_any_more_and_no_longer_wrong() -> None:
    async def story(room: Room) -> None:
        room.bus.publish(TakeRunning("take", None))
        await room.see(BLACK)
        await room.hear()
        room.bus.publish(TakeRunning(None, None))
        assert room.values("presenter", "black") == [True, False, None]
        assert room.values("audio", "silent") == [False, None]

    in_a_room(story)


def test_whoever_only_looks_in_is_shown_all_and_told_of_no_fault() -> None:
    async def story(room: Room) -> None:
        room.loop.look()
        await room.see(BLACK)
        await room.hear()
        assert room.loop.picture("presenter") is not None
        assert [said for said in room.said if said.subject != "room"] == []
        room.bus.publish(PreflightDue(room.clock.now() + timedelta(minutes=10)))
        await room.see(BLACK)
        assert room.values("presenter", "black") == [True]
        room.bus.publish(PreflightDue(None))
        assert room.values("presenter", "black") == [True, False]

    in_a_room(story)


def test_a_source_without_a_signal_has_no_other_fault() -> None:
    async def story(room: Room) -> None:
        room.bus.publish(TakeRunning("take", None))
        await room.see(BLACK)
        await room.watch.tell(Signal("presenter", 1.0, present=False))
        assert room.values("presenter", "black") == [True, None]
        assert room.values("presenter", "no_signal") == [True]

    in_a_room(story)


def test_a_gap_ends_with_the_take() -> None:
    async def story(room: Room) -> None:
        room.bus.publish(TakeRunning("take", None))
        room.bus.publish(TrackNow("audio", lost=True))
        assert room.values("audio", "gap") == [True]
        room.bus.publish(TakeRunning(None, None))
        assert room.values("audio", "gap") == [True, False]

    in_a_room(story)


def test_what_the_take_has_open_is_not_open_for_whoever_looks() -> None:
    async def story(room: Room) -> None:
        room.loop.look()
        room.bus.publish(TakeRunning("take", None))
        assert room.open[-1] == frozenset()
        await room.clock.advance(LOOK_SECONDS + 1)
        await room.see(GOOD)
        assert room.loop.picture("presenter") is not None

    in_a_room(story)


def test_sound_that_leaves_its_picture_is_measured() -> None:
    async def story(room: Room) -> None:
        room.bus.publish(TakeRunning("take", None))
        await room.watch.tell(Shifted("audio", 1.0, 0.15))
        assert room.values("room", "apart") == []
        await room.watch.tell(Shifted("presenter", 1.0, 0.0), Shifted("presentation", 1.0, 0.1))
        assert room.values("room", "apart") == [0.15]

    in_a_room(story)


def test_what_was_out_of_step_in_one_take_is_not_so_in_the_next() -> None:
    async def story(room: Room) -> None:
        room.bus.publish(TakeRunning("take", None))
        await room.watch.tell(Shifted("presenter", 1.0, 0.0), Shifted("audio", 1.0, 0.3))
        assert room.values("room", "apart") == [0.3]
        room.bus.publish(TakeRunning("next", None))
        assert room.values("room", "apart") == [0.3, 0.0]

    in_a_room(story)


def test_a_page_goes_to_the_fleet_and_onto_the_bus() -> None:
    async def story(room: Room) -> None:
        room.bus.publish(TakeRunning("take", None))
        await room.watch.tell(Turned("take", "presentation", 12.5))
        assert room.sent == [SlideChanged(take="take", track="presentation", at=12.5)]
        assert room.turned == [PageTurned("take", "presentation", 12.5)]

    in_a_room(story)


def test_lessons_left_on_the_disk_are_said() -> None:
    async def story(room: Room) -> None:
        await room.clock.advance(0)
        assert room.values("room", "lessons_left") == [3.0]
        room.free = 40
        await room.clock.advance(31)
        assert room.values("room", "lessons_left") == [3.0, 1.0]

    in_a_room(story)


@pytest.mark.parametrize(
    ("command", "arguments", "aims"),
    [
        ("preset", {"number": 3}, [("presenter", "preset 3")]),
        ("park", {}, [("presenter", "park")]),
        ("tracking", {"on": True}, [("presenter", None)]),
        ("power_on", {}, []),
    ],
)
def test_a_camera_that_is_turned_is_looked_at_anew(
    command: str, arguments: dict, aims: list
) -> None:
    async def story(room: Room) -> None:
        room.bus.publish(AskDevice("1", "ptz", command, arguments))
        room.bus.publish(AskDevice("2", "projector", command, arguments))
        assert room.watch.aims == aims

    in_a_room(story)

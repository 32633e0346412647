"""Who looks into a room sees it; while nobody does, nothing is sent and nothing is open."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest

from contract.messages import Glimpse, Look
from edge_agent.link.clock import FleetClock
from edge_agent.loops.bus import Bus
from edge_agent.loops.glimpses import GlimpseLoop
from edge_agent.loops.sight import Sight
from edge_agent.loops.signals import DevicesClosed, LessonNow, LookedInto, TakeRunning
from edge_agent.ports.touch import LOOK_SECONDS, Level, Picture
from edge_agent.room.lesson import Waiting
from edge_agent.room.looking import Permission
from edge_agent.room.model import Source
from tests.edge_agent.loops.test_device import until
from tests.fakes.hardware import device, profile

SOURCES = (
    Source("front", "camera", "presenter", "test", ""),
    Source("back", "camera", "presenter-2", "test", ""),
    Source("lectern", "microphone", "audio", "test", ""),
)
DEVICES = (
    device("ptz", profile("camera"), source="front"),
    device("gooseneck", profile("microphone"), source="lectern"),
)


class Open:
    """A monitor whose sources are open as soon as somebody looks, or already."""

    def __init__(self, *, opened: bool = False) -> None:
        self.opened = opened
        self.seconds: list[float] = []
        self.pictures = {"presenter": b"front", "presenter-2": b"back"}

    def look(self, seconds: float = LOOK_SECONDS) -> None:
        self.seconds.append(seconds)
        self.opened = True

    def picture(self, track: str) -> Picture | None:
        return Picture(self.pictures[track], 0.0) if self.opened else None

    def heard(self) -> tuple[Level, ...]:
        return (Level("audio", -31.52, -20.0),) if self.opened else ()

    async def levels(self) -> AsyncIterator[tuple[Level, ...]]:
        yield self.heard()


class Room:
    """A loop, what it sent, and what the touch page was told."""

    def __init__(self, monitor: Open, may: Permission) -> None:
        self.bus, self.clock, self.monitor = Bus(), FleetClock(), monitor
        self.sent: list[Glimpse] = []
        self.signs: list[bool] = []
        self.room: list[int] = []
        self.bus.on(Glimpse, self.sent.append)
        self.bus.on(LookedInto, lambda event: self.signs.append(event.now))
        sight = Sight(monitor, SOURCES, DEVICES, may, self.clock, self.bus)
        self.loop = GlimpseLoop(sight, self._shrink, self.clock, self.bus)

    def _shrink(self, jpeg: bytes, most: int) -> bytes:
        self.room.append(most)
        return jpeg

    def look(self, seconds: float, every: float = 0.1, size: int = 5000) -> None:
        until = self.clock.now() + timedelta(seconds=seconds)
        self.bus.publish(Look(until=until, every=every, size=size))

    async def next(self) -> Glimpse:
        count = len(self.sent)
        await until(lambda: len(self.sent) > count)
        return self.sent[-1]


def play(
    story: Callable[[Room], Awaitable[None]],
    monitor: Open | None = None,
    may: Permission = "always",
    *,
    trusted: bool = True,
) -> Room:
    async def scene() -> Room:
        room = Room(monitor or Open(), may)
        if trusted:
            room.clock.heard(room.clock.now(), None)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(room.loop.run())
            await asyncio.sleep(0)
            await story(room)
            task.cancel()
        return room

    return asyncio.run(asyncio.wait_for(scene(), 20))


def test_while_nobody_looks_nothing_is_sent_and_nothing_opened() -> None:
    async def story(room: Room) -> None:
        await asyncio.sleep(0.3)
        room.look(-1)
        await asyncio.sleep(0.3)

    room = play(story)
    assert (room.sent, room.signs, room.monitor.seconds) == ([], [], [])


def test_a_look_is_answered_at_once_every_so_often_and_ends() -> None:
    async def story(room: Room) -> None:
        room.bus.publish(TakeRunning("t", "L"))
        room.look(0.75, every=0.2)
        await until(lambda: room.signs == [True])
        await until(lambda: room.signs == [True, False])
        count = len(room.sent)
        await asyncio.sleep(0.4)
        assert len(room.sent) == count
        assert 3 <= count <= 4
        assert room.sent[0] == Glimpse(picture=b"front", level=-31.5, recording=True)
        # Nothing stays open longer than somebody looks.
        assert max(room.monitor.seconds) <= 0.75

    room = play(story)
    assert set(room.room) == {(5000 - 920) // 4 * 3}


def test_who_looks_on_sees_on_and_who_stops_is_believed() -> None:
    async def story(room: Room) -> None:
        room.look(0.3)
        await room.next()
        room.look(60)
        await asyncio.sleep(0.6)
        await room.next()
        room.look(-1)
        await until(lambda: room.signs == [True, False])

    play(story)


def test_a_fleet_that_went_away_looks_two_minutes_at_the_most() -> None:
    async def story(room: Room) -> None:
        room.look(3600)
        await room.next()

    assert play(story).monitor.seconds[0] <= 120


def test_what_faces_the_wall_is_not_shown_and_what_is_closed_not_heard() -> None:
    async def story(room: Room) -> None:
        room.bus.publish(DevicesClosed(frozenset({"ptz"})))
        room.look(60)
        assert (await room.next()).picture == b"back"
        room.bus.publish(DevicesClosed(frozenset({"gooseneck"})))
        await room.next()
        assert (await room.next()) == Glimpse(picture=b"front", level=None)
        room.bus.publish(LessonNow(Waiting(), None, True, None))  # somebody paused the lesson
        await room.next()
        assert (await room.next()) == Glimpse()

    play(story)


@pytest.mark.parametrize(
    ("may", "opened", "picture"),
    [("lessons", False, None), ("lessons", True, b"front"), ("never", True, None)],
)
def test_a_room_that_does_not_want_it_opens_nothing(
    may: Permission, opened: bool, picture: bytes | None
) -> None:
    async def story(room: Room) -> None:
        room.look(60)
        assert (await room.next()).picture == picture
        assert room.signs == [True]

    assert play(story, Open(opened=opened), may).monitor.seconds == []


def test_a_room_that_does_not_know_the_time_shows_itself_for_a_moment() -> None:
    async def story(room: Room) -> None:
        room.look(-86_400)
        assert (await room.next()).picture == b"front"

    assert 9 < play(story, trusted=False).monitor.seconds[0] <= 10

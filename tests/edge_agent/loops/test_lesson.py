"""The lesson loop with a real journal, a fake recorder, and failures in every place."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract import codec, registry
from contract import messages as m
from edge_agent.errors import EdgeError
from edge_agent.link.clock import FleetClock
from edge_agent.loops import take
from edge_agent.loops.bus import Bus
from edge_agent.loops.lesson import LessonLoop
from edge_agent.loops.signals import ClockCorrected, OrderAnswered, TakeHandedOver, TakeRunning
from edge_agent.loops.supervise import supervise
from edge_agent.loops.take import TakeMaker
from edge_agent.room import events as e
from edge_agent.room import manifest
from edge_agent.room.model import Source
from edge_agent.storage.sqlite_journal import FILE, Journal, open_journal
from edge_agent.storage.take_files import DiskTakeFiles
from tests.fakes.recorder import FakeRecorder

CAMERA = Source("camera", "camera", "presenter", "test", "")


@dataclass
class Scene:
    journal: Journal
    recorder: FakeRecorder
    bus: Bus
    running: list[TakeRunning]
    handed: list[TakeHandedOver]

    def slot(self, lesson: str | None = "L") -> None:
        now = datetime.now(UTC)
        open_slot = e.Slot(lesson, now + timedelta(minutes=45)) if lesson else None
        self.bus.publish(e.SlotNow(now, open_slot))

    async def told(self) -> list[m.Payload]:
        rows = await self.journal.outbox.pending("event", 0, 10**4)
        return [codec.decode_up(row.body).payload for row in rows]

    async def until_told(self, kind: type[m.Payload], count: int = 1) -> list[m.Payload]:
        async with asyncio.timeout(10):
            while len(found := [p for p in await self.told() if isinstance(p, kind)]) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return found

    async def phases(self) -> list[str]:
        return [row.phase for row in await self.journal.takes.takes()]


class FailingRecorder(FakeRecorder):
    """Fails as often as `failures` says, by the name of the method."""

    def __init__(self, **failures: int) -> None:
        super().__init__()
        self.failures = failures

    def _fail(self, what: str) -> None:
        if self.failures.get(what, 0) > 0:
            self.failures[what] -= 1
            raise OSError(f"{what} fails")

    async def start(self, order) -> None:
        self._fail("start")
        await super().start(order)

    async def stop(self) -> None:
        if self.running:
            self._fail("stop")
        await super().stop()

    def give_up(self) -> None:
        self._events.put_nowait(None)


@asynccontextmanager
async def room(data: Path, recorder: FakeRecorder | None = None) -> AsyncIterator[Scene]:
    journal = await open_journal(data, agent="room-1", now=lambda: datetime.now(UTC))
    recorder, bus, clock = recorder or FakeRecorder(), Bus(), FleetClock()
    files = DiskTakeFiles(data / "takes")
    maker = TakeMaker(
        journal.takes, journal.outbox, recorder, clock, [CAMERA], files, 0.3, "boot", bus
    )
    loop = LessonLoop(journal.takes, journal.memory, journal.outbox, maker, bus, files)
    scene = Scene(journal, recorder, bus, [], [])
    bus.on(TakeRunning, scene.running.append)
    bus.on(TakeHandedOver, scene.handed.append)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(supervise("lesson", loop.run, most_seconds=0.05))
        yield scene
        task.cancel()
    await journal.close()


def play(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 30))


def test_the_journal_is_written_before_the_recorder_starts(tmp_path: Path) -> None:
    phases = []

    class Looking(FakeRecorder):
        async def start(self, order) -> None:
            with sqlite3.connect(tmp_path / FILE) as other:
                phases.extend(other.execute("SELECT take, state FROM takes").fetchall())
            await super().start(order)

    async def work() -> None:
        async with room(tmp_path, Looking()) as scene:
            scene.slot()
            await scene.until_told(m.TakeStarted)
            assert phases == [(scene.recorder.orders[0].take, "starting")]
            assert await scene.phases() == ["recording"]

    play(work)


def test_stopping_the_agent_closes_the_take_as_interrupted(tmp_path: Path) -> None:
    async def work() -> None:
        async with room(tmp_path) as scene:
            scene.slot()
            await scene.until_told(m.SegmentClosed, 2)
        async with room(tmp_path) as after:
            (ended,) = await after.until_told(m.TakeEnded)
            assert ended.reason == "interrupted"
            (track,) = ended.tracks
            assert [s.index for s in track.segments] == list(range(len(track.segments)))
            assert len(track.segments) >= 3
            assert await after.phases() == ["delivering"]
            after.bus.publish(e.TakeDelivered(ended.take))
            async with asyncio.timeout(5):
                while await after.phases() != ["done"]:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)

    play(work)


def test_a_recorder_that_ends_by_itself_is_followed_by_a_new_take_of_the_lesson(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        recorder = FailingRecorder()
        async with room(tmp_path, recorder) as scene:
            scene.slot()
            await scene.until_told(m.SegmentClosed)
            recorder.give_up()
            (ended,) = await scene.until_told(m.TakeEnded)
            started = await scene.until_told(m.TakeStarted, 2)
            assert ended.reason == "interrupted"
            assert ended.tracks[0].segments
            assert [s.lesson for s in started] == ["L", "L"]
            assert len({s.take for s in started}) == 2

    play(work)


def test_a_take_too_long_for_one_manifest_is_followed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(take, "MOST_SEGMENTS", 3)

    async def work() -> None:
        async with room(tmp_path) as scene:
            scene.slot()
            ended = await scene.until_told(m.TakeEnded, 2)
            assert {x.lesson for x in ended} == {"L"}
            assert all(len(x.tracks[0].segments) >= 3 for x in ended)

    play(work)


def test_the_longest_manifest_fits_into_a_message() -> None:
    segments = [
        m.Segment(
            track="presentation-2",
            index=n,
            run=999,
            start=86_399.123456789012,
            duration=60.033333333333335,
            bytes=99_999_999,
            sha256="0" * 64,
        )
        for n in range(take.MOST_SEGMENTS)
    ]
    tracks = manifest.tracks([], segments, 86_460.0, {})
    at = datetime.now(UTC)
    ended = m.TakeEnded(
        take="t" * 36,
        lesson="l" * 36,
        started_at=at,
        ended_at=at,
        duration=86_460.0,
        reason="interrupted",
        tracks=tracks,
    )

    body = codec.encode_up(ended, source="a" * 48, time=at, epoch="e" * 36, seq=2**53 - 1)

    assert len(body) < registry.MAX_MESSAGE_BYTES


def test_a_recorder_that_does_not_stop_at_the_bell_loses_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        async with room(tmp_path, FailingRecorder(stop=1)) as scene:
            scene.slot()
            closed = await scene.until_told(m.SegmentClosed)
            scene.slot(None)
            (ended,) = await scene.until_told(m.TakeEnded)
            # It was the bell that stopped it, and this was journalled before the failure.
            assert ended.reason == "bell"
            assert closed[0].segment in ended.tracks[0].segments

    play(work)


def test_a_recorder_that_cannot_start_leaves_no_trace_but_a_word(tmp_path: Path) -> None:
    async def work() -> None:
        async with room(tmp_path, FailingRecorder(start=1)) as scene:
            scene.slot()
            (missed,) = await scene.until_told(m.LessonMissed)
            assert "start fails" in missed.why
            assert await scene.phases() == []
            assert list((tmp_path / "takes").iterdir()) == []
            scene.slot()
            await scene.until_told(m.TakeStarted)

    play(work)


class LateRecorder(FakeRecorder):
    """Its first start is given up by those who wait for it, and comes about all the same."""

    async def start(self, order) -> None:
        if not self.orders:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                await super().start(order)
                raise
        await super().start(order)


def test_a_start_that_was_given_up_and_comes_late_keeps_no_lesson_from_being_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(take, "_START_SECONDS", 0.1)

    async def work() -> None:
        async with room(tmp_path, LateRecorder()) as scene:
            scene.slot()
            await scene.until_told(m.LessonMissed)
            scene.slot()
            (started,) = await scene.until_told(m.TakeStarted)
            assert scene.recorder.orders[-1].take == started.take
            assert await scene.phases() == ["recording"]

    play(work)


def lose_journal(data: Path) -> None:
    for path in data.glob(f"{FILE}*"):
        path.unlink()
    (data / "takes" / "stray").mkdir()
    (data / "takes" / "stray" / "take.json").write_text("{")


def test_a_take_of_a_lost_journal_is_taken_in_from_the_disk(tmp_path: Path) -> None:
    async def work() -> None:
        async with room(tmp_path) as scene:
            scene.slot("A")
            await scene.until_told(m.SegmentClosed)
            scene.slot(None)
            (whole,) = await scene.until_told(m.TakeEnded)
            scene.slot("B")
            await scene.until_told(m.TakeStarted, 2)
        lose_journal(tmp_path)
        second = next(
            p for p in (tmp_path / "takes").iterdir() if p.name not in (whole.take, "stray")
        )
        (second / "manifest.json").unlink()

        async with room(tmp_path) as after:
            ended = {x.take: x for x in await after.until_told(m.TakeEnded, 2)}
            assert ended[whole.take] == whole
            assert ended[second.name].reason == "interrupted"
            assert ended[second.name].lesson == "B"
            files = {path.name for path in (tmp_path / "takes").glob("*/*.mp4")}
            held = [await after.journal.takes.segments(take) for take in ended]
            assert {path.name for part in held for _, path in part} == files

    play(work)


def test_orders_are_answered_over_the_bus(tmp_path: Path) -> None:
    async def work() -> None:
        async with room(tmp_path) as scene:
            answers: asyncio.Queue[OrderAnswered] = asyncio.Queue()
            scene.bus.on(OrderAnswered, answers.put_nowait)
            now = datetime.now(UTC)
            scene.bus.publish(e.StartOrdered("o1", now, None, now + timedelta(minutes=1)))
            done = await answers.get()
            assert done == OrderAnswered("o1", True, "", {"take": scene.recorder.orders[0].take})
            scene.bus.publish(e.StopOrdered("o2", now))
            assert (await answers.get()).order == "o2"
            assert scene.running[-1].take is None
            assert [h.take for h in scene.handed] == [scene.recorder.orders[0].take]

    play(work)


def test_an_order_the_loop_failed_at_is_answered_all_the_same(tmp_path: Path) -> None:
    async def work() -> None:
        async with room(tmp_path, FailingRecorder(stop=1)) as scene:
            answers: list[OrderAnswered] = []
            scene.bus.on(OrderAnswered, answers.append)
            scene.slot()
            await scene.until_told(m.TakeStarted)
            scene.bus.publish(e.StopOrdered("o1", datetime.now(UTC)))
            (ended,) = await scene.until_told(m.TakeEnded)
            assert [(a.order, a.done) for a in answers] == [("o1", False)]
            assert "recorder failed" in answers[0].why
            assert ended.reason == "stopped"

    play(work)


def test_a_clock_that_was_days_off_does_not_end_what_somebody_started(tmp_path: Path) -> None:
    async def work() -> None:
        async with room(tmp_path) as scene:
            now = datetime.now(UTC)
            scene.bus.publish(e.StartOrdered("o", now, None, now + timedelta(minutes=1)))
            await scene.until_told(m.TakeStarted)
            scene.bus.publish(ClockCorrected(86_400.0))
            scene.bus.publish(e.SlotNow(now + timedelta(days=1), None))
            await scene.until_told(m.SegmentClosed)
            assert await scene.phases() == ["recording"]

    play(work)


def test_an_unplanned_lesson_and_its_course_outlive_the_agent(tmp_path: Path) -> None:
    async def work() -> None:
        now = datetime.now(UTC)
        async with room(tmp_path) as scene:
            scene.bus.publish(e.StartOrdered("o", now, None, now + timedelta(minutes=1), "water"))
            (started,) = await scene.until_told(m.TakeStarted)
            assert (started.lesson, started.course) == (None, "water")
        async with room(tmp_path) as scene:
            scene.slot(None)
            await scene.until_told(m.TakeStarted, 2)
            (ended,) = await scene.until_told(m.TakeEnded)
            assert (ended.reason, ended.course) == ("interrupted", "water")

    play(work)


def test_what_lies_beside_the_segments_tells_the_take(tmp_path: Path) -> None:
    async def work() -> None:
        async with room(tmp_path) as scene:
            scene.slot()
            await scene.until_told(m.TakeStarted)
            (order,) = scene.recorder.orders
            facts = json.loads((order.directory / "take.json").read_text())
            assert (facts["take"], facts["lesson"]) == (order.take, "L")

    play(work)


def test_a_room_without_sources_says_so(tmp_path: Path) -> None:
    async def work() -> None:
        journal = await open_journal(tmp_path, agent="room-1", now=lambda: datetime.now(UTC))
        maker = TakeMaker(
            journal.takes,
            journal.outbox,
            FakeRecorder(),
            FleetClock(),
            (),
            DiskTakeFiles(tmp_path),
            1,
            "b",
            Bus(),
        )
        with pytest.raises(EdgeError, match=r"no \[\[source\]\]"):
            await maker.open("t", None)
        assert await journal.takes.takes() == []
        await journal.close()

    play(work)

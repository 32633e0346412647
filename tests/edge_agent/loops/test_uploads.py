import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from contract import codec
from contract import messages as m
from contract.http import Receipt
from edge_agent.errors import Unreachable, UploadDenied
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import TakeHandedOver, TakeRunning, UploadPolicyChanged
from edge_agent.loops.uploads import UploadsLoop
from edge_agent.ports.journal import TakeRow
from edge_agent.ports.uploader import Progress, SegmentFile
from edge_agent.room.events import TakeDelivered
from edge_agent.storage.sqlite_journal import Journal, open_journal
from tests.fakes.clock import FakeClock

AT = datetime(2026, 9, 1, tzinfo=UTC)
DIGEST = "0" * 64


class FakeUploader:
    """Takes every file, after the errors it was given."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []
        self.sent: list[tuple[str, int]] = []
        self.limits: list[int | None] = []
        self.attempts = 0

    def limit(self, bytes_per_second: int | None) -> None:
        self.limits.append(bytes_per_second)

    async def upload(self, file: SegmentFile, progress: Progress) -> Receipt:
        self.attempts += 1
        if self.errors:
            raise self.errors.pop(0)
        await progress("https://fleet/u", file.bytes)
        self.sent.append((file.take, file.index))
        return Receipt(
            upload="u",
            take=file.take,
            track=file.track,
            index=file.index,
            bytes=file.bytes,
            sha256=file.sha256,
            stored_at=AT,
        )


Scenario = Callable[[Journal, FakeUploader, Bus, list[str]], Awaitable[None]]


def play(data: Path, scenario: Scenario) -> FakeClock:
    clock = FakeClock()

    async def scene() -> None:
        journal = await open_journal(data, agent="room-1", now=lambda: AT)
        uploader, bus, done = FakeUploader(), Bus(), []
        loop = UploadsLoop(journal.deliveries, uploader, clock, bus, 8.0)
        journal.outbox.listen(loop.wake)
        bus.on(TakeDelivered, lambda event: done.append(event.take))
        async with asyncio.TaskGroup() as group:
            running = group.create_task(loop.run())
            await scenario(journal, uploader, bus, done)
            running.cancel()
        await journal.close()

    asyncio.run(asyncio.wait_for(scene(), 20))
    return clock


async def until(what: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not what():  # noqa: ASYNC110 - nothing tells us
            await asyncio.sleep(0.01)


async def record(journal: Journal, data: Path, take: str, *indices: int) -> None:
    row = TakeRow(take, "L", "recording", AT, 0.0, "boot", data / "takes" / take)
    await journal.takes.open(row)
    for index in indices:
        segment = m.Segment(
            track="audio", index=index, run=0, start=0, duration=1, bytes=9, sha256=DIGEST
        )
        await journal.takes.add_segment(take, segment, row.directory / f"{index}")


async def end(journal: Journal, bus: Bus, take: str) -> None:
    ended = m.TakeEnded(
        take=take, lesson="L", started_at=AT, ended_at=AT, duration=1, reason="bell", tracks=()
    )
    await journal.takes.close(ended, segments=[])
    bus.publish(TakeHandedOver(take))


def test_segments_go_while_the_lesson_runs_and_the_take_is_delivered_at_its_end(
    tmp_path: Path,
) -> None:
    async def scenario(journal: Journal, uploader: FakeUploader, bus: Bus, done: list) -> None:
        bus.publish(TakeRunning("t1", "L"))
        await record(journal, tmp_path, "t1", 0, 1)
        await until(lambda: uploader.sent == [("t1", 0), ("t1", 1)])
        assert done == []
        await end(journal, bus, "t1")
        await until(lambda: done)
        assert set(done) == {"t1"}
        bus.publish(UploadPolicyChanged(m.UploadPolicy(bytes_per_second=7)))
        assert uploader.limits == [7]

    play(tmp_path, scenario)


def test_an_unreachable_fleet_is_tried_again_with_growing_waits(tmp_path: Path) -> None:
    async def scenario(journal: Journal, uploader: FakeUploader, bus: Bus, done: list) -> None:
        uploader.errors = [Unreachable("cut")] * 6 + [Unreachable("full", retry_after=100)]
        await record(journal, tmp_path, "t1", 0)
        await until(lambda: uploader.sent)
        assert uploader.attempts == 8

    clock = play(tmp_path, scenario)
    assert 100 <= clock.passed <= 100 + 1 + 2 + 4 + 8 * 4


def test_a_refused_segment_is_told_once_kept_and_holds_up_nothing(tmp_path: Path) -> None:
    async def scenario(journal: Journal, uploader: FakeUploader, bus: Bus, done: list) -> None:
        uploader.errors = [UploadDenied("too large")]
        await record(journal, tmp_path, "t1", 0, 1)
        await until(lambda: uploader.sent == [("t1", 1)])
        await end(journal, bus, "t1")
        await until(lambda: done)
        rows = await journal.outbox.pending("event", 0, 100)
        told = [codec.decode_up(row.body).payload for row in rows]
        refusals = [x for x in told if isinstance(x, m.UploadRefused)]
        assert [(r.index, r.why) for r in refusals] == [(0, "too large")]
        assert len(await journal.deliveries.reclaimable()) == 1

    play(tmp_path, scenario)

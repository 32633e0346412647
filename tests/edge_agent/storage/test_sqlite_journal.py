"""The journal on a real file."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract import codec
from contract import messages as m
from contract.http import Receipt
from edge_agent.ports.journal import TakeRow
from edge_agent.ports.uploader import SegmentFile
from edge_agent.storage.sqlite_journal import FILE, Journal, open_journal

AT = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
DIGEST = "0" * 64


def with_journal(
    data: Path, work: Callable[[Journal], Awaitable[None]], *, quota: int = 1 << 20
) -> None:
    async def scene() -> None:
        journal = await open_journal(data, agent="room-1", now=lambda: AT, telemetry_quota=quota)
        try:
            await work(journal)
        finally:
            await journal.close()

    asyncio.run(scene())


def report(number: int) -> m.Report:
    return m.Report(at=AT, uptime=float(number))


def ping(number: int) -> m.Reply:
    return m.Reply(order=f"order-{number}", phase="done")


async def all_pending(journal: Journal) -> list[codec.Received]:
    rows = [
        row
        for lane in ("answer", "event", "telemetry")
        for row in await journal.outbox.pending(lane, 0, 1000)
    ]
    return [codec.decode_up(row.body) for row in sorted(rows, key=lambda row: row.seq)]


def take(data: Path, name: str = "t1", lesson: str | None = "L") -> TakeRow:
    return TakeRow(name, lesson, "starting", AT, 12.5, "boot", data / "takes" / name)


def segment(index: int, track: str = "presenter") -> m.Segment:
    return m.Segment(
        track=track, index=index, run=0, start=index * 60.0, duration=60, bytes=9, sha256=DIGEST
    )


def ended(name: str = "t1", reason: str = "bell") -> m.TakeEnded:
    return m.TakeEnded(
        take=name,
        lesson="L",
        started_at=AT,
        ended_at=AT,
        duration=60,
        reason=reason,
        tracks=(),
    )


def receipt(file: SegmentFile) -> Receipt:
    return Receipt(
        upload="u",
        take=file.take,
        track=file.track,
        index=file.index,
        bytes=file.bytes,
        sha256=file.sha256,
        stored_at=AT,
    )


def test_a_message_stays_until_an_ack_names_it_and_its_number_is_never_used_again(
    tmp_path: Path,
) -> None:
    async def first(journal: Journal) -> None:
        assert await journal.outbox.append(ping(1), report(2), ping(3)) == 3
        assert await journal.outbox.acknowledge(journal.outbox.epoch, [(2, 3)]) == 2
        assert await journal.outbox.acknowledge(journal.outbox.epoch, [(2, 3)]) == 0
        assert await journal.outbox.acknowledge("another", [(1, 1)]) == 0

    async def second(journal: Journal) -> None:
        (left,) = await all_pending(journal)
        assert (left.seq, left.source, left.epoch) == (1, "room-1", journal.outbox.epoch)
        assert await journal.outbox.append(report(4)) == 4
        assert [row.seq for row in await journal.outbox.again([1, 2, 4])] == [1, 4]

    with_journal(tmp_path, first)
    with_journal(tmp_path, second)


def test_rows_are_read_by_lane_in_order(tmp_path: Path) -> None:
    async def work(journal: Journal) -> None:
        await journal.outbox.append(
            report(1), ping(2), m.ClockStepped(by_seconds=1), report(4), report(5)
        )
        outbox = journal.outbox
        assert [r.seq for r in await outbox.pending("answer", 0, 10)] == [2]
        assert [r.seq for r in await outbox.pending("event", 0, 10)] == [3]
        assert [r.seq for r in await outbox.pending("telemetry", 0, 2)] == [1, 4]
        assert [r.seq for r in await outbox.pending("telemetry", 1, 10, until=4)] == [4]

    with_journal(tmp_path, work)


def test_over_its_quota_the_oldest_telemetry_goes_and_an_event_says_which(tmp_path: Path) -> None:
    async def work(journal: Journal) -> None:
        await journal.outbox.append(ping(1))
        for number in range(100):
            await journal.outbox.append(report(number))
        left = await all_pending(journal)
        kept = [r.payload.uptime for r in left if isinstance(r.payload, m.Report)]
        dropped = [r.payload for r in left if isinstance(r.payload, m.OutboxDropped)]

        assert kept == [float(n) for n in range(100 - len(kept), 100)]
        assert sum(d.count for d in dropped) == 100 - len(kept) > 50
        assert dropped[0].first == 2
        assert len(dropped) < 100 - len(kept)
        assert isinstance(left[0].payload, m.Reply)

    with_journal(tmp_path, work, quota=5_000)


def test_messages_appended_together_are_committed_together(tmp_path: Path) -> None:
    async def work(journal: Journal) -> None:
        heard: list[None] = []
        journal.outbox.listen(lambda: heard.append(None))
        await asyncio.gather(*(journal.outbox.append(report(n)) for n in range(200)))
        assert await journal.outbox.waiting() == 200
        assert await journal.outbox.last() == 200
        assert len(heard) == 200
        with pytest.raises(KeyError):
            await journal.outbox.append(segment(1))
        assert await journal.outbox.waiting() == 200

    with_journal(tmp_path, work)


def test_a_take_goes_its_way_with_its_messages(tmp_path: Path) -> None:
    started = m.TakeStarted(take="t1", lesson="L", started_at=AT, tracks=("presenter",))

    async def work(journal: Journal) -> None:
        takes, deliveries = journal.takes, journal.deliveries
        await takes.open(take(tmp_path))
        await takes.move("t1", "recording", started)
        path = tmp_path / "takes" / "t1" / "presenter-0.mp4"
        await takes.add_segment("t1", segment(0), path)
        await takes.add_segment("t1", segment(0), path)
        await takes.move("t1", "stopping", reason="bell", slot_end=AT)
        assert await deliveries.settled() == []
        await takes.close(ended(), segments=[(segment(1), path.with_name("presenter-1.mp4"))])
        (row,) = await takes.takes()
        assert (row.phase, row.reason, row.slot_end) == ("delivering", "bell", AT)
        assert [s.index for s, _ in await takes.segments("t1")] == [0, 1]
        assert await deliveries.waiting() == (2, 18)

        file = await deliveries.next(None)
        assert file is not None
        assert (file.index, file.path, file.url) == (0, path, None)
        await deliveries.progress(file, "https://fleet/u", 4)
        file = await deliveries.next(None)
        assert file is not None
        assert (file.url, file.offset) == ("https://fleet/u", 4)
        await deliveries.delivered(file, receipt(file))
        assert await deliveries.settled() == []
        file = await deliveries.next(None)
        assert file is not None
        await deliveries.refused(file, "too large")
        assert await deliveries.next(None) is None
        assert await deliveries.settled() == ["t1"]

        (held,) = await deliveries.reclaimable()
        assert (held.path, held.receipt.sha256) == (path, DIGEST)
        await deliveries.deleted(path)
        assert await deliveries.reclaimable() == []
        kinds = [r.type for r in await all_pending(journal)]
        assert kinds == [
            "lectern.take.started",
            "lectern.segment.closed",
            "lectern.segment.closed",
            "lectern.take.ended",
            "lectern.upload.refused",
        ]

    with_journal(tmp_path, work)


def test_the_running_lessons_segments_go_first_then_the_oldest(tmp_path: Path) -> None:
    async def work(journal: Journal) -> None:
        for name in ("old", "older", "live"):
            await journal.takes.open(take(tmp_path, name))
        order = [("older", 0), ("old", 0), ("live", 0), ("older", 1), ("live", 1)]
        for name, index in order:
            path = tmp_path / "takes" / name / str(index)
            await journal.takes.add_segment(name, segment(index), path)
        sent = []
        while (file := await journal.deliveries.next("live")) is not None:
            sent.append((file.take, file.index))
            await journal.deliveries.delivered(file, receipt(file))

        assert sent == [("live", 0), ("live", 1), ("older", 0), ("old", 0), ("older", 1)]

    with_journal(tmp_path, work)


def test_a_dropped_take_is_forgotten(tmp_path: Path) -> None:
    async def work(journal: Journal) -> None:
        await journal.takes.open(take(tmp_path))
        await journal.takes.drop("t1")
        assert await journal.takes.takes() == []

    with_journal(tmp_path, work)


def test_replies_are_remembered_for_a_day_and_values_for_good(tmp_path: Path) -> None:
    now = AT

    async def scene() -> None:
        nonlocal now
        journal = await open_journal(tmp_path, agent="room-1", now=lambda: now)
        await journal.memory.put("key", b"1")
        await journal.memory.put("key", b"2")
        await journal.memory.reply(ping(1))
        now = AT + timedelta(hours=23)
        assert await journal.memory.reply_of("order-1") == ping(1)
        now = AT + timedelta(hours=25)
        assert await journal.memory.reply_of("order-1") is None
        assert await journal.memory.get("key") == b"2"
        assert await journal.memory.get("other") is None
        await journal.close()

    asyncio.run(scene())


def test_a_pc_enrolled_anew_says_what_is_left_in_its_new_name(tmp_path: Path) -> None:
    async def first(journal: Journal) -> None:
        await journal.outbox.append(ping(1), report(2))
        await journal.memory.put("shadow", b"{}")
        await journal.memory.put("session", b"7")

    async def second() -> None:
        journal = await open_journal(tmp_path, agent="room-2", now=lambda: AT)
        left = await all_pending(journal)
        assert [(r.seq, r.source, r.payload) for r in left] == [
            (3, "room-2", ping(1)),
            (4, "room-2", report(2)),
        ]
        assert await journal.memory.get("shadow") is None
        assert await journal.memory.get("session") == b"7"
        await journal.close()

    with_journal(tmp_path, first)
    asyncio.run(second())
    asyncio.run(second())


@pytest.mark.parametrize("damage", ["garbage", "torn"])
def test_a_damaged_file_is_set_aside_reported_and_read_as_far_as_it_can_be(
    tmp_path: Path, damage: str
) -> None:
    epochs = []

    async def fill(journal: Journal) -> None:
        epochs.append(journal.outbox.epoch)
        for number in range(400):
            await journal.outbox.append(ping(number))

    async def after(journal: Journal) -> None:
        left = await all_pending(journal)
        reset = left[0].payload
        assert isinstance(reset, m.OutboxReset)
        assert journal.reset
        assert (tmp_path / reset.set_aside).exists()
        assert journal.outbox.epoch != epochs[0]
        saved = [r.payload for r in left[1:]]
        assert saved == [ping(n) for n in range(len(saved))]
        assert len(saved) > (0 if damage == "torn" else -1)

    with_journal(tmp_path, fill)
    path = tmp_path / FILE
    content = bytearray(path.read_bytes())
    if damage == "garbage":
        content[:] = b"no database at all " * 500
    else:
        content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    path.write_bytes(content)
    with_journal(tmp_path, after)
    assert any(bytes(content[:4096]) == p.read_bytes()[:4096] for p in tmp_path.glob("*set-aside*"))


def test_a_file_that_cannot_be_opened_for_another_reason_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()

    with pytest.raises(sqlite3.OperationalError):
        with_journal(tmp_path, lambda _: asyncio.sleep(0))

    assert (tmp_path / FILE).is_dir()


def test_a_journal_of_an_earlier_build_is_given_what_came_later(tmp_path: Path) -> None:
    with_journal(tmp_path, lambda journal: journal.takes.open(take(tmp_path)))
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("ALTER TABLE takes DROP COLUMN course")
    connection.close()

    async def work(journal: Journal) -> None:
        (row,) = await journal.takes.takes()
        assert (row.take, row.course) == ("t1", None)

    with_journal(tmp_path, work)

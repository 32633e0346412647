import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract import codec
from contract import messages as m
from contract.http import Receipt
from edge_agent.loops.bus import Bus
from edge_agent.loops.disk import DiskLoop
from edge_agent.ports.journal import TakeRow
from edge_agent.room.events import DiskNow
from edge_agent.storage import disk
from edge_agent.storage.recording_disk import RecordingDisk
from edge_agent.storage.sqlite_journal import open_journal
from tests.fakes.clock import FakeClock

AT = datetime(2026, 9, 1, tzinfo=UTC)
SIZE = 1000


def test_a_low_disk_gives_up_what_the_fleet_holds_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "takes" / "t1"
    folder.mkdir(parents=True)
    other_use = 0

    def free(_: Path) -> int:
        return 10 * SIZE - other_use - SIZE * len(list(folder.iterdir()))

    monkeypatch.setattr(disk, "free", free)
    levels: list[str] = []

    async def scene() -> list[m.Payload]:
        nonlocal other_use
        journal = await open_journal(tmp_path, agent="room-1", now=lambda: AT)
        bus = Bus()
        bus.on(DiskNow, lambda event: levels.append(event.level))
        await journal.takes.open(TakeRow("t1", "L", "recording", AT, 0, "b", folder))
        for index in range(5):
            path = folder / f"{index}.mp4"
            path.write_bytes(b"x" * SIZE)
            digest = f"{index:064x}"
            segment = m.Segment(
                track="audio", index=index, run=0, start=0, duration=1, bytes=SIZE, sha256=digest
            )
            await journal.takes.add_segment("t1", segment, path)
        for _ in range(3):
            file = await journal.deliveries.next(None)
            assert file is not None
            # The receipt of the second names other bytes than were journalled.
            proof = "f" * 64 if file.index == 1 else file.sha256
            receipt = Receipt(
                upload="u",
                take="t1",
                track="audio",
                index=file.index,
                bytes=SIZE,
                sha256=proof,
                stored_at=AT,
            )
            await journal.deliveries.delivered(file, receipt)
        limits = disk.DiskLimits(low=5 * SIZE, full=3 * SIZE)
        watched = RecordingDisk(tmp_path, limits)
        loop = DiskLoop(journal.outbox, journal.deliveries, FakeClock(), bus, watched, 1)
        for used in (0, 1, 2, 4, 5, 0):
            other_use = used * SIZE
            await loop.look()
        rows = await journal.outbox.pending("event", 0, 100)
        await journal.close()
        return [codec.decode_up(row.body).payload for row in rows]

    told = [p.state for p in asyncio.run(scene()) if isinstance(p, m.DiskState)]

    # 5 free; 4, so one goes; 4, so the other goes; 3 is low; 2 is full; 7 is plenty.
    assert levels == ["ok", "ok", "ok", "low", "full", "ok"]
    assert told == ["low", "full", "ok"]
    assert sorted(path.name for path in folder.iterdir()) == ["1.mp4", "3.mp4", "4.mp4"]

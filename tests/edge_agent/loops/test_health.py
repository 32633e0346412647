import asyncio
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from contract import codec
from contract.messages import Report
from edge_agent import pc
from edge_agent.loops.bus import Bus
from edge_agent.loops.health import HealthLoop
from edge_agent.loops.signals import Connected, SettingsChanged, TakeRunning
from edge_agent.ports.uplink import Counts
from edge_agent.storage.disk import DiskLimits
from edge_agent.storage.recording_disk import RecordingDisk
from edge_agent.storage.sqlite_journal import open_journal
from tests.fakes.clock import START, FakeClock

AT = datetime(2026, 9, 1, tzinfo=UTC)
WARMTH = 61.5


class Enough(Exception):
    """Ends the loop."""


class Calm(FakeClock):
    """From 12 s on the fleet wants reports each minute, after 200 s as the room has it."""

    def __init__(self, bus: Bus) -> None:
        super().__init__()
        self.bus = bus

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        if 12 <= self.passed < 14:
            self.bus.publish(SettingsChanged(report_seconds=60.0))
        if self.passed >= 200:
            self.bus.publish(SettingsChanged())
        if self.passed > 235:
            raise Enough


class Line:
    """As much of an uplink as is measured."""

    def counts(self) -> Counts:
        return Counts(malformed=3, stray=1)


class Bell(FakeClock):
    """After the first report the line is up and a take runs; the third wait is the last."""

    def __init__(self, bus: Bus) -> None:
        super().__init__()
        self.bus = bus
        self.waits = 0

    async def sleep(self, seconds: float) -> None:
        self.waits += 1
        if self.waits == 2:
            self.bus.publish(Connected())
            self.bus.publish(TakeRunning("take-1", "lesson-1"))
        if self.waits == 3:
            raise Enough
        await super().sleep(seconds)


def test_reports_say_how_the_pc_its_disk_and_its_line_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pc, "temperature", lambda: WARMTH)

    async def scene() -> list[Report]:
        journal = await open_journal(tmp_path, agent="room-1", now=lambda: AT)
        bus, disk = Bus(), RecordingDisk(tmp_path, DiskLimits(low=2, full=1))
        loop = HealthLoop(
            journal.outbox, journal.deliveries, Line(), Bell(bus), bus, disk, seconds=30.0
        )
        with pytest.raises(Enough):
            await loop.run()
        rows = await journal.outbox.pending("telemetry", 0, 10)
        await journal.close()
        return [codec.decode_up(row.body).payload for row in rows]

    reports = asyncio.run(scene())
    first, last = (
        {f"{one.device}.{one.point}": one.value for one in report.readings}
        for report in (reports[0], reports[1])
    )

    assert 0 <= last["pc.cpu"] <= 100
    assert last["pc.memory"] == pytest.approx(psutil.virtual_memory().percent, abs=30)
    assert last["pc.temperature"] == WARMTH
    assert last["pc.disk_free"] > 0
    assert (first["uplink.connected"], last["uplink.connected"]) == (0, 1)
    assert (first["recorder.recording"], last["recorder.recording"]) == (0, 1)
    assert (last["uplink.malformed"], last["uplink.stray"]) == (3, 1)
    assert len(reports) == 2
    assert (reports[1].at - reports[0].at).total_seconds() == 30


def test_the_fleet_says_how_often(tmp_path: Path) -> None:
    async def scene() -> list[float]:
        journal = await open_journal(tmp_path, agent="room-1", now=lambda: AT)
        bus, disk = Bus(), RecordingDisk(tmp_path, DiskLimits(low=2, full=1))
        clock = Calm(bus)
        loop = HealthLoop(journal.outbox, journal.deliveries, Line(), clock, bus, disk, seconds=5.0)
        with pytest.raises(Enough):
            await loop.run()
        rows = await journal.outbox.pending("telemetry", 0, 100)
        await journal.close()
        return [(codec.decode_up(r.body).payload.at - START).total_seconds() for r in rows]

    assert asyncio.run(scene()) == [2, 7, 67, 127, 187, 217, 222, 227, 232]

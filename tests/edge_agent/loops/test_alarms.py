"""The alarms loop: told once, shown, and not forgotten over a restart."""

import asyncio
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract import codec
from contract.messages import AlarmCleared, AlarmRaised
from contract.profile import Alarm
from edge_agent.link.clock import FleetClock
from edge_agent.loops import alarms as subject
from edge_agent.loops.alarms import AlarmsLoop
from edge_agent.loops.bus import Bus
from edge_agent.loops.signals import AlarmsNow
from edge_agent.room.alarms import OFFLINE, Rule
from edge_agent.room.events import DeviceSeen, Measured
from edge_agent.storage.sqlite_journal import open_journal
from tests.edge_agent.loops.test_device import until

BLACK = Alarm(id="black", point="black", op="==", value=True, delay=0.1, text="black")
RULES = (Rule("presenter", BLACK), Rule("projector", OFFLINE))


def test_an_alarm_is_told_shown_and_outlives_a_restart(tmp_path: Path) -> None:
    async def work() -> None:
        journal = await open_journal(tmp_path, agent="r", now=lambda: datetime.now(UTC))
        clock = FleetClock()

        async def told() -> list[str]:
            rows = await journal.outbox.pending("event", 0, 100)
            found = []
            for row in rows:
                match codec.decode_up(row.body).payload:
                    case AlarmRaised(alarm=alarm, subject=subject, what=what, todo=todo):
                        assert subject in what
                        assert todo
                        found.append(f"raised {alarm}")
                    case AlarmCleared(alarm=alarm):
                        found.append(f"cleared {alarm}")
            return found

        for start in range(2):
            bus = Bus()
            now: list[AlarmsNow] = []
            bus.on(AlarmsNow, now.append)
            loop = AlarmsLoop(RULES, journal.memory, journal.outbox, clock, bus)
            async with asyncio.TaskGroup() as group:
                task = group.create_task(loop.run())
                await until(lambda now=now: now)
                if start == 0:
                    assert now[0].raised == ()
                    bus.publish(Measured("presenter", "black", True, clock.monotonic()))
                    # A panel that was switched off is mute by right.
                    at = clock.monotonic() - 60
                    bus.publish(DeviceSeen("projector", False, at, "off", expected=True))
                    await until(lambda now=now: now[-1].raised)
                else:
                    assert [r.rule.alarm.id for r in now[0].raised] == ["black"]
                    bus.publish(Measured("presenter", "black", False, clock.monotonic()))
                    await until(lambda now=now: not now[-1].raised)
                kept = [b'[["presenter","black"]]', b"[]"][start]
                async with asyncio.timeout(5):
                    while await journal.memory.get("alarms") != kept:  # noqa: ASYNC110
                        await asyncio.sleep(0.01)
                task.cancel()
            assert await told() == [["raised black"], ["raised black", "cleared black"]][start]
        await journal.close()

    asyncio.run(asyncio.wait_for(work(), 20))


class Full:
    """An outbox and a memory on a disk that is full."""

    def __init__(self) -> None:
        self.full = True
        self.told: list[str] = []
        self.kept: bytes | None = None

    async def append(self, told: AlarmRaised | AlarmCleared) -> None:
        self._full()
        kind = "raised" if isinstance(told, AlarmRaised) else "cleared"
        self.told.append(f"{kind} {told.subject} {told.alarm}")

    async def get(self, key: str) -> bytes | None:
        return self.kept

    async def put(self, key: str, value: bytes) -> None:
        self._full()
        self.kept = value

    def _full(self) -> None:
        if self.full:
            raise sqlite3.OperationalError("database or disk is full")


def test_an_alarm_on_a_full_disk_is_shown_at_once_and_told_when_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subject, "_AGAIN_SECONDS", 0.1)

    async def work() -> None:
        bus, clock, disk = Bus(), FleetClock(), Full()
        now: list[AlarmsNow] = []
        bus.on(AlarmsNow, now.append)
        loop = AlarmsLoop(RULES, disk, disk, clock, bus)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(loop.run())
            bus.publish(Measured("presenter", "black", True, clock.monotonic()))
            await until(lambda: now and now[-1].raised)
            assert disk.told == []
            disk.full = False
            await until(lambda: disk.kept == b'[["presenter","black"]]')
            assert disk.told == ["raised presenter black"]
            task.cancel()

    asyncio.run(asyncio.wait_for(work(), 20))


def test_an_alarm_whose_text_nobody_has_written_is_told_by_its_name() -> None:
    async def work() -> None:
        bus, clock, disk = Bus(), FleetClock(), Full()
        disk.full = False
        alarm = Alarm(id="odd", point="black", op="==", value=True, text="{nonsense}")
        loop = AlarmsLoop((Rule("presenter", alarm), RULES[0]), disk, disk, clock, bus)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(loop.run())
            bus.publish(Measured("presenter", "black", True, clock.monotonic()))
            await until(lambda: disk.told == ["raised presenter odd", "raised presenter black"])
            task.cancel()

    asyncio.run(asyncio.wait_for(work(), 20))


def test_the_alarm_of_a_device_that_is_gone_from_the_configuration_is_over() -> None:
    async def work() -> None:
        disk = Full()
        disk.full, disk.kept = False, b'[["presenter","black"],["old-panel","offline"]]'
        loop = AlarmsLoop(RULES, disk, disk, FleetClock(), Bus())
        async with asyncio.TaskGroup() as group:
            task = group.create_task(loop.run())
            await until(lambda: disk.kept == b'[["presenter","black"]]')
            assert disk.told == ["cleared old-panel offline"]
            task.cancel()

    asyncio.run(asyncio.wait_for(work(), 20))

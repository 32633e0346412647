import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contract import codec
from contract import messages as m
from edge_agent.link.clock import FleetClock
from edge_agent.loops.clock import KEY, ClockLoop
from edge_agent.storage.sqlite_journal import open_journal


def test_a_set_clock_is_told_and_fleet_time_is_remembered_as_soon_as_it_is_known(
    tmp_path: Path,
) -> None:
    ahead = timedelta(days=3)
    wall_is_off = 0.0

    def wall() -> float:
        return datetime.now(UTC).timestamp() + wall_is_off

    async def scene() -> None:
        nonlocal wall_is_off
        journal = await open_journal(tmp_path, agent="room-1", now=lambda: datetime.now(UTC))
        clock = FleetClock(wall=wall)
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            running = group.create_task(ClockLoop(clock, journal.memory, journal.outbox).run())
            await asyncio.sleep(0.1)
            again = FleetClock()
            again.restore(await journal.memory.get(KEY))
            assert not again.trusted
            clock.heard(datetime.now(UTC) + ahead, clock.monotonic())
            wall_is_off = 86_400.0
            while not (rows := await journal.outbox.pending("event", 0, 10)):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.1)
            again.restore(await journal.memory.get(KEY))
            running.cancel()
        (stepped,) = [codec.decode_up(row.body).payload for row in rows]
        assert isinstance(stepped, m.ClockStepped)
        assert abs(stepped.by_seconds - 86_400) < 1
        assert again.trusted
        assert abs(again.now() - datetime.now(UTC) - ahead) < timedelta(seconds=1)
        await journal.close()

    asyncio.run(scene())

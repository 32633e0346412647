"""The alarms loop: told once, shown, and not forgotten over a restart."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from contract import codec
from contract.messages import AlarmCleared, AlarmRaised
from contract.profile import Alarm
from edge_agent.link.clock import FleetClock
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
                task.cancel()
            assert await told() == [["raised black"], ["raised black", "cleared black"]][start]
        await journal.close()

    asyncio.run(asyncio.wait_for(work(), 20))

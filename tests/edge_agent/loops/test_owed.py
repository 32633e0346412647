"""What a message still owes the room when it is over, across restarts of the agent."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from edge_agent import scenes as shipped
from edge_agent.link.clock import FleetClock
from edge_agent.loops.bus import Bus
from edge_agent.loops.scenes import ScenesLoop
from edge_agent.loops.signals import AskDevice, DeviceAnswered, PlayScene
from edge_agent.room.alarms import COMMAND_FAILED
from edge_agent.room.automation import Habits
from edge_agent.room.events import Measured
from edge_agent.storage.sqlite_journal import open_journal
from tests.edge_agent.loops.test_device import until
from tests.fakes.hardware import device


def test_what_may_not_be_switched_off_yet_is_after_a_restart_of_the_agent(tmp_path: Path) -> None:
    async def work() -> None:
        clock = FleetClock()
        for start in range(3):
            journal = await open_journal(tmp_path, agent="r", now=lambda: datetime.now(UTC))
            bus, asked = Bus(), []
            panel = replace(device(), name="panel", role="panel")
            loop = ScenesLoop(
                shipped.load(), (panel,), Habits(), journal.memory, journal.outbox, clock, bus
            )

            def answer(ask: AskDevice, asked=asked, bus=bus, start=start) -> None:
                asked.append(ask.command)
                soon = start == 0 and ask.command == "power_off"
                after = 3600.0 if soon else 0.0
                bus.publish(
                    DeviceAnswered(ask.request, ask.device, ok=not soon, why="soon", after=after)
                )

            failed: list[object] = []
            bus.on(Measured, lambda event, failed=failed: failed.append(event.point))
            bus.on(AskDevice, answer)
            async with asyncio.TaskGroup() as group:
                task = group.create_task(loop.run())
                if start == 0:
                    bus.publish(Measured("panel", "power", "off", clock.monotonic()))
                    bus.publish(PlayScene("emergency-message", "order", "leave the house"))
                    await until(lambda asked=asked: "volume" in asked)
                    bus.publish(PlayScene("over", "order"))
                if start < 2:
                    await until(lambda asked=asked: "power_off" in asked)
                await asyncio.sleep(0.3)
                assert COMMAND_FAILED.point not in failed  # nobody has to come for it
                assert start < 2 or "power_off" not in asked  # once is enough
                task.cancel()
            await journal.close()

    asyncio.run(asyncio.wait_for(work(), 20))

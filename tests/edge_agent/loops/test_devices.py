"""The desk: who is asked, what the fleet is told, and that no hot lamp loses its fan."""

import asyncio
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from contract import codec
from contract.messages import DeviceChanged
from contract.profile import Safety
from edge_agent.errors import Unreachable
from edge_agent.link.clock import FleetClock
from edge_agent.loops.bus import Bus
from edge_agent.loops.device import DeviceLoop
from edge_agent.loops.devices import DeviceDesk
from edge_agent.loops.signals import AskDevice, DeviceAnswered, DevicePower
from edge_agent.room.events import DeviceSeen
from edge_agent.room.model import Value
from edge_agent.storage.sqlite_journal import open_journal
from tests.edge_agent.loops.test_device import quick, until
from tests.fakes.hardware import ObedientDriver, ups


def test_the_load_of_a_ups_stays_on_while_the_projector_is_hot(tmp_path: Path) -> None:
    async def work() -> None:
        journal = await open_journal(tmp_path, agent="r", now=lambda: datetime.now(UTC))
        bus, clock = Bus(), FleetClock()
        drivers, loops = {}, {}

        async def wake(mac: str) -> None:
            raise AssertionError(mac)

        for hardware in (quick(), ups("projector")):
            drivers[hardware.name] = ObedientDriver(hardware, power="on", mains="battery")
            loop = DeviceLoop(hardware, drivers[hardware.name], clock, bus, wake)
            loops[hardware.name] = (hardware, loop)
        desk = DeviceDesk(loops, journal.outbox, clock, bus)
        answers: dict[str, DeviceAnswered] = {}
        bus.on(DeviceAnswered, lambda a: answers.__setitem__(a.request, a))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(loop.run()) for _, loop in loops.values()]
            tasks.append(group.create_task(desk.run()))
            await until(lambda: all(online for _, online in desk.states()))
            bus.publish(AskDevice("cut", "ups", "load_off", {}))
            bus.publish(AskDevice("who", "nobody", "load_off", {}))
            await until(lambda: len(answers) == 2)
            assert "projector is too hot" in answers["cut"].why
            assert "nobody" in answers["who"].why
            assert drivers["ups"].said == []
            for task in tasks:
                task.cancel()
        await journal.close()

    asyncio.run(asyncio.wait_for(work(), 20))


def test_an_order_to_cut_that_had_to_wait_does_not_cut_what_was_switched_on_meanwhile(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        journal = await open_journal(tmp_path, agent="r", now=lambda: datetime.now(UTC))
        bus, clock = Bus(), FleetClock()
        cold = msgspec.structs.replace(quick().profile, safety=Safety(cool_down=0.01))
        projector, supply = replace(quick(), profile=cold), ups("projector")
        drivers = {d.name: ObedientDriver(d, mains="battery") for d in (projector, supply)}
        drivers["ups"].fails["connect"] = [Unreachable("unplugged")] * 3

        async def wake(mac: str) -> None:
            raise AssertionError(mac)

        loops = {
            d.name: (d, DeviceLoop(d, drivers[d.name], clock, bus, wake))
            for d in (projector, supply)
        }
        desk = DeviceDesk(loops, journal.outbox, clock, bus)
        answers: dict[str, DeviceAnswered] = {}
        bus.on(DeviceAnswered, lambda a: answers.__setitem__(a.request, a))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(loop.run()) for _, loop in loops.values()]
            await until(lambda: loops["projector"][1].state.power == "off")
            await asyncio.sleep(0.05)
            bus.publish(AskDevice("cut", "ups", "load_off", {}, 8))
            assert "cut" not in answers
            bus.publish(AskDevice("on", "projector", "power_on", {}))
            await until(lambda: "cut" in answers, 10)
            assert "too hot" in answers["cut"].why
            assert drivers["ups"].said == []
            for task in tasks:
                task.cancel()
        await journal.close()
        assert desk.states()[0][1]

    asyncio.run(asyncio.wait_for(work(), 20))


class Hanging(ObedientDriver):
    """Never answers, and does not even let itself be closed."""

    async def query(self, point: str) -> Value:
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None:
        await asyncio.Event().wait()


def test_a_device_that_hangs_or_floods_delays_no_other(tmp_path: Path) -> None:
    async def work() -> None:
        journal = await open_journal(tmp_path, agent="r", now=lambda: datetime.now(UTC))
        bus, clock = Bus(), FleetClock()

        async def wake(mac: str) -> None:
            raise AssertionError(mac)

        loops = {}
        drivers = {"hanging": Hanging, "flooding": ObedientDriver, "projector": ObedientDriver}
        for name, driver in drivers.items():
            hardware = replace(quick(), name=name)
            if name == "flooding":
                always = {
                    point: msgspec.structs.replace(reading, poll=1e-6, poll_states=())
                    for point, reading in hardware.profile.readings.items()
                }
                profile = msgspec.structs.replace(hardware.profile, readings=always)
                hardware = replace(hardware, profile=profile)
            loop = DeviceLoop(hardware, driver(hardware), clock, bus, wake)
            loops[name] = (hardware, loop)
        desk = DeviceDesk(loops, journal.outbox, clock, bus)
        answered: dict[str, float] = {}
        bus.on(DeviceAnswered, lambda a: answered.setdefault(a.request, clock.monotonic()))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(loop.run()) for _, loop in loops.values()]
            tasks.append(group.create_task(desk.run()))
            await until(lambda: loops["projector"][1].online)
            took = []
            for number in range(10):
                asked = clock.monotonic()
                bus.publish(AskDevice("h", "hanging", "volume", {"level": 1}, 1))
                ask = AskDevice(f"p{number}", "projector", "volume", {"level": number}, 3)
                bus.publish(ask)
                await until(lambda number=number: f"p{number}" in answered)
                took.append(answered[f"p{number}"] - asked)
            assert sorted(took)[len(took) // 2] < 0.1
            for task in tasks:
                task.cancel()
        await journal.close()

    asyncio.run(asyncio.wait_for(work(), 30))


def test_the_fleet_is_told_of_changes_and_of_nothing_else(tmp_path: Path) -> None:
    async def work() -> None:
        journal = await open_journal(tmp_path, agent="r", now=lambda: datetime.now(UTC))
        bus, clock, hardware = Bus(), FleetClock(), quick()

        async def wake(mac: str) -> None:
            raise AssertionError(mac)

        loop = DeviceLoop(hardware, ObedientDriver(hardware), clock, bus, wake)
        desk = DeviceDesk({"projector": (hardware, loop)}, journal.outbox, clock, bus)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(desk.run())
            bus.publish(DeviceSeen("projector", True, 0))
            bus.publish(DevicePower("projector", "off", 0))
            bus.publish(DeviceSeen("projector", True, 1))
            bus.publish(DeviceSeen("projector", False, 2, "cut"))
            bus.publish(DeviceSeen("projector", False, 3, "cut"))
            await asyncio.sleep(0.3)
            task.cancel()
        rows = await journal.outbox.pending("event", 0, 100)
        told = [codec.decode_up(row.body).payload for row in rows]
        assert [(c.online, c.power, c.why) for c in told if isinstance(c, DeviceChanged)] == [
            (True, "unknown", ""),
            (True, "off", ""),
            (False, "off", "cut"),
        ]
        await journal.close()

    asyncio.run(asyncio.wait_for(work(), 20))


def test_what_a_full_disk_refused_is_told_when_there_is_room_again() -> None:
    class Full:
        def __init__(self) -> None:
            self.full, self.told = True, []

        async def append(self, change: DeviceChanged) -> None:
            if self.full:
                raise sqlite3.OperationalError("database or disk is full")
            self.told.append((change.device, change.online))

    async def work() -> None:
        bus, clock, hardware, outbox = Bus(), FleetClock(), quick(), Full()

        async def wake(mac: str) -> None:
            raise AssertionError(mac)

        loop = DeviceLoop(hardware, ObedientDriver(hardware), clock, bus, wake)
        desk = DeviceDesk({"projector": (hardware, loop)}, outbox, clock, bus)
        bus.publish(DeviceSeen("projector", False, 0, "cut"))
        with pytest.raises(sqlite3.OperationalError):
            await desk.run()
        outbox.full = False
        async with asyncio.TaskGroup() as group:
            task = group.create_task(desk.run())
            await until(lambda: outbox.told == [("projector", False)])
            task.cancel()

    asyncio.run(asyncio.wait_for(work(), 20))

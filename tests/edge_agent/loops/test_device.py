"""One device's loop: paced, read back, patient, and never anybody else's delay."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from contract.profile import Power, Reading, Safety, Transport
from edge_agent.errors import Busy, Refused, Unreachable, Unsupported
from edge_agent.link.clock import FleetClock
from edge_agent.loops.bus import Bus
from edge_agent.loops.device import DeviceLoop
from edge_agent.loops.signals import AskDevice, DeviceAnswered, DevicePower
from edge_agent.room.events import DeviceSeen, Measured
from edge_agent.room.model import Device, Value
from tests.fakes.hardware import ObedientDriver, device, profile


@dataclass
class Desk:
    loop: DeviceLoop
    bus: Bus
    driver: ObedientDriver
    woken: list[str] = field(default_factory=list)
    answers: dict[str, DeviceAnswered] = field(default_factory=dict)
    heard: list[object] = field(default_factory=list)

    async def ask(self, command: str, limit: float = 3.0, **arguments: object) -> DeviceAnswered:
        request = f"r{len(self.answers)}"
        self.loop.put(AskDevice(request, "projector", command, arguments, limit))
        await until(lambda: request in self.answers, limit + 2)
        return self.answers[request]


async def until(what: Callable[[], object], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not what():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@asynccontextmanager
async def desk(
    of: Device | None = None, driver: ObedientDriver | None = None
) -> AsyncIterator[Desk]:
    of = of or quick()
    bus, driver = Bus(), driver or ObedientDriver(of)
    woken: list[str] = []

    async def wake(mac: str) -> None:
        woken.append(mac)

    loop = DeviceLoop(of, driver, FleetClock(), bus, wake)
    scene = Desk(loop, bus, driver, woken)
    bus.on(DeviceAnswered, lambda a: scene.answers.__setitem__(a.request, a))
    for kind in (DeviceSeen, Measured, DevicePower):
        bus.on(kind, scene.heard.append)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(loop.run())
        yield scene
        task.cancel()


def quick(**changes: Any) -> Device:
    """A projector that is asked often and is given little time."""
    known = changes.pop("readings", profile().readings)
    readings = {name: msgspec.structs.replace(reading, poll=0.1) for name, reading in known.items()}
    transport = Transport(kind="tcp", port=1, connect_timeout=0.3, reply_timeout=0.2, wake="wol")
    fast = profile(readings=readings, transports=(transport,), **changes)
    return device(of=fast, mac="02:00:00:00:00:01")


def play(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 30))


def test_it_is_asked_by_itself_and_told_what_is_wanted() -> None:
    async def work() -> None:
        async with desk() as scene:
            await until(lambda: scene.loop.online)
            assert (await scene.ask("power_on")).ok
            assert (await scene.ask("source", source="hdmi1")).ok
            await until(lambda: "volume" in scene.loop.state.values)
            assert scene.driver.said == [("power_on", {}), ("source", {"source": "hdmi1"})]
            assert scene.loop.state.power == "on"
            assert scene.driver.connects == 1
            powers = [event.power for event in scene.heard if isinstance(event, DevicePower)]
            assert powers == ["off", "warming", "on"]

    play(work)


def test_a_command_that_is_not_obeyed_is_found_out() -> None:
    class Deaf(ObedientDriver):
        async def send(self, command, arguments) -> None:
            self.said.append((command, dict(arguments)))

    async def work() -> None:
        of = quick()
        async with desk(of, Deaf(of)) as scene:
            answer = await scene.ask("volume", limit=1, level=50)
            assert not answer.ok
            assert "says volume is 20.0" in answer.why

    play(work)


def test_a_device_that_says_on_while_it_warms_up_has_obeyed() -> None:
    async def work() -> None:
        said = Reading(query="p", type="choice", values={"0": "off", "1": "on"}, poll=0.1)
        commands = dict(profile().commands)
        commands["power_on"] = msgspec.structs.replace(commands["power_on"], confirm_values=("on",))
        async with desk(quick(readings={"power": said}, commands=commands)) as scene:
            assert (await scene.ask("power_on")).ok
            assert scene.loop.state.power == "warming"

    play(work)


def test_wrong_arguments_never_reach_the_device() -> None:
    async def work() -> None:
        async with desk() as scene:
            answer = await scene.ask("volume", level=500)
            assert (answer.ok, answer.offered) == (False, True)
            assert "from 0 to 100" in answer.why
            assert not (await scene.ask("dance")).offered
            assert scene.driver.said == []

    play(work)


def test_a_busy_device_is_told_again_within_the_limit() -> None:
    async def work() -> None:
        async with desk() as scene:
            await until(lambda: scene.loop.online)
            began = time.monotonic()
            scene.driver.fails["send"] = [Busy("warming up")]
            assert (await scene.ask("volume", limit=5, level=30)).ok
            assert 0.9 < time.monotonic() - began < 4
            scene.driver.fails["send"] = [Busy("never")] * 5
            assert (await scene.ask("volume", limit=0.5, level=40)).why == "never"

    play(work)


def test_who_switches_too_soon_hears_when_it_may_be() -> None:
    async def work() -> None:
        of = quick(power=None, safety=Safety(least_between_switches=60))
        async with desk(of) as scene:
            await until(lambda: scene.loop.online)
            assert (await scene.ask("power_on")).after == 0
            answer = await scene.ask("power_off", limit=1)
            assert not answer.ok
            assert 50 < answer.after <= 60

    play(work)


def test_a_cut_line_is_opened_again_and_the_command_is_not_lost() -> None:
    async def work() -> None:
        async with desk() as scene:
            await until(lambda: scene.loop.online)
            scene.driver.fails["send"] = [Unreachable("cut")]
            assert (await scene.ask("volume", limit=4, level=30)).ok
            seen = [event.online for event in scene.heard if isinstance(event, DeviceSeen)]
            assert seen == [True, False, True]
            assert scene.driver.connects == 2

    play(work)


def test_a_device_that_hangs_costs_its_own_time_only() -> None:
    class Hanging(ObedientDriver):
        async def query(self, point: str):
            await asyncio.Event().wait()

    async def work() -> None:
        of = quick()
        async with desk(of, Hanging(of)) as scene:
            began = time.monotonic()
            answer = await scene.ask("volume", limit=1, level=30)
            assert not answer.ok
            assert time.monotonic() - began < 4
            await until(lambda: scene.driver.closed >= 1)

    play(work)


def test_a_drivers_own_mistake_is_the_devices_silence_and_no_more() -> None:
    async def work() -> None:
        async with desk() as scene:
            await until(lambda: scene.loop.online)
            scene.driver.fails["query"] = [KeyError("what is this")]
            await until(
                lambda: any(
                    e == DeviceSeen("projector", False, e.at, "its driver failed: KeyError")
                    for e in scene.heard
                    if isinstance(e, DeviceSeen)
                )
            )
            await until(lambda: scene.loop.online)

    play(work)


def test_a_wrong_password_is_said_and_tried_again_later() -> None:
    async def work() -> None:
        of = quick()
        driver = ObedientDriver(of)
        driver.fails["connect"] = [Refused("wrong password")] * 3
        async with desk(of, driver) as scene:
            await until(lambda: scene.heard)
            assert scene.heard[0] == DeviceSeen(
                "projector", False, scene.heard[0].at, "wrong password"
            )
            answer = await scene.ask("power_on", limit=1)
            assert "wrong password" in answer.why

    play(work)


def test_a_reading_it_does_not_offer_is_unknown_and_not_asked_again() -> None:
    async def work() -> None:
        of = quick()
        driver = ObedientDriver(of, power="on")
        asked: list[str] = []

        class Without(ObedientDriver):
            async def query(self, point: str):
                asked.append(point)
                if point == "volume":
                    raise Unsupported("no volume")
                return driver.values[point]

        async with desk(of, Without(of)) as scene:
            await until(lambda: asked.count("power") > 3)
            assert asked.count("volume") == 1
            assert "volume" not in scene.loop.state.values
            # Sent all the same, and said that it cannot be read back.
            assert (await scene.ask("volume", level=30)).ok

    play(work)


def test_a_command_that_nothing_can_confirm_is_told_once() -> None:
    async def work() -> None:
        readings = {name: r for name, r in profile().readings.items() if name != "volume"}
        of = quick(readings=readings)

        class Strict(ObedientDriver):
            async def query(self, point: str) -> Value:
                assert point in of.profile.readings
                return await super().query(point)

        async with desk(of, Strict(of, power="on")) as scene:
            await until(lambda: scene.loop.online)
            assert (await scene.ask("volume", level=30)).ok
            assert scene.driver.said == [("volume", {"level": 30})]

    play(work)


def test_a_device_that_has_nothing_to_say_is_there_when_it_can_be_reached() -> None:
    async def work() -> None:
        async with desk(quick(readings={})) as scene:
            await until(lambda: scene.loop.online)

    play(work)


def test_what_a_line_cannot_switch_on_is_woken_over_the_network() -> None:
    async def work() -> None:
        commands = dict(profile().commands)
        commands["power_on"] = msgspec.structs.replace(commands["power_on"], transports=("serial",))
        async with desk(quick(commands=commands)) as scene:
            assert (await scene.ask("power_on")).ok
            assert scene.woken == ["02:00:00:00:00:01"]

    play(work)


def test_a_panel_that_is_mute_when_off_and_does_not_come_when_woken_is_missed() -> None:
    async def work() -> None:
        readings = dict(profile().readings)
        readings["power"] = msgspec.structs.replace(readings["power"], transports=("serial",))
        commands = dict(profile().commands)
        for name in ("power_on", "power_off"):
            commands[name] = msgspec.structs.replace(commands[name], confirm=None)
        commands["power_on"] = msgspec.structs.replace(commands["power_on"], transports=("serial",))
        power = Power(warming=1.0, cooling=0.1)
        of = quick(readings=readings, commands=commands, power=power)
        async with desk(of, ObedientDriver(of, power="on")) as scene:
            assert (await scene.ask("power_off")).ok
            scene.driver.fails["connect"] = [Unreachable("mute")] * 100
            scene.driver.fails["query"] = [Unreachable("mute")] * 100

            def missed() -> list[bool]:
                seen = [e for e in scene.heard if isinstance(e, DeviceSeen) and not e.online]
                return [e.expected for e in seen]

            await until(lambda: missed() == [True])
            assert scene.loop.online
            assert (await scene.ask("power_on")).ok
            assert scene.loop.online  # it is given its time
            await until(lambda: missed() == [True, False], 10)
            assert not scene.loop.online

    play(work)


def test_switching_off_waits_for_nothing_that_waits_itself() -> None:
    async def work() -> None:
        of = quick()
        driver = ObedientDriver(of, power="warming")
        async with desk(of, driver) as scene:
            await until(lambda: scene.loop.state.power == "warming")
            scene.loop.put(AskDevice("w", "projector", "source", {"source": "pc"}, 20))
            await asyncio.sleep(0.2)
            assert (await scene.ask("power_off", limit=3)).ok
            assert not scene.answers["w"].ok
            assert scene.driver.said == [("power_off", {})]

    play(work)


def test_of_what_waits_only_the_last_word_is_told() -> None:
    async def work() -> None:
        async with desk() as scene:
            await until(lambda: scene.loop.online)
            for number, command in enumerate(("power_on", "power_off", "power_on", "power_off")):
                scene.loop.put(AskDevice(f"w{number}", "projector", command, {}, 3))
            await until(lambda: len(scene.answers) == 4)
            told = [scene.answers[f"w{n}"].ok for n in range(4)]
            assert told in ([True, False, False, True], [False, False, False, True])
            assert scene.driver.said[-1] == ("power_off", {})
            assert len(scene.driver.said) == sum(told)

    play(work)


def test_a_flood_of_requests_is_refused_and_not_stored() -> None:
    async def work() -> None:
        of = quick()
        driver = ObedientDriver(of)
        driver.fails["connect"] = [Unreachable("gone")] * 100
        async with desk(of, driver) as scene:
            for number in range(60):
                ask = AskDevice(f"n{number}", "projector", "message", {"text": "x"}, 1)
                scene.loop.put(ask)
            assert "too much" in scene.answers["n55"].why
            await until(lambda: len(scene.answers) == 60)

    play(work)


def test_an_idle_session_is_closed_before_the_device_does_it() -> None:
    async def work() -> None:
        of = quick()
        transport = msgspec.structs.replace(of.transport, idle_timeout=0.4)
        rare = {
            name: msgspec.structs.replace(reading, poll=1.0)
            for name, reading in of.profile.readings.items()
        }
        slow = device(of=msgspec.structs.replace(of.profile, readings=rare), transport=transport)
        async with desk(slow) as scene:
            await until(lambda: scene.driver.closed == 1, 3)
            await until(lambda: scene.driver.connects == 2, 3)
            assert [e.online for e in scene.heard if isinstance(e, DeviceSeen)] == [True]

    play(work)

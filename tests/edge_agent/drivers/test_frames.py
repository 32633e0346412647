"""Panels and displays of byte frames: every command, every reading, and every mistake in words."""

import asyncio
import re
from pathlib import Path

import pytest

from edge_agent import profiles
from edge_agent.drivers import frames
from edge_agent.errors import Busy, Refused, Unreachable, Unsupported
from simulator.panel import AabbccPanel, MaxhubPanel
from simulator.sicp import SicpDisplay
from tests.devices.serial_pair import serial_pair
from tests.edge_agent.drivers.talking import FRAMES, SHORT, device_of, obeyed, samples, talking

GUESSED = ("wedon-ifp", "dazzleview-ifp", "os-easy-ifp")
POWER = ("power_on", "power_off")
ANY = pytest.mark.parametrize("profile", FRAMES)


@pytest.mark.parametrize("profile", [*FRAMES, *GUESSED])
def test_its_words_and_golden_frames_hold_in_both_directions(profile: str) -> None:
    assert list(frames.problems(profiles.load(profile))) == []


@ANY
def test_every_command_is_obeyed_over_tcp(profile: str) -> None:
    async def run() -> None:
        async with FRAMES[profile]() as simulator, talking(profile, simulator) as driver:
            device = device_of(profile, simulator.port)
            for command in device.profile.commands.keys() - set(POWER):
                for arguments in samples(device.profile, command):
                    await obeyed(driver, device, command, arguments)
            await obeyed(driver, device, "power_off", {})
            if not device.profile.commands["power_on"].transports:
                await obeyed(driver, device, "power_on", {})

    asyncio.run(run())


@pytest.mark.parametrize("profile", ["maxhub-ifp-v6", "oem-ifp-aabbcc"])
def test_every_command_is_obeyed_over_a_serial_line(profile: str, tmp_path: Path) -> None:
    async def run() -> None:
        with serial_pair(tmp_path) as pair:
            device = device_of(profile, line=pair.ours)
            async with FRAMES[profile](line=pair.theirs):
                driver = frames.make(device)
                await driver.connect()
                for command in device.profile.commands.keys() - set(POWER):
                    for arguments in samples(device.profile, command):
                        await obeyed(driver, device, command, arguments)
                await obeyed(driver, device, "power_off", {})
                await obeyed(driver, device, "power_on", {})
                for point in device.profile.readings:
                    await driver.query(point)
                await driver.close()

    asyncio.run(run())


@ANY
def test_every_reading_is_told_over_tcp_or_is_unsupported(profile: str) -> None:
    async def run() -> None:
        async with FRAMES[profile]() as simulator, talking(profile, simulator) as driver:
            for point, reading in profiles.load(profile).readings.items():
                if reading.transports:
                    with pytest.raises(Unsupported):
                        await driver.query(point)
                elif point != "firmware":  # the simulated display has none to tell
                    value = await driver.query(point)
                    assert not reading.values or value in reading.values.values()

    asyncio.run(run())


def test_power_on_of_a_maxhub_is_not_to_be_had_over_the_network() -> None:
    async def run() -> None:
        async with MaxhubPanel() as panel, talking("maxhub-ifp-v6", panel) as driver:
            with pytest.raises(Unsupported, match="tcp"):
                await driver.send("power_on", {})
            assert panel.heard == []

    asyncio.run(run())


def test_a_panel_that_comes_on_answers_when_it_has_come_on(tmp_path: Path) -> None:
    async def run() -> None:
        with serial_pair(tmp_path) as pair:
            async with MaxhubPanel(line=pair.theirs, on=False, warming=0.5):
                driver = frames.make(device_of("maxhub-ifp-v6", line=pair.ours, limit=0.2))
                await driver.connect()
                assert await driver.query("power") == "off"
                await driver.send("power_on", {})
                with pytest.raises(Unreachable):
                    await driver.query("power")
                await asyncio.sleep(0.5)
                await driver.connect()
                assert await driver.query("power") == "on"
                await driver.close()

    asyncio.run(run())


def test_a_display_that_is_off_says_not_available() -> None:
    async def run() -> None:
        async with SicpDisplay(on=False) as display, talking("philips-sicp", display) as driver:
            assert await driver.query("power") == "off"
            with pytest.raises(Unsupported):
                await driver.send("volume", {"level": 10})
            await driver.send("power_on", {})
            await driver.send("volume", {"level": 10})
            assert display.volume == 10

    asyncio.run(run())


def test_a_display_is_spoken_to_by_its_number() -> None:
    async def run() -> None:
        async with SicpDisplay(number=7) as display:
            async with talking("philips-sicp", display, number=7) as driver:
                assert await driver.query("power") == "on"
            async with talking("philips-sicp", display, number=8, limit=SHORT) as driver:
                with pytest.raises(Unreachable, match="no answer"):
                    await driver.query("power")

    asyncio.run(run())


def test_a_display_that_heard_badly_is_told_again_later() -> None:
    async def run() -> None:
        async def nack(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(100)
            writer.write(bytes.fromhex("06 01 00 00 15 12"))
            await reader.read(100)
            writer.write(bytes.fromhex("06 01 00 00 15 12"))

        server = await asyncio.start_server(nack, "127.0.0.1", 0)
        async with server:
            driver = frames.make(device_of("philips-sicp", server.sockets[0].getsockname()[1]))
            await driver.connect()
            with pytest.raises(Busy):
                await driver.send("power_on", {})
            with pytest.raises(Busy):
                await driver.query("power")
            await driver.close()

    asyncio.run(run())


def test_a_panel_refuses_what_it_does_not_take() -> None:
    async def run() -> None:
        async with MaxhubPanel() as panel, talking("maxhub-ifp-v6", panel) as driver:
            panel.sources = frozenset((1,))  # type: ignore[misc]
            with pytest.raises(Refused):
                await driver.send("source", {"source": "usbc2"})
            assert await driver.query("source") == "hdmi1"

    asyncio.run(run())


def test_an_input_without_a_name_is_told_as_it_is() -> None:
    async def run() -> None:
        async with AabbccPanel() as panel, talking("oem-ifp-aabbcc", panel) as driver:
            panel.source = 0x0B
            assert await driver.query("source") == "0B"

    asyncio.run(run())


BROKEN = [
    ({"commands": {"volume": {"send": "AA BB XX"}}}, "commands.volume: .*XX"),
    ({"commands": {"volume": {"send": "AA BB CC"}}}, "commands.volume: send: .*no place"),
    ({"commands": {"volume": {"send": "AA {level} {hue}"}}}, "no argument 'hue'"),
    ({"commands": {"source": {"send": "{source:2}"}}}, "commands.source: send: .*not 2 bytes"),
    ({"readings": {"volume": {"parse": "AA BB"}}}, "readings.volume: parse: .*value"),
    ({"readings": {"mute": {"values": None}}}, "readings.mute: values"),
    ({"codec": {"parameters": {"lenght": 3}}}, "codec: parameters: .*lenght"),
    ({"codec": {"parameters": {"end": "D"}}}, r"golden\[10\]: received"),
    ({"codec": {"parameters": {"golden_id": "one"}}}, "golden_id"),
    ({"commands": {"mute": {"arguments": {"on": {"values": {"on": "01", "off": "00"}}}}}},
     r"golden\[6\]: sent: we would send AA BB CC 03 01 01 05"),
    ({"readings": {"power": {"values": {"00": "off", "01": "on"}}}},
     r"golden\[10\]: received: means 'off', not 'on'"),
]  # fmt: skip


@pytest.mark.parametrize(("overrides", "said"), BROKEN, ids=lambda part: str(part)[:40])
def test_what_is_wrong_in_a_profile_is_said_with_its_place(
    overrides: dict[str, object], said: str
) -> None:
    found = "\n".join(frames.problems(profiles.load("oem-ifp-aabbcc", overrides=overrides)))

    assert re.search(said, found), found

"""Panels and displays of byte frames: every command, every reading, and whatever goes wrong."""

import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent import profiles
from edge_agent.drivers import frames
from edge_agent.errors import Busy, EdgeError, Garbled, Refused, Unreachable, Unsupported
from simulator.byte_device import ByteDevice
from simulator.panel import AabbccPanel, MaxhubPanel, NewlinePanel
from simulator.sicp import SicpDisplay
from tests.devices.serial_pair import serial_pair
from tests.edge_agent.drivers.talking import SHORT, device_of, obeyed, samples, talking

MADE: dict[str, Callable[..., ByteDevice]] = {
    "maxhub-ifp-v6": MaxhubPanel,
    "oem-ifp-aabbcc": AabbccPanel,
    "oem-ifp-99a2b3c4": NewlinePanel,
    "philips-sicp": SicpDisplay,
}
GUESSED = ("wedon-ifp", "dazzleview-ifp", "os-easy-ifp")
POWER = ("power_on", "power_off")
ANY = pytest.mark.parametrize("profile", MADE)


@pytest.mark.parametrize("profile", [*MADE, *GUESSED])
def test_its_words_and_golden_frames_hold_in_both_directions(profile: str) -> None:
    assert list(frames.problems(profiles.load(profile))) == []


@ANY
def test_every_command_is_obeyed_over_tcp(profile: str) -> None:
    async def run() -> None:
        async with MADE[profile]() as simulator, talking(profile, simulator) as driver:
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
            async with MADE[profile](line=pair.theirs):
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
        async with MADE[profile]() as simulator, talking(profile, simulator) as driver:
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


FAULTS = {
    "silent": ("silent", True, Unreachable),
    "slow": ("delay", 3 * SHORT, Unreachable),
    "garbage": ("garbage", True, Garbled),
    "cut": ("cut", True, Unreachable),
    "wrong checksum": ("wrong_checksum", True, Garbled),
}


WITH_CHECKSUM = ("oem-ifp-aabbcc", "philips-sicp")
FAULTY = [
    (profile, fault)
    for profile in MADE
    for fault in FAULTS
    if fault != "wrong checksum" or profile in WITH_CHECKSUM
]


@pytest.mark.parametrize(("profile", "fault"), FAULTY)
def test_each_fault_is_an_error_in_time_and_passes(profile: str, fault: str) -> None:
    name, value, wanted = FAULTS[fault]

    async def run() -> None:
        async with MADE[profile]() as simulator, talking(profile, simulator, limit=SHORT) as driver:
            assert await driver.query("volume") == 30
            setattr(simulator.faults, name, value)
            began = time.monotonic()
            with pytest.raises(wanted):
                await driver.query("volume")
            assert time.monotonic() - began < SHORT + 0.5
            with pytest.raises(Unreachable, match="not open"):
                await driver.query("volume")
            setattr(simulator.faults, name, type(value)())
            await driver.connect()
            assert await driver.query("volume") == 30

    asyncio.run(run())


UNASKED = [
    ("maxhub-ifp-v6", b":01r9001\r401+\r", b":01r8050\r", 50),
    (
        "oem-ifp-aabbcc",
        bytes.fromhex("AA BB CC 81 06 00 87 DD EE FF AA BB 00"),
        bytes.fromhex("AA BB CC 82 00 32 B4 DD EE FF"),
        50,
    ),
    (
        "oem-ifp-99a2b3c4",
        bytes.fromhex("00 7F 09 99 A2 B3 C4 02 FF 01 37 01 CF"),
        bytes.fromhex("7F 09 99 A2 B3 C4 02 FF 01 33 32 CF"),
        50,
    ),
    (
        "philips-sicp",
        bytes.fromhex("06 01 00 19 02 1C"),
        bytes.fromhex("07 01 00 45 32 32 43"),
        50,
    ),
]


@pytest.mark.parametrize(("profile", "unasked", "answer", "volume"), UNASKED)
def test_what_came_unasked_is_passed_over(
    profile: str, unasked: bytes, answer: bytes, volume: int
) -> None:
    """Before the question, and between it and its answer, which comes byte by byte."""

    async def run() -> None:
        async def chatter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answer[:-1] if profile == "maxhub-ifp-v6" else unasked)
            while await reader.read(100):
                writer.write(unasked)
                for byte in answer:
                    await asyncio.sleep(0.002)
                    writer.write(bytes((byte,)))
            writer.close()

        server = await asyncio.start_server(chatter, "127.0.0.1", 0)
        async with server:
            driver = frames.make(device_of(profile, server.sockets[0].getsockname()[1]))
            await driver.connect()
            await asyncio.sleep(0.02)
            for _ in range(3):
                assert await driver.query("volume") == volume
            await driver.close()

    asyncio.run(run())


def test_an_answer_to_nothing_is_forgotten_before_the_next_question() -> None:
    async def run() -> None:
        async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b":01r8010\r")
            while await reader.read(100):
                writer.write(b":01r8050\r")
            writer.close()

        server = await asyncio.start_server(late, "127.0.0.1", 0)
        async with server:
            device = device_of("maxhub-ifp-v6", server.sockets[0].getsockname()[1])
            driver = frames.make(device)
            await driver.connect()
            assert await driver.wire.read() == b":01r8010\r"
            driver.wire._line.inbox.put(b":01r8010\r")  # type: ignore[attr-defined]
            assert await driver.query("volume") == 50
            await driver.close()

    asyncio.run(run())


def test_a_panel_that_was_switched_off_is_unreachable_until_it_is_woken() -> None:
    async def run() -> None:
        async with MaxhubPanel() as panel, talking("maxhub-ifp-v6", panel) as driver:
            await driver.send("power_off", {})
            with pytest.raises(Unreachable):
                await driver.query("volume")
            with pytest.raises(Unreachable):
                await driver.query("volume")
            panel.switch(on=True)
            await driver.connect()
            assert await driver.query("volume") == 30

    asyncio.run(run())


def test_a_line_the_device_closed_while_it_was_quiet_is_opened_anew() -> None:
    async def run() -> None:
        async with SicpDisplay() as display, talking("philips-sicp", display) as driver:
            for opened in (1, 2, 3):
                assert await driver.query("power") == "on"
                assert display.opened == opened
                display.cut_lines()
                await asyncio.sleep(0.05)
            await driver.send("mute", {"on": True})
            assert display.muted
        with pytest.raises(Unreachable):
            await driver.query("power")

    asyncio.run(run())


@settings(max_examples=60)
@given(profile=st.sampled_from(sorted(MADE)), answer=st.binary(max_size=60), closes=st.booleans())
def test_any_answer_is_a_value_or_an_error_of_ours(
    profile: str, answer: bytes, closes: bool
) -> None:
    async def run() -> None:
        async def anything(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.read(100):
                writer.write(answer)
                if closes:
                    break
            writer.close()

        server = await asyncio.start_server(anything, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            driver = frames.make(device_of(profile, port, limit=0.02))
            async with asyncio.timeout(5):
                for speak in (lambda: driver.query("source"), lambda: driver.send("power_off", {})):
                    try:
                        await driver.connect()
                        await speak()
                    except EdgeError:
                        continue
                await driver.close()

    asyncio.run(run())


def test_a_flood_is_an_error_in_time() -> None:
    async def run() -> None:
        async def flood(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    writer.write(b"\xaa\xbb\xcc\x82\x00\x1e\xa1\xdd\xee\xff"[:7] * 1000)
                    await writer.drain()
            except OSError:
                writer.close()

        server = await asyncio.start_server(flood, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            driver = frames.make(device_of("oem-ifp-aabbcc", port, limit=SHORT))
            await driver.connect()
            began = time.monotonic()
            with pytest.raises(Unreachable):
                await driver.query("volume")
            assert time.monotonic() - began < 3 * SHORT
            await driver.close()

    asyncio.run(run())


def test_a_cable_that_is_pulled_is_an_error_and_a_new_one_mends_it(tmp_path: Path) -> None:
    async def run() -> None:
        with serial_pair(tmp_path) as pair:
            driver = frames.make(device_of("oem-ifp-aabbcc", line=pair.ours))
            async with AabbccPanel(line=pair.theirs):
                await driver.connect()
                assert await driver.query("volume") == 30
            pair.cut()
            with pytest.raises(Unreachable):
                await driver.query("volume")
            with pytest.raises(Unreachable):
                await driver.connect()
        with serial_pair(tmp_path) as pair:
            async with AabbccPanel(line=pair.theirs):
                await driver.connect()
                assert await driver.query("volume") == 30
                await driver.close()

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

"""Whatever goes wrong with a device of byte frames is an error in time, and never a wrong value."""

import asyncio
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.drivers import frames
from edge_agent.errors import EdgeError, Garbled, Unreachable
from simulator.panel import AabbccPanel, MaxhubPanel
from simulator.sicp import SicpDisplay
from tests.devices.serial_pair import serial_pair
from tests.edge_agent.drivers.talking import FRAMES, SHORT, device_of, talking

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
    for profile in FRAMES
    for fault in FAULTS
    if fault != "wrong checksum" or profile in WITH_CHECKSUM
]


@pytest.mark.parametrize(("profile", "fault"), FAULTY)
def test_each_fault_is_an_error_in_time_and_passes(profile: str, fault: str) -> None:
    name, value, wanted = FAULTS[fault]

    async def run() -> None:
        async with (
            FRAMES[profile]() as simulator,
            talking(profile, simulator, limit=SHORT) as driver,
        ):
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


@pytest.mark.parametrize("profile", FRAMES)
def test_half_an_answer_is_garbled_in_time(profile: str) -> None:
    answer = next(answer for name, _, answer, _ in UNASKED if name == profile)

    async def run() -> None:
        async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(100)
            writer.write(answer[:-1])
            await reader.read()
            writer.close()

        server = await asyncio.start_server(half, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            driver = frames.make(device_of(profile, port, limit=SHORT))
            await driver.connect()
            began = time.monotonic()
            with pytest.raises(Garbled, match="no answer in what came"):
                await driver.query("volume")
            assert time.monotonic() - began < SHORT + 0.5
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
@given(profile=st.sampled_from(sorted(FRAMES)), answer=st.binary(max_size=60), closes=st.booleans())
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

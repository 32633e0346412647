"""Devices of lines: a switcher with a password, a display with a number, whatever goes wrong."""

import asyncio
import re
import time
import traceback

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent import profiles
from edge_agent.drivers import lines
from edge_agent.drivers.lines_codec import line_codec
from edge_agent.errors import Busy, EdgeError, Garbled, Refused, Unreachable, Unsupported
from simulator.signage import SignageDisplay
from simulator.switcher import Switcher
from tests.edge_agent.drivers.talking import SHORT, device_of, obeyed, samples, talking

MADE = {"extron-sis": Switcher, "lg-signage": SignageDisplay}
ANY = pytest.mark.parametrize("profile", MADE)


@ANY
def test_its_words_and_golden_frames_hold_in_both_directions(profile: str) -> None:
    assert list(lines.problems(profiles.load(profile))) == []


@ANY
def test_every_command_is_obeyed(profile: str) -> None:
    async def run() -> None:
        async with MADE[profile]() as simulator, talking(profile, simulator) as driver:
            device = device_of(profile, simulator.port)
            power = {"power_on", "power_off"} & device.profile.commands.keys()
            for command in device.profile.commands.keys() - power:
                for arguments in samples(device.profile, command):
                    await obeyed(driver, device, command, arguments)
            for command in sorted(power):
                await obeyed(driver, device, command, {})

    asyncio.run(run())


@ANY
def test_every_reading_is_told(profile: str) -> None:
    async def run() -> None:
        async with MADE[profile]() as simulator, talking(profile, simulator) as driver:
            for point, reading in profiles.load(profile).readings.items():
                value = await driver.query(point)
                assert not reading.values or value in reading.values.values()

    asyncio.run(run())


def test_what_the_switcher_shows_is_what_was_asked_for() -> None:
    async def run() -> None:
        async with Switcher() as switcher, talking("extron-sis", switcher) as driver:
            await driver.send("source", {"source": "input3"})
            assert (switcher.source, await driver.query("signal")) == (3, True)
            await driver.send("source", {"source": "input2"})
            assert (switcher.source, await driver.query("signal")) == (2, False)
            await driver.send("blank", {"on": True})
            assert switcher.dark == 1
            assert await driver.query("temperature") == 38
            assert await driver.query("firmware") == "1.07"

    asyncio.run(run())


def test_numbers_of_the_display_are_hexadecimal() -> None:
    async def run() -> None:
        async with (
            SignageDisplay(number=26) as display,
            talking("lg-signage", display, number=26) as driver,
        ):
            await driver.send("volume", {"level": 100})
            assert display.values["kf"] == 100
            assert await driver.query("volume") == 100
            assert await driver.query("panel_hours") == 1234
            assert display.heard[0] == "kf 1a 64"

    asyncio.run(run())


def test_a_password_is_said_when_asked_for() -> None:
    async def run() -> None:
        async with Switcher(password="secret") as switcher:
            async with talking("extron-sis", switcher, password="secret") as driver:
                assert await driver.query("source") == "input1"
            async with talking("extron-sis", switcher, password="secret") as driver:
                assert await driver.query("source") == "input1"

    asyncio.run(run())


def test_a_wrong_password_is_refused_and_not_told() -> None:
    async def run() -> None:
        async with Switcher(password="secret") as switcher:
            driver = lines.make(device_of("extron-sis", switcher.port, password="wr0ng"))
            with pytest.raises(Refused, match="password") as refused:
                await driver.connect()
            assert "wr0ng" not in str(refused.value)
            assert "wr0ng" not in repr(driver.device)
            await driver.close()

    asyncio.run(run())


def test_a_password_that_is_missing_is_said_with_the_first_question() -> None:
    async def run() -> None:
        async with (
            Switcher(password="secret") as switcher,
            talking("extron-sis", switcher) as driver,
        ):
            with pytest.raises(Refused, match="secret_file"):
                await driver.send("source", {"source": "input2"})
            assert switcher.source == 1

    asyncio.run(run())


def test_a_password_nobody_asks_for_is_said() -> None:
    async def run() -> None:
        async with Switcher() as switcher:
            device = device_of("extron-sis", switcher.port, password="secret", limit=SHORT)
            driver = lines.make(device)
            with pytest.raises(Unreachable, match="never asked for the password"):
                await driver.connect()
            assert switcher.heard == []

    asyncio.run(run())


def test_a_password_that_is_repeated_is_not_told() -> None:
    async def run() -> None:
        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"\r\nPassword:")
            writer.write(await reader.read(100))
            await reader.read()
            writer.close()

        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            device = device_of("extron-sis", port, password="secret", limit=SHORT)
            with pytest.raises(Garbled) as garbled:
                await lines.make(device).connect()
            told = "".join(traceback.format_exception(garbled.value))
            assert "secret" not in told
            assert b"secret".hex(" ") not in told

    asyncio.run(run())


def test_errors_mean_what_the_profile_says() -> None:
    async def run() -> None:
        async with Switcher() as switcher, talking("extron-sis", switcher) as driver:
            switcher.inputs = 6  # type: ignore[misc]
            with pytest.raises(Refused):
                await driver.send("source", {"source": "input8"})
            switcher.busy = True
            with pytest.raises(Busy):
                await driver.send("source", {"source": "input2"})
            with pytest.raises(Busy):
                await driver.query("source")
            switcher.busy = False
            assert await driver.query("source") == "input1"

    asyncio.run(run())


def test_a_display_that_is_off_tells_only_its_power() -> None:
    async def run() -> None:
        async with SignageDisplay() as display, talking("lg-signage", display) as driver:
            await driver.send("power_off", {})
            assert await driver.query("power") == "off"
            with pytest.raises(Unsupported):
                await driver.query("volume")
            with pytest.raises(Refused):
                await driver.send("volume", {"level": 1})

    asyncio.run(run())


def test_lines_nobody_asked_for_are_passed_over() -> None:
    async def run() -> None:
        async with Switcher() as switcher, talking("extron-sis", switcher) as driver:
            await switcher.press(5)
            switcher.dark = 1
            assert await driver.query("blank") is True
            await switcher.press(4)
            assert await driver.query("firmware") == "1.07"
            assert await driver.query("source") == "input4"

    asyncio.run(run())


FAULTS = {
    "silent": ("silent", True, Unreachable),
    "slow": ("delay", 3 * SHORT, Unreachable),
    "garbage": ("garbage", True, Garbled),
    "cut": ("cut", True, Unreachable),
}


@pytest.mark.parametrize("fault", FAULTS)
@ANY
def test_each_fault_is_an_error_in_time_and_passes(profile: str, fault: str) -> None:
    name, value, wanted = FAULTS[fault]

    async def run() -> None:
        async with MADE[profile]() as simulator, talking(profile, simulator, limit=SHORT) as driver:
            before = await driver.query("source")
            setattr(simulator.faults, name, value)
            began = time.monotonic()
            with pytest.raises(wanted):
                await driver.query("source")
            assert time.monotonic() - began < SHORT + 0.5
            setattr(simulator.faults, name, type(value)())
            await driver.connect()
            assert await driver.query("source") == before

    asyncio.run(run())


@settings(max_examples=60)
@given(profile=st.sampled_from(sorted(MADE)), answer=st.binary(max_size=60), closes=st.booleans())
def test_any_answer_is_a_value_or_an_error_of_ours(
    profile: str, answer: bytes, closes: bool
) -> None:
    async def run() -> None:
        async def anything(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answer)
            while await reader.read(100):
                writer.write(answer + b"\r\n")
                if closes:
                    break
            writer.close()

        server = await asyncio.start_server(anything, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            driver = lines.make(device_of(profile, port, limit=0.02, password="secret"))
            async with asyncio.timeout(5):
                for speak in (
                    lambda: driver.query("temperature"),
                    lambda: driver.send("blank", {"on": True}),
                ):
                    try:
                        await driver.connect()
                        await speak()
                    except EdgeError:
                        continue
                await driver.close()

    asyncio.run(run())


def test_a_line_without_an_end_is_garbled() -> None:
    async def run() -> None:
        async def drone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(100)
            writer.write(b"a" * 10_000)
            await reader.read()
            writer.close()

        server = await asyncio.start_server(drone, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            driver = lines.make(device_of("extron-sis", port))
            await driver.connect()
            with pytest.raises(Garbled, match="without an end"):
                await driver.query("source")
            await driver.close()

    asyncio.run(run())


@pytest.mark.parametrize("text", ["two\rlines", "bell\a", "ü", "\x1b"])
def test_a_text_cannot_become_a_second_command(text: str) -> None:
    overrides = {
        "commands": {"message": {"send": "M{text}", "arguments": {"text": {"type": "text"}}}}
    }
    codec = line_codec(profiles.load("extron-sis", overrides=overrides))

    assert codec.order("message", {"text": "Hello"}, 1) == b"MHello"
    with pytest.raises(Refused):
        codec.order("message", {"text": text}, 1)


BROKEN = [
    ({"readings": {"source": {"parse": "(?P<value>"}}}, "readings.source: .*regular expression"),
    ({"readings": {"source": {"parse": "[0-9]"}}}, "readings.source: parse: .*no group"),
    ({"commands": {"source": {"send": "1!"}}}, "commands.source: send: .*no place"),
    ({"commands": {"source": {"send": "{source:02x}{hue}!"}}}, "no argument 'hue'"),
    ({"codec": {"parameters": {"error": "E("}}}, "regular expression"),
    ({"codec": {"parameters": {"eol": "x"}}}, "no 'eol'"),
    ({"sources": {"input1": "9"}}, r"golden\[0\]: sent: we would send 39 21"),
    ({"commands": {"blank": {"expect": "Vmt"}}}, r"golden\[2\]: received: is not its"),
]


@pytest.mark.parametrize(("overrides", "said"), BROKEN, ids=lambda part: str(part)[:40])
def test_what_is_wrong_in_a_profile_is_said_with_its_place(
    overrides: dict[str, object], said: str
) -> None:
    found = "\n".join(lines.problems(profiles.load("extron-sis", overrides=overrides)))

    assert re.search(said, found), found


def test_a_line_must_end_with_something() -> None:
    profile = profiles.load("extron-sis")
    codec = msgspec.structs.replace(profile.codec, parameters={"ends_with": ""})

    found = list(lines.problems(msgspec.structs.replace(profile, codec=codec)))

    assert found == ["codec: parameters: ends_with: a line must end with something"]

"""The Samsung driver against a simulated display that the library's own client agrees with."""

import asyncio
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent import profiles
from edge_agent.drivers import registry, samsung_mdc
from edge_agent.errors import EdgeError, Garbled, Refused, Unreachable, Unsupported
from edge_agent.room.model import Value
from simulator.mdc_display import MdcDisplay
from simulator.tcp_device import TcpDevice
from tests.edge_agent.drivers.simulated import device, driven, until
from tests.servers.certificates import Authority
from tests.servers.ports import free_port
from tests.simulator.test_mdc_display import certificate

PROFILE = "samsung-mdc"


def _on() -> MdcDisplay:
    display = MdcDisplay()
    display.switch(on=True)
    return display


def test_the_shipped_profile_holds_with_its_golden_frames() -> None:
    assert list(samsung_mdc.problems(profiles.load(PROFILE))) == []


def test_each_reading_is_answered() -> None:
    async def scene() -> dict[str, Value]:
        async with driven(_on(), PROFILE) as (display, driver):
            display.errors[5] = 1
            return {point: await driver.query(point) for point in profiles.load(PROFILE).readings}

    said = asyncio.run(scene())

    assert said.pop("panel_hours") == pytest.approx(4321)
    assert said == {
        "power": "on", "source": "hdmi1", "volume": 20, "mute": False, "blank": False,
        "backlight": 80, "signal": True, "temperature": 41, "error_temperature": "ok",
        "error_lamp": "ok", "error_fan": "error", "serial": "SIM0001", "firmware": "T-SIM-1.0",
    }  # fmt: skip


def test_each_command_does_what_it_says_and_is_read_back() -> None:
    async def scene() -> None:
        async with driven(MdcDisplay(), PROFILE) as (display, driver):
            await driver.send("power_on", {})
            assert display.on
            await driver.send("source", {"source": "ops"})
            await driver.send("volume", {"level": 7})
            await driver.send("mute", {"on": True})
            await driver.send("blank", {"on": True})
            await driver.send("backlight", {"level": 30})
            told = [await driver.query(p) for p in ("source", "volume", "mute", "blank")]
            assert told == ["ops", 7, True, True]
            assert await driver.query("backlight") == 30
            await driver.send("power_off", {})
            assert await driver.query("power") == "off"

    asyncio.run(scene())


def test_a_computers_picture_on_hdmi_is_hdmi() -> None:
    async def scene() -> list[Value]:
        async with driven(_on(), PROFILE) as (display, driver):
            told = []
            for code in (0x22, 0x24, 0x0C):
                display.values[0x14] = code
                told.append(await driver.query("source"))
            return told

    assert asyncio.run(scene()) == ["hdmi1", "hdmi2", "AV"]


def test_what_the_display_does_not_have_is_unsupported() -> None:
    async def scene() -> None:
        async with driven(_on(), PROFILE) as (display, driver):
            display.values[0x12] = display.values[0x13] = 0xFF
            display.errors[3] = display.errors[5] = 2
            display.without = {0x83}
            points = ("volume", "mute", "signal", "error_fan", "panel_hours", "filter_hours")
            for point in points:
                with pytest.raises(Unsupported):
                    await driver.query(point)
            display.without = {0x12}
            with pytest.raises(Refused):
                await driver.send("volume", {"level": 3})
            with pytest.raises(Unsupported):
                await driver.send("freeze", {"on": True})
            assert await driver.query("power") == "on"
            assert display.opened == 1

    asyncio.run(scene())


def test_of_several_on_a_line_only_the_one_meant_answers() -> None:
    async def scene() -> None:
        async with driven(MdcDisplay(number=2), PROFILE) as (_, driver):
            with pytest.raises(Unreachable):
                await driver.query("power")

    asyncio.run(scene())


def test_a_pin_opens_the_display_over_tls_and_is_never_said_in_the_clear(
    authority: Authority,
) -> None:
    limits = {"connect_timeout": 2.0, "reply_timeout": 2.0}

    async def scene() -> None:
        behind = MdcDisplay(pin="0123", certificate=certificate(authority))
        async with driven(behind, PROFILE, secret=("", "0123"), **limits) as (display, driver):
            assert await driver.query("power") == "off"
            wrong = registry.driver(device(PROFILE, display.port, secret=("", "9999"), **limits))
            with pytest.raises(Refused, match="PIN") as refused:
                await wrong.connect()
            assert "9999" not in str(refused.value)
            none = registry.driver(device(PROFILE, display.port, **limits))
            await none.connect()
            with pytest.raises(Refused, match="PIN") as wanted:
                await none.query("power")
            assert not isinstance(wanted.value, Unsupported)
            await none.close()
        async with _Peer(b"") as open_one:
            driver = registry.driver(device(PROFILE, open_one.port, secret=("", "0123")))
            with pytest.raises(Unreachable):
                await driver.connect()
            assert open_one.heard == b""

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("silent", Unreachable),
        ("garbage", Garbled),
        ("cut", Unreachable),
        ("wrong_checksum", Garbled),
    ],
)
def test_a_fault(fault: str, expected: type[EdgeError]) -> None:
    async def scene() -> None:
        async with driven(MdcDisplay(), PROFILE) as (display, driver):
            setattr(display.faults, fault, True)
            began = time.monotonic()
            with pytest.raises(expected):
                await driver.query("power")
            assert time.monotonic() - began < 1.5
            await until(lambda: display.lines == 0)
            setattr(display.faults, fault, False)
            await driver.connect()
            assert await driver.query("power") == "off"

    asyncio.run(scene())


def test_a_late_answer_is_not_taken_for_the_next_one() -> None:
    async def scene() -> None:
        async with driven(_on(), PROFILE) as (display, driver):
            display.faults.delay = 0.6
            with pytest.raises(Unreachable):
                await driver.query("power")
            display.faults.delay = 0.0
            assert await driver.query("volume") == 20

    asyncio.run(scene())


def test_nobody_listens() -> None:
    with pytest.raises(Unreachable):
        asyncio.run(registry.driver(device(PROFILE, free_port())).connect())


class _Peer(TcpDevice):
    """Says what it is told to, a few bytes at a time, whatever it is asked."""

    def __init__(self, said: bytes) -> None:
        super().__init__()
        self.said, self.heard = said, b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while heard := await reader.read(1024):
            self.heard += heard
            for byte in self.said:
                writer.write(bytes((byte,)))
                await writer.drain()
                await asyncio.sleep(0)


@pytest.mark.parametrize(
    "frame",
    [
        "AA FF 01 03 41 12 01 57",  # of another command
        "AA FF 02 03 41 11 01 57",  # of another display
        "AA FF 01 03 58 11 01 6D",  # neither yes nor no
        "AA FF 01 03 41 11 07 5C",  # a state there is none of
        "AA FF 01 00 00",
        "AA FF 01 04 41 11 01 01 58",  # too long
        "AA 11 01 03 41 11 01 68",
    ],
)
def test_an_answer_that_means_nothing(frame: str) -> None:
    async def scene() -> None:
        async with driven(_Peer(bytes.fromhex(frame)), PROFILE) as (_, driver):
            with pytest.raises(EdgeError) as raised:
                await driver.query("power")
            assert isinstance(raised.value, Garbled)

    asyncio.run(scene())


def test_an_answer_in_pieces_is_an_answer() -> None:
    async def scene() -> Value:
        whole = bytes.fromhex("AA FF 01 03 41 11 01 56")
        async with driven(_Peer(whole), PROFILE) as (_, driver):
            return await driver.query("power")

    assert asyncio.run(scene()) == "on"


@settings(max_examples=40)
@given(
    said=st.binary(max_size=40)
    | st.binary(max_size=8).map(lambda b: bytes((0xAA, 0xFF, 1, len(b))) + b + b"\x00"),
    secret=st.sampled_from([None, ("", "0123")]),
)
def test_no_bytes_hang_us_or_escape_as_another_error(
    said: bytes, secret: tuple[str, str] | None
) -> None:
    async def scene() -> None:
        async with _Peer(said) as peer:
            limits = {"connect_timeout": 0.03, "reply_timeout": 0.03}
            driver = registry.driver(device(PROFILE, peer.port, secret=secret, **limits))
            async with asyncio.timeout(2):
                for work in (
                    driver.connect, lambda: driver.query("power"),
                    lambda: driver.query("temperature"), lambda: driver.send("power_on", {}),
                ):  # fmt: skip
                    try:
                        await work()
                    except EdgeError:
                        continue
                await driver.close()

    asyncio.run(scene())


def test_what_is_wrong_in_a_profile_is_said() -> None:
    wrong = {
        "commands": {
            "power_on": {"send": "power"},
            "mute": {"send": "mute {off}"},
            "blank": {"send": "serial_number"},
        },
        "readings": {"temperature": {"parse": ""}, "serial": {"query": "open"}},
    }

    told = list(samsung_mdc.problems(profiles.load(PROFILE, overrides=wrong)))

    assert [line.partition(": ")[0] for line in told] == [
        "commands.power_on", "commands.mute", "commands.blank", "readings.temperature",
        "readings.serial", "golden[0]",
    ]  # fmt: skip

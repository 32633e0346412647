"""The PJLink driver against a simulated projector that two foreign clients agree with."""

import asyncio
import contextlib
import re
import time
from collections.abc import Coroutine

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent import profiles
from edge_agent.drivers import pjlink, registry
from edge_agent.errors import Busy, EdgeError, Garbled, Refused, Unreachable, Unsupported
from simulator.projector import ON, Projector
from simulator.tcp_device import TcpDevice
from tests.edge_agent.drivers.simulated import connected, device, driven, until
from tests.servers.ports import free_port

PASSWORD = ("", "JBMIAProjectorLink")
PROFILES = ("pjlink-class-1", "pjlink-class-2")


@pytest.mark.parametrize("name", PROFILES)
def test_the_shipped_profiles_hold_with_their_golden_frames(name: str) -> None:
    profile = profiles.load(name)

    assert list(pjlink.problems(profile)) == []
    assert profile.golden


@pytest.mark.parametrize("name", PROFILES)
def test_each_reading_is_answered_by_a_running_projector(name: str) -> None:
    async def scene() -> dict[str, object]:
        async with driven(Projector(password=PASSWORD[1], warm_up=0), name, secret=PASSWORD) as (
            projector,
            driver,
        ):
            projector.switch(on=True)
            projector.errors, projector.muted = "012000", "11"
            return {point: await driver.query(point) for point in profiles.load(name).readings}

    said = asyncio.run(scene())

    expected = {
        "power": "on", "source": "hdmi1", "blank": True, "mute": False, "error_fan": "ok",
        "error_lamp": "warning", "error_temperature": "error", "error_cover": "ok",
        "error_filter": "ok", "error_other": "ok", "lamp_hours": 1234.0, "name": "Room 101",
        "model": "Simulated", "freeze": False, "filter_hours": 77.0, "serial": "SIM0001",
        "firmware": "1.0",
    }  # fmt: skip
    assert said == {point: expected[point] for point in said}
    assert len(said) >= 13


def test_each_command_does_what_it_says() -> None:
    async def scene() -> None:
        async with driven(Projector(warm_up=0.05), "pjlink-class-2") as (projector, driver):
            await driver.send("power_on", {})
            assert await driver.query("power") == "warming"
            await until(lambda: projector.power == ON)
            await driver.send("source", {"source": "vga1"})
            await driver.send("blank", {"on": True})
            await driver.send("mute", {"on": True})
            await driver.send("freeze", {"on": True})
            await driver.send("x_volume_up", {})
            assert (projector.input, projector.muted, projector.frozen) == ("11", "31", "1")
            assert projector.volume == 6
            await driver.send("power_off", {})
            assert await driver.query("power") == "cooling"

    asyncio.run(scene())


def test_the_hours_are_those_of_the_lamp_that_burnt_longest() -> None:
    async def scene() -> object:
        async with driven(Projector(), "pjlink-class-1") as (projector, driver):
            projector.lamps = [10, 4000, 300]
            return await driver.query("lamp_hours")

    assert asyncio.run(scene()) == 4000


def test_what_the_projector_says_no_to() -> None:
    async def scene() -> None:
        async with driven(Projector(warm_up=60, inputs=("31",)), "pjlink-class-2") as (
            projector,
            driver,
        ):
            projector.without = {"LAMP", "FREZ"}
            with pytest.raises(Unsupported):
                await driver.query("lamp_hours")
            with pytest.raises(Unsupported):
                await driver.send("freeze", {"on": True})
            with pytest.raises(Busy):
                await driver.query("source")
            await driver.send("power_on", {})
            with pytest.raises(Busy):
                await driver.send("power_off", {})
            projector.warm_up = 0
            with pytest.raises(Refused, match="no such value"):
                await driver.send("source", {"source": "vga1"})
            projector.failing = True
            with pytest.raises(Refused, match="broken"):
                await driver.query("power")
            with pytest.raises(Unsupported):
                await driver.query("temperature")
            with pytest.raises(Unsupported):
                await driver.send("volume", {"level": 3})
            projector.failing = False
            assert await driver.query("power") == "on"
            assert projector.opened == 1

    asyncio.run(scene())


@pytest.mark.parametrize("secret", [None, ("", "wrong")])
def test_a_projector_with_a_password_turns_away_who_does_not_know_it(
    secret: tuple[str, str] | None,
) -> None:
    async def scene() -> None:
        async with Projector(password=PASSWORD[1]) as projector:
            driver = registry.driver(device("pjlink-class-1", projector.port, secret=secret))
            with pytest.raises(Refused, match="password") as refused:
                await driver.connect()
            assert "wrong" not in str(refused.value)
            await until(lambda: projector.lines == 0)

    asyncio.run(scene())


def test_a_projector_that_is_off_and_answers_err3_lets_us_in_all_the_same() -> None:
    async def scene() -> None:
        async with Projector(password=PASSWORD[1]) as projector:
            projector.failing = True
            async with connected(device("pjlink-class-1", projector.port, secret=PASSWORD)):
                assert projector.lines == 1

    asyncio.run(scene())


def test_a_line_the_projector_closed_is_opened_anew() -> None:
    async def scene() -> None:
        async with driven(Projector(), "pjlink-class-1") as (projector, driver):
            projector.idle = 0.1
            assert await driver.query("power") == "off"
            await until(lambda: projector.lines == 0)
            assert await driver.query("power") == "off"
            assert projector.opened == 2
            projector.cut_mains()
            with pytest.raises(Unreachable):
                await driver.query("power")

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("fault", "expected"), [("silent", Unreachable), ("garbage", Garbled), ("cut", Unreachable)]
)
def test_a_fault_in_mid_session(fault: str, expected: type[EdgeError]) -> None:
    async def scene() -> None:
        async with driven(Projector(), "pjlink-class-1") as (projector, driver):
            setattr(projector.faults, fault, True)
            began = time.monotonic()
            with pytest.raises(expected):
                await driver.query("power")
            assert time.monotonic() - began < 1.5
            setattr(projector.faults, fault, False)
            await driver.connect()
            assert await driver.query("power") == "off"

    asyncio.run(scene())


@pytest.mark.parametrize("fault", ["silent", "garbage", "cut"])
def test_a_fault_in_the_greeting(fault: str) -> None:
    async def scene() -> None:
        async with Projector() as projector:
            setattr(projector.faults, fault, True)
            driver = registry.driver(device("pjlink-class-1", projector.port))
            began = time.monotonic()
            with pytest.raises(Unreachable):
                await driver.connect()
            assert time.monotonic() - began < 1.5
            await until(lambda: projector.lines == 0)

    asyncio.run(scene())


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_one() -> None:
    async def scene() -> None:
        async with driven(Projector(), "pjlink-class-1") as (projector, driver):
            projector.faults.delay = 0.6
            with pytest.raises(Unreachable):
                await driver.query("power")
            projector.faults.delay = 0.0
            assert await driver.query("name") == "Room 101"

    asyncio.run(scene())


def test_nobody_listens() -> None:
    driver = registry.driver(device("pjlink-class-1", free_port()))

    with pytest.raises(Unreachable):
        asyncio.run(driver.connect())


class _Peer(TcpDevice):
    """Says what it is told to, whatever it is asked."""

    def __init__(self, greeting: bytes, answer: bytes, flood: bytes = b"") -> None:
        super().__init__()
        self.greeting, self.said, self.flood = greeting, answer, flood

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.greeting + self.flood)
        while await reader.read(1024):
            writer.write(self.said)


def test_what_was_said_unasked_is_not_an_answer() -> None:
    async def scene() -> None:
        async with driven(
            _Peer(b"PJLINK 0\r", b"%1POWR=0\r", flood=b"%1POWR=1\r" * 1000), "pjlink-class-1"
        ) as (_, driver):
            with pytest.raises(Garbled):
                await driver.query("power")

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("point", "answer"),
    [
        ("power", b"%1POWR=7\r"),
        ("power", b"%1POWR=\r"),
        ("power", b"%1INPT=31\r"),
        ("power", b"%2POWR=1\r"),
        ("power", b"%1POWR=1" * 20_000),
        ("error_fan", b"%1ERST=00000\r"),
        ("error_fan", b"%1ERST=000003\r"),
        ("lamp_hours", b"%1LAMP=1000\r"),
        ("lamp_hours", b"%1LAMP=-5 1\r"),
        ("lamp_hours", "%1LAMP=٣ 1\r".encode()),
        ("blank", b"%1AVMT=99\r"),
        ("name", b"%1NAME=\xff\xfe\r"),
    ],
)
def test_an_answer_that_means_nothing_is_garbled(point: str, answer: bytes) -> None:
    async def scene() -> None:
        async with driven(_Peer(b"PJLINK 0\r", answer), "pjlink-class-1") as (peer, driver):
            with pytest.raises(Garbled):
                await driver.query(point)
            await until(lambda: peer.lines == 0)

    asyncio.run(scene())


def test_neither_ok_nor_error_is_not_done() -> None:
    async def scene() -> None:
        async with driven(_Peer(b"PJLINK 0\r", b"%1POWR=KO\r"), "pjlink-class-1") as (_, driver):
            with pytest.raises(Garbled):
                await driver.send("power_on", {})

    asyncio.run(scene())


_BYTES = st.binary(max_size=200)
_LIKELY = st.sampled_from(
    [b"PJLINK 0\r", b"PJLINK 1 498e4a67\r", b"%1POWR=1\r", b"%1POWR=", b"PJLINK ERRA\r", b"\r"]
)
_SAID = st.lists(_BYTES | _LIKELY, max_size=4).map(b"".join)


@settings(max_examples=60)
@given(greeting=_SAID, answer=_SAID, secret=st.sampled_from([None, PASSWORD]))
def test_no_bytes_of_a_projector_hang_us_or_escape_as_another_error(
    greeting: bytes, answer: bytes, secret: tuple[str, str] | None
) -> None:
    async def scene() -> None:
        async with _Peer(greeting, answer) as peer:
            short = {"connect_timeout": 0.03, "reply_timeout": 0.03}
            driver = registry.driver(device("pjlink-class-1", peer.port, secret=secret, **short))
            async with asyncio.timeout(2):
                await _tried(driver.connect())
                for point in ("power", "lamp_hours", "source"):
                    await _tried(driver.query(point))
                await _tried(driver.send("power_on", {}))
                await driver.close()
                await driver.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("key", "wrong", "why"),
    [
        ("commands", {"power_on": {"send": "POWR 1"}}, "commands.power_on: send: no line"),
        ("commands", {"power_on": {"send": "%1POWR {on}"}}, "'on' is no argument"),
        ("commands", {"power_on": {"send": "%1POWR {"}}, "commands.power_on: send"),
        ("readings", {"power": {"query": "POWR?"}}, "readings.power: query"),
        ("readings", {"power": {"parse": "digit 7"}}, "readings.power: parse"),
        ("sources", {"hdmi1": "33"}, "golden[2]: ours is '%1INPT 33'"),
    ],
)
def test_what_is_wrong_in_a_profile_is_said(key: str, wrong: dict[str, object], why: str) -> None:
    profile = profiles.load("pjlink-class-1", overrides={key: wrong})

    assert [told for told in pjlink.problems(profile) if re.search(re.escape(why), told)]


def test_a_golden_frame_that_does_not_hold_is_said() -> None:
    profile = profiles.load("pjlink-class-1")
    wrong = msgspec.structs.replace(profile.golden[5], value="on")
    unknown = msgspec.structs.replace(wrong, reading="temperature")

    told = list(pjlink.problems(msgspec.structs.replace(profile, golden=(wrong, unknown))))

    assert told == [
        "golden[0]: it means 'warming' to us",
        "golden[1]: of a command or reading the profile does not have",
    ]


async def _tried(work: Coroutine[object, object, object]) -> None:
    with contextlib.suppress(EdgeError):
        await work

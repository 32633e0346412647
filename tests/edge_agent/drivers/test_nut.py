"""The NUT driver against a simulated supply, and against Debian's real server."""

import asyncio
import logging
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent import profiles
from edge_agent.drivers import nut, registry
from edge_agent.errors import Busy, EdgeError, Garbled, Refused, Unreachable, Unsupported
from edge_agent.room.model import Value
from simulator.tcp_device import TcpDevice
from simulator.ups import Ups
from tests.edge_agent.drivers.simulated import connected, device, driven, until
from tests.servers.child import Children
from tests.servers.nut import PASSWORD, PROGRAMS, USER, Nut

SECRET = ("lectern", 'a "quiet" \\ word')


@pytest.fixture
def real_nut(children: Children) -> Iterator[Callable[[], Nut]]:
    if not (PROGRAMS / "upsd").exists() or not (PROGRAMS / "dummy-ups").exists():
        pytest.skip("not installed: nut-server (`make setup-test` installs it)")
    # Not tmp_path: a unix socket's path holds 107 bytes.
    with tempfile.TemporaryDirectory(prefix="nut-") as directory:
        yield lambda: Nut(children, Path(directory))
        children.close()


def test_the_shipped_profile_holds_with_its_golden_frames() -> None:
    assert list(nut.problems(profiles.load("ups-nut"))) == []


def test_each_reading_is_answered() -> None:
    async def scene() -> dict[str, Value]:
        async with driven(Ups(), "ups-nut") as (_, driver):
            return {point: await driver.query(point) for point in profiles.load("ups-nut").readings}

    assert asyncio.run(scene()) == {
        "mains": "online", "charge": 100, "runtime": 1800, "load": 35, "voltage": 230.4,
        "temperature": 29.5, "error_other": "ok", "model": "Simulated 1000",
        "serial": "UPS0001", "firmware": "1.0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "mains", "fault"),
    [
        ("OL", "online", "ok"),
        ("OL CHRG LB", "online", "ok"),
        ("OB DISCHRG", "battery", "ok"),
        ("OB LB", "low", "ok"),
        ("LB OB", "low", "ok"),
        ("FSD OB LB", "low", "ok"),
        ("FSD OL OVER", "low", "warning"),
        ("OL RB", "online", "warning"),
        ("ALARM OL RB", "online", "error"),
    ],
)
def test_what_the_words_of_the_status_mean(status: str, mains: str, fault: str) -> None:
    async def scene() -> tuple[Value, Value]:
        async with driven(Ups(), "ups-nut") as (ups, driver):
            ups.extra["ups.status"] = status
            return await driver.query("mains"), await driver.query("error_other")

    assert asyncio.run(scene()) == (mains, fault)


@pytest.mark.parametrize("status", ["WAIT", "", "OLD OBB"])
def test_a_supply_that_does_not_say_is_busy(status: str) -> None:
    async def scene() -> None:
        async with driven(Ups(), "ups-nut") as (ups, driver):
            ups.extra["ups.status"] = status
            with pytest.raises(Busy):
                await driver.query("mains")

    asyncio.run(scene())


def test_the_load_is_switched_off_with_the_right_password_only() -> None:
    async def scene() -> None:
        async with driven(Ups(password=SECRET[1]), "ups-nut", secret=SECRET) as (ups, driver):
            await driver.send("load_off", {})
            assert not ups.loaded
        for secret in (None, ("lectern", "wrong"), ("other", SECRET[1])):
            async with driven(Ups(password=SECRET[1]), "ups-nut", secret=secret) as (ups, driver):
                with pytest.raises(Refused) as refused:
                    await driver.send("load_off", {})
                assert ups.loaded
                assert "wrong" not in repr(refused.value)
                assert await driver.query("mains") == "online"

    asyncio.run(scene())


def test_what_the_supply_does_not_offer() -> None:
    async def scene() -> None:
        async with driven(Ups(), "ups-nut") as (ups, driver):
            del ups.extra["ups.temperature"]
            for point in ("temperature", "panel_hours"):
                with pytest.raises(Unsupported):
                    await driver.query(point)
            with pytest.raises(Unsupported):
                await driver.send("power_on", {})
            assert await driver.query("load") == 35
            assert ups.opened == 1

    asyncio.run(scene())


def test_another_supply_of_the_server_is_meant() -> None:
    async def scene() -> None:
        other = {"codec": {"parameters": {"ups": "rack"}}}
        async with driven(Ups(name="rack"), "ups-nut", overrides=other) as (_, driver):
            assert await driver.query("mains") == "online"
        async with Ups(name="rack") as ups:
            driver = registry.driver(device("ups-nut", ups.port))
            with pytest.raises(Refused, match="UNKNOWN-UPS"):
                await driver.connect()
            await driver.close()

    asyncio.run(scene())


def test_a_server_that_lost_the_supply_is_not_believed() -> None:
    async def scene() -> None:
        async with driven(Ups(), "ups-nut") as (ups, driver):
            ups.stale = True
            with pytest.raises(Unreachable, match="DATA-STALE"):
                await driver.query("mains")
            ups.stale = False
            await driver.connect()
            assert await driver.query("mains") == "online"

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("fault", "expected"), [("silent", Unreachable), ("garbage", Garbled), ("cut", Unreachable)]
)
@pytest.mark.parametrize("first", [True, False])
def test_a_fault(fault: str, expected: type[EdgeError], *, first: bool) -> None:
    async def scene() -> None:
        async with Ups(password=SECRET[1]) as ups:
            driver = registry.driver(device("ups-nut", ups.port, secret=SECRET))
            if not first:
                await driver.connect()
            setattr(ups.faults, fault, True)
            began = time.monotonic()
            with pytest.raises(Unreachable) as raised:
                await (driver.connect() if first else driver.query("mains"))
            assert time.monotonic() - began < 1.5
            assert first or type(raised.value) is expected
            await driver.close()
            await until(lambda: ups.lines == 0)
            setattr(ups.faults, fault, False)
            await driver.connect()
            assert await driver.query("mains") == "online"
            await driver.close()

    asyncio.run(scene())


def test_a_line_the_server_closed_is_opened_anew() -> None:
    async def scene() -> None:
        async with driven(Ups(), "ups-nut") as (ups, driver):
            ups.cut_lines()
            await until(lambda: ups.lines == 0)
            assert await driver.query("mains") == "online"

    asyncio.run(scene())


def test_what_was_said_since_the_last_answer_is_not_the_next_one() -> None:
    class Talker(Ups):
        async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.writer = writer
            await super().serve(reader, writer)

    async def scene() -> None:
        async with driven(Talker(), "ups-nut") as (talker, driver):
            lie = b'BEGIN LIST VAR ups\nVAR ups ups.status "OB LB"\nEND LIST VAR ups\n'
            talker.writer.write(lie)
            await asyncio.sleep(0.05)
            assert await driver.query("mains") == "online"
            assert talker.opened == 2

    asyncio.run(scene())


def test_the_password_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def scene() -> None:
        async with driven(Ups(password=SECRET[1]), "ups-nut", secret=SECRET) as (_, driver):
            await driver.send("load_off", {})

    asyncio.run(scene())
    assert SECRET[1] not in caplog.text
    with pytest.raises(Refused, match="ASCII") as refused:
        asyncio.run(registry.driver(device("ups-nut", 1, secret=("x", "gehéim\n"))).connect())
    assert "heim" not in str(refused.value)


class _Peer(TcpDevice):
    """Says what it is told to, whatever it is asked."""

    def __init__(self, said: bytes) -> None:
        super().__init__()
        self.said = said

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1024):
            writer.write(self.said)


_LIKELY = st.sampled_from(
    [
        b"OK\n", b"BEGIN LIST VAR ups\n", b'VAR ups ups.status "OL"\n', b"VAR ups x\n",
        b"END LIST VAR ups\n", b"ERR DATA-STALE\n", b"ERR", b"\n",
    ]
)  # fmt: skip


@settings(max_examples=60)
@given(said=st.lists(st.binary(max_size=60) | _LIKELY, max_size=5).map(b"".join))
def test_no_bytes_of_a_server_hang_us_or_escape_as_another_error(said: bytes) -> None:
    async def scene() -> None:
        async with _Peer(said) as peer:
            limits = {"connect_timeout": 0.03, "reply_timeout": 0.03}
            driver = registry.driver(device("ups-nut", peer.port, secret=SECRET, **limits))
            async with asyncio.timeout(2):
                for work in (
                    driver.connect, lambda: driver.query("mains"),
                    lambda: driver.send("load_off", {}),
                ):  # fmt: skip
                    try:
                        await work()
                    except EdgeError:
                        continue
                await driver.close()

    asyncio.run(scene())


def test_what_is_wrong_in_a_profile_is_said() -> None:
    wrong = {
        "commands": {"load_off": {"send": "load off"}},
        "readings": {"mains": {"parse": "words"}, "charge": {"query": "battery charge"}},
    }

    told = list(nut.problems(profiles.load("ups-nut", overrides=wrong)))

    assert told[0].startswith("commands.load_off: send")
    assert told[1].startswith("readings.mains: parse")
    assert told[2].startswith("readings.charge: query")
    assert [line.partition(":")[0] for line in told[3:]] == ["golden[1]", "golden[2]", "golden[3]"]


def test_against_the_real_server(real_nut: Callable[[], Nut]) -> None:
    server = real_nut()

    async def scene() -> None:
        limits = {"connect_timeout": 2, "reply_timeout": 2}
        there = device("ups-nut", server.port, secret=(USER, PASSWORD), **limits)
        async with connected(there) as driver:
            assert await _said(driver.query, "mains", "online")
            assert await driver.query("charge") == 97
            assert await driver.query("model") == "Dummy"
            with pytest.raises(Unsupported):
                await driver.query("voltage")
            await driver.send("load_off", {})
            server.set({"ups.status": "OB DISCHRG LB", "battery.charge": "9"})
            assert await _said(driver.query, "mains", "low")
            assert await driver.query("charge") == 9
        unknown = {"commands": {"load_off": {"send": "load.away"}}}
        for secret, overrides, expected in (
            ((USER, "wrong"), None, Refused),
            (None, None, Refused),
            ((USER, PASSWORD), unknown, Unsupported),
        ):
            there = device("ups-nut", server.port, secret=secret, overrides=overrides)
            async with connected(there) as driver:
                with pytest.raises(expected):
                    await driver.send("load_off", {})

    asyncio.run(scene())


async def _said(query: Callable[..., object], point: str, wanted: Value) -> bool:
    async with asyncio.timeout(20):
        while True:
            try:
                if await query(point) == wanted:  # type: ignore[misc]
                    return True
            except Unreachable:
                pass
            await asyncio.sleep(0.1)
